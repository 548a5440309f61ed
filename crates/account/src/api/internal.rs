//! Routes for the gateway: sessions of pages (WEB-009).
//!
//! Pages have the tokens in cookies, which the gateway sets and reads. It logs in, renews and ends here, and not at
//! `/auth/**`: only on these routes is a token that was exchanged a moment ago told the same pair again (amendment 13), and
//! only the gateway's key opens them. No header of a stranger can ask for that leniency.

use super::auth::NO_STORE;
use super::to_end;
use crate::origin::Origin;
use crate::personal::PersonalField;
use crate::rows::users;
use crate::service::{AccountService, is_active};
use crate::views::sessions::{CallerBody, EndBody, GatewayLogInBody, GatewayRefreshBody, SessionUserView, SessionView};
use ::http::StatusCode;
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use domain::account::family::Reuse;
use domain::{AccountId, ErrorCode, Network};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};
use utoipa::OpenApi;

#[derive(Clone)]
struct Parts {
    accounts: AccountService,
    keys: InternalKeys,
}

impl FromRef<Parts> for AccountService {
    fn from_ref(parts: &Parts) -> Self {
        parts.accounts.clone()
    }
}

impl FromRef<Parts> for InternalKeys {
    fn from_ref(parts: &Parts) -> Self {
        parts.keys.clone()
    }
}

/// The routes.
pub fn routes(accounts: AccountService, keys: InternalKeys) -> Router {
    Router::new()
        .route("/internal/sessions/login", post(log_in))
        .route("/internal/sessions/refresh", post(refresh))
        .route("/internal/sessions/end", post(end))
        .route("/internal/users/{id}", get(user))
        .with_state(Parts { accounts, keys })
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(log_in, refresh, end, user))]
pub struct InternalDocument;

/// The origin that the gateway tells instead of its own. Language and trace id come with its headers.
fn origin_of(caller: CallerBody, own: Origin) -> Origin {
    let network = caller.network.as_deref().and_then(|network| Network::stored(network).ok());
    let told = Origin::new(caller.ip_address, network, caller.user_agent.as_bytes(), own.language);
    Origin { trace_id: own.trace_id, ..told }
}

/// Logs somebody in for `POST /session`.
#[utoipa::path(post, path = "/internal/sessions/login", tag = "internal", request_body = GatewayLogInBody,
    security(("serviceKey" = [])),
    responses((status = 200, body = SessionView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 503, body = ErrorBody)))]
async fn log_in(
    _: InternalCaller,
    State(accounts): State<AccountService>,
    own: Origin,
    Json(body): Json<GatewayLogInBody>,
) -> Result<impl IntoResponse, ApiError> {
    let credentials = body.checked()?;
    let GatewayLogInBody { recaptcha_token, caller, .. } = body;
    let session = accounts.log_in(&credentials, &recaptcha_token, &origin_of(caller, own)).await?;
    Ok((NO_STORE, axum::Json(SessionView::from(session))))
}

/// Renews a session for `POST /session/refresh` and `/session/renew`: of several tabs that do so at once, from one browser,
/// all are told the same pair.
#[utoipa::path(post, path = "/internal/sessions/refresh", tag = "internal", request_body = GatewayRefreshBody,
    security(("serviceKey" = [])),
    responses((status = 200, body = SessionView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn refresh(
    _: InternalCaller,
    State(accounts): State<AccountService>,
    own: Origin,
    Json(body): Json<GatewayRefreshBody>,
) -> Result<impl IntoResponse, ApiError> {
    let GatewayRefreshBody { refresh_token, caller } = body;
    let origin = origin_of(caller, own);
    let session = to_end(async move { accounts.refresh(&refresh_token, Reuse::ToldAgain, &origin).await }).await?;
    Ok((NO_STORE, axum::Json(SessionView::from(session))))
}

/// Ends a session for `DELETE /session`, whatever the state of its tokens.
#[utoipa::path(post, path = "/internal/sessions/end", tag = "internal", request_body = EndBody,
    security(("serviceKey" = [])),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn end(
    _: InternalCaller,
    State(accounts): State<AccountService>,
    Json(body): Json<EndBody>,
) -> Result<StatusCode, ApiError> {
    let EndBody { refresh_token, access_token } = body;
    let end = async move {
        if let Some(token) = &refresh_token {
            accounts.end_session(token).await?;
        }
        let read = |token: &String| accounts.tokens.read_access(token.as_bytes(), clock::now()).ok();
        match access_token.as_ref().and_then(read) {
            Some(access) => accounts.log_out(&access).await,
            None => Ok(()),
        }
    };
    to_end(end).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person of a session, for `GET /session`.
#[utoipa::path(get, path = "/internal/users/{id}", tag = "internal", security(("serviceKey" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = SessionUserView), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
async fn user(
    _: InternalCaller,
    State(accounts): State<AccountService>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let id: AccountId = id.parse().map_err(|_| ErrorCode::NotFound)?;
    let row = users::get(accounts.ledger.connection(), id).await?.filter(is_active).ok_or(ErrorCode::NotFound)?;
    let name = accounts.opened(PersonalField::Name, id, row.name.as_deref())?.unwrap_or_default();
    Ok((NO_STORE, axum::Json(SessionUserView { id, name, role: row.user_role()? })))
}
