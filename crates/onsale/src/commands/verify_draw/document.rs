//! The line's public document, and the list of the entries of its draw.

use domain::Timestamp;
use domain::line::{DrawSeed, Entries, EntryHash, drawn_order};
use lines::draw::document::{RandomnessKind, Trust};
use serde::Deserialize;

/// More places than any line has; a document with a larger count is invalid.
const COUNT_MAX: u32 = 100_000_000;

/// The needed fields of a line's public document.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub line: String,
    draw: Option<Draw>,
}

/// The draw in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Draw {
    pub commitment: String,
    pub closes_at: Option<Timestamp>,
    pub randomness: Option<Randomness>,
    pub root: Option<String>,
    pub count: Option<u32>,
    pub seed: Option<String>,
    pub trust: Option<Trust>,
}

/// Its public randomness.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Randomness {
    pub kind: RandomnessKind,
    pub round: Option<u64>,
    pub chain: Option<String>,
    pub value: Option<String>,
}

impl Randomness {
    /// The bytes of the value; empty without one, `None` for malformed digits.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let value = self.value.as_deref().unwrap_or_default();
        match self.kind {
            RandomnessKind::None => Some(Vec::new()),
            RandomnessKind::Drand => hex::decode(value).ok(),
            RandomnessKind::Manual => Some(value.as_bytes().to_vec()),
        }
    }
}

impl Document {
    /// Parses the response of `/queue/serving/`.
    ///
    /// # Errors
    /// A sentence that names the fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text)
            .map_err(|error| format!("this is not a line's document from /queue/serving/: {error}"))?;
        let Some(draw) = &document.draw else { return Err(format!("{} has no opening draw", document.line)) };
        let is_whole = draw.seed.is_none() || draw.count.is_some();
        if !is_whole || draw.count.is_some_and(|count| count > COUNT_MAX) {
            return Err("invalid draw: seed and count must be published together, and count must not exceed the places of a line".to_owned());
        }
        Ok(document)
    }

    /// The draw; [`Document::parse`] refuses a document without one.
    pub fn draw(&self) -> &Draw {
        const NONE: &Draw = &Draw {
            commitment: String::new(),
            closes_at: None,
            randomness: None,
            root: None,
            count: None,
            seed: None,
            trust: None,
        };
        self.draw.as_ref().unwrap_or(NONE)
    }
}

impl Draw {
    /// The number of entries of a draw that was held.
    pub fn held(&self) -> Option<u32> {
        self.seed.as_ref().and(self.count)
    }

    /// Everything that is hashed before an entry number: seed, value, root. The seed alone in a draw of an earlier
    /// version, which has no root. `None` before the draw, and for malformed digits.
    fn key(&self) -> Option<Vec<u8>> {
        let seed: DrawSeed = self.seed.as_ref()?.parse().ok()?;
        let Some(root) = &self.root else { return Some(seed.0.to_vec()) };
        let value = self.randomness.as_ref().map_or(Some(Vec::new()), Randomness::bytes)?;
        Some([&seed.0[..], &value, &hex::decode(root).ok()?].concat())
    }

    /// The whole order; `None` before the draw.
    pub fn order(&self) -> Option<Vec<u32>> {
        self.key().zip(self.held()).map(|(key, count)| drawn_order(&key, count))
    }
}

/// Reads the list of entries: a hash in hexadecimal digits on each line.
///
/// # Errors
/// A sentence that names the fault.
pub(super) fn entries(text: &str) -> Result<Entries, String> {
    let hash = |(at, line): (usize, &str)| -> Result<EntryHash, String> {
        let mut hash = [0; 32];
        let read = hex::decode_to_slice(line.trim(), &mut hash);
        read.map(|()| hash).map_err(|_| format!("--entries: line {} has no 64 hexadecimal digits", at + 1))
    };
    text.lines().enumerate().map(hash).collect::<Result<_, _>>().map(Entries::new)
}
