//! Routes of terms and consents (AUTH-002).

use super::Reply;
use crate::origin::Origin;
use crate::views::terms::{ConsentsView, GivenConsents, NewTerms, TermsList, TermsView};
use crate::{consents, terms};
use ::http::StatusCode;
use ::http::header::LOCATION;
use access::{AdminPerson, Person};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json as Answer, Router};
use call::{Actor, ActorKind, Call};
use ledger::Ledger;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Query};
use serde::Deserialize;
use utoipa::OpenApi;

/// The routes.
pub fn routes(ledger: Ledger) -> Router {
    Router::new()
        .route("/auth/terms", get(list).post(create))
        .route("/users/me/consents", get(show).put(change))
        .with_state(ledger)
}

/// These routes' part of the API document.
#[derive(OpenApi)]
#[openapi(paths(list, create, show, change))]
pub struct TermsDocument;

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

/// Most pages of a list.
const PAGES_MAX: u64 = 1_000_000;
/// Most entries of a page.
const PAGE_SIZE_MAX: u64 = 100;

/// The terms in force, the latest first, in the language of `Accept-Language`.
#[utoipa::path(get, path = "/auth/terms", tag = "accounts",
    params(("page" = Option<u64>, Query, description = "from 0"), ("size" = Option<u64>, Query, description = "1 to 100")),
    responses((status = 200, body = TermsList), (status = 400, body = ErrorBody)))]
async fn list(State(ledger): State<Ledger>, Query(paging): Query<Paging>, origin: Origin) -> Reply<TermsList> {
    let Paging { page, size } = paging;
    if page > PAGES_MAX || !(1..=PAGE_SIZE_MAX).contains(&size) {
        return Err(ApiError::invalid(format!("page must be 0 to {PAGES_MAX}, size 1 to {PAGE_SIZE_MAX}")));
    }
    let found = terms::page(&ledger, page, size, clock::now()).await?;
    Ok(Json(TermsList::of(&found, page, size, origin.language)))
}

/// Makes a version of terms. A version never changes: a mistake is mended by the next one.
#[utoipa::path(post, path = "/auth/terms", tag = "accounts", request_body = NewTerms,
    security(("accessToken" = ["admin"])),
    responses((status = 201, body = TermsView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn create(
    State(ledger): State<Ledger>,
    AdminPerson(person): AdminPerson,
    origin: Origin,
    Json(new): Json<NewTerms>,
) -> Result<Response, ApiError> {
    let new = new.checked()?;
    // No `Idempotency-Key` counts under `/auth`, so the layer of calls opens none here; the audit log asks for one.
    let actor = Actor { kind: ActorKind::User, id: person.id.to_string() };
    let network = Some(origin.network).filter(|network| !network.is_empty());
    let call = Call::new(actor, origin.trace_id, network);
    call::within(call, terms::create(&ledger, &new, clock::now())).await?;
    let location = [(LOCATION, "/auth/terms")];
    Ok((StatusCode::CREATED, location, Answer(TermsView::of(&new, origin.language))).into_response())
}

/// What one has said to terms.
#[utoipa::path(get, path = "/users/me/consents", tag = "accounts", security(("accessToken" = [])),
    responses((status = 200, body = ConsentsView), (status = 401, body = ErrorBody)))]
async fn show(State(ledger): State<Ledger>, person: Person) -> Reply<ConsentsView> {
    Ok(Json(consents::of(&ledger, person.id).await?.into()))
}

/// Says something to terms; what is not named stays. A no to required terms is refused: deleting the account is the way.
#[utoipa::path(put, path = "/users/me/consents", tag = "accounts", request_body = GivenConsents,
    security(("accessToken" = [])),
    responses((status = 200, body = ConsentsView), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 429, body = ErrorBody)))]
async fn change(State(ledger): State<Ledger>, person: Person, Json(given): Json<GivenConsents>) -> Reply<ConsentsView> {
    Ok(Json(consents::change(&ledger, person.id, &given.consents(), clock::now()).await?.into()))
}
