//! Request bodies: limited in bytes, and watched, so that an error can be attributed to the client or to the server.

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
    /// The limit that was exceeded, in bytes; 0 if none was.
    exceeded: AtomicUsize,
}

impl BodyWatch {
    /// Whether a handler waits for the client to send the rest.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// The error for a body that exceeded a limit while it was read.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        let limit_bytes = self.0.exceeded.load(Ordering::Relaxed);
        (limit_bytes > 0).then(|| too_large(limit_bytes))
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
    /// The connection broke, or the framing was wrong.
    #[error("the body is incomplete: {0}")]
    Broken(axum::Error),
}

struct BoundedBody {
    inner: Body,
    left_bytes: usize,
    limit_bytes: usize,
    watch: BodyWatch,
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

/// Limits the request's body. Limits nest, and the lowest one applies.
///
/// # Errors
/// `PAYLOAD_TOO_LARGE` when the request declares a larger body.
pub(crate) fn bound(request: &mut Request, limit_bytes: usize) -> Result<BodyWatch, ApiError> {
    let watch = request.extensions().get::<BodyWatch>().cloned().unwrap_or_default();
    let body = request.body_mut();
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(too_large(limit_bytes));
    }
    if body.is_end_stream() {
        return Ok(watch);
    }
    let bounded =
        BoundedBody { inner: std::mem::take(body), left_bytes: limit_bytes, limit_bytes, watch: watch.clone() };
    *body = Body::new(bounded);
    request.extensions_mut().insert(watch.clone());
    Ok(watch)
}
