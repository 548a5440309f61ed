//! Codes that prove an e-mail address (AUTH-020).
//!
//! ```text
//! code:   one a minute? -> new code, kept hashed for ten minutes -> mail
//! verify: code kept? -> a try left? -> equal? -> first to say so? -> token for sign-up, half an hour, once
//! ```
//!
//! Whether there is an account with the address is asked nowhere here, so nothing can tell. All of it stands in hot state
//! under keyed hashes of the address: its name, the code and the token are nowhere in the clear.

use crate::mail_texts;
use crate::mails::Mails;
use crate::personal::PersonalKeys;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::EmailAddress;
use domain::{ErrorCode, Timestamp};
use hot::KeyPort;
use onsale_http::{ApiError, Language};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a code is good, in milliseconds.
pub const CODE_MS: u64 = 600_000;
/// How often a code may be tried.
pub const TRIES_MAX: u32 = 5;
/// Time between two mails to one address, in milliseconds.
pub const MAIL_EVERY_MS: u64 = 60_000;
/// How long the token for sign-up is good, in milliseconds.
pub const TOKEN_MS: u64 = 1_800_000;
/// Longest token that is looked at; ours have 43 bytes.
const TOKEN_BYTES_MAX: usize = 128;
/// Codes have six digits.
const CODES: u32 = 1_000_000;

/// A code, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Another one for each mail: its tries are counted by themselves.
    id: Uuid,
    /// Keyed hash of the code.
    code: String,
}

/// Sends and judges codes. Cheap to clone.
#[derive(Clone)]
pub struct EmailCodes {
    keys: Arc<dyn KeyPort>,
    personal: PersonalKeys,
    mails: Mails,
}

/// Shows no key.
impl std::fmt::Debug for EmailCodes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("EmailCodes")
    }
}

impl EmailCodes {
    /// Codes in this hot state, hashed with the key of look-ups, sent by these mails.
    pub fn new(keys: Arc<dyn KeyPort>, personal: PersonalKeys, mails: Mails) -> Self {
        Self { keys, personal, mails }
    }

    /// Sends a new code; the one before is good no more.
    ///
    /// # Errors
    /// `RATE_LIMIT_EXCEEDED` within a minute of the last mail to this address; `SERVICE_UNAVAILABLE`. A mail server that is
    /// away is no error: the mail follows.
    pub async fn send(&self, email: &EmailAddress, language: Language, trace_id: &str) -> Result<(), ApiError> {
        let now = clock::now();
        let name = self.name(email);
        // Before the mark: what can fail here would keep the person waiting for a mail that does not come.
        let (id, code) = (Uuid::new_v4(), new_code()?);
        let kept = serde_json::to_vec(&Kept { id, code: self.code_hash(id, &code) });
        let kept = kept.map_err(ApiError::internal)?;
        let last = format!("{name}:sent");
        let until = now.millis().saturating_add_unsigned(MAIL_EVERY_MS);
        let claim = vec![(last.clone(), until.to_string().into_bytes())];
        if !self.claimed(claim, MAIL_EVERY_MS, now).await? {
            return Err(self.too_soon(&last, now).await);
        }
        if let Err(error) = self.keys.put(vec![(name.clone(), kept)], CODE_MS, now).await {
            // No mail is on its way, so the person may ask again at once. Where even this fails, the mark stays for its minute.
            if let Err(error) = self.keys.remove(&[last]).await {
                tracing::warn!(%error, "nobody gets a code for a minute at an address to which none was sent");
            }
            return Err(error.into());
        }
        let mail = mail_texts::code(email.as_str(), &code, language, trace_id);
        let good_until = Timestamp(now.millis().saturating_add_unsigned(CODE_MS));
        if self.mails.post(mail, good_until) {
            return Ok(());
        }
        // The person asks again at once: no mail is on its way.
        self.keys.remove(&[name, last]).await?;
        Err(ErrorCode::ServiceUnavailable.into())
    }

    /// Judges a code. Returns the token for sign-up.
    ///
    /// # Errors
    /// `EMAIL_CODE_INVALID` for a wrong code, one that was used, has run out or was tried too often, and where none was
    /// sent: alike. `SERVICE_UNAVAILABLE`.
    pub async fn verify(&self, email: &EmailAddress, code: &str) -> Result<String, ApiError> {
        let now = clock::now();
        let name = self.name(email);
        let invalid = || ApiError::from(ErrorCode::EmailCodeInvalid);
        let kept = self.get(&name, now).await?.and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
        let kept = kept.ok_or_else(invalid)?;
        if !self.takes_try(&name, kept.id, now).await? {
            return Err(invalid());
        }
        let offered = self.code_hash(kept.id, code);
        if !bool::from(offered.as_bytes().ct_eq(kept.code.as_bytes())) {
            return Err(invalid());
        }
        // The proof stands before the code is used up: a store that fails between the two would else have taken the right code for
        // nothing. Nobody has heard of the token so far.
        let token = new_token()?;
        let proved = self.personal.email_hash(email).into_bytes();
        self.keys.put(vec![(self.token_name(&token), proved)], TOKEN_MS, now).await?;
        // Of two right ones at the same time the first has it.
        let used = format!("{name}:used:{}", kept.id);
        if !self.claimed(vec![(used, Vec::new())], CODE_MS, now).await? {
            self.use_up(&token).await;
            return Err(invalid());
        }
        // Its mark has used the code up already.
        if let Err(error) = self.keys.remove(&[name]).await {
            tracing::warn!(%error, "a used code of an e-mail address stays until it runs out");
        }
        Ok(token)
    }

    /// Whether a token of [`EmailCodes::verify`] proves this address now. It stays good: a refused sign-up uses nothing up.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn is_proof(&self, email: &EmailAddress, token: &str) -> Result<bool, ApiError> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(false);
        }
        let proved = self.get(&self.token_name(token), clock::now()).await?.unwrap_or_default();
        Ok(proved.ct_eq(self.personal.email_hash(email).as_bytes()).into())
    }

    /// Uses a token up: its account stands. The address is taken from then on, so a token that could not be removed opens
    /// nothing either.
    pub async fn use_up(&self, token: &str) {
        if token.len() <= TOKEN_BYTES_MAX
            && let Err(error) = self.keys.remove(&[self.token_name(token)]).await
        {
            tracing::warn!(%error, "a used proof of an e-mail address stays until it runs out");
        }
    }

    /// `email:code:<hash>`.
    fn name(&self, email: &EmailAddress) -> String {
        format!("email:code:{}", self.personal.email_hash(email))
    }

    fn token_name(&self, token: &str) -> String {
        format!("email:proof:{}", self.personal.hash("email proof", token))
    }

    fn code_hash(&self, id: Uuid, code: &str) -> String {
        self.personal.hash("email code", &format!("{id} {code}"))
    }

    async fn get(&self, name: &str, now: Timestamp) -> Result<Option<Vec<u8>>, ApiError> {
        Ok(self.keys.get(&[name.to_owned()], now).await?.pop().flatten())
    }

    async fn claimed(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<bool, ApiError> {
        Ok(self.keys.claim(entries, ttl_ms, now).await?.contains(&true))
    }

    /// Takes one of the tries of a code: each is a name that one caller gets, over all servers.
    async fn takes_try(&self, name: &str, id: Uuid, now: Timestamp) -> Result<bool, ApiError> {
        for number in 1..=TRIES_MAX {
            if self.claimed(vec![(format!("{name}:try:{id}:{number}"), Vec::new())], CODE_MS, now).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn too_soon(&self, last: &str, now: Timestamp) -> ApiError {
        let until = self.get(last, now).await.ok().flatten();
        let until = until.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse::<i64>().ok());
        let left_ms = until.map_or(MAIL_EVERY_MS as i64, |until| until - now.millis());
        let seconds = u32::try_from(left_ms.max(0) / 1_000 + 1).unwrap_or(1);
        ApiError::new(ErrorCode::RateLimitExceeded).retry_after(seconds.min(60))
    }
}

/// Six digits, each code as likely as another.
fn new_code() -> Result<String, ApiError> {
    let limit = u32::MAX - u32::MAX % CODES;
    loop {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
        let number = u32::from_le_bytes(bytes);
        if number < limit {
            return Ok(format!("{:06}", number % CODES));
        }
    }
}

fn new_token() -> Result<String, ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
