//! The body of a request with an `Idempotency-Key`: its bytes are part of the fingerprint.

use crate::error::ApiError;
use crate::extract::json;
use crate::layer::body::demand;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;

/// Most bytes: no route takes more. A handler's own limit may be lower.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Whether a body comes.
pub(super) fn has_body(request: &Request) -> bool {
    !request.body().is_end_stream()
}

/// The request with its whole body in memory, also in its extensions as [`Whole`].
///
/// # Errors
/// `PAYLOAD_TOO_LARGE`; `INVALID_INPUT` for a body that ends early.
pub(super) async fn whole(mut request: Request) -> Result<Request, ApiError> {
    demand(&mut request, BODY_BYTES_MAX)?;
    let (mut parts, body) = request.into_parts();
    let bytes = json::read(body).await?;
    parts.extensions.insert(Whole(bytes.clone()));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// The whole body.
#[derive(Clone, Debug)]
pub(super) struct Whole(pub Bytes);
