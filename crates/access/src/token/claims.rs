//! What tokens say. Times are in whole seconds since 1970, as in the tokens.

use super::TokenFault;
use domain::account::UserRole;
use domain::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};

/// The claim `type` of a refresh token.
const REFRESH: &str = "refresh";

/// An access token's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessClaims {
    /// Whose it is.
    pub sub: AccountId,
    /// The token's own id; the blacklist names it.
    pub jti: String,
    /// What the person may do.
    pub role: UserRole,
    /// As the person wrote it.
    pub email: String,
    /// Issued at, in seconds.
    pub iat: i64,
    /// Good until, in seconds.
    pub exp: i64,
}

/// A refresh token's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefreshClaims {
    /// Whose it is.
    pub sub: AccountId,
    /// The token's own id.
    pub jti: String,
    /// Issued at, in seconds.
    pub iat: i64,
    /// Good until, in seconds.
    pub exp: i64,
}

/// A refresh token's, with the claim that tells it from an access token.
#[derive(Serialize)]
pub(super) struct Typed<'a> {
    #[serde(flatten)]
    claims: &'a RefreshClaims,
    r#type: &'static str,
}

impl<'a> Typed<'a> {
    pub(super) fn new(claims: &'a RefreshClaims) -> Self {
        Self { claims, r#type: REFRESH }
    }
}

/// As read, before anything is believed.
#[derive(Deserialize)]
pub(super) struct Access {
    sub: String,
    jti: String,
    role: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    r#type: Option<serde_json::Value>,
    #[serde(default)]
    iat: Option<i64>,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

/// As read, before anything is believed.
#[derive(Deserialize)]
pub(super) struct Refresh {
    sub: String,
    jti: String,
    r#type: String,
    #[serde(default)]
    iat: Option<i64>,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
}

impl Access {
    pub(super) fn checked(self, now: Timestamp) -> Result<AccessClaims, TokenFault> {
        let Self { sub, jti, role, email, r#type, iat, exp, nbf } = self;
        // A refresh token opens nothing.
        if r#type.is_some() {
            return Err(TokenFault::Invalid);
        }
        let role = UserRole::parse(&role).ok_or(TokenFault::Invalid)?;
        let (sub, jti) = (account(&sub)?, not_blank(jti)?);
        in_time(exp, nbf, now)?;
        Ok(AccessClaims { sub, jti, role, email: email.unwrap_or_default(), iat: iat.unwrap_or_default(), exp })
    }
}

impl Refresh {
    pub(super) fn checked(self, now: Timestamp) -> Result<RefreshClaims, (TokenFault, Option<RefreshClaims>)> {
        let Self { sub, jti, r#type, iat, exp, nbf } = self;
        let invalid = |fault| (fault, None);
        if r#type != REFRESH {
            return Err(invalid(TokenFault::Invalid));
        }
        let sub = account(&sub).map_err(invalid)?;
        let claims = RefreshClaims { sub, jti: not_blank(jti).map_err(invalid)?, iat: iat.unwrap_or_default(), exp };
        match in_time(exp, nbf, now) {
            Ok(()) => Ok(claims),
            Err(TokenFault::Expired) => Err((TokenFault::Expired, Some(claims))),
            Err(fault) => Err((fault, None)),
        }
    }
}

fn account(sub: &str) -> Result<AccountId, TokenFault> {
    sub.parse().map_err(|_| TokenFault::Invalid)
}

fn not_blank(text: String) -> Result<String, TokenFault> {
    if text.trim().is_empty() { Err(TokenFault::Invalid) } else { Ok(text) }
}

/// Without any allowance for clocks that differ. A token is good before the second of `exp`, and from that of `nbf` on.
fn in_time(exp: i64, nbf: Option<i64>, now: Timestamp) -> Result<(), TokenFault> {
    let now = now.millis();
    if nbf.is_some_and(|nbf| now < nbf.saturating_mul(1_000)) {
        return Err(TokenFault::Invalid);
    }
    if now >= exp.saturating_mul(1_000) { Err(TokenFault::Expired) } else { Ok(()) }
}
