//! The routes of opening draws.

use super::has_body;
use super::public_line::PublicLine;
use crate::site::PublicNames;
use crate::tickets::api::{MaybeTickets, operated};
use ::http::{StatusCode, header};
use access::callers::Callers;
use access::extract::AdministratorCaller;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::routing::{get, put};
use bytes::Bytes;
use domain::ErrorCode;
use domain::line::LineId;
use futures::{StreamExt, TryStreamExt, stream};
use lines::client::LineClient;
use lines::draw::announce::{DrawSettings, NewDraw, NewValue};
use lines::draw::receipt::ReceiptKey;
use onsale_http::docs::ErrorBody;
use onsale_http::{ApiError, Json, Path};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

/// Seconds for which a cache may store the key.
const KEY_FRESH_SECONDS: u32 = 60;

/// The parts that the routes use. Cheap to clone.
#[derive(Clone)]
pub struct DrawApi {
    /// Changes lines.
    pub lines: LineClient,
    /// The lines as strangers name them.
    pub names: PublicNames,
    /// Authorizes administrators.
    pub callers: Callers,
    /// The key that signs receipts; none if the configuration has none.
    pub receipts: Option<ReceiptKey>,
    /// How draws are announced.
    pub settings: DrawSettings,
}

/// Entries of one part of the published list: 65 bytes each.
const PART: u32 = 8_192;

impl FromRef<DrawApi> for Callers {
    fn from_ref(api: &DrawApi) -> Self {
        api.callers.clone()
    }
}

impl FromRef<DrawApi> for PublicNames {
    fn from_ref(api: &DrawApi) -> Self {
        api.names.clone()
    }
}

/// The routes.
pub fn routes(api: DrawApi) -> Router {
    Router::new()
        .route("/queue/admin/{line}/draw", put(announce))
        .route("/queue/admin/{line}/draw/value", post(give_value))
        .route("/queue/draw/{line}/entries", get(entries))
        .route("/queue/receipt-key", get(receipt_key))
        .with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(announce, give_value, entries, receipt_key))]
pub struct ApiDocument;

/// The public key that checks receipts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicKey {
    /// how receipts are signed
    #[schema(example = "Ed25519")]
    algorithm: &'static str,
    /// 64 hexadecimal digits
    public_key: String,
}

/// Announces a draw that closes at the line's present opening time; one that was announced with the same content stands.
/// `serving` shows it. Without a body the configured randomness counts. A draw is never changed or withdrawn.
#[utoipa::path(put, path = "/queue/admin/{line}/draw", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)), request_body = Option<NewDraw>,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn announce(
    State(api): State<DrawApi>,
    _: AdministratorCaller,
    tickets: MaybeTickets,
    Path(line): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let new = match has_body(request.headers()) {
        true => Some(Json::<NewDraw>::from_request(request, &()).await?.0),
        false => None,
    };
    let (line, _) = operated(&api.lines, &tickets, &line).await?;
    if api.receipts.is_none() {
        let remedy =
            "servers that share lines must sign receipts with the same key: set queue.receipt_key on each, and restart";
        return Err(ApiError::new(ErrorCode::DrawNotPossible).detail(remedy));
    }
    api.lines.announce_draw(&line, new, &api.settings).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the value of a draw with manual randomness, once, after its entries are closed.
#[utoipa::path(post, path = "/queue/admin/{line}/draw/value", tag = "lines", security(("apiKey" = ["admin"])),
    params(("line" = String, Path)), request_body = NewValue,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn give_value(
    State(api): State<DrawApi>,
    _: AdministratorCaller,
    Path(line): Path<String>,
    Json(new): Json<NewValue>,
) -> Result<StatusCode, ApiError> {
    let (line, _) = api.lines.named_for_operators(&line).await?;
    api.lines.give_manual_value(&line, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The published entries of a draw that has closed: the hash of each holder in hexadecimal digits, one a line, in order of
/// entry; zeros for an entry that nobody held at the closing.
#[utoipa::path(get, path = "/queue/draw/{line}/entries", tag = "lines", security(()), params(("line" = String, Path)),
    responses((status = 200, description = "One line for each entry", body = String, content_type = "text/plain"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn entries(State(api): State<DrawApi>, PublicLine { line, .. }: PublicLine) -> Result<Response, ApiError> {
    let first = part(&api.lines, &line, 1).await?;
    let rest = stream::try_unfold((api.lines, line, PART + 1), |(lines, line, from)| async move {
        let text = part(&lines, &line, from).await?;
        Ok::<_, ApiError>((!text.is_empty()).then(|| (text, (lines, line, from + PART))))
    });
    let rest = rest.map_err(|error| std::io::Error::other(error.code.as_str()));
    let body = Body::from_stream(stream::once(async move { Ok(first) }).chain(rest));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response())
}

/// One part of the published entries as text; empty past the last.
async fn part(lines: &LineClient, line: &LineId, from: u32) -> Result<Bytes, ApiError> {
    let entries = lines.draw_entries(line, from, PART).await?;
    let mut text = String::with_capacity(entries.len() * 65);
    for entry in entries {
        text.push_str(&hex::encode(entry));
        text.push('\n');
    }
    Ok(text.into())
}

/// The public key that checks receipts.
#[utoipa::path(get, path = "/queue/receipt-key", tag = "lines", security(()),
    responses((status = 200, body = PublicKey), (status = 404, body = ErrorBody)))]
async fn receipt_key(State(api): State<DrawApi>) -> Result<Response, ApiError> {
    let key =
        api.receipts.ok_or_else(|| ApiError::new(ErrorCode::NotFound).detail("this server has no receipt key"))?;
    let key = PublicKey { algorithm: "Ed25519", public_key: key.public_hex() };
    Ok(([(header::CACHE_CONTROL, format!("public, max-age={KEY_FRESH_SECONDS}"))], Json(key)).into_response())
}
