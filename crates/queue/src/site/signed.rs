//! Signs what people carry in cookies, so that nobody can make one up.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fewest bytes of a key: as many as the signature has bits of strength.
pub const KEY_BYTES_MIN: usize = 32;

/// What cookies are signed with: the key in force, and the one before it, whose cookies still count.
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

/// A new key as text.
///
/// # Errors
/// When the system has no randomness.
pub fn new_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0; KEY_BYTES_MIN];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

impl CookieKeys {
    /// Signs with `newest`, and believes `previous`, too.
    ///
    /// # Errors
    /// [`KeyTooShort`].
    pub fn new(newest: &[u8], previous: Option<&[u8]>) -> Result<Self, KeyTooShort> {
        Ok(Self { newest: mac(newest)?, previous: previous.map(mac).transpose()? })
    }

    /// The signature of these parts together.
    pub(super) fn sign(&self, parts: &[&str]) -> String {
        hex::encode(fed(&self.newest, parts).finalize().into_bytes())
    }

    /// Whether the signature is that of these parts. Takes as long for a wrong one as for a right one.
    pub(super) fn is_signed(&self, parts: &[&str], signature: &str) -> bool {
        let Some(signature) = unhex(signature) else { return false };
        let keys = [Some(&self.newest), self.previous.as_ref()];
        keys.into_iter().flatten().any(|key| fed(key, parts).verify_slice(&signature).is_ok())
    }
}

/// No part has a line's end in it, so no two lists of parts are fed alike.
fn fed(key: &Hmac<Sha256>, parts: &[&str]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part.as_bytes());
        mac.update(b"\n");
    }
    mac
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    // Lower case alone: a signature has one form.
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
    fn only_what_was_signed_is_believed() {
        let keys = CookieKeys::new(KEY, None).expect("long enough");
        let signature = keys.sign(&["visitor", "ann"]);
        assert!(keys.is_signed(&["visitor", "ann"], &signature));
        for other in [&["visitor", "bob"][..], &["visitor", "ann", ""], &["visitorann"]] {
            assert!(!keys.is_signed(other, &signature), "{other:?}");
        }
        for place in 0..signature.len() {
            let mut forged = signature.clone().into_bytes();
            forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
            assert!(!keys.is_signed(&["visitor", "ann"], &String::from_utf8(forged).expect("text")), "{place}");
        }
        for forged in ["", "0", &signature[..63], &signature.to_uppercase(), &"g".repeat(64), &"\u{e9}".repeat(32)] {
            assert!(!keys.is_signed(&["visitor", "ann"], forged), "{forged}");
        }
    }

    #[test]
    fn the_key_before_is_believed_and_no_other() {
        let old = CookieKeys::new(OTHER, None).expect("long enough").sign(&["ann"]);
        assert!(CookieKeys::new(KEY, Some(OTHER)).expect("long enough").is_signed(&["ann"], &old));
        assert!(!CookieKeys::new(KEY, None).expect("long enough").is_signed(&["ann"], &old));
        assert!(CookieKeys::new(b"short", None).is_err() && CookieKeys::new(KEY, Some(b"")).is_err());
    }
}
