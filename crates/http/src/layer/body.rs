//! Request bodies: limited in bytes, and watched, so that an error can be attributed to the client or to the server.

use super::budget::{BodyBudget, BudgetPart};
use crate::error::ApiError;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use domain::ErrorCode;
use http::Extensions;
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
    /// The lowest limit so far, plus one; 0 without any.
    lowest: AtomicUsize,
}

/// No bytes are left for another body.
const NO_ROOM: usize = usize::MAX;

impl BodyWatch {
    /// Whether a handler waits for the client to send the rest.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Notes one more limit, and returns the lowest of all.
    fn narrow(&self, limit_bytes: usize) -> usize {
        let mark = limit_bytes.saturating_add(1);
        let lowest = &self.0.lowest;
        let before = lowest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |mark_before| {
            Some(if mark_before == 0 { mark } else { mark_before.min(mark) })
        });
        match before {
            Ok(0) | Err(_) => limit_bytes,
            Ok(before) => limit_bytes.min(before - 1),
        }
    }

    /// The error for a body that exceeded a limit while it was read.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        match self.0.exceeded.load(Ordering::Relaxed) {
            0 => None,
            NO_ROOM => Some(no_room()),
            limit_bytes => Some(too_large(limit_bytes)),
        }
    }
}

fn no_room() -> ApiError {
    ApiError::unavailable().detail("too many request bodies are under way")
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

impl BoundedBody {
    fn too_large(&self) -> BodyError {
        self.watch.0.exceeded.store(self.limit_bytes, Ordering::Relaxed);
        BodyError::TooLarge(self.limit_bytes)
    }
}

impl HttpBody for BoundedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // A body that says that it is too large is not waited for.
        if self.inner.size_hint().lower() > self.left_bytes as u64 {
            return Poll::Ready(Some(Err(self.too_large())));
        }
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
            None => Poll::Ready(Some(Err(self.too_large()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Limits the request's body. Limits nest, and the lowest one applies, once the body is read: who calls is judged first.
/// `budget`: that of all bodies, counted as the bytes arrive, so that a body that only is announced takes nothing.
pub(crate) fn bound(request: &mut Request, limit_bytes: usize, budget: Option<&BodyBudget>) -> BodyWatch {
    let watch = request.extensions().get::<BodyWatch>().cloned().unwrap_or_default();
    watch.narrow(limit_bytes);
    request.extensions_mut().insert(watch.clone());
    let body = request.body_mut();
    if body.is_end_stream() {
        return watch;
    }
    let bounded = BoundedBody {
        inner: std::mem::take(body),
        left_bytes: limit_bytes,
        limit_bytes,
        watch: watch.clone(),
        part: budget.map(BodyBudget::part),
    };
    *body = Body::new(bounded);
    if let Some(budget) = budget {
        request.extensions_mut().insert(budget.clone());
    }
    watch
}

/// Takes so many bytes of the budget of all bodies for a body that was read and stays in memory; none where there is no
/// budget.
///
/// # Errors
/// `SERVICE_UNAVAILABLE` when there are not so many.
pub(crate) fn keep_in_budget(extensions: &Extensions, bytes: usize) -> Result<Option<BudgetPart>, ApiError> {
    let Some(budget) = extensions.get::<BodyBudget>() else { return Ok(None) };
    let mut part = budget.part();
    if part.grow(bytes) { Ok(Some(part)) } else { Err(no_room()) }
}

/// As [`bound`], for the one who is about to read the body.
///
/// # Errors
/// `PAYLOAD_TOO_LARGE` with the lowest limit when the request declares a larger body.
pub(crate) fn demand(request: &mut Request, limit_bytes: usize) -> Result<(), ApiError> {
    let watch = bound(request, limit_bytes, None);
    let lowest = watch.narrow(limit_bytes);
    if request.body().size_hint().lower() > lowest as u64 { Err(too_large(lowest)) } else { Ok(()) }
}
