//! The routes of the user role (contract, "Accounts"), with a module for each group.

mod auth;
mod email_code;
mod internal;
mod social;
mod terms;
mod users;

use crate::service::AccountService;
use ::http::HeaderMap;
use ::http::header::AUTHORIZATION;
use access::InternalKeys;
use access::session_cookies::SessionCookies;
use axum::Router;
use onsale_http::{ApiError, Json};
use utoipa::OpenApi;

type Reply<T> = Result<Json<T>, ApiError>;

/// All routes for people. `cookies` writes the session's cookies after a log-in at another provider.
pub fn routes(accounts: AccountService, cookies: SessionCookies) -> Router {
    auth::routes(accounts.clone())
        .merge(users::routes(accounts.clone()))
        .merge(email_code::routes(accounts.clone()))
        .merge(terms::routes(accounts.ledger.clone()))
        .merge(social::routes(accounts, cookies))
}

/// The routes for the gateway.
pub fn internal_routes(accounts: AccountService, keys: InternalKeys) -> Router {
    internal::routes(accounts, keys)
}

/// This service's part of the API document.
pub struct ApiDocument;

impl OpenApi for ApiDocument {
    fn openapi() -> utoipa::openapi::OpenApi {
        let mut document = auth::AuthDocument::openapi();
        document.merge(users::UsersDocument::openapi());
        document.merge(email_code::EmailCodeDocument::openapi());
        document.merge(terms::TermsDocument::openapi());
        document.merge(social::SocialDocument::openapi());
        document.merge(internal::InternalDocument::openapi());
        document
    }
}

/// Runs a change to its end, even if the caller goes away meanwhile: half of it would wait for the next run.
async fn to_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(call::carried(work)).await.map_err(ApiError::internal)?
}

/// The token of `Authorization: Bearer <token>`, where there is exactly one such header.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_first_chunk::<7>()?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}
