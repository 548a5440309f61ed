//! Deletion of accounts (AUTH-017): at once nobody gets in, and after some days nothing says who it was.

use crate::rows::entities::user;
use crate::rows::{logins, notices, social, tokens, users};
use crate::service::AccountService;
use access::Person;
use call::{Entry, Facts};
use domain::account::AccountStatus;
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use ledger::{LedgerError, Transaction, calls};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;
use serde_json::json;

impl AccountService {
    /// Deletes the caller's account: every token of it is dead at once. Its row stays, tickets stay good. Again changes
    /// nothing.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`: it may or may not be deleted.
    pub async fn delete(&self, person: &Person) -> Result<(), ApiError> {
        let (id, now) = (person.id, clock::now());
        let delete = async |change: Transaction| {
            let Some(row) = users::lock(&change, id).await? else { return Ok(()) };
            if row.status == AccountStatus::Deleted.as_str() {
                return Ok(());
            }
            let columns = user::ActiveModel {
                status: Set(AccountStatus::Deleted.as_str().to_owned()),
                deleted_at: Set(Some(stored(now))),
                ..Default::default()
            };
            users::set(&change, id, columns, now).await?;
            tokens::end_all(&change, id, None, now).await?;
            social::remove_all(&change, id).await?;
            notices::remove_all(&change, id).await?;
            let (target, before) = (target(id), Some(json!({"status": row.status})));
            let entry = Entry::of(Facts { action: "user.delete", target, before, after: None });
            calls::settle(&change, entry.as_ref()).await?;
            change.commit().await
        };
        self.ledger.change(delete).await?;
        self.blacklist_ended(id).await;
        Ok(())
    }

    /// Erases what is due, at most `most` accounts. Returns their number.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; the next run does the rest.
    pub async fn erase_due(&self, most: u64) -> Result<usize, ApiError> {
        let (now, days) = (clock::now(), self.settings.rejoin_after_days);
        let until = now.plus_seconds(-i64::from(days) * 86_400);
        let due = users::erasure_due(self.ledger.connection(), until, most).await?;
        let mut erased = 0;
        for id in due {
            let erase = async |change: Transaction| {
                let row = users::lock(&change, id).await?.filter(|row| row.erased_at.is_none());
                let Some(row) = row else { return Ok(false) };
                let is_due = erase_if_due(&change, &row, days, now).await?;
                change.commit().await?;
                Ok(is_due)
            };
            erased += usize::from(self.ledger.change(erase).await?);
        }
        Ok(erased)
    }
}

/// What the audit log calls an account.
pub(crate) fn target(id: AccountId) -> String {
    format!("user:{id}")
}

/// Erases an account whose days are over. Returns whether they are. Not the books of consents and of used verifications:
/// nothing in them says who it was.
pub(crate) async fn erase_if_due(
    change: &Transaction,
    row: &user::Model,
    rejoin_after_days: u32,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let id = row.account();
    if !row.standing()?.is_erasure_due(now, rejoin_after_days) {
        return Ok(false);
    }
    if row.erased_at.is_none() {
        logins::remove_all(change, id).await?;
        social::remove_all(change, id).await?;
        notices::remove_all(change, id).await?;
        users::forget_verifications(change, id).await?;
        users::erase(change, id, now).await?;
    }
    Ok(true)
}
