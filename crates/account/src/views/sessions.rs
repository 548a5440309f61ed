//! The JSON of sign-up, log-in and sessions. Fields that are not known are passed over.

use super::given::{BODY_BYTES_MAX, email, given, name, not_blank, password, phone};
use crate::log_in::Credentials;
use crate::pairs::Session;
use crate::password::Reset;
use crate::sign_up::SignUp;
use crate::views::terms::GivenConsent;
use domain::AccountId;
use domain::account::{Consent, UserRole};
use onsale_http::{ApiError, RequestBody};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;

macro_rules! bodies {
    ($($body:ident),* $(,)?) => {$(
        impl RequestBody for $body {
            const LIMIT_BYTES: usize = BODY_BYTES_MAX;
        }
    )*};
}

bodies!(SignUpBody, LogInBody, RefreshBody, ReactivateBody, ResetBody, GatewayLogInBody, GatewayRefreshBody, EndBody);

/// Signs somebody up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignUpBody {
    /// ASCII, at most 254 characters.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// 8 to 72 bytes.
    #[schema(example = "correct horse battery")]
    pub password: String,
    /// 1 to 50 characters.
    #[schema(example = "김민수")]
    pub name: String,
    /// A mobile number.
    #[schema(example = "010-1234-5678")]
    pub phone: String,
    /// The id of PortOne's identity verification.
    pub identity_verification_id: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
    /// What is said to terms.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = Vec<GivenConsent>)]
    pub consents: Option<Vec<GivenConsent>>,
    /// The token of `POST /auth/email/verify`.
    #[serde(default, deserialize_with = "given")]
    #[schema(required = false, value_type = String)]
    pub email_verification_token: Option<String>,
}

impl SignUpBody {
    /// The form, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(self) -> Result<SignUp, ApiError> {
        let email = email(&self.email)?;
        let password = password("password", &self.password)?;
        let (name, phone) = (name(&self.name)?, phone(&self.phone)?);
        not_blank("identityVerificationId", &self.identity_verification_id)?;
        not_blank("recaptchaToken", &self.recaptcha_token)?;
        if let Some(token) = &self.email_verification_token {
            not_blank("emailVerificationToken", token)?;
        }
        Ok(SignUp {
            email,
            password,
            name,
            phone,
            verification: self.identity_verification_id,
            recaptcha_token: self.recaptcha_token,
            consents: self.consents.into_iter().flatten().map(Consent::from).collect(),
            email_proof: self.email_verification_token,
        })
    }
}

/// A new account.
#[derive(Serialize, ToSchema)]
pub struct SignedUpView {
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    pub id: AccountId,
    /// As typed.
    pub email: String,
    /// Without blanks around it.
    pub name: String,
}

/// Logs somebody in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogInBody {
    /// The e-mail address.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// Any text that is not blank.
    #[schema(example = "correct horse battery")]
    pub password: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
}

impl LogInBody {
    /// What was typed, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<Credentials, ApiError> {
        not_blank("recaptchaToken", &self.recaptcha_token)?;
        credentials(&self.email, &self.password)
    }
}

fn credentials(typed: &str, password: &str) -> Result<Credentials, ApiError> {
    let email = email(typed)?;
    not_blank("password", password)?;
    Ok(Credentials { email, password: password.to_owned() })
}

/// Exchanges a refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshBody {
    /// The token.
    pub refresh_token: String,
}

impl RefreshBody {
    /// The token.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a blank one.
    pub fn checked(&self) -> Result<&str, ApiError> {
        not_blank("refreshToken", &self.refresh_token).map(|()| self.refresh_token.as_str())
    }
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokensView {
    /// The access token.
    pub access_token: String,
    /// The refresh token, good once.
    pub refresh_token: String,
    /// How long the access token is good, in seconds.
    #[schema(example = 3600)]
    pub expires_in: i64,
    /// How the access token is sent.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
}

impl From<Session> for TokensView {
    fn from(session: Session) -> Self {
        let Session { access_token, refresh_token, expires_in, .. } = session;
        Self { access_token, refresh_token, expires_in, token_type: "Bearer" }
    }
}

/// Wakes a sleeping account up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactivateBody {
    /// The e-mail address.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// The password.
    pub password: String,
    /// The id of PortOne's identity verification.
    pub identity_verification_id: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
}

impl ReactivateBody {
    /// What was typed, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<Credentials, ApiError> {
        not_blank("identityVerificationId", &self.identity_verification_id)?;
        not_blank("recaptchaToken", &self.recaptcha_token)?;
        credentials(&self.email, &self.password)
    }
}

/// Sets a forgotten password anew.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetBody {
    /// The e-mail address.
    #[schema(example = "kim@example.com")]
    pub email: String,
    /// The id of PortOne's identity verification.
    pub identity_verification_id: String,
    /// 8 to 72 bytes.
    pub new_password: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
}

impl ResetBody {
    /// The form, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<Reset, ApiError> {
        let email = email(&self.email)?;
        let password = password("newPassword", &self.new_password)?;
        not_blank("identityVerificationId", &self.identity_verification_id)?;
        not_blank("recaptchaToken", &self.recaptcha_token)?;
        let (verification, recaptcha_token) = (self.identity_verification_id.clone(), self.recaptcha_token.clone());
        Ok(Reset { email, verification, password, recaptcha_token })
    }
}

/// From where the gateway was called.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallerBody {
    /// The caller's address, as the gateway has found it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub ip_address: Option<IpAddr>,
    /// The network of the address as the gateway's settings say it.
    #[serde(default)]
    pub network: Option<String>,
    /// The header `User-Agent`.
    #[serde(default)]
    pub user_agent: String,
}

/// A log-in at `POST /session`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayLogInBody {
    /// The e-mail address.
    pub email: String,
    /// Any text that is not blank.
    pub password: String,
    /// The token of reCAPTCHA.
    pub recaptcha_token: String,
    /// From where.
    #[serde(default)]
    pub caller: CallerBody,
}

impl GatewayLogInBody {
    /// What was typed, checked.
    ///
    /// # Errors
    /// `INVALID_INPUT` names the field.
    pub fn checked(&self) -> Result<Credentials, ApiError> {
        not_blank("recaptchaToken", &self.recaptcha_token)?;
        credentials(&self.email, &self.password)
    }
}

/// A renewal at `POST /session/refresh` or `/session/renew`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayRefreshBody {
    /// The token of the cookie.
    pub refresh_token: String,
    /// From where.
    #[serde(default)]
    pub caller: CallerBody,
}

/// The end of a session at `DELETE /session`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndBody {
    /// The token of the cookie, where there is one.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// The other cookie, where there is one.
    #[serde(default)]
    pub access_token: Option<String>,
}

/// A session with its person, for the gateway.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// How long the access token is good, in seconds.
    pub expires_in: i64,
    /// How long the refresh token is good, in seconds.
    pub refresh_expires_in: i64,
    /// Whose session it is.
    pub user: SessionUserView,
}

/// A person of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUserView {
    /// The account.
    #[schema(value_type = String, format = "uuid")]
    pub id: AccountId,
    /// The name.
    pub name: String,
    /// `USER` or `ADMIN`.
    #[schema(value_type = String)]
    pub role: UserRole,
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        let Session { access_token, refresh_token, expires_in, refresh_expires_in, account, name, role } = session;
        let user = SessionUserView { id: account, name, role };
        Self { access_token, refresh_token, expires_in, refresh_expires_in, user }
    }
}
