//! The JSON of one's own account.

use super::given::{BODY_BYTES_MAX, given, name, not_blank, password, phone};
use crate::profile::{Profile, ProfileChange};
use crate::rows::entities::login;
use domain::account::{Password, UserRole};
use domain::{AccountId, Timestamp};
use ledger::moment::read;
use onsale_http::{ApiError, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A person as they see themselves.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileView {
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    pub id: AccountId,
    /// As typed.
    pub email: String,
    /// The name.
    pub name: String,
    /// The phone number; null for administrators made by a command.
    pub phone: Option<String>,
    /// `USER` or `ADMIN`.
    #[schema(value_type = String)]
    pub role: UserRole,
    /// When the account was made.
    #[schema(value_type = String, example = "2026-12-01T20:00:00")]
    pub created_at: Timestamp,
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        let Profile { id, email, name, phone, role, created_at } = profile;
        Self { id, email, name, phone, role, created_at }
    }
}

/// What changes in a profile; what is missing stays.
#[derive(Deserialize, ToSchema)]
pub struct ProfilePatch {
    /// 1 to 50 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String, example = "김민수")]
    pub name: Option<String>,
    /// A mobile number.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String, example = "010-1234-5678")]
    pub phone: Option<String>,
}

impl RequestBody for ProfilePatch {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

impl ProfilePatch {
    /// The change, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<ProfileChange, ApiError> {
        let name = self.name.as_deref().map(name).transpose()?;
        let phone = self.phone.as_deref().map(phone).transpose()?;
        Ok(ProfileChange { name, phone })
    }
}

/// A changed profile.
#[derive(Serialize, ToSchema)]
pub struct ChangedProfileView {
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    pub id: AccountId,
    /// The name.
    pub name: String,
    /// The phone number.
    pub phone: Option<String>,
}

impl From<Profile> for ChangedProfileView {
    fn from(profile: Profile) -> Self {
        let Profile { id, name, phone, .. } = profile;
        Self { id, name, phone }
    }
}

/// Changes a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordBody {
    /// The password of today.
    pub current_password: String,
    /// 8 to 72 bytes.
    pub new_password: String,
}

impl RequestBody for PasswordBody {
    const LIMIT_BYTES: usize = BODY_BYTES_MAX;
}

impl PasswordBody {
    /// The new password, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<Password, ApiError> {
        not_blank("currentPassword", &self.current_password)?;
        password("newPassword", &self.new_password)
    }
}

/// An attempt to log in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginView {
    /// When.
    #[schema(value_type = String, example = "2026-12-01T20:00:00")]
    pub at: Timestamp,
    /// `EMAIL`, `KAKAO`, `NAVER` or `GOOGLE`.
    pub method: String,
    /// From which address.
    pub ip_address: String,
    /// With which browser.
    pub user_agent: String,
    /// Whether somebody got in.
    pub success: bool,
    /// Whether the person should look at it.
    pub suspicious: bool,
}

/// A page of attempts, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginPage {
    /// The attempts.
    pub list: Vec<LoginView>,
    /// The page, from 0.
    pub page: u64,
    /// Its size.
    pub size: u64,
    /// The number of all.
    pub total_elements: u64,
}

impl LoginPage {
    /// A page of these rows.
    pub fn new((rows, total_elements): (Vec<login::Model>, u64), page: u64, size: u64) -> Self {
        let view = |row: login::Model| LoginView {
            at: read(row.created_at),
            method: row.login_method,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            success: row.success,
            suspicious: row.suspicious,
        };
        Self { list: rows.into_iter().map(view).collect(), page, size, total_elements }
    }
}
