//! Personal data (AUTH-021): encrypted where it is stored, found again by keyed hashes.
//!
//! A stored value is `<key id>.<Base64 of nonce, ciphertext and tag>`. Column and account are authenticated with it, so a
//! value cannot be moved to another row. The key id says which key reads it; `onsale admin rotate-keys` writes all values
//! anew with the current one.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::AccountId;
use domain::account::{EmailAddress, PhoneNumber};
use hmac::{Hmac, Mac};
use ledger::LedgerError;
use onsale_http::ApiError;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a nonce of AES-GCM. Random ones are safe for 2^32 values of one key.
const NONCE_BYTES: usize = 12;

/// A column whose values are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalField {
    /// The e-mail address.
    Email,
    /// The name.
    Name,
    /// The phone number.
    Phone,
    /// The value that is the same for a person at every company.
    Ci,
    /// The value that is the same for a person at this company.
    Di,
}

impl PersonalField {
    fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Ci => "ci",
            Self::Di => "di",
        }
    }
}

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} must be 32 bytes in Base64, such as those of `openssl rand -base64 32`, with or without base64: before them"
)]
pub struct PersonalKeyFault(&'static str);

/// A stored value that no key reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a key that is not configured.
    #[error("it was written by the key {0:08x}, which is neither user.personal_data_key nor the previous one")]
    Key(u32),
    /// Changed, moved, or not ours.
    #[error("it is damaged")]
    Damaged,
}

impl From<Unreadable> for LedgerError {
    fn from(error: Unreadable) -> Self {
        Self::Other(format!("a value of users cannot be read: {error}").into())
    }
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        Self::internal(format!("a value of users cannot be read: {error}"))
    }
}

#[derive(Clone)]
struct Sealer {
    id: u32,
    cipher: Aes256Gcm,
}

/// The keys of personal data. Cheap to clone.
#[derive(Clone)]
pub struct PersonalKeys(Arc<Keys>);

struct Keys {
    /// The current one first.
    sealers: Vec<Sealer>,
    lookup: Hmac<Sha256>,
}

/// Shows the keys' ids, never a key.
impl std::fmt::Debug for PersonalKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.sealers.iter().map(|sealer| format!("{:08x}", sealer.id))).finish()
    }
}

impl PersonalKeys {
    /// Keys by the texts of `user.personal_data_key`, `user.personal_data_key_previous` (empty: none) and
    /// `user.lookup_key`.
    ///
    /// # Errors
    /// [`PersonalKeyFault`].
    pub fn new(current: &str, previous: &str, lookup: &str) -> Result<Self, PersonalKeyFault> {
        let mut sealers = vec![Sealer::new(&bytes(current, "user.personal_data_key")?)];
        if !previous.trim().is_empty() {
            sealers.push(Sealer::new(&bytes(previous, "user.personal_data_key_previous")?));
        }
        let fault = PersonalKeyFault("user.lookup_key");
        let lookup = Hmac::new_from_slice(&bytes(lookup, fault.0)?).map_err(|_| fault)?;
        Ok(Self(Arc::new(Keys { sealers, lookup })))
    }

    /// Encrypts a value for one column of one account.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system gives no random bytes.
    pub fn seal(&self, field: PersonalField, account: AccountId, value: &str) -> Result<String, ApiError> {
        self.0.sealers[0].seal(&place(field, account), value.as_bytes())
    }

    /// Decrypts a value of one column of one account.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, field: PersonalField, account: AccountId, stored: &str) -> Result<String, Unreadable> {
        let (id, sealed) = stored.split_once('.').ok_or(Unreadable::Damaged)?;
        let id = u32::from_str_radix(id, 16).map_err(|_| Unreadable::Damaged)?;
        let sealer = self.0.sealers.iter().find(|sealer| sealer.id == id).ok_or(Unreadable::Key(id))?;
        let sealed = STANDARD.decode(sealed).map_err(|_| Unreadable::Damaged)?;
        let value = sealer.open(&place(field, account), &sealed).ok_or(Unreadable::Damaged)?;
        String::from_utf8(value).map_err(|_| Unreadable::Damaged)
    }

    /// Whether a value was written by the current key.
    pub fn is_current(&self, stored: &str) -> bool {
        stored.split_once('.').is_some_and(|(id, _)| id == format!("{:08x}", self.0.sealers[0].id))
    }

    /// The hash by which an account is found by its e-mail address.
    pub fn email_hash(&self, email: &EmailAddress) -> String {
        self.hash("email", &email.compared())
    }

    /// The hash by which accounts are found by a phone number.
    pub fn phone_hash(&self, phone: &PhoneNumber) -> String {
        self.hash("phone", &phone.compared())
    }

    /// The hash by which an account is found by its person.
    pub fn ci_hash(&self, ci: &str) -> String {
        self.hash("ci", ci)
    }

    /// A keyed hash of a value of some kind: equal values of two kinds have nothing in common.
    pub fn hash(&self, kind: &'static str, value: &str) -> String {
        let mac = self.0.lookup.clone().chain_update(kind).chain_update([0u8]).chain_update(value);
        hex::encode(mac.finalize().into_bytes())
    }
}

impl Sealer {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new().chain_update(b"onsale key id\0").chain_update(key).finalize();
        let id = digest.iter().take(4).fold(0u32, |id, byte| (id << 8) | u32::from(*byte));
        Self { id, cipher: Aes256Gcm::new(key.into()) }
    }

    fn seal(&self, place: &str, value: &[u8]) -> Result<String, ApiError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(ApiError::internal)?;
        let payload = Payload { msg: value, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload);
        let sealed = sealed.map_err(|_| ApiError::internal("a value is too long to be encrypted"))?;
        Ok(format!("{:08x}.{}", self.id, STANDARD.encode([&nonce[..], &sealed].concat())))
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher.decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).ok()
    }
}

fn place(field: PersonalField, account: AccountId) -> String {
    format!("users.{}:{account}", field.as_str())
}

fn bytes(text: &str, name: &'static str) -> Result<[u8; KEY_BYTES], PersonalKeyFault> {
    let text = text.trim();
    let decoded = STANDARD.decode(text.strip_prefix("base64:").unwrap_or(text));
    decoded.ok().and_then(|bytes| bytes.try_into().ok()).ok_or(PersonalKeyFault(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    fn keys() -> PersonalKeys {
        PersonalKeys::new(&key(1), "", &key(9)).expect("keys")
    }

    const WHO: AccountId = AccountId(Uuid::from_u128(7));

    #[test]
    fn a_value_is_read_in_its_own_place_alone() {
        let keys = keys();
        let sealed = keys.seal(PersonalField::Email, WHO, "a@b.kr").expect("sealed");
        assert_eq!(keys.open(PersonalField::Email, WHO, &sealed).as_deref(), Ok("a@b.kr"));
        assert_eq!(keys.open(PersonalField::Name, WHO, &sealed), Err(Unreadable::Damaged));
        assert_eq!(keys.open(PersonalField::Email, AccountId(Uuid::nil()), &sealed), Err(Unreadable::Damaged));
        assert_ne!(sealed, keys.seal(PersonalField::Email, WHO, "a@b.kr").expect("sealed"), "a nonce of its own");
    }

    #[test]
    fn the_previous_key_reads_and_the_current_one_writes() {
        let old = keys().seal(PersonalField::Ci, WHO, "ci").expect("sealed");
        let both = PersonalKeys::new(&key(2), &format!("base64:{}", key(1)), &key(9)).expect("keys");
        assert_eq!(both.open(PersonalField::Ci, WHO, &old).as_deref(), Ok("ci"));
        let new = both.seal(PersonalField::Ci, WHO, "ci").expect("sealed");
        assert!(both.is_current(&new) && !both.is_current(&old));
        let other = PersonalKeys::new(&key(3), "", &key(9)).expect("keys");
        assert!(matches!(other.open(PersonalField::Ci, WHO, &old), Err(Unreadable::Key(_))));
    }

    #[test]
    fn keys_have_thirty_two_bytes_and_are_not_shown() {
        for bad in ["", "a", &STANDARD.encode([1; 31]), &STANDARD.encode([1; 33]), "%", &"a".repeat(32)] {
            assert!(PersonalKeys::new(bad, "", &key(9)).is_err(), "{bad}");
            assert!(PersonalKeys::new(&key(1), "", bad).is_err(), "{bad}");
        }
        assert!(!format!("{:?}", keys()).contains(&key(1)));
    }

    #[test]
    fn hashes_follow_what_is_compared() {
        let (keys, email) = (keys(), |text| EmailAddress::parse(text).expect("valid"));
        assert_eq!(keys.email_hash(&email("Kim@B.kr")), keys.email_hash(&email("kim@b.KR")));
        assert_ne!(keys.hash("email", "x"), keys.hash("ci", "x"));
        let other = PersonalKeys::new(&key(1), "", &key(8)).expect("keys");
        assert_ne!(keys.ci_hash("x"), other.ci_hash("x"));
        let phone = |text| keys.phone_hash(&PhoneNumber::parse(text).expect("valid"));
        assert_eq!(phone("010-1234-5678"), phone("01012345678"));
    }

    proptest! {
        #[test]
        fn any_changed_byte_is_noticed(value in "\\PC{0,60}", at in any::<prop::sample::Index>(), flip in 1u8..=255) {
            let keys = keys();
            let sealed = keys.seal(PersonalField::Name, WHO, &value).expect("sealed");
            prop_assert_eq!(keys.open(PersonalField::Name, WHO, &sealed), Ok(value));
            let (id, rest) = sealed.split_once('.').expect("two parts");
            let mut bytes = STANDARD.decode(rest).expect("Base64");
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let changed = format!("{id}.{}", STANDARD.encode(&bytes));
            prop_assert_eq!(keys.open(PersonalField::Name, WHO, &changed), Err(Unreadable::Damaged));
        }
    }
}
