//! Routes of sign-up, log-in and sessions.

use super::to_end;
use crate::origin::Origin;
use crate::service::AccountService;
use crate::views::sessions::{LogInBody, ReactivateBody, RefreshBody, ResetBody, SignUpBody, SignedUpView, TokensView};
use ::http::header::{CACHE_CONTROL, LOCATION};
use ::http::{HeaderMap, HeaderName, StatusCode};
use access::Person;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use domain::ErrorCode;
use domain::account::family::Reuse;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json};
use utoipa::OpenApi;

/// Tokens are told to one person, and kept by nobody on the way.
pub(super) const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// The routes.
pub fn routes(accounts: AccountService) -> Router {
    Router::new()
        .route("/auth/signup", post(sign_up))
        .route("/auth/login", post(log_in))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(log_out))
        .route("/auth/reactivate", post(reactivate))
        .route("/auth/password/reset", post(reset_password))
        .with_state(accounts)
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(sign_up, log_in, refresh, log_out, reactivate, reset_password))]
pub struct AuthDocument;

/// Makes an account of a verified person.
#[utoipa::path(post, path = "/auth/signup", tag = "accounts", request_body = SignUpBody,
    responses((status = 201, body = SignedUpView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn sign_up(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(body): Json<SignUpBody>,
) -> Result<impl IntoResponse, ApiError> {
    let form = body.checked()?;
    let (email, name) = (form.email.as_str().to_owned(), form.name.as_str().to_owned());
    let id = accounts.sign_up(&form, &origin).await?;
    Ok((StatusCode::CREATED, [(LOCATION, "/users/me")], axum::Json(SignedUpView { id, email, name })))
}

/// Logs somebody in. A wrong password, an unknown address and a deleted account are answered alike.
#[utoipa::path(post, path = "/auth/login", tag = "accounts", request_body = LogInBody,
    responses((status = 200, body = TokensView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn log_in(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(body): Json<LogInBody>,
) -> Result<impl IntoResponse, ApiError> {
    let credentials = body.checked()?;
    let session = accounts.log_in(&credentials, &body.recaptcha_token, &origin).await?;
    Ok((NO_STORE, axum::Json(TokensView::from(session))))
}

/// Exchanges a refresh token for a new pair. One that was exchanged before ends its whole family.
#[utoipa::path(post, path = "/auth/refresh", tag = "accounts", request_body = RefreshBody,
    responses((status = 200, body = TokensView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn refresh(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(body): Json<RefreshBody>,
) -> Result<impl IntoResponse, ApiError> {
    let token = body.checked()?.to_owned();
    let session = to_end(async move { accounts.refresh(&token, Reuse::EndsFamily, &origin).await }).await?;
    Ok((NO_STORE, axum::Json(TokensView::from(session))))
}

/// Ends this session: its access token is good no more, and neither is its refresh token. Other devices stay.
#[utoipa::path(post, path = "/auth/logout", tag = "accounts", security(("accessToken" = [])),
    responses((status = 204), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn log_out(
    State(accounts): State<AccountService>,
    person: Person,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let token = super::bearer(&headers).ok_or(ErrorCode::InvalidToken)?;
    let access = accounts.tokens.read_access(token, clock::now()).map_err(|_| ErrorCode::InvalidToken)?;
    if access.sub != person.id {
        return Err(ErrorCode::InvalidToken.into());
    }
    to_end(async move { accounts.log_out(&access).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Wakes a sleeping account up, by an identity verification of the same person.
#[utoipa::path(post, path = "/auth/reactivate", tag = "accounts", request_body = ReactivateBody,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn reactivate(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(body): Json<ReactivateBody>,
) -> Result<StatusCode, ApiError> {
    let credentials = body.checked()?;
    let ReactivateBody { identity_verification_id, recaptcha_token, .. } = &body;
    accounts.reactivate(&credentials, identity_verification_id, recaptcha_token, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a forgotten password anew, after an identity verification. All sessions end, and a mail tells of it.
#[utoipa::path(post, path = "/auth/password/reset", tag = "accounts", request_body = ResetBody,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn reset_password(
    State(accounts): State<AccountService>,
    origin: Origin,
    Json(body): Json<ResetBody>,
) -> Result<StatusCode, ApiError> {
    let reset = body.checked()?;
    to_end(async move { accounts.reset_password(&reset, &origin).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}
