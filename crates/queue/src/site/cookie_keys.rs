//! Signs cookies, so that they cannot be forged.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Shortest key in bytes: as long as the signature.
pub const KEY_BYTES_MIN: usize = 32;

/// The keys of cookies: the key in force signs, and cookies of the previous key are still valid.
pub struct CookieKeys {
    newest: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

/// A key is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key for cookies must have at least {KEY_BYTES_MIN} characters")]
pub struct KeyTooShort;

fn mac(key: &[u8]) -> Result<Hmac<Sha256>, KeyTooShort> {
    if key.len() < KEY_BYTES_MIN {
        return Err(KeyTooShort);
    }
    Hmac::new_from_slice(key).map_err(|_| KeyTooShort)
}

/// Makes a new key as text.
///
/// # Errors
/// When the system has no randomness.
pub fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0; KEY_BYTES_MIN];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

impl CookieKeys {
    /// Signs with `newest`, and also accepts signatures of `previous`.
    ///
    /// # Errors
    /// [`KeyTooShort`].
    pub fn new(newest: &[u8], previous: Option<&[u8]>) -> Result<Self, KeyTooShort> {
        Ok(Self { newest: mac(newest)?, previous: previous.map(mac).transpose()? })
    }

    /// The signature of these parts together.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        hex::encode(mac_of(&self.newest, parts).finalize().into_bytes())
    }

    /// The signatures of these parts by the key in force and by the previous one.
    pub(super) fn signatures(&self, parts: &[&str]) -> Vec<String> {
        let keys = [Some(&self.newest), self.previous.as_ref()];
        keys.into_iter().flatten().map(|key| hex::encode(mac_of(key, parts).finalize().into_bytes())).collect()
    }

    /// Whether the signature matches these parts. Takes the same time for a wrong one as for a right one.
    pub(super) fn is_signed(&self, parts: &[&str], signature: &str) -> bool {
        let Some(signature) = unhex(signature) else { return false };
        let keys = [Some(&self.newest), self.previous.as_ref()];
        keys.into_iter().flatten().any(|key| mac_of(key, parts).verify_slice(&signature).is_ok())
    }
}

/// The authentication code of these parts. No part contains a line end, so different lists give different input.
fn mac_of(key: &Hmac<Sha256>, parts: &[&str]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    // Lower case only, so that a signature has one form.
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 64 || !text.bytes().all(is_digit) {
        return None;
    }
    hex::decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
    const OTHER: &[u8] = b"fedcba9876543210fedcba9876543210";

    #[test]
    fn only_signed_parts_are_accepted() {
        let keys = CookieKeys::new(KEY, None).expect("long enough");
        let signature = keys.sign(&["visitor", "ann"]);
        assert!(keys.is_signed(&["visitor", "ann"], &signature));
        for other in [&["visitor", "bob"][..], &["visitor", "ann", ""], &["visitorann"]] {
            assert!(!keys.is_signed(other, &signature), "{other:?}");
        }
        for index in 0..signature.len() {
            let mut forged = signature.clone().into_bytes();
            forged[index] = if forged[index] == b'0' { b'1' } else { b'0' };
            assert!(!keys.is_signed(&["visitor", "ann"], &String::from_utf8(forged).expect("text")), "{index}");
        }
        for forged in ["", "0", &signature[..63], &signature.to_uppercase(), &"g".repeat(64), &"\u{e9}".repeat(32)] {
            assert!(!keys.is_signed(&["visitor", "ann"], forged), "{forged}");
        }
    }

    #[test]
    fn the_previous_key_is_accepted_and_no_other() {
        let old = CookieKeys::new(OTHER, None).expect("long enough").sign(&["ann"]);
        assert!(CookieKeys::new(KEY, Some(OTHER)).expect("long enough").is_signed(&["ann"], &old));
        assert!(!CookieKeys::new(KEY, None).expect("long enough").is_signed(&["ann"], &old));
        assert!(CookieKeys::new(b"short", None).is_err() && CookieKeys::new(KEY, Some(b"")).is_err());
    }
}
