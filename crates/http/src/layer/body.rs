//! Request bodies: limited in bytes, and watched, so that an error can be attributed to the client or to the server.

use super::budget::{BodyBudget, BudgetPart};
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use domain::ErrorCode;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

/// The state of a request's body so far. Stored in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyWatch(Arc<BodyState>);

#[derive(Debug, Default)]
struct BodyState {
    /// A handler reads, and the client has not sent the rest.
    waiting: AtomicBool,
    /// The limit that was exceeded, in bytes; 0 if none was, [`NO_ROOM`] for that of all bodies together.
    exceeded: AtomicUsize,
}

/// No bytes are left for another body.
const NO_ROOM: usize = usize::MAX;

impl BodyWatch {
    /// Whether a handler waits for the client to send the rest.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// The error for a body that exceeded a limit while it was read.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        match self.0.exceeded.load(Ordering::Relaxed) {
            0 => None,
            NO_ROOM => Some(ApiError::unavailable().detail("too many request bodies are under way")),
            limit_bytes => Some(too_large(limit_bytes)),
        }
    }
}

fn too_large(limit_bytes: usize) -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge).detail(format!("the body must have at most {limit_bytes} bytes"))
}

/// Reading the body failed.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is larger than the limit.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// All bodies under way have no more bytes together.
    #[error("too many bodies are under way")]
    NoRoom,
    /// The connection broke, or the framing was wrong.
    #[error("the body is incomplete: {0}")]
    Broken(axum::Error),
}

struct BoundedBody {
    inner: Body,
    left_bytes: usize,
    limit_bytes: usize,
    watch: BodyWatch,
    /// Its part of the budget of all bodies; the outermost limit has it.
    part: Option<BudgetPart>,
}

impl HttpBody for BoundedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        self.watch.0.waiting.store(polled.is_pending(), Ordering::Relaxed);
        let frame = match ready!(polled) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::Broken(error)))),
            Some(Ok(frame)) => frame,
        };
        let length = frame.data_ref().map_or(0, Bytes::len);
        match self.left_bytes.checked_sub(length) {
            Some(left) => {
                self.left_bytes = left;
                if self.part.as_mut().is_some_and(|part| !part.grow(length)) {
                    self.watch.0.exceeded.store(NO_ROOM, Ordering::Relaxed);
                    return Poll::Ready(Some(Err(BodyError::NoRoom)));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                self.watch.0.exceeded.store(self.limit_bytes, Ordering::Relaxed);
                Poll::Ready(Some(Err(BodyError::TooLarge(self.limit_bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Limits the request's body. Limits nest, and the lowest one applies. `budget`: that of all bodies, counted as the bytes
/// arrive, so that a body that only is announced takes nothing.
///
/// # Errors
/// `PAYLOAD_TOO_LARGE` when the request declares a larger body.
pub(crate) fn bound(
    request: &mut Request,
    limit_bytes: usize,
    budget: Option<&BodyBudget>,
) -> Result<BodyWatch, ApiError> {
    let watch = request.extensions().get::<BodyWatch>().cloned().unwrap_or_default();
    let body = request.body_mut();
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(too_large(limit_bytes));
    }
    if body.is_end_stream() {
        return Ok(watch);
    }
    let bounded = BoundedBody {
        inner: std::mem::take(body),
        left_bytes: limit_bytes,
        limit_bytes,
        watch: watch.clone(),
        part: budget.map(BodyBudget::part),
    };
    *body = Body::new(bounded);
    request.extensions_mut().insert(watch.clone());
    Ok(watch)
}
