//! The keys that sign tickets: one in force, and the previous one while it is exchanged.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Bytes of a secret key.
const SECRET_BYTES: usize = 32;
/// Bytes of the hash of a public key that name it.
const ID_BYTES: usize = 4;

/// The name of a key: the first eight hexadecimal digits of the SHA-256 of its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketKeyId([u8; ID_BYTES]);

impl fmt::Display for TicketKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TicketKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TicketKeyId({self})")
    }
}

impl FromStr for TicketKeyId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut id = [0; ID_BYTES];
        hex::decode_to_slice(text, &mut id)?;
        Ok(Self(id))
    }
}

/// A text that is no secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not 32 bytes in hexadecimal digits or Base64.
    #[error(
        "a ticket key must be 32 bytes: 64 hexadecimal digits, or Base64 such as that of `openssl rand -base64 32`"
    )]
    Form,
}

/// A signed text that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedFault {
    /// Not two parts in base64url, or the first part is not written as we write it.
    #[error("not a signed text of ours: two parts in base64url with a dot between")]
    Form,
    /// Signed by a key that is not known here.
    #[error("the key is not known")]
    UnknownKey,
    /// The signature is not that of the key which the text names.
    #[error("the signature is wrong")]
    Signature,
}

/// A key that signs. Cheap to clone; never shown.
#[derive(Clone)]
pub struct TicketKey(Arc<SigningKey>);

/// Shows the public name alone.
impl fmt::Debug for TicketKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TicketKey({})", self.public().id)
    }
}

/// A key that checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicTicketKey {
    /// Its name.
    pub id: TicketKeyId,
    key: VerifyingKey,
}

impl TicketKey {
    /// From 32 bytes that nobody can guess.
    pub fn from_bytes(bytes: &[u8; SECRET_BYTES]) -> Self {
        Self(Arc::new(SigningKey::from_bytes(bytes)))
    }

    /// From the text of the setting `reservation.ticket_key`: 64 hexadecimal digits, or Base64 in either alphabet.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn read(text: &str) -> Result<Self, KeyFault> {
        let text = text.trim();
        let of_base64 = || {
            let text = text.strip_prefix("base64:").unwrap_or(text).trim_end_matches('=');
            STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
        };
        let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == SECRET_BYTES).or_else(of_base64);
        let bytes: [u8; SECRET_BYTES] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(KeyFault::Form)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> PublicTicketKey {
        PublicTicketKey::new(self.0.verifying_key())
    }

    /// `base64url(content).base64url(signature)`, the signature over the characters of the first part.
    pub(super) fn sign(&self, content: &[u8]) -> String {
        let mut text = URL_SAFE_NO_PAD.encode(content);
        let signature = self.0.sign(text.as_bytes()).to_bytes();
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        text
    }
}

impl PublicTicketKey {
    fn new(key: VerifyingKey) -> Self {
        let hash = Sha256::digest(key.as_bytes());
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&hash[..ID_BYTES]);
        Self { id: TicketKeyId(id), key }
    }

    /// From the form in which `GET /tickets/keys` shows it.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn read(text: &str) -> Result<Self, KeyFault> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::Form)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyFault::Form)?;
        VerifyingKey::from_bytes(&bytes).map(Self::new).map_err(|_| KeyFault::Form)
    }

    /// The 32 bytes of the key, base64url without padding.
    pub fn shown(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.as_bytes())
    }

    /// Checks the signature of a text whose first part, decoded, is `content`.
    fn check(&self, first: &str, signature: &Signature) -> Result<(), SignedFault> {
        // Strict: one signature has one form.
        self.key.verify_strict(first.as_bytes(), signature).map_err(|_| SignedFault::Signature)
    }
}

/// A signed text whose two parts have been decoded. Nothing of it is believed yet.
pub(super) struct Parts<'a> {
    first: &'a str,
    pub content: Vec<u8>,
    signature: Signature,
}

impl<'a> Parts<'a> {
    /// Takes the text apart. The decoder refuses padding and bits that no byte needs.
    pub fn of(text: &'a str) -> Result<Self, SignedFault> {
        let (first, signature) = text.split_once('.').ok_or(SignedFault::Form)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| SignedFault::Form);
        let (content, signature) = (decode(first)?, decode(signature)?);
        let signature = Signature::from_slice(&signature).map_err(|_| SignedFault::Form)?;
        Ok(Self { first, content, signature })
    }

    /// Believes the text if the key of this name has signed it.
    pub fn check(&self, keys: &[PublicTicketKey], id: TicketKeyId) -> Result<(), SignedFault> {
        let key = keys.iter().find(|key| key.id == id).ok_or(SignedFault::UnknownKey)?;
        key.check(self.first, &self.signature)
    }
}

/// The key that signs, and all that are believed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TicketKeys {
    current: TicketKey,
    public: Arc<[PublicTicketKey]>,
}

impl TicketKeys {
    /// Signs by `current`; believes what `previous` have signed, too.
    pub fn new(current: TicketKey, previous: &[TicketKey]) -> Self {
        let mut public = vec![current.public()];
        for key in previous.iter().map(TicketKey::public) {
            if !public.contains(&key) {
                public.push(key);
            }
        }
        Self { current, public: public.into() }
    }

    /// From the texts of `reservation.ticket_key` and `reservation.ticket_key_previous`; an empty previous one is none.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn read(current: &str, previous: &str) -> Result<Self, KeyFault> {
        let previous = previous.split([',', ' ']).filter(|text| !text.is_empty()).map(TicketKey::read);
        Ok(Self::new(TicketKey::read(current)?, &previous.collect::<Result<Vec<_>, _>>()?))
    }

    /// The key that signs.
    pub fn current(&self) -> &TicketKey {
        &self.current
    }

    /// All that are believed, the one in force first.
    pub fn public(&self) -> &[PublicTicketKey] {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 1.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    #[test]
    fn a_key_is_read_in_both_forms_and_named_by_its_public_part() {
        let key = TicketKey::read(SECRET).expect("a key");
        assert_eq!(key.public().key.as_bytes().as_slice(), hex::decode(PUBLIC).expect("hex"));
        let of_base64 = TicketKey::read("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").expect("a key");
        assert_eq!(of_base64.public(), key.public());
        let name: TicketKeyId = key.public().id.to_string().parse().expect("a name");
        assert_eq!((name, key.public().id.to_string().len()), (key.public().id, 8));
        assert_eq!(PublicTicketKey::read(&key.public().shown()), Ok(key.public()));
        assert!(!format!("{key:?}").contains(&SECRET[..8]));
        for bad in ["", "9d61", &SECRET[1..], "nWGxne", "not base64 at all, by no means, no"] {
            assert_eq!(TicketKey::read(bad).err(), Some(KeyFault::Form), "{bad}");
        }
    }

    #[test]
    fn the_key_in_force_signs_and_previous_ones_are_believed() {
        let (old, new) = (TicketKey::from_bytes(&[1; 32]), TicketKey::from_bytes(&[2; 32]));
        let keys = TicketKeys::new(new.clone(), &[old.clone(), new.clone()]);
        assert_eq!(keys.public(), [new.public(), old.public()]);
        let text = old.sign(b"content");
        let parts = Parts::of(&text).expect("two parts");
        assert_eq!(parts.content, b"content");
        assert_eq!(parts.check(keys.public(), old.public().id), Ok(()));
        assert_eq!(parts.check(keys.public(), new.public().id), Err(SignedFault::Signature));
        assert_eq!(parts.check(&[new.public()], old.public().id), Err(SignedFault::UnknownKey));
    }
}
