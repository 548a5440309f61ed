//! The JSON of sessions.

use super::accounts::User;
use crate::time::Time;
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

/// A session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    /// Seconds until it must be renewed.
    #[schema(example = 3600)]
    pub(super) expires_in: i64,
    /// Whose it is.
    pub(super) user: UserView,
}

/// The session of the request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentView {
    /// Whose it is; null without one.
    pub(super) user: Option<UserView>,
    /// When it must be renewed, UTC; null without one.
    #[schema(example = "2026-12-01T20:00:00")]
    pub(super) expires_at: Option<String>,
}

impl CurrentView {
    pub(super) const NOBODY: Self = Self { user: None, expires_at: None };
}

/// A session that was renewed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenewedView {
    /// Seconds until it must be renewed again.
    #[schema(example = 3600)]
    pub(super) expires_in: i64,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    /// The account.
    #[schema(example = "0190a1b2-0000-7000-8000-000000000001")]
    id: String,
    /// The person's name.
    #[schema(example = "홍길동")]
    name: String,
    /// `USER` or `ADMIN`.
    #[schema(example = "USER")]
    role: &'static str,
}

impl UserView {
    pub(super) fn of(user: User) -> Self {
        Self { id: user.id.to_string(), name: user.name.unwrap_or_default(), role: user.role.as_str() }
    }
}

/// The body of a log-in, as of `POST /auth/login`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code, reason = "a schema: the user role reads the body")]
pub(super) struct LoginBody {
    /// The e-mail address.
    #[schema(example = "demo@onsale.local")]
    email: String,
    /// The password.
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// The proof against robots.
    #[schema(example = "pass")]
    recaptcha_token: String,
}

/// The same, as it is passed on: which fields there must be is the user role's to say.
#[derive(Deserialize)]
pub(super) struct Fields(pub(super) Map<String, Value>);

impl RequestBody for Fields {
    const LIMIT_BYTES: usize = 10_240;
}

/// The gateway's own part of the API document.
#[derive(OpenApi)]
#[openapi(
    paths(super::begin, super::current, super::end, super::refresh, super::renew, crate::time::time,),
    components(schemas(SessionView, CurrentView, RenewedView, UserView, LoginBody, Time))
)]
pub struct ApiDocument;
