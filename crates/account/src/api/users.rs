//! Routes of one's own account.

use super::{Reply, to_end};
use crate::origin::Origin;
use crate::service::AccountService;
use crate::views::users::{ChangedProfileView, LoginPage, PasswordBody, ProfilePatch, ProfileView};
use ::http::{HeaderMap, StatusCode};
use access::Person;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;
use utoipa::OpenApi;

/// Most pages of a list.
const PAGES_MAX: u64 = 1_000_000;
/// Most entries of a page.
const PAGE_SIZE_MAX: u64 = 100;

/// The routes.
pub fn routes(accounts: AccountService) -> Router {
    Router::new()
        .route("/users/me", get(show).patch(change).put(replace).delete(delete))
        .route("/users/me/password", put(change_password))
        .route("/users/me/logins", get(logins))
        .with_state(accounts)
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(show, change, replace, delete, change_password, logins))]
pub struct UsersDocument;

/// One's own profile.
#[utoipa::path(get, path = "/users/me", tag = "accounts", security(("accessToken" = [])),
    responses((status = 200, body = ProfileView), (status = 401, body = ErrorBody)))]
async fn show(State(accounts): State<AccountService>, person: Person) -> Reply<ProfileView> {
    Ok(Json(accounts.profile(&person).await?.into()))
}

/// Changes one's own profile; what is missing stays.
#[utoipa::path(patch, path = "/users/me", tag = "accounts", request_body = ProfilePatch, security(("accessToken" = [])),
    responses((status = 200, body = ChangedProfileView), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
async fn change(
    State(accounts): State<AccountService>,
    person: Person,
    Json(body): Json<ProfilePatch>,
) -> Reply<ChangedProfileView> {
    let wanted = body.checked()?;
    Ok(Json(accounts.change_profile(&person, &wanted).await?.into()))
}

/// As `PATCH`.
#[utoipa::path(put, path = "/users/me", tag = "accounts", request_body = ProfilePatch, security(("accessToken" = [])),
    responses((status = 200, body = ChangedProfileView), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
async fn replace(
    accounts: State<AccountService>,
    person: Person,
    body: Json<ProfilePatch>,
) -> Reply<ChangedProfileView> {
    change(accounts, person, body).await
}

/// Deletes one's own account. Tickets stay good.
#[utoipa::path(delete, path = "/users/me", tag = "accounts", security(("accessToken" = [])),
    responses((status = 204), (status = 401, body = ErrorBody)))]
async fn delete(State(accounts): State<AccountService>, person: Person) -> Result<StatusCode, ApiError> {
    to_end(async move { accounts.delete(&person).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one's own password. All other sessions end.
#[utoipa::path(put, path = "/users/me/password", tag = "accounts", request_body = PasswordBody,
    security(("accessToken" = [])),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 503, body = ErrorBody)))]
async fn change_password(
    State(accounts): State<AccountService>,
    person: Person,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<PasswordBody>,
) -> Result<StatusCode, ApiError> {
    let new = body.checked()?;
    // Which session stays says the token alone; the gateway has judged it.
    let token = super::bearer(&headers);
    let access = token.and_then(|token| accounts.tokens.read_access(token, clock::now()).ok());
    let change = async move {
        accounts.change_password(&person, access.as_ref(), (&body.current_password, &new), &origin).await
    };
    to_end(change).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    page: u64,
    #[serde(default = "twenty")]
    size: u64,
}

fn twenty() -> u64 {
    20
}

/// Who logged in to one's own account, or tried to, newest first.
#[utoipa::path(get, path = "/users/me/logins", tag = "accounts", security(("accessToken" = [])),
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = LoginPage), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
async fn logins(
    State(accounts): State<AccountService>,
    person: Person,
    Query(Paging { page, size }): Query<Paging>,
) -> Reply<LoginPage> {
    if page > PAGES_MAX || !(1..=PAGE_SIZE_MAX).contains(&size) {
        return Err(ApiError::invalid(format!("page must be 0 to {PAGES_MAX}, size 1 to {PAGE_SIZE_MAX}")));
    }
    Ok(Json(LoginPage::new(accounts.logins(&person, page, size).await?, page, size)))
}
