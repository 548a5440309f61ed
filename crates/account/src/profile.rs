//! One's own profile (AUTH-012, AUTH-013), and the history of one's log-ins.

use crate::personal::PersonalField;
use crate::rows::entities::{login, user};
use crate::rows::{logins, users};
use crate::service::{AccountService, is_active};
use access::Person;
use domain::account::{PersonName, PhoneNumber, UserRole};
use domain::{AccountId, ErrorCode, Timestamp};
use ledger::moment::read;
use ledger::{Transaction, calls};
use onsale_http::ApiError;
use sea_orm::ActiveValue::Set;

/// A person as they see themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// The account.
    pub id: AccountId,
    /// The e-mail address as typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// The phone number; administrators made by the command have none.
    pub phone: Option<String>,
    /// What the person may do.
    pub role: UserRole,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// What changes in a profile; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<PersonName>,
    /// The phone number.
    pub phone: Option<PhoneNumber>,
}

impl AccountService {
    /// The caller's profile.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `SERVICE_UNAVAILABLE`.
    pub async fn profile(&self, person: &Person) -> Result<Profile, ApiError> {
        self.profile_of(&self.account(person).await?)
    }

    fn profile_of(&self, row: &user::Model) -> Result<Profile, ApiError> {
        let id = row.account();
        let email = self.opened(PersonalField::Email, id, row.email.as_deref())?;
        let name = self.opened(PersonalField::Name, id, row.name.as_deref())?;
        let phone = self.opened(PersonalField::Phone, id, row.phone.as_deref())?;
        let (role, created_at) = (row.user_role()?, read(row.created_at));
        Ok(Profile { id, email: email.unwrap_or_default(), name: name.unwrap_or_default(), phone, role, created_at })
    }

    /// Changes the caller's profile.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `SERVICE_UNAVAILABLE`.
    pub async fn change_profile(&self, person: &Person, wanted: &ProfileChange) -> Result<Profile, ApiError> {
        // An earlier run of the call has made the change, and ended before it was answered.
        if call::is_done() {
            return self.profile(person).await;
        }
        let id = person.id;
        let ProfileChange { name, phone } = wanted;
        let seal = |field, value: &str| self.personal.seal(field, id, value);
        let name = name.as_ref().map(|name| seal(PersonalField::Name, name.as_str())).transpose()?;
        let sealed_phone = phone.as_ref().map(|phone| seal(PersonalField::Phone, phone.as_str())).transpose()?;
        let mut columns = user::ActiveModel::default();
        if let Some(name) = name {
            columns.name = Set(Some(name));
        }
        if let (Some(phone), Some(sealed)) = (phone, sealed_phone) {
            columns.phone = Set(Some(sealed));
            columns.phone_hash = Set(Some(self.personal.phone_hash(phone)));
        }
        let store = async |change: Transaction| {
            if !users::lock(&change, id).await?.as_ref().is_some_and(is_active) {
                return Ok(None);
            }
            users::set(&change, id, columns.clone(), clock::now()).await?;
            // Of the change of one's own data the audit log has nothing: it would be personal data.
            calls::settle(&change, None).await?;
            let row = users::get(change.connection(), id).await?;
            change.commit().await?;
            Ok(row)
        };
        let row = self.ledger.change(store).await?.ok_or(ErrorCode::InvalidToken)?;
        self.profile_of(&row)
    }

    /// A page of the attempts to log in to the caller's account, newest first, and the number of all.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `SERVICE_UNAVAILABLE`.
    pub async fn logins(&self, person: &Person, page: u64, size: u64) -> Result<(Vec<login::Model>, u64), ApiError> {
        let account = self.account(person).await?;
        Ok(logins::list(&self.ledger, account.account(), page, size).await?)
    }
}
