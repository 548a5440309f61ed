//! reCAPTCHA, or whatever speaks its `siteverify`.

use super::http::{ClientFault, FORM, NoAnswer, answer, base, client, form};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Longest wait for a verdict (contract, "Others' protocols").
const TIMEOUT: Duration = Duration::from_secs(3);
/// Longest token in bytes. Real ones have some 2,000.
const TOKEN_BYTES_MAX: usize = 8_192;
/// Error codes that blame us and not the person.
const OUR_FAULTS: [&str; 3] = ["missing-input-secret", "invalid-input-secret", "bad-request"];

/// Where tokens are judged, and how strictly.
#[derive(Clone)]
pub struct RecaptchaSettings {
    /// `user.recaptcha.base_url`, such as `https://www.google.com`.
    pub base_url: String,
    /// `user.recaptcha.secret`.
    pub secret: String,
    /// `user.recaptcha.min_score`: a lower score is refused, where the service tells one (version 3).
    pub min_score: f64,
}

impl fmt::Debug for RecaptchaSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("RecaptchaSettings");
        shown.field("base_url", &self.base_url).field("min_score", &self.min_score).finish_non_exhaustive()
    }
}

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecaptchaFault {
    /// The service refuses the token.
    #[error("the token was refused")]
    Failed,
    /// The service did not judge: it is away, slow, or answered something else.
    #[error("reCAPTCHA did not judge")]
    Unavailable,
}

#[derive(Deserialize)]
struct Verdict {
    success: bool,
    score: Option<f64>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// The service at one address. Cheap to clone.
#[derive(Clone)]
pub struct Recaptcha {
    client: Client,
    verify_url: String,
    secret: String,
    min_score: f64,
}

impl Recaptcha {
    /// The service of these settings.
    ///
    /// # Errors
    /// [`ClientFault`].
    pub fn new(settings: &RecaptchaSettings) -> Result<Self, ClientFault> {
        Ok(Self {
            client: client(TIMEOUT)?,
            verify_url: format!("{}/recaptcha/api/siteverify", base(&settings.base_url)),
            secret: settings.secret.clone(),
            min_score: settings.min_score,
        })
    }

    /// Asks whether a token is a person's. `remote_ip` is the caller's address, where it is known.
    ///
    /// # Errors
    /// [`RecaptchaFault`].
    pub async fn check(&self, token: &str, remote_ip: Option<IpAddr>) -> Result<(), RecaptchaFault> {
        if token.trim().is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Err(RecaptchaFault::Failed);
        }
        match self.judge(token, remote_ip).await {
            Ok(verdict) => self.decide(&verdict),
            Err(why) => {
                tracing::warn!(%why, "reCAPTCHA did not judge a token");
                Err(RecaptchaFault::Unavailable)
            }
        }
    }

    async fn judge(&self, token: &str, remote_ip: Option<IpAddr>) -> Result<Verdict, NoAnswer> {
        let address = remote_ip.map(|address| address.to_canonical().to_string());
        let mut fields = vec![("secret", self.secret.as_str()), ("response", token)];
        fields.extend(address.as_deref().map(|address| ("remoteip", address)));
        let answer = answer(self.client.post(&self.verify_url).header(CONTENT_TYPE, FORM).body(form(&fields))).await?;
        if !answer.status.is_success() {
            return Err(NoAnswer::Nonsense);
        }
        answer.json()
    }

    fn decide(&self, verdict: &Verdict) -> Result<(), RecaptchaFault> {
        if let Some(code) = OUR_FAULTS.into_iter().find(|ours| verdict.error_codes.iter().any(|code| code == ours)) {
            tracing::error!(code, "reCAPTCHA refuses our calls; see user.recaptcha.secret");
            return Err(RecaptchaFault::Unavailable);
        }
        // A score that is no number is below any limit.
        let is_high = verdict.score.is_none_or(|score| score >= self.min_score);
        if verdict.success && is_high { Ok(()) } else { Err(RecaptchaFault::Failed) }
    }
}
