//! A hot route as metrics and the log name it.

use super::request::{HotRequest, SampledLine};
use crate::error::ApiError;
use crate::metrics::{HttpMetrics, RouteRecorder};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Headers of a response that caches may keep, each after a line end.
#[derive(Clone, Copy, Debug)]
pub struct SharedHeaders {
    /// Of one that is no error.
    pub of_success: &'static [u8],
    /// Of every one.
    pub always: &'static [u8],
}

/// Writes the responses of one hot route on one worker, counts them, and logs one in so many.
#[derive(Debug)]
pub struct RecordedRoute {
    method: &'static str,
    path: &'static str,
    recorder: Arc<RouteRecorder>,
    /// One response in this many is logged; 0 logs none.
    log_every: u32,
    replies: AtomicU32,
}

impl RecordedRoute {
    /// A route with a recorder of its own. `path`: as the router names it.
    pub fn new(metrics: &HttpMetrics, method: &'static str, path: &'static str, log_every: u32) -> Self {
        Self { method, path, recorder: metrics.recorder(method, path), log_every, replies: AtomicU32::new(0) }
    }

    /// Appends the response: `body`, or the error in its place. `shared`: the further headers of a response that caches may
    /// keep; none for one that is for one person.
    pub fn reply(
        &self,
        request: &HotRequest,
        answer: Result<(), ApiError>,
        shared: Option<&SharedHeaders>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) {
        let mut of_error = Vec::new();
        let (status, body) = match answer {
            Ok(()) => ((200, None), body),
            Err(error) => (request.write_error(&error, &mut of_error), of_error.as_slice()),
        };
        let mut reply = request.reply(status, shared.is_none());
        if let Some(shared) = shared {
            (reply.extra, reply.always) = (shared.of_success, shared.always);
        }
        reply.write(body, out);
        self.count(request, status.0, body.len());
    }

    fn count(&self, request: &HotRequest, status: u16, bytes: usize) {
        self.recorder.record(status, request.took());
        let one_in = self.log_every;
        if one_in > 0 && self.replies.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in) {
            request.log(&SampledLine { method: self.method, path: self.path, status, bytes, one_in });
        }
    }
}
