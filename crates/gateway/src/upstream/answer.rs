//! An answer of a service on its way back.

use super::hop;
use axum::body::{Bytes, HttpBody};
use http::HeaderMap;
use hyper::body::{Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;

/// Largest answer that is waited for as a whole, in bytes: most answers of an API.
pub(super) const SHORT_BYTES_MAX: usize = 16_384;

/// Why the body of an answer ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerFault {
    /// The service broke off.
    #[error("the service broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// It said nothing for too long.
    #[error("the service fell silent")]
    Silent,
}

/// The body of an answer. Silence ends it, so that a service that hangs does not hold its clients' connections.
pub(super) struct ServiceBody {
    inner: Incoming,
    silence_max: Option<Duration>,
    /// Runs while the service is waited for.
    silence: Option<Pin<Box<Sleep>>>,
}

impl ServiceBody {
    pub(super) fn new(inner: Incoming, silence_max: Option<Duration>) -> Self {
        Self { inner, silence_max, silence: None }
    }

    /// Whether the head says that the body has a few bytes.
    pub(super) fn is_short(&self) -> bool {
        self.inner.size_hint().exact().is_some_and(|bytes| bytes <= SHORT_BYTES_MAX as u64)
    }
}

impl HttpBody for ServiceBody {
    type Data = Bytes;
    type Error = AnswerFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerFault>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        if polled.is_ready() {
            // A client that reads slowly does not make the service silent.
            this.silence = None;
            return polled.map_err(AnswerFault::from);
        }
        let Some(max) = this.silence_max else { return Poll::Pending };
        let sleep = this.silence.get_or_insert_with(|| Box::pin(tokio::time::sleep(max)));
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(Some(Err(AnswerFault::Silent)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Takes away what is the service's own: its connection, its server's name, and the bucket of the gateway's network.
pub(super) fn clean(headers: &mut HeaderMap, takes_trailers: bool) {
    hop::remove(headers);
    if !takes_trailers {
        hop::remove_trailer(headers);
    }
    for name in ["server", "x-powered-by", "alt-svc", "x-service-api-key", "x-user-id", "x-user-role"] {
        headers.remove(name);
    }
    // Behind the gateway a service's bucket of the network is not the client's to see.
    let is_networks = headers.get("ratelimit-policy").is_some_and(|policy| policy.as_bytes().starts_with(b"\"ip\""));
    if is_networks {
        headers.remove("ratelimit-policy");
        headers.remove("ratelimit");
    }
}
