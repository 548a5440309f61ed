//! The body of a client's request on its way to a service: counted, watched, and kept until somebody begins to read it.

use axum::body::HttpBody;
use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

/// What has become of a body. In the extensions of the request, for whoever answers it.
#[derive(Clone, Debug)]
pub(crate) struct BodyWatch(Arc<Watched>);

#[derive(Debug)]
struct Watched {
    body: Mutex<Body>,
    limit_bytes: u64,
    state: Mutex<State>,
    /// Somebody has begun to read: it cannot be sent again.
    is_begun: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    read_bytes: u64,
    /// A reader waits for the client.
    is_waiting: bool,
    is_too_large: bool,
    /// The connection ended, or the framing was wrong.
    is_broken: bool,
}

/// Why a body ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFault {
    /// It has more bytes than the route takes.
    #[error("the body has more bytes than the route takes")]
    TooLarge,
    /// The client broke off.
    #[error("the body is incomplete")]
    Broken,
}

impl BodyWatch {
    pub(crate) fn new(body: Body, limit_bytes: u64) -> Self {
        let state = Mutex::default();
        Self(Arc::new(Watched { body: Mutex::new(body), limit_bytes, state, is_begun: AtomicBool::new(false) }))
    }

    /// The body, to be read once. Until its first byte was asked for, another one may be taken instead.
    pub(crate) fn body(&self) -> Body {
        Body::new(ClientBody(self.clone()))
    }

    /// Whether nobody has read anything, so that it can still be sent as a whole. What has no bytes is whole after its end, too.
    pub(crate) fn is_untouched(&self) -> bool {
        if !self.0.is_begun.load(Ordering::Acquire) {
            return true;
        }
        let is_over = self.is_over();
        let State { read_bytes, is_broken, .. } = *self.state();
        is_over && read_bytes == 0 && !is_broken
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_over(&self) -> bool {
        self.inner().is_end_stream()
    }

    /// Whether a reader waits for the client to send the rest.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state().is_waiting
    }

    /// Why it ended early, if it did.
    pub(crate) fn fault(&self) -> Option<BodyFault> {
        let state = self.state();
        match (state.is_too_large, state.is_broken) {
            (true, _) => Some(BodyFault::TooLarge),
            (false, true) => Some(BodyFault::Broken),
            (false, false) => None,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Body> {
        self.0.body.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader.
struct ClientBody(BodyWatch);

impl HttpBody for ClientBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let watch = &self.0;
        watch.0.is_begun.store(true, Ordering::Release);
        loop {
            let polled = Pin::new(&mut *watch.inner()).poll_frame(context);
            let mut state = watch.state();
            state.is_waiting = polled.is_pending();
            let Some(frame) = ready!(polled) else { return Poll::Ready(None) };
            let Ok(frame) = frame else {
                state.is_broken = true;
                return Poll::Ready(Some(Err(BodyFault::Broken)));
            };
            // Trailers are headers by another way: no service reads them.
            let Ok(data) = frame.into_data() else { continue };
            state.read_bytes = state.read_bytes.saturating_add(data.len() as u64);
            if state.read_bytes > watch.0.limit_bytes {
                state.is_too_large = true;
                return Poll::Ready(Some(Err(BodyFault::TooLarge)));
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.inner().size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_had_bytes_is_not_whole_after_its_end() {
        for (text, is_whole) in [("", true), ("abc", false)] {
            let watch = BodyWatch::new(Body::from(text), 10);
            assert!(watch.is_untouched(), "{text:?} before its first byte");
            let read = axum::body::to_bytes(watch.body(), 10).await.expect("read");
            assert_eq!((read.as_ref(), watch.is_untouched()), (text.as_bytes(), is_whole), "{text:?}");
        }
    }
}
