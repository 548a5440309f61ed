//! What a line may ask for before it gives a place to somebody who has none (QUEUE-012).
//!
//! ```text
//! GET /queue/challenge/{line} -> nonce, signed for this line and this network, for five minutes
//! <nonce>.<answer> --signature, time, line, network--> answer right? --claimed once, over all servers--> a place
//! ```
//!
//! A nonce costs the server nothing before it is used: nothing is kept of it. A used one is kept in hot state until it
//! runs out, so what is kept is bounded by the answers that were right.

mod nonce;
mod recaptcha;
#[cfg(test)]
mod tests;

pub use recaptcha::{Recaptcha, RecaptchaError};

use crate::rule_cache::RuleCache;
use domain::line::{Challenge, LineId};
use domain::{ErrorCode, Network, Timestamp};
use hot::KeyPort;
use hot::line::LinePort;
use nonce::NonceKey;
use onsale_http::ApiError;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use utoipa::ToSchema;

/// The header in which an answer travels, as `<nonce>.<answer>`.
pub const CHALLENGE_HEADER: &str = "x-queue-challenge";
/// Longest answer with its nonce in bytes: a reCAPTCHA token has about two thousand.
pub const ANSWER_BYTES_MAX: usize = 8_192;
/// How long a nonce may be used, in milliseconds.
const NONCE_MS: i64 = 5 * 60_000;

/// What a line asks for before it gives a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChallengeDocument {
    /// `none`, `pow`, `recaptcha` or `account`.
    pub kind: &'static str,
    /// To be sent back with the answer, once.
    pub nonce: String,
    /// `pow`: `SHA-256(nonce + "." + answer)` must begin with so many zero bits.
    pub bits: u8,
    /// `recaptcha`: the key of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_key: Option<String>,
    /// When the nonce runs out.
    #[schema(value_type = String, example = "2026-11-21T20:05:00")]
    pub expires_at: Timestamp,
}

/// Asks before a place, and checks answers. Cheap to clone.
#[derive(Clone)]
pub struct Challenges(Arc<Inner>);

struct Inner {
    key: NonceKey,
    rules: RuleCache,
    used: Arc<dyn KeyPort>,
    bits: u8,
    recaptcha: OnceLock<Recaptcha>,
}

/// How an answer was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Right,
    Wrong,
}

impl Challenges {
    /// `key`: the same on all servers of these lines. `used`: where used nonces are kept. `bits`: the work of a proof.
    pub fn new(
        key: &[u8],
        lines: Arc<dyn LinePort>,
        used: Arc<dyn KeyPort>,
        bits: u8,
        recaptcha: Option<Recaptcha>,
    ) -> Self {
        let recaptcha = recaptcha.map(OnceLock::from).unwrap_or_default();
        Self(Arc::new(Inner { key: NonceKey::new(key), rules: RuleCache::new(lines), used, bits, recaptcha }))
    }

    /// Asks `recaptcha` where none is configured. All clones do.
    pub fn stand_in(&self, recaptcha: Recaptcha) {
        let _ = self.0.recaptcha.set(recaptcha);
    }

    /// Whether this server can judge what a line would ask for.
    ///
    /// # Errors
    /// `INVALID_INPUT`: nobody could enter that line any more.
    pub fn demand_means(&self, kind: Challenge) -> Result<(), ApiError> {
        if kind == Challenge::Recaptcha && self.0.recaptcha.get().is_none() {
            return Err(ApiError::invalid(
                "challenge: reCAPTCHA is not configured here, so nobody could enter: set user.recaptcha.base_url, .site_key and .secret, \
                 and restart; or take \"pow\"",
            ));
        }
        Ok(())
    }

    /// What a line asks for, as of the last second; nothing where there is no such line.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn of(&self, line: &LineId) -> Result<Challenge, ApiError> {
        Ok(self.0.rules.rule(line).await?.map_or(Challenge::None, |rule| rule.asks_for()))
    }

    /// The address of reCAPTCHA's script; `None` where reCAPTCHA is not configured.
    pub fn script_url(&self) -> Option<&str> {
        self.0.recaptcha.get().map(Recaptcha::script_url)
    }

    /// A fresh document for a caller of this network.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` when the system has no randomness.
    pub fn document(
        &self,
        line: &LineId,
        kind: Challenge,
        network: Option<Network>,
    ) -> Result<ChallengeDocument, ApiError> {
        let expires_at = Timestamp(clock::now().millis() + NONCE_MS);
        let site_key = match kind {
            Challenge::Recaptcha => self.0.recaptcha.get().map(|recaptcha| recaptcha.site_key().to_owned()),
            Challenge::None | Challenge::Pow | Challenge::Account => None,
        };
        let nonce = self.0.key.make(line, kind, network, expires_at).map_err(ApiError::internal)?;
        Ok(ChallengeDocument { kind: kind.word(), nonce, bits: self.0.bits, site_key, expires_at })
    }

    /// Lets a caller without a place pass who brings the right answer, `<nonce>.<answer>`, for the first time.
    ///
    /// # Errors
    /// `CHALLENGE_REQUIRED` with a fresh document, `UNAUTHORIZED` where an account is asked for, `SERVICE_UNAVAILABLE`.
    pub async fn demand(
        &self,
        line: &LineId,
        kind: Challenge,
        network: Option<Network>,
        answer: Option<&[u8]>,
    ) -> Result<(), ApiError> {
        match kind {
            Challenge::None => return Ok(()),
            Challenge::Account => {
                return Err(ApiError::new(ErrorCode::Unauthorized).detail("this line asks for an account"));
            }
            Challenge::Pow | Challenge::Recaptcha => {}
        }
        let answer = answer.and_then(|answer| std::str::from_utf8(answer).ok());
        let judged = match answer.filter(|answer| answer.len() <= ANSWER_BYTES_MAX) {
            Some(answer) => self.judge(line, kind, network, answer).await?,
            None => Judged::Wrong,
        };
        match judged {
            Judged::Right => Ok(()),
            Judged::Wrong => Err(self.required(line, kind, network)?),
        }
    }

    fn required(&self, line: &LineId, kind: Challenge, network: Option<Network>) -> Result<ApiError, ApiError> {
        let document = self.document(line, kind, network)?;
        Ok(ApiError::new(ErrorCode::ChallengeRequired).with_json("challenge", &document))
    }

    async fn judge(
        &self,
        line: &LineId,
        kind: Challenge,
        network: Option<Network>,
        answer: &str,
    ) -> Result<Judged, ApiError> {
        let Some((nonce, solution)) = answer.trim().split_once('.') else { return Ok(Judged::Wrong) };
        let now = clock::now();
        let Some(expires_at) = self.0.key.read(nonce, line, kind, network).filter(|at| now < *at) else {
            return Ok(Judged::Wrong);
        };
        let is_right = match (kind, self.0.recaptcha.get()) {
            (Challenge::Pow, _) => leading_zeros(nonce, solution) >= u32::from(self.0.bits),
            (Challenge::Recaptcha, Some(recaptcha)) => recaptcha.accepts(solution, network).await.map_err(|error| {
                tracing::warn!(%error, "reCAPTCHA does not answer; nobody new gets a place where it is asked for");
                ApiError::unavailable()
            })?,
            (Challenge::Recaptcha, None) | (Challenge::None | Challenge::Account, _) => false,
        };
        if !is_right {
            return Ok(Judged::Wrong);
        }
        let name = format!("queue:challenge:{}", hex::encode(Sha256::digest(nonce)));
        let left_ms = (expires_at.millis() - now.millis()).unsigned_abs();
        let claimed = self.0.used.claim(vec![(name, Vec::new())], left_ms, now).await.map_err(|error| {
            tracing::debug!(%error, "a used nonce cannot be kept");
            ApiError::unavailable()
        })?;
        Ok(if claimed == [true] { Judged::Right } else { Judged::Wrong })
    }
}

/// The zero bits with which `SHA-256(nonce + "." + solution)` begins.
fn leading_zeros(nonce: &str, solution: &str) -> u32 {
    let digest: [u8; 32] = Sha256::new().chain_update(nonce).chain_update(".").chain_update(solution).finalize().into();
    let whole = digest.iter().take_while(|byte| **byte == 0).count();
    whole as u32 * 8 + digest.get(whole).map_or(0, |byte| byte.leading_zeros())
}
