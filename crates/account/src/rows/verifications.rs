//! Queries of `used_verifications`: an identity verification counts once, whatever it was for.

use super::entities::used_verification::{ActiveModel, Column, Entity};
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

/// Longest id that fits the table.
pub const ID_LENGTH_MAX: usize = 128;

/// What a verification was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new account.
    SignUp,
    /// A dormant account that wakes up.
    Reactivate,
    /// A forgotten password.
    Reset,
}

impl Purpose {
    /// As in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "SIGN_UP",
            Self::Reactivate => "REACTIVATE",
            Self::Reset => "RESET",
        }
    }
}

/// Whether a text can be the id of a verification. Others are asked of no database: PostgreSQL takes no NUL.
pub fn is_id(id: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a verification was used before.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_used(ledger: &Ledger, id: &str) -> Result<bool, LedgerError> {
    is_used_by(ledger.connection(), id).await
}

/// As [`is_used`], within a change.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_used_in(change: &Transaction, id: &str) -> Result<bool, LedgerError> {
    is_used_by(change.connection(), id).await
}

async fn is_used_by(connection: &impl ConnectionTrait, id: &str) -> Result<bool, LedgerError> {
    if !is_id(id) {
        return Ok(false);
    }
    Ok(Entity::find_by_id(id.to_owned()).one(connection).await?.is_some())
}

/// Uses a verification up, in the transaction of what it is for.
///
/// # Errors
/// [`LedgerError::Conflict`] when it was used before, also by a change at the same time, and for what is no id.
pub async fn use_up(
    change: &Transaction,
    id: &str,
    account: AccountId,
    purpose: Purpose,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if !is_id(id) {
        return Err(LedgerError::conflict("no id of a verification"));
    }
    let row = ActiveModel {
        verification_id: Set(id.to_owned()),
        user_id: Set(Some(account.get().into())),
        purpose: Set(purpose.as_str().to_owned()),
        used_at: Set(stored(now)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Forgets whose verifications they were; they stay used.
///
/// # Errors
/// [`LedgerError`].
pub async fn forget_user(change: &Transaction, account: AccountId) -> Result<(), LedgerError> {
    let nobody = ActiveModel { user_id: Set(None), ..ActiveModel::default() };
    Entity::update_many().set(nobody).filter(Column::UserId.eq(account.get())).exec(change.connection()).await?;
    Ok(())
}
