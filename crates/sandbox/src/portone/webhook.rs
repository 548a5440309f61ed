//! Notices of a payment's state, signed as PortOne signs them (Standard Webhooks).

use super::moment;
use crate::books::payments::{Payment, Status};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the secret begins with, as PortOne's console shows it.
const PREFIX: &str = "whsec_";

/// A notice, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Notice {
    /// `content-type` and those that sign the body.
    pub headers: BTreeMap<&'static str, String>,
    /// The bytes that are signed.
    pub body: String,
}

/// The key of signatures.
#[derive(Clone)]
pub(crate) struct SigningKey(Vec<u8>);

impl SigningKey {
    /// The key of a secret such as `whsec_MfKQ...`; none when it is no Base64.
    pub fn of(secret: &str) -> Option<Self> {
        STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok().filter(|key| !key.is_empty()).map(Self)
    }

    fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// A notice of the present state. One that is not good has a signature by another key.
    pub fn notice(&self, payment: &Payment, cancellation_id: Option<&str>, store_id: &str, is_good: bool) -> Notice {
        let now_ms = clock::now().millis();
        let mut data = json!({"paymentId": payment.key, "storeId": store_id});
        if let Some(transaction_id) = &payment.transaction_id {
            data["transactionId"] = json!(transaction_id);
        }
        if let Some(cancellation_id) = cancellation_id {
            data["cancellationId"] = json!(cancellation_id);
        }
        let kind = match payment.status {
            Status::Ready => "Transaction.Ready",
            Status::PayPending => "Transaction.PayPending",
            Status::Paid => "Transaction.Paid",
            Status::Failed => "Transaction.Failed",
            Status::PartialCancelled => "Transaction.PartialCancelled",
            Status::Cancelled => "Transaction.Cancelled",
        };
        let body = json!({"type": kind, "timestamp": moment(now_ms), "data": data}).to_string();
        let (id, seconds) = (format!("wh-{}", Uuid::new_v4()), now_ms / 1_000);
        let mut signature = self.sign(&id, seconds, &body);
        if !is_good {
            signature = Self(b"another key".to_vec()).sign(&id, seconds, &body);
        }
        let headers = BTreeMap::from([
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", format!("v1,{signature}")),
        ]);
        Notice { headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let key = SigningKey::of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(SigningKey::of("whsec_").is_none() && SigningKey::of("whsec_%%%").is_none());
    }
}
