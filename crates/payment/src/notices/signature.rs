//! Signatures of notices (Standard Webhooks): HMAC-SHA-256 of `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;
use std::fmt;

/// How far the clock of a notice may differ from ours, in seconds.
const SECONDS_OFF_MAX: i64 = 300;
/// What the secret begins with, as PortOne's console shows it.
const PREFIX: &str = "whsec_";
/// Most signatures of one notice: a secret that is being changed has two.
const SIGNATURES_MAX: usize = 16;

/// The key of PortOne's signatures.
#[derive(Clone)]
pub struct NoticeKey(Vec<u8>);

/// The secret is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("payment.portone.webhook_secret must be whsec_ and Base64")]
pub struct NoticeKeyFault;

impl NoticeKey {
    /// The key of a secret such as `whsec_MfKQ...`. Without a secret no notice is rightly signed.
    ///
    /// # Errors
    /// [`NoticeKeyFault`].
    pub fn of(secret: &str) -> Result<Self, NoticeKeyFault> {
        let secret = secret.trim();
        STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).map(Self).map_err(|_| NoticeKeyFault)
    }
}

/// Never shows the key.
impl fmt::Debug for NoticeKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NoticeKey({} bytes)", self.0.len())
    }
}

/// What the headers of a notice say. A header that is doubled says nothing.
pub(super) struct Signed {
    pub id: String,
    seconds: String,
    signatures: Vec<Vec<u8>>,
}

fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    std::str::from_utf8(value.as_bytes()).ok().filter(|text| !text.is_empty())
}

impl Signed {
    /// Reads the headers; none where one is missing, doubled or malformed, or the time is too far off.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let (id, seconds) = (single(headers, "webhook-id")?, single(headers, "webhook-timestamp")?);
        let signatures = single(headers, "webhook-signature")?;
        let is_number = seconds.len() <= 12 && seconds.bytes().all(|byte| byte.is_ascii_digit());
        let at: i64 = seconds.parse().ok().filter(|_| is_number)?;
        let off = at.saturating_sub(now.millis().div_euclid(1_000)).saturating_abs();
        if off > SECONDS_OFF_MAX {
            return None;
        }
        let versioned = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let signatures: Vec<_> =
            versioned.take(SIGNATURES_MAX).filter_map(|one| STANDARD.decode(one.trim()).ok()).collect();
        Some(Self { id: id.to_owned(), seconds: seconds.to_owned(), signatures })
    }

    /// Whether one of the signatures is by this key, in a time that tells nothing.
    pub fn is_by(&self, key: &NoticeKey, body: &[u8]) -> bool {
        if key.0.is_empty() {
            return false;
        }
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.0) else { return false };
        for part in [self.id.as_bytes(), b".", self.seconds.as_bytes(), b".", body] {
            mac.update(part);
        }
        self.signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// The example of the Standard Webhooks specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const RIGHT: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SECONDS: i64 = 1_614_265_330;

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek"));
        headers.insert("webhook-timestamp", HeaderValue::from(SECONDS));
        headers.insert("webhook-signature", HeaderValue::from_str(signature).expect("a value"));
        headers
    }

    fn holds(headers: &HeaderMap, seconds: i64, body: &[u8]) -> bool {
        let key = NoticeKey::of(SECRET).expect("a key");
        Signed::read(headers, Timestamp(seconds * 1_000)).is_some_and(|signed| signed.is_by(&key, body))
    }

    #[test]
    fn one_right_signature_suffices() {
        assert!(holds(&headers(RIGHT), SECONDS, BODY));
        assert!(holds(&headers(&format!("v1a,xx v1,AAAA {RIGHT}")), SECONDS, BODY));
        assert!(!holds(&headers("v1,AAAA"), SECONDS, BODY));
        assert!(!holds(&headers(&RIGHT.replace("v1,", "v2,")), SECONDS, BODY));
        assert!(!holds(&headers(RIGHT), SECONDS, b"{}"));
    }

    #[test]
    fn a_notice_counts_for_three_hundred_seconds_either_way() {
        for off in [-300, 300] {
            assert!(holds(&headers(RIGHT), SECONDS + off, BODY), "{off}");
        }
        for off in [-301, 301] {
            assert!(!holds(&headers(RIGHT), SECONDS + off, BODY), "{off}");
        }
    }

    #[test]
    fn a_header_that_is_missing_or_doubled_says_nothing() {
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut missing = headers(RIGHT);
            let value = missing.remove(name).expect("it was there");
            assert!(!holds(&missing, SECONDS, BODY), "{name} missing");
            let mut doubled = headers(RIGHT);
            doubled.append(name, value);
            assert!(!holds(&doubled, SECONDS, BODY), "{name} doubled");
        }
        for seconds in ["", "now", "-1", "1e9", "99999999999999999999"] {
            let mut odd = headers(RIGHT);
            odd.insert("webhook-timestamp", HeaderValue::from_str(seconds).expect("a value"));
            assert!(!holds(&odd, SECONDS, BODY), "{seconds}");
        }
    }

    #[test]
    fn without_a_secret_no_notice_is_rightly_signed() {
        let key = NoticeKey::of("").expect("none");
        let signed = Signed::read(&headers(RIGHT), Timestamp(SECONDS * 1_000)).expect("headers");
        assert!(!signed.is_by(&key, BODY));
        assert_eq!(NoticeKey::of("whsec_%%%").map(drop), Err(NoticeKeyFault));
    }
}
