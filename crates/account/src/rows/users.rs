//! Queries of `users`. Whoever changes an account or its sessions locks its row first: changes of one account follow each
//! other, and no two of them wait for each other.

use super::entities::used_verification;
use super::entities::user::{ActiveModel, Column, Entity, Model};
use domain::account::{AccountStatus, Standing, UserRole};
use domain::{AccountId, Timestamp};
use ledger::moment::{read, stored};
use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashSet;
use uuid::Uuid;

/// The account of this id.
///
/// # Errors
/// [`LedgerError`].
pub async fn get(connection: &impl ConnectionTrait, id: AccountId) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find_by_id(id.get()).one(connection).await?)
}

/// Those of these accounts that there are.
///
/// # Errors
/// [`LedgerError`].
pub async fn known(change: &Transaction, ids: &[AccountId]) -> Result<HashSet<AccountId>, LedgerError> {
    let known: Vec<StoredId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().map(|id| id.get())))
        .into_tuple()
        .all(change.connection())
        .await?;
    Ok(known.into_iter().map(|StoredId(id)| AccountId(id)).collect())
}

/// The account with this e-mail address, deleted ones too until they are erased.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_email(connection: &impl ConnectionTrait, email_hash: &str) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find().filter(Column::EmailHash.eq(email_hash)).one(connection).await?)
}

/// The account of this person, deleted ones too until they are erased.
///
/// # Errors
/// [`LedgerError`].
pub async fn by_person(connection: &impl ConnectionTrait, ci_hash: &str) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find().filter(Column::CiHash.eq(ci_hash)).one(connection).await?)
}

/// As [`get`], locked until the change ends: other changes of the account wait. SQLite has one writer anyway.
///
/// # Errors
/// [`LedgerError`].
pub async fn lock(change: &Transaction, id: AccountId) -> Result<Option<Model>, LedgerError> {
    Ok(Entity::find_by_id(id.get()).lock_exclusive().one(change.connection()).await?)
}

/// Stores a new account.
///
/// # Errors
/// [`LedgerError::Conflict`] when its e-mail address or its person is taken.
pub async fn insert(change: &Transaction, row: ActiveModel) -> Result<(), LedgerError> {
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Sets columns of an account, and when it was changed.
///
/// # Errors
/// [`LedgerError`].
pub async fn set(change: &Transaction, id: AccountId, columns: ActiveModel, now: Timestamp) -> Result<(), LedgerError> {
    let columns = ActiveModel { updated_at: Set(stored(now)), ..columns };
    Entity::update_many().set(columns).filter(Column::Id.eq(id.get())).exec(change.connection()).await?;
    Ok(())
}

/// Takes everything away that says who somebody was. The row stays: tickets and books refer to it.
///
/// # Errors
/// [`LedgerError`].
pub async fn erase(change: &Transaction, id: AccountId, now: Timestamp) -> Result<(), LedgerError> {
    let nothing = ActiveModel {
        email: Set(None),
        email_hash: Set(None),
        password_hash: Set(None),
        name: Set(None),
        phone: Set(None),
        phone_hash: Set(None),
        ci: Set(None),
        ci_hash: Set(None),
        di: Set(None),
        last_login_at: Set(None),
        erased_at: Set(Some(stored(now))),
        ..ActiveModel::default()
    };
    set(change, id, nothing, now).await
}

/// Takes an account's name from the verifications that it used up. They stay used up.
///
/// # Errors
/// [`LedgerError`].
pub async fn forget_verifications(change: &Transaction, id: AccountId) -> Result<(), LedgerError> {
    used_verification::Entity::update_many()
        .col_expr(used_verification::Column::UserId, Expr::value(Option::<Uuid>::None))
        .filter(used_verification::Column::UserId.eq(id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Whether a verification is used up, within a change.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_verification_used(change: &Transaction, id: &str) -> Result<bool, LedgerError> {
    let found = used_verification::Entity::find_by_id(id.to_owned()).one(change.connection()).await?;
    Ok(found.is_some())
}

/// Accounts that were deleted up to `until` and are not erased, at most `most`.
///
/// # Errors
/// [`LedgerError`].
pub async fn erasure_due(
    connection: &impl ConnectionTrait,
    until: Timestamp,
    most: u64,
) -> Result<Vec<AccountId>, LedgerError> {
    let due = Entity::find()
        .filter(Column::Status.eq(AccountStatus::Deleted.as_str()))
        .filter(Column::DeletedAt.lte(stored(until)))
        .filter(Column::ErasedAt.is_null());
    ids(due.limit(most), connection).await
}

/// Accounts in use without a log-in since `until`, at most `most`; no administrators.
///
/// # Errors
/// [`LedgerError`].
pub async fn asleep(
    connection: &impl ConnectionTrait,
    until: Timestamp,
    most: u64,
) -> Result<Vec<AccountId>, LedgerError> {
    let until = stored(until);
    let never = Column::LastLoginAt.is_null().and(Column::CreatedAt.lte(until));
    let asleep = Entity::find()
        .filter(Column::Status.eq(AccountStatus::Active.as_str()))
        .filter(Column::Role.eq(UserRole::User.as_str()))
        .filter(Condition::any().add(Column::LastLoginAt.lte(until)).add(never));
    ids(asleep.limit(most), connection).await
}

/// The accounts after this id in the order of ids, at most `most`: for a walk over all of them.
///
/// # Errors
/// [`LedgerError`].
pub async fn after(
    connection: &impl ConnectionTrait,
    last: Option<AccountId>,
    most: u64,
) -> Result<Vec<AccountId>, LedgerError> {
    let mut rest = Entity::find().order_by_asc(Column::Id).limit(most);
    if let Some(last) = last {
        rest = rest.filter(Column::Id.gt(last.get()));
    }
    ids(rest, connection).await
}

async fn ids(
    select: sea_orm::Select<Entity>,
    connection: &impl ConnectionTrait,
) -> Result<Vec<AccountId>, LedgerError> {
    let ids: Vec<StoredId> = select.select_only().column(Column::Id).into_tuple().all(connection).await?;
    Ok(ids.into_iter().map(|StoredId(id)| AccountId(id)).collect())
}

impl Model {
    /// The id.
    pub fn account(&self) -> AccountId {
        AccountId(self.id.0)
    }

    /// What decides about the account's state.
    ///
    /// # Errors
    /// [`LedgerError::Other`] for a role or status that there is not.
    pub fn standing(&self) -> Result<Standing, LedgerError> {
        let status = AccountStatus::parse(&self.status).ok_or_else(|| LedgerError::damaged("users.status"))?;
        Ok(Standing {
            status,
            role: self.user_role()?,
            created_at: read(self.created_at),
            last_login_at: self.last_login_at.map(read),
            deleted_at: self.deleted_at.map(read),
        })
    }

    /// What the person may do.
    ///
    /// # Errors
    /// [`LedgerError::Other`] for a role that there is not.
    pub fn user_role(&self) -> Result<UserRole, LedgerError> {
        UserRole::parse(&self.role).ok_or_else(|| LedgerError::damaged("users.role"))
    }
}
