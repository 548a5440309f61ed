//! What operators do with accounts by commands: administrators, and the exchange of keys. These functions need the tables
//! alone: no server has to run, and one that runs sees the change.

use crate::deletion::target;
use crate::hashing::{HashQueue, Share};
use crate::new_account::NewAccount;
use crate::personal::{PersonalField, PersonalKeys};
use crate::rows::entities::user;
use crate::rows::{tokens, users};
use call::{Entry, Facts};
use domain::account::{AccountStatus, EmailAddress, Password, PersonName, PhoneNumber, UserRole};
use domain::{AccountId, ErrorCode};
use ledger::{Ledger, LedgerError, Transaction, calls};
use onsale_http::{ApiError, Language};
use sea_orm::ActiveValue::Set;
use serde_json::json;

/// Accounts whose values are written anew in one transaction: others wait for no longer than that.
const ROTATED_AT_ONCE: u64 = 100;

/// An account that an operator makes: without an identity, and without consents.
#[derive(Clone, Debug)]
pub struct OperatorAccount {
    /// The e-mail address.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The name.
    pub name: PersonName,
    /// What the person may do.
    pub role: UserRole,
}

/// Makes an account by the command `admin create-user`, or for the demo.
///
/// # Errors
/// `ALREADY_EXISTS_EMAIL`, `SERVICE_UNAVAILABLE`, `INTERNAL_ERROR`.
pub async fn create_user(
    ledger: &Ledger,
    personal: &PersonalKeys,
    hashing: &HashQueue,
    wanted: &OperatorAccount,
) -> Result<AccountId, ApiError> {
    let OperatorAccount { email, password, name, role } = wanted;
    let email_hash = personal.email_hash(email);
    let share = Share { network: String::new(), account: email_hash.clone() };
    let account = NewAccount {
        id: NewAccount::fresh_id(),
        email: email.clone(),
        password_hash: hashing.hash(&share, password).await?,
        name: name.clone(),
        phone: None,
        ci: None,
        di: None,
        role: *role,
        language: Language::default(),
    };
    let row = account.row(personal, clock::now())?;
    let make = async |change: Transaction| {
        if users::by_email(change.connection(), &email_hash).await?.is_some() {
            return Err(LedgerError::conflict("the e-mail address is taken"));
        }
        users::insert(&change, row.clone()).await?;
        let (target, after) = (target(account.id), Some(json!({"role": role.as_str()})));
        let entry = Entry::of(Facts { action: "user.create", target, before: None, after });
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await
    };
    match ledger.change(make).await {
        Ok(()) => Ok(account.id),
        Err(LedgerError::Conflict(_)) => Err(ErrorCode::AlreadyExistsEmail.into()),
        Err(error) => Err(error.into()),
    }
}

/// Gives a person another role. Their sessions end, since their tokens say the former one: a server that runs blacklists them
/// within seconds. Returns false when nobody has this e-mail address.
///
/// # Errors
/// [`LedgerError`].
pub async fn set_role(
    ledger: &Ledger,
    personal: &PersonalKeys,
    email: &EmailAddress,
    role: UserRole,
) -> Result<bool, LedgerError> {
    let email_hash = personal.email_hash(email);
    let set = async |change: Transaction| {
        let found = users::by_email(change.connection(), &email_hash).await?;
        let Some(found) = found else { return Ok(false) };
        let id = found.account();
        let row = users::lock(&change, id).await?;
        let Some(row) = row.filter(|row| row.status != AccountStatus::Deleted.as_str()) else { return Ok(false) };
        if row.role == role.as_str() {
            return Ok(true);
        }
        let now = clock::now();
        let columns = user::ActiveModel { role: Set(role.as_str().to_owned()), ..Default::default() };
        users::set(&change, id, columns, now).await?;
        tokens::end_all(&change, id, None, now).await?;
        let (before, after) = (Some(json!({"role": row.role})), Some(json!({"role": role.as_str()})));
        let entry = Entry::of(Facts { action: "user.role", target: target(id), before, after });
        calls::settle(&change, entry.as_ref()).await?;
        change.commit().await?;
        Ok(true)
    };
    ledger.change(set).await
}

/// How far an exchange of keys has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Accounts that were looked at.
    pub seen: u64,
    /// Of those, written anew.
    pub changed: u64,
}

/// Writes all personal data anew with the current keys, in batches, while servers run. It may be broken off and run again: what
/// is current is passed over. Servers must have both keys while it runs, and the previous one may go when it has ended.
///
/// Another `user.lookup_key` is taken over, too; until the run has ended people are not found by their e-mail addresses, so
/// stop the servers for that.
///
/// # Errors
/// [`LedgerError`], also when a value cannot be read: nothing of its batch is changed then.
pub async fn rotate_keys(
    ledger: &Ledger,
    personal: &PersonalKeys,
    mut told: impl FnMut(Rotated),
) -> Result<Rotated, LedgerError> {
    let (mut total, mut last) = (Rotated::default(), None);
    loop {
        let batch = users::after(ledger.connection(), last, ROTATED_AT_ONCE).await?;
        let Some(end) = batch.last().copied() else { return Ok(total) };
        let rotate = async |change: Transaction| {
            let mut changed = 0;
            for id in &batch {
                changed += u64::from(rotate_one(&change, personal, *id).await?);
            }
            // One entry a batch: a run that is broken off has told of all that it has written.
            if changed > 0 {
                let after = Some(json!({"seen": batch.len(), "changed": changed}));
                let facts = Facts { action: "user.rotate-keys", target: "user:*".to_owned(), before: None, after };
                calls::settle(&change, Entry::of(facts).as_ref()).await?;
            }
            change.commit().await?;
            Ok(changed)
        };
        total.changed += ledger.change(rotate).await?;
        total.seen += batch.len() as u64;
        last = Some(end);
        told(total);
    }
}

async fn rotate_one(change: &Transaction, personal: &PersonalKeys, id: AccountId) -> Result<bool, LedgerError> {
    let Some(row) = users::lock(change, id).await? else { return Ok(false) };
    let columns = anew(personal, id, &row)?;
    if columns == user::ActiveModel::default() {
        return Ok(false);
    }
    users::set(change, id, columns, clock::now()).await?;
    Ok(true)
}

/// The columns that are not written by the current keys, written by them.
fn anew(personal: &PersonalKeys, id: AccountId, row: &user::Model) -> Result<user::ActiveModel, LedgerError> {
    let mut columns = user::ActiveModel::default();
    let other = |error: ApiError| LedgerError::Other(format!("a value cannot be encrypted: {error:?}").into());
    let sealed = |field, stored: &str, value: &str| {
        if personal.is_current(stored) { Ok(None) } else { personal.seal(field, id, value).map(Some).map_err(other) }
    };
    let damaged = || LedgerError::damaged("users");
    for field in [PersonalField::Email, PersonalField::Name, PersonalField::Phone, PersonalField::Ci, PersonalField::Di]
    {
        let stored = match field {
            PersonalField::Email => &row.email,
            PersonalField::Name => &row.name,
            PersonalField::Phone => &row.phone,
            PersonalField::Ci => &row.ci,
            PersonalField::Di => &row.di,
        };
        let Some(stored) = stored else { continue };
        let value = personal.open(field, id, stored)?;
        let new = sealed(field, stored, &value)?;
        let (hash, kept) = match field {
            PersonalField::Email => {
                let email = EmailAddress::parse(&value).map_err(|_| damaged())?;
                (Some(personal.email_hash(&email)), &row.email_hash)
            }
            PersonalField::Phone => {
                let phone = PhoneNumber::parse(&value).map_err(|_| damaged())?;
                (Some(personal.phone_hash(&phone)), &row.phone_hash)
            }
            PersonalField::Ci => (Some(personal.ci_hash(&value)), &row.ci_hash),
            PersonalField::Name | PersonalField::Di => (None, &None),
        };
        let hash = hash.filter(|hash| kept.as_ref() != Some(hash));
        match field {
            PersonalField::Email => set_some(&mut columns.email, new, Some((&mut columns.email_hash, hash))),
            PersonalField::Name => set_some(&mut columns.name, new, None),
            PersonalField::Phone => set_some(&mut columns.phone, new, Some((&mut columns.phone_hash, hash))),
            PersonalField::Ci => set_some(&mut columns.ci, new, Some((&mut columns.ci_hash, hash))),
            PersonalField::Di => set_some(&mut columns.di, new, None),
        }
    }
    Ok(columns)
}

type Column = sea_orm::ActiveValue<Option<String>>;

fn set_some(value: &mut Column, new: Option<String>, hash: Option<(&mut Column, Option<String>)>) {
    if new.is_some() {
        *value = Set(new);
    }
    if let Some((column, Some(hash))) = hash {
        *column = Set(Some(hash));
    }
}
