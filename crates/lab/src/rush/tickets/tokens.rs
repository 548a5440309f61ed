//! Access tokens of people, as the server's own log-in would make them (HS512, `contract-ticketing.md`, Accounts): 20,000
//! log-ins with their slow hashes are another test.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha512;
use uuid::Uuid;

/// Life of a token in seconds: longer than any load test.
const LIFE_SECONDS: i64 = 24 * 3_600;

/// Makes tokens.
#[derive(Clone)]
pub(super) struct Tokens {
    secret: Vec<u8>,
}

impl Tokens {
    /// `secret`: as in `auth.jwt_secret`; Base64 after `base64:`.
    pub(super) fn new(secret: &str) -> anyhow::Result<Self> {
        let secret = match secret.strip_prefix("base64:") {
            Some(encoded) => base64::engine::general_purpose::STANDARD.decode(encoded)?,
            None => secret.as_bytes().to_vec(),
        };
        Ok(Self { secret })
    }

    /// A token of this account. `role`: `USER` or `ADMIN`.
    pub(super) fn of(&self, account: Uuid, role: &str) -> String {
        let now = clock::now().millis() / 1_000;
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(json!({"alg": "HS512", "typ": "JWT"}));
        let claims = encode(json!({
            "sub": account, "jti": Uuid::new_v4(), "role": role, "email": format!("{account}@rush.example"),
            "iat": now, "exp": now + LIFE_SECONDS,
        }));
        let signed = format!("{head}.{claims}");
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(&self.secret) else { return signed };
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }
}

/// A secret for a temporary server.
pub(super) fn new_secret() -> String {
    format!("{}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_parts_and_its_claims() {
        let account = Uuid::from_u128(7);
        let token = Tokens::new(&new_secret()).expect("a secret").of(account, "ADMIN");
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("JSON");
        assert_eq!(
            (claims["sub"].as_str(), claims["role"].as_str()),
            (Some(account.to_string().as_str()), Some("ADMIN"))
        );
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).expect("base64").len(), 64);
        assert!(new_secret().len() >= 64);
    }
}
