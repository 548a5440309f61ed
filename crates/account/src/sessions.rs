//! Sessions after the log-in: their renewal, decided in one transaction (AUTH-009), and their end (AUTH-008).
//!
//! All changes of an account's tokens hold the lock of its row, and a token is exchanged by compare-and-set beside it: of ten
//! that show one token at once, one wins, and the next finds it exchanged and ends the family, the winner's new token
//! included. A family cannot end while a token of it is being stored.

use crate::origin::Origin;
use crate::pairs::{Lineage, Session, to_insert, token_hash};
use crate::rows::entities::{refresh_token, user};
use crate::rows::{tokens, users};
use crate::service::{AccountService, is_active};
use access::token::{AccessClaims, TokenFault};
use domain::account::family::{RefreshDecision, Reuse, StoredToken, Successor, decide};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::moment::{read, stored};
use ledger::{LedgerError, Transaction};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;

/// A session in use counts as a log-in, noted this often at most, in milliseconds.
const SEEN_EVERY_MS: i64 = 3_600_000;

/// What became of a token.
enum Outcome {
    /// This pair is told: a new one, or the one that the same browser was told a moment ago.
    Pair(Box<(user::Model, refresh_token::Model)>),
    /// The family ended now, or had ended.
    Ended,
    Expired,
}

/// A token that somebody shows.
struct Shown<'a> {
    row: &'a refresh_token::Model,
    has_expired: bool,
    reuse: Reuse,
    origin: &'a Origin,
}

impl AccountService {
    /// Exchanges a refresh token for a new pair. `reuse`: how strictly one that was exchanged is taken.
    ///
    /// # Errors
    /// The first that holds: `INVALID_TOKEN`, `REVOKED_REFRESH_TOKEN`, `EXPIRED_TOKEN`; `SERVICE_UNAVAILABLE`: it may or may
    /// not have been exchanged.
    pub async fn refresh(&self, token: &str, reuse: Reuse, origin: &Origin) -> Result<Session, ApiError> {
        let now = clock::now();
        let has_expired = match self.tokens.read_refresh(token.as_bytes(), now) {
            Ok(_) => false,
            Err((TokenFault::Expired, Some(_))) => true,
            Err(_) => return Err(ErrorCode::InvalidToken.into()),
        };
        let row = tokens::by_hash(self.ledger.connection(), &token_hash(token)).await?;
        let row = row.ok_or(ErrorCode::InvalidToken)?;
        let shown = Shown { row: &row, has_expired, reuse, origin };
        match self.ledger.change(|change| self.show(change, &shown, now)).await? {
            Outcome::Pair(pair) => self.session(&pair.0, &pair.1, now),
            Outcome::Expired => Err(ErrorCode::ExpiredToken.into()),
            Outcome::Ended => {
                self.blacklist_ended(AccountId(row.user_id.0)).await;
                Err(ErrorCode::RevokedRefreshToken.into())
            }
        }
    }

    async fn show(&self, change: Transaction, shown: &Shown<'_>, now: Timestamp) -> Result<Outcome, LedgerError> {
        let id = AccountId(shown.row.user_id.0);
        let account = users::lock(&change, id).await?.filter(is_active);
        // As it stands now that nobody else changes it.
        let row = tokens::by_hash(change.connection(), &shown.row.refresh_token).await?;
        let (Some(account), Some(row)) = (account, row) else { return Ok(Outcome::Ended) };
        let successor = tokens::successor(change.connection(), row.id.0).await?;
        let token = StoredToken {
            revoked: row.revoked,
            expires_at: read(row.expires_at),
            successor: successor.as_ref().map(|successor| self.as_successor(successor, shown.origin)),
        };
        match (decide(&token, shown.has_expired, shown.reuse, now), successor) {
            (RefreshDecision::TellAgain, Some(successor)) => Ok(Outcome::Pair(Box::new((account, successor)))),
            (RefreshDecision::Expired, _) => Ok(Outcome::Expired),
            (RefreshDecision::Exchange, _) => self.exchange(change, account, &row, shown.origin, now).await,
            (RefreshDecision::EndFamily | RefreshDecision::TellAgain, _) => {
                if tokens::end_family(&change, row.token_family.0, now).await? {
                    change.commit().await?;
                    metrics::counter!("onsale_refresh_reused_total").increment(1);
                    tracing::warn!(target: "audit", account = %id, "a refresh token was shown twice: its family has ended");
                }
                Ok(Outcome::Ended)
            }
        }
    }

    fn as_successor(&self, row: &refresh_token::Model, origin: &Origin) -> Successor {
        // Signed by another secret it would be another token than the one that was told.
        let is_same_token = token_hash(&self.refresh_token(row)) == row.refresh_token;
        Successor {
            issued_at: read(row.issued_at),
            is_live: !row.revoked && is_same_token,
            is_same_agent: row.agent_hash.as_deref() == Some(self.agent_hash(origin).as_str()),
        }
    }

    async fn exchange(
        &self,
        change: Transaction,
        account: user::Model,
        row: &refresh_token::Model,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Outcome, LedgerError> {
        if !tokens::exchange(&change, row.id.0, now).await? {
            return Err(LedgerError::LostRace("the token was exchanged meanwhile".into()));
        }
        let lineage = Lineage { family: row.token_family.0, replaces: Some(row.id.0) };
        let next = self.new_token(&account, lineage, origin, now);
        tokens::insert(&change, to_insert(&next)).await?;
        let is_noted = account.last_login_at.is_some_and(|at| now.millis() - read(at).millis() < SEEN_EVERY_MS);
        if !is_noted {
            let seen = user::ActiveModel { last_login_at: Set(Some(stored(now))), ..Default::default() };
            users::set(&change, account.account(), seen, now).await?;
        }
        change.commit().await?;
        Ok(Outcome::Pair(Box::new((account, next))))
    }

    /// Ends the session of an access token: the token is blacklisted, its family ends. Other devices stay.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; it may or may not have ended.
    pub async fn log_out(&self, access: &AccessClaims) -> Result<(), ApiError> {
        if let Some(row) = tokens::beside(self.ledger.connection(), &access.jti).await?
            && row.user_id.0 == access.sub.get()
        {
            self.end_family(&row).await?;
        }
        // Also where the table has forgotten it. The table's own mark stays where this fails.
        let until = Timestamp(access.exp.saturating_mul(1_000));
        if let Err(error) = self.blacklist_one(&access.jti, until).await {
            tracing::warn!(code = error.code.as_str(), "an access token will be blacklisted later");
        }
        self.blacklist_ended(access.sub).await;
        Ok(())
    }

    /// Ends the session of a refresh token, whatever its state: for pages, whose access token may have run out.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn end_session(&self, refresh_token: &str) -> Result<(), ApiError> {
        match self.tokens.read_refresh(refresh_token.as_bytes(), clock::now()) {
            Ok(_) | Err((TokenFault::Expired, Some(_))) => {}
            Err(_) => return Ok(()),
        }
        let Some(row) = tokens::by_hash(self.ledger.connection(), &token_hash(refresh_token)).await? else {
            return Ok(());
        };
        self.end_family(&row).await?;
        self.blacklist_ended(AccountId(row.user_id.0)).await;
        Ok(())
    }

    async fn end_family(&self, row: &refresh_token::Model) -> Result<(), LedgerError> {
        let now = clock::now();
        let end = async |change: Transaction| {
            users::lock(&change, AccountId(row.user_id.0)).await?;
            tokens::end_family(&change, row.token_family.0, now).await?;
            change.commit().await
        };
        self.ledger.change(end).await
    }
}
