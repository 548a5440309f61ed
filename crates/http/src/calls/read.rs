//! The body of a request with an `Idempotency-Key`: its bytes are part of the fingerprint.

use crate::error::ApiError;
use crate::extract::json::{self, ROUTE_BODY_BYTES};
use crate::layer::body::{demand, keep_in_budget};
use crate::layer::budget::BudgetPart;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use std::sync::Arc;

/// Whether a body comes.
pub(super) fn has_body(request: &Request) -> bool {
    !request.body().is_end_stream()
}

/// The request with its whole body in memory, also in its extensions as [`Whole`]. A handler's own limit may be lower.
///
/// # Errors
/// `PAYLOAD_TOO_LARGE`; `INVALID_INPUT` for a body that ends early; `SERVICE_UNAVAILABLE` when all bodies together have no
/// more bytes.
pub(super) async fn whole(mut request: Request) -> Result<Request, ApiError> {
    demand(&mut request, ROUTE_BODY_BYTES)?;
    let (mut parts, body) = request.into_parts();
    let bytes = json::read(body).await?;
    let part = keep_in_budget(&parts.extensions, bytes.len())?.map(Arc::new);
    parts.extensions.insert(Whole { bytes: bytes.clone(), part });
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// The whole body.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub bytes: Bytes,
    /// Its part of the budget of all bodies: it stays in memory while another run of the key is waited for.
    pub part: Option<Arc<BudgetPart>>,
}
