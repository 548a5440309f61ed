//! An answer with what it depends on, as hot state keeps it: version, end of life, entity tag, bytes.

use bytes::Bytes;
use domain::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const HEAD_BYTES: usize = 16 + 8 + 16;

/// The version of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Answers of this version count.
    Clean(Uuid),
    /// No answer counts.
    BeingChanged,
}

impl Version {
    /// What stands in hot state while a name is being changed.
    pub(super) const MARK: &[u8] = b"-";

    pub(super) fn of(bytes: &[u8]) -> Self {
        Uuid::from_slice(bytes).map_or(Self::BeingChanged, Self::Clean)
    }

    pub(super) fn clean(self) -> Option<Uuid> {
        match self {
            Self::Clean(version) => Some(version),
            Self::BeingChanged => None,
        }
    }
}

/// An answer as it was loaded.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The body.
    pub bytes: Bytes,
    /// How long it stays true; 0 where it is not worth keeping.
    pub life_ms: u64,
    /// Whether it has an entity tag, worked out from its bytes: the same on every instance.
    pub etag: bool,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Document {
    /// The body.
    pub bytes: Bytes,
    /// The entity tag, without quotes; empty where there is none.
    pub etag: String,
}

impl Loaded {
    fn tag(&self) -> [u8; 16] {
        let mut tag = [0; 16];
        if self.etag {
            tag.copy_from_slice(&Sha256::digest(&self.bytes)[..16]);
        }
        tag
    }

    pub(super) fn into_document(self) -> Document {
        let etag = shown(self.tag());
        Document { bytes: self.bytes, etag }
    }
}

fn shown(tag: [u8; 16]) -> String {
    if tag == [0; 16] { String::new() } else { hex::encode(tag) }
}

/// An answer that is kept.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// Nil for one that is kept nowhere.
    pub version: Uuid,
    valid_until: Timestamp,
    tag: [u8; 16],
    pub document: Document,
}

impl Stored {
    pub(super) fn new(version: Uuid, at: Timestamp, life_ms: u64, loaded: Loaded) -> Self {
        let valid_until = Timestamp(at.millis().saturating_add_unsigned(life_ms));
        let tag = loaded.tag();
        Self { version, valid_until, tag, document: Document { bytes: loaded.bytes, etag: shown(tag) } }
    }

    pub(super) fn unshared(loaded: Loaded) -> Self {
        Self::new(Uuid::nil(), Timestamp(0), 0, loaded)
    }

    /// Whether it is what this version says, now.
    pub(super) fn counts(&self, version: Uuid, now: Timestamp) -> bool {
        self.version == version && now < self.valid_until
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.document.bytes.len());
        bytes.extend_from_slice(self.version.as_bytes());
        bytes.extend_from_slice(&self.valid_until.millis().to_be_bytes());
        bytes.extend_from_slice(&self.tag);
        bytes.extend_from_slice(&self.document.bytes);
        bytes
    }

    /// Reads what [`Stored::to_bytes`] wrote; `None` for anything else.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let whole = Bytes::from(bytes);
        let head = whole.get(..HEAD_BYTES)?;
        let version = Uuid::from_slice(&head[..16]).ok()?;
        let valid_until = Timestamp(i64::from_be_bytes(head[16..24].try_into().ok()?));
        let tag: [u8; 16] = head[24..].try_into().ok()?;
        Some(Self {
            version,
            valid_until,
            tag,
            document: Document { bytes: whole.slice(HEAD_BYTES..), etag: shown(tag) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was_kept_and_counts_in_its_time_and_version() {
        let loaded = Loaded { bytes: Bytes::from_static(b"{}"), life_ms: 500, etag: true };
        let (version, at) = (Uuid::from_u128(7), Timestamp(1_000));
        let stored = Stored::new(version, at, 500, loaded);
        let again = Stored::from_bytes(stored.to_bytes()).expect("read");
        assert_eq!((again.document.bytes.as_ref(), again.document.etag.len()), (&b"{}"[..], 32));
        assert_eq!(again.document.etag, stored.document.etag);
        assert!(again.counts(version, Timestamp(1_499)) && !again.counts(version, Timestamp(1_500)));
        assert!(!again.counts(Uuid::from_u128(8), at));
        assert!(Stored::from_bytes(vec![0; HEAD_BYTES - 1]).is_none());
        assert_eq!(Version::of(Version::MARK), Version::BeingChanged);
    }
}
