//! Receipts: a participant's entry number in the opening draw of a line, signed, so that it can be checked offline.
//!
//! ```text
//! base64url({"line":"gate:shoes","entry":17,"holder":"<64 hex digits>","issuedAtMs":1700000000000}) . base64url(signature)
//! ```
//!
//! The signature is Ed25519 (RFC 8032) over the bytes of the JSON; base64url without padding (RFC 4648). `holder` is
//! `SHA-256(line || "\n" || user id)`: a receipt does not contain the user id, but a known user id can be checked
//! against it. Ids that can be guessed can be tried, so show a receipt only to those who may know its user.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::UserId;
use domain::line::{LineId, QueueNumber, holder_hash};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest accepted receipt, in bytes.
const RECEIPT_BYTES_MAX: usize = 2_048;

/// The content of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// `gate:<campaign>` or `queue:<name>`.
    pub line: String,
    /// The participant's entry number. Above the draw's count it is the ticket itself.
    pub entry: QueueNumber,
    /// See [`holder`].
    pub holder: String,
    /// When it was signed, in milliseconds since 1970.
    pub issued_at_ms: i64,
}

/// An invalid receipt or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not two parts in base64url, or the first is not the JSON of a receipt.
    #[error("not a receipt: a receipt is two parts in base64url with a dot between")]
    Form,
    /// Another key signed the receipt, or the receipt was changed.
    #[error("the signature is not that of this key")]
    Signature,
    /// Not 64 hexadecimal digits of an Ed25519 key.
    #[error("a receipt key must have 64 hexadecimal digits")]
    Key,
}

/// The holder of a receipt: a hash of line and user id.
pub fn holder(line: &str, user: &str) -> String {
    hex::encode(holder_hash(&line, &user))
}

/// The key that signs receipts. Cheap to clone.
#[derive(Clone)]
pub struct ReceiptKey(Arc<SigningKey>);

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ReceiptKey({})", self.public_hex())
    }
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

impl ReceiptKey {
    /// From the 32 secret bytes: 64 hexadecimal digits, or base64.
    ///
    /// # Errors
    /// [`ReceiptError::Key`].
    pub fn read(text: &str) -> Result<Self, ReceiptError> {
        let bytes = read_hex(text).or_else(|| {
            let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
            URL_SAFE_NO_PAD.decode(plain).ok()?.try_into().ok()
        });
        let bytes = bytes.ok_or(ReceiptError::Key)?;
        Ok(Self(Arc::new(SigningKey::from_bytes(&bytes))))
    }

    /// The public key that checks receipts of this key: 64 hexadecimal digits.
    pub fn public_hex(&self) -> String {
        hex::encode(self.0.verifying_key().as_bytes())
    }

    /// A receipt for this user.
    pub fn sign(&self, line: &LineId, entry: QueueNumber, user: &UserId, issued_at_ms: i64) -> String {
        let line = line.to_string();
        let receipt = Receipt { holder: holder(&line, user.as_str()), line, entry, issued_at_ms };
        // Strings and numbers only: serialization cannot fail.
        let json = serde_json::to_vec(&receipt).unwrap_or_default();
        let signature = self.0.sign(&json).to_bytes();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&json), URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Reads a receipt that the owner of this public key has signed.
///
/// # Errors
/// [`ReceiptError`].
pub fn read(text: &str, public_hex: &str) -> Result<Receipt, ReceiptError> {
    let key = read_hex(public_hex).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok()).ok_or(ReceiptError::Key)?;
    let text = Some(text.trim()).filter(|text| text.len() <= RECEIPT_BYTES_MAX).ok_or(ReceiptError::Form)?;
    let (json, signature) = text.split_once('.').ok_or(ReceiptError::Form)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ReceiptError::Form);
    let (json, signature) = (decode(json)?, decode(signature)?);
    let signature = Signature::from_slice(&signature).map_err(|_| ReceiptError::Form)?;
    // Strict: only one form of a signature is valid.
    key.verify_strict(&json, &signature).map_err(|_| ReceiptError::Signature)?;
    serde_json::from_slice(&json).map_err(|_| ReceiptError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    /// RFC 8032, 7.1, test 1.
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn key() -> ReceiptKey {
        ReceiptKey::read(SECRET).expect("a key")
    }

    fn receipt() -> String {
        key().sign(
            &"gate:shoes".parse().expect("a line"),
            QueueNumber(17),
            &UserId::new("ann").expect("a name"),
            1_700_000_000_123,
        )
    }

    #[test]
    fn a_signed_receipt_is_read_and_a_changed_one_is_refused() {
        let text = receipt();
        let read_back = read(&text, PUBLIC).expect("ours");
        assert_eq!(
            (read_back.line.as_str(), read_back.entry, read_back.issued_at_ms),
            ("gate:shoes", QueueNumber(17), 1_700_000_000_123)
        );
        assert_eq!(read_back.holder, holder("gate:shoes", "ann"));
        assert!(!format!("{read_back:?}").contains("ann"), "it does not contain the user id");
        for index in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("text");
            assert!(forged == text || read(&forged, PUBLIC).is_err(), "changed at {index}");
        }
        let (json, signature) = text.split_once('.').expect("two parts");
        for forged in ["", ".", json, signature, &format!(".{signature}"), &format!("{json}."), &format!("{text}.")] {
            assert!(read(forged, PUBLIC).is_err(), "{forged}");
        }
        assert_eq!(read(&"a".repeat(5_000), PUBLIC), Err(ReceiptError::Form));
    }

    #[test]
    fn another_keys_receipt_and_a_malformed_key_are_refused() {
        let other = ReceiptKey::read(&"1".repeat(64)).expect("a key");
        assert_eq!(read(&receipt(), &other.public_hex()), Err(ReceiptError::Signature));
        for wrong in ["", "d75a", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(read(&receipt(), wrong), Err(ReceiptError::Key), "{wrong}");
        }
    }

    #[test]
    fn a_key_is_read_as_hex_and_as_base64() {
        let base64 = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
        for form in [SECRET, &SECRET.to_uppercase(), base64, base64.trim_end_matches('=')] {
            assert_eq!(ReceiptKey::read(form).expect("a key").public_hex(), PUBLIC);
        }
        for wrong in ["", "short", &SECRET[..62], "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2"] {
            assert!(ReceiptKey::read(wrong).is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", key()).contains("9d61"), "the secret is not shown");
    }
}
