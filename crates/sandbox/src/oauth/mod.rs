//! Kakao, Naver and Google: the log-in page, tokens and profiles, with PKCE demanded.

mod authorize;
mod profile;
mod token;

pub(crate) use authorize::LogIn;

use crate::service::Sandbox;
use axum::Router;
use axum::routing::{get, post};
use domain::ErrorCode;
use onsale_http::ApiError;

/// The routes of all providers.
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/oauth/{provider}/authorize", get(authorize::ask).post(authorize::answer))
        .route("/sandbox/oauth/{provider}/token", post(token::token))
        .route("/sandbox/oauth/{provider}/profile", get(profile::profile))
}

/// A provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Kakao,
    Naver,
    Google,
}

impl Provider {
    const ALL: [Self; 3] = [Self::Kakao, Self::Naver, Self::Google];

    /// As in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kakao => "kakao",
            Self::Naver => "naver",
            Self::Google => "google",
        }
    }

    /// The provider of a path.
    pub fn named(name: &str) -> Result<Self, ApiError> {
        let found = Self::ALL.into_iter().find(|provider| provider.as_str() == name);
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }
}
