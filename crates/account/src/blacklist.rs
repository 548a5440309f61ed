//! The blacklist of access tokens (AUTH-010): `token:blacklist:<jti>` in hot state, for the token's remaining life.
//!
//! A token is ended in the table first, with a mark that it must be blacklisted. Then it is, and the mark goes. A crash
//! between the two, or a hot state that is away, leaves the mark, and [`AccountService::run_blacklist`] does the rest: no
//! token that was ended stays good for its hour.

use crate::rows::tokens;
use crate::service::AccountService;
use domain::{AccountId, Timestamp};
use ledger::moment::read;
use onsale_http::ApiError;
use std::time::Duration;
use uuid::Uuid;

/// Marks that are done at once.
const AT_ONCE: u64 = 500;
/// Time between two looks for marks that were left.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The key of an access token.
pub fn key(jti: &str) -> String {
    format!("token:blacklist:{jti}")
}

impl AccountService {
    /// Blacklists one access token until it runs out.
    pub(crate) async fn blacklist_one(&self, jti: &str, until: Timestamp) -> Result<(), ApiError> {
        self.put(&[(jti.to_owned(), until)]).await
    }

    /// Blacklists what has ended of an account. A failure is made good behind.
    pub(crate) async fn blacklist_ended(&self, account: AccountId) {
        if let Err(error) = self.blacklist_due(Some(account)).await {
            tracing::warn!(code = error.code.as_str(), "access tokens will be blacklisted later");
            self.ended.notify_one();
        }
    }

    /// Blacklists what is marked; of one account, or of all. Returns the number.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the marks stay then.
    pub async fn blacklist_due(&self, account: Option<AccountId>) -> Result<usize, ApiError> {
        let mut done = 0;
        loop {
            let due = tokens::blacklist_due(&self.ledger, account, clock::now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(done);
            }
            let entries: Vec<(String, Timestamp)> =
                due.iter().map(|token| (token.access_token_jti.clone(), read(token.access_expires_at))).collect();
            self.put(&entries).await?;
            let ids: Vec<Uuid> = due.iter().map(|token| token.id.0).collect();
            tokens::blacklisted(&self.ledger, &ids).await?;
            done += ids.len();
        }
    }

    async fn put(&self, entries: &[(String, Timestamp)]) -> Result<(), ApiError> {
        let now = clock::now();
        // One life for all of them, the longest: a token is not worse for being listed after its end.
        let left_ms = entries.iter().map(|(_, until)| until.millis() - now.millis()).max().unwrap_or(0);
        if left_ms > 0 {
            let entries = entries.iter().map(|(jti, _)| (key(jti), b"1".to_vec())).collect();
            self.keys.put(entries, left_ms.unsigned_abs(), now).await?;
        }
        Ok(())
    }

    /// Blacklists what a crash or a failure has left, until the process ends.
    pub async fn run_blacklist(self) {
        loop {
            if let Err(error) = self.blacklist_due(None).await {
                tracing::warn!(code = error.code.as_str(), "access tokens that have ended cannot be blacklisted now");
                metrics::counter!("onsale_blacklist_failed_total").increment(1);
            }
            let _ = tokio::time::timeout(LOOK_EVERY, self.ended.notified()).await;
        }
    }
}
