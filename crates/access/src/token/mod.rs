//! Tokens of people: JSON Web Tokens signed with HS512 (AUTH-011, GW-002).
//!
//! Only the roles user (which issues them) and gateway (which believes them) know the secret. The signature is checked
//! before anything that the token says; the header chooses neither the algorithm nor the key.

mod claims;
mod hs512;

pub use claims::{AccessClaims, RefreshClaims};
pub(crate) use hs512::secret_bytes;

use domain::Timestamp;
use hs512::{HEADER_BYTES_MAX, SECRET_BYTES_MIN};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;

/// Longest token that is read, in bytes: ours have about 400.
const TOKEN_BYTES_MAX: usize = 4_096;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Forged, malformed, of the wrong kind, not valid yet, or without a claim that it needs.
    #[error("the token is not one of ours")]
    Invalid,
    /// It was good until its time ran out.
    #[error("the token has expired")]
    Expired,
}

/// A secret that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// Fewer than 64 bytes.
    #[error("must have {SECRET_BYTES_MIN} bytes or more, such as those of `openssl rand -base64 64` after `base64:`")]
    Short,
    /// What follows `base64:` is not Base64.
    #[error("what follows base64: must be Base64")]
    NotBase64,
}

/// Signs and reads tokens: by the secret in force, and by the previous one while it is exchanged. Cheap to clone.
#[derive(Clone)]
pub struct TokenKeys {
    sign: EncodingKey,
    read: Vec<DecodingKey>,
}

/// Shows the number of keys, never a key.
impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TokenKeys({})", self.read.len())
    }
}

impl TokenKeys {
    /// Keys by the texts of `auth.jwt_secret` and `auth.jwt_previous_secret`: raw bytes, or Base64 after `base64:`. An
    /// empty previous one counts as none.
    ///
    /// # Errors
    /// [`SecretFault`].
    pub fn new(secret: &str, previous: &str) -> Result<Self, SecretFault> {
        hs512::install();
        let current = hs512::secret_bytes(secret)?;
        let mut secrets = vec![current.clone()];
        if !previous.is_empty() {
            secrets.push(hs512::secret_bytes(previous)?);
        }
        // Refuses empty secrets alone, and these are long.
        let read = secrets.iter().filter_map(|secret| DecodingKey::from_secret(secret).ok()).collect();
        let sign = EncodingKey::from_secret(&current).map_err(|_| SecretFault::Short)?;
        Ok(Self { sign, read })
    }

    /// An access token.
    pub fn access_token(&self, claims: &AccessClaims) -> String {
        self.signed(claims)
    }

    /// A refresh token.
    pub fn refresh_token(&self, claims: &RefreshClaims) -> String {
        self.signed(&claims::Typed::new(claims))
    }

    fn signed(&self, claims: &impl serde::Serialize) -> String {
        // Fails only for claims that are no JSON object; ours are.
        jsonwebtoken::encode(&Header::new(Algorithm::HS512), claims, &self.sign).unwrap_or_default()
    }

    /// What an access token says, at the time `now`.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn read_access(&self, token: &[u8], now: Timestamp) -> Result<AccessClaims, TokenFault> {
        let read: claims::Access = self.verified(token)?;
        read.checked(now)
    }

    /// What a refresh token says, at the time `now`. `Err((fault, claims))` tells the claims of one that was ours and has
    /// expired: the table may say that it was revoked, which counts first.
    ///
    /// # Errors
    /// [`TokenFault`], with the claims of an expired one.
    pub fn read_refresh(
        &self,
        token: &[u8],
        now: Timestamp,
    ) -> Result<RefreshClaims, (TokenFault, Option<RefreshClaims>)> {
        let read: claims::Refresh = self.verified(token).map_err(|fault| (fault, None))?;
        read.checked(now)
    }

    /// The claims of a token whose signature is right.
    fn verified<T: DeserializeOwned>(&self, token: &[u8]) -> Result<T, TokenFault> {
        if token.len() > TOKEN_BYTES_MAX || !has_plain_header(token) {
            return Err(TokenFault::Invalid);
        }
        let validation = validation();
        // The current key first; it is known by its signature alone, never by `kid`.
        let claims = self.read.iter().find_map(|key| jsonwebtoken::decode::<T>(token, key, &validation).ok());
        claims.map(|data| data.claims).ok_or(TokenFault::Invalid)
    }
}

/// Only the algorithm and the signature: times are compared here, against the clock of the product.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS512);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// Whether the header has nothing critical: `crit` names what a reader must understand, and this one understands none.
fn has_plain_header(token: &[u8]) -> bool {
    let head = token.split(|byte| *byte == b'.').next().unwrap_or_default();
    head.len() <= HEADER_BYTES_MAX && jsonwebtoken::decode_header(token).is_ok_and(|header| header.crit.is_none())
}

#[cfg(test)]
mod tests;
