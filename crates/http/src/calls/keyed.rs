//! A request with an `Idempotency-Key`: its first success is kept and told again.

use super::Calls;
use super::read::Whole;
use crate::error::ApiError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use call::{Call, Keyed};
use domain::ErrorCode;
use http::header::{CONTENT_TYPE, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ledger::calls::kept::{Answer, Found};
use sha2::{Digest, Sha256};

/// Set where an answer is told again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The header of a request.
const HEADER: &str = "idempotency-key";
/// Longest key.
pub(crate) const KEY_LENGTH_MAX: usize = 255;
/// Largest answer that is kept. A larger one is a report, and its route may be called again.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Runs of one request: a second one when a run in another process was first.
const RUNS_MAX: usize = 2;

/// The key of a request.
///
/// # Errors
/// `INVALID_INPUT` for a malformed one.
pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(key) = headers.get(HEADER).map(HeaderValue::as_bytes) else { return Ok(None) };
    let is_visible = |byte: &u8| (b'!'..=b'~').contains(byte);
    let is_valid = (1..=KEY_LENGTH_MAX).contains(&key.len()) && key.iter().all(is_visible);
    match String::from_utf8(key.to_vec()) {
        Ok(key) if is_valid => Ok(Some(key)),
        _ => Err(ApiError::invalid("Idempotency-Key must be 1 to 255 visible ASCII characters")),
    }
}

/// SHA-256 over the role's secret, if it has one, method, path, query and body. The lengths keep the parts apart.
fn fingerprint(secret: Option<&str>, parts: &Parts, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let of_request = [parts.method.as_str().as_bytes(), path.as_bytes(), query.as_bytes(), body];
    for part in secret.map(str::as_bytes).into_iter().chain(of_request) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// Answers the request, whose whole body was read. A caller who disconnects changes nothing: it runs to its end, so that
/// its answer is kept.
pub(super) async fn answer(
    calls: Calls,
    (call, scope, key): (Call, String, String),
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, _) = request.into_parts();
    let whole = parts.extensions.remove::<Whole>();
    let (body, part) = whole.map(|Whole { bytes, part }| (bytes, part)).unwrap_or_default();
    let keyed = Keyed::new(scope, key, fingerprint(calls.secret.as_deref(), &parts, &body));
    let Some(turn) = calls.under_way.turn(&keyed.scope, &keyed.key, calls.wait).await else {
        return ApiError::new(ErrorCode::IdempotencyKeyInUse).into_response();
    };
    let run = async move {
        let response =
            run(&calls, &call, keyed, || Request::from_parts(parts.clone(), Body::from(body.clone())), &next);
        let response = response.await;
        drop((turn, part));
        response
    };
    match tokio::spawn(run).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => ApiError::internal(error).into_response(),
        },
    }
}

async fn run(calls: &Calls, call: &Call, mut keyed: Keyed, request: impl Fn() -> Request, next: &Next) -> Response {
    let mut response = ApiError::new(ErrorCode::IdempotencyKeyInUse).into_response();
    for _ in 0..RUNS_MAX {
        match calls.answers.find(&keyed).await {
            Ok(Found::Answer(answer)) => return replayed(answer),
            Ok(Found::Other) => return ApiError::new(ErrorCode::IdempotencyKeyReused).into_response(),
            Ok(Found::Done) => keyed.is_done = true,
            Ok(Found::Nothing) => keyed.is_done = false,
            Err(refusal) => return refusal.into_response(),
        }
        response = call::within(call.keyed(keyed.clone()), next.clone().run(request())).await;
        let was_first = |error: &ApiError| error.code != ErrorCode::IdempotencyKeyInUse;
        if response.extensions().get::<ApiError>().is_none_or(was_first) {
            break;
        }
    }
    if response.status().is_success() { keep(calls, &keyed, response).await } else { response }
}

/// Keeps a success, and tells the one that counts.
async fn keep(calls: &Calls, keyed: &Keyed, response: Response) -> Response {
    let length = response.headers().get(http::header::CONTENT_LENGTH).cloned();
    let (parts, body) = response.into_parts();
    if hint(&body).is_none_or(|bytes| bytes > ANSWER_BYTES_MAX as u64) {
        tracing::warn!(?length, "the answer of a call with an Idempotency-Key is too long to be kept");
        return Response::from_parts(parts, body);
    }
    let body = match to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(body) => body,
        Err(error) => return ApiError::internal(error).into_response(),
    };
    let location = parts.headers.get(LOCATION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let answer = Answer { status: parts.status.as_u16(), body: body.to_vec(), location: location.map(str::to_owned) };
    let kept = calls.answers.keep(keyed, &answer).await;
    match kept {
        Ok(Found::Answer(first)) if first != answer => replayed(first),
        // An earlier run made the change, and what it answered is kept nowhere: this is how it is told again.
        Ok(Found::Done) if keyed.is_done => replayed(answer),
        Ok(_) => Response::from_parts(parts, Body::from(body)),
        Err(_) => {
            // The effect stands under the key: a repeated call changes nothing.
            tracing::warn!("the answer of a call with an Idempotency-Key could not be kept");
            Response::from_parts(parts, Body::from(body))
        }
    }
}

fn hint(body: &Body) -> Option<u64> {
    axum::body::HttpBody::size_hint(body).upper()
}

fn replayed(answer: Answer) -> Response {
    let Answer { status, body, location } = answer;
    let has_body = !body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if has_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        headers.insert(LOCATION, location);
    }
    response
}
