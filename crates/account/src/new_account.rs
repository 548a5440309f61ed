//! Rows of new accounts.

use crate::personal::{PersonalField, PersonalKeys};
use crate::rows::entities::user;
use domain::account::{AccountStatus, EmailAddress, PersonName, PhoneNumber, UserRole};
use domain::{AccountId, Timestamp};
use ledger::moment::stored;
use onsale_http::{ApiError, Language};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

/// Everything that a new account is made of.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub id: AccountId,
    pub email: EmailAddress,
    pub password_hash: String,
    pub name: PersonName,
    pub phone: Option<PhoneNumber>,
    pub ci: Option<String>,
    pub di: Option<String>,
    pub role: UserRole,
    pub language: Language,
}

impl NewAccount {
    /// An id for a new account, in the order of time.
    pub(crate) fn fresh_id() -> AccountId {
        AccountId(Uuid::now_v7())
    }

    /// The row, with personal data encrypted.
    pub(crate) fn row(&self, personal: &PersonalKeys, now: Timestamp) -> Result<user::ActiveModel, ApiError> {
        let Self { id, email, password_hash, name, phone, ci, di, role, language } = self;
        let seal = |field, value: &str| personal.seal(field, *id, value);
        let seal_some = |field, value: Option<&str>| value.map(|value| seal(field, value)).transpose();
        Ok(user::ActiveModel {
            id: Set(id.get().into()),
            email: Set(Some(seal(PersonalField::Email, email.as_str())?)),
            email_hash: Set(Some(personal.email_hash(email))),
            password_hash: Set(Some(password_hash.clone())),
            name: Set(Some(seal(PersonalField::Name, name.as_str())?)),
            phone: Set(seal_some(PersonalField::Phone, phone.as_ref().map(PhoneNumber::as_str))?),
            phone_hash: Set(phone.as_ref().map(|phone| personal.phone_hash(phone))),
            ci: Set(seal_some(PersonalField::Ci, ci.as_deref())?),
            ci_hash: Set(ci.as_deref().map(|ci| personal.ci_hash(ci))),
            di: Set(seal_some(PersonalField::Di, di.as_deref())?),
            role: Set(role.as_str().to_owned()),
            status: Set(AccountStatus::Active.as_str().to_owned()),
            locale: Set(language.as_str().to_owned()),
            last_login_at: Set(None),
            deleted_at: Set(None),
            erased_at: Set(None),
            created_at: Set(stored(now)),
            updated_at: Set(stored(now)),
        })
    }
}
