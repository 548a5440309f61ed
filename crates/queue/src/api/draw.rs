//! The routes of opening draws.

use ::http::{HeaderMap, header};
use access::callers::Callers;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use domain::ErrorCode;
use lines::client::LineClient;
use lines::draw::announce::Announced;
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
    /// Authorizes administrators.
    pub callers: Callers,
    /// The key that signs receipts; none if the configuration has none.
    pub receipts: Option<ReceiptKey>,
}

/// The routes.
pub fn routes(api: DrawApi) -> Router {
    Router::new()
        .route("/queue/admin/{line}/draw", put(announce))
        .route("/queue/receipt-key", get(receipt_key))
        .with_state(api)
}

/// This service's part of the API document.
#[derive(OpenApi)]
#[openapi(paths(announce, receipt_key))]
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

/// Announces a draw at the line's opening, or returns the one already announced.
#[utoipa::path(put, path = "/queue/admin/{line}/draw", tag = "lines", security(("apiKey" = [])),
    params(("line" = String, Path)),
    responses((status = 200, body = Announced), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn announce(
    State(api): State<DrawApi>,
    Path(line): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Announced>, ApiError> {
    api.callers.administrator(&headers).await?;
    let (line, _) = api.lines.named_for_operators(&line).await?;
    if api.receipts.is_none() {
        let remedy =
            "servers that share lines must sign receipts with the same key: set queue.receipt_key on each, and restart";
        return Err(ApiError::new(ErrorCode::DrawNotPossible).detail(remedy));
    }
    Ok(Json(api.lines.announce_draw(&line).await?))
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
