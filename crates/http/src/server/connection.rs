//! One connection, from its first byte to its last.

use super::head::{Front, SizeLimits, front};
use super::prefixed::Prefixed;
use super::streamed;
use super::worker::{HotRoutes, ServerState};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use domain::ErrorCode;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

/// How often a connection checks the clock: the precision of timeouts and of draining.
const TICK: Duration = Duration::from_secs(1);
/// Capacity for a usual request. The buffer grows up to the limits for a larger one.
const INPUT_BYTES: usize = 2 * 1024;
/// An output buffer larger than this is shrunk after it is written.
const OUTPUT_BYTES_KEPT: usize = 64 * 1024;

/// The smallest buffer that hyper accepts.
const HYPER_BUFFER_BYTES_MIN: usize = 8 * 1024;

/// The step after all complete requests in the input are answered.
enum Next {
    /// More bytes are needed.
    Read,
    /// hyper serves the rest of the connection.
    HandOver,
    /// The connection ends once the output is written.
    End,
}

struct Connection<'a, R: HotRoutes> {
    routes: &'a R,
    state: &'a ServerState,
    peer: SocketAddr,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// Serves a connection until it ends.
pub(super) async fn serve<R: HotRoutes>(
    mut stream: TcpStream,
    peer: SocketAddr,
    routes: R,
    router: Router,
    state: ServerState,
) {
    let mut connection =
        Connection { routes: &routes, state: &state, peer, input: Vec::with_capacity(INPUT_BYTES), output: Vec::new() };
    // A peer that disconnects in the middle of a request needs no log line.
    let Ok(Some(rest)) = connection.run(&mut stream).await else { return };
    // Both are boxed: a long-lived connection of one kind must not hold the memory that the other kind needs.
    if let Some(request) = streamed::request(&rest, state.settings.streams_under) {
        drop(connection);
        drop((rest, routes));
        return Box::pin(streamed::serve(stream, peer, request, router, state)).await;
    }
    let refuse = move |code| {
        let mut out = Vec::new();
        routes.refuse(code, "", &mut out);
        out
    };
    let stream = Prefixed::new(rest, stream, Box::new(refuse), state.settings.request_timeout);
    Box::pin(hand_over(stream, peer, router, &state)).await;
}

impl<R: HotRoutes> Connection<'_, R> {
    /// Answers hot requests. Returns the unread bytes when hyper is to serve the rest.
    async fn run(&mut self, stream: &mut TcpStream) -> std::io::Result<Option<Bytes>> {
        let mut tick = pin!(tokio::time::sleep(TICK));
        let mut active_at = Instant::now();
        loop {
            let next = self.answer_all().await;
            if !self.output.is_empty() {
                active_at = Instant::now();
            }
            self.write_output(stream).await?;
            match next {
                Next::HandOver => return Ok(Some(Bytes::from(std::mem::take(&mut self.input)))),
                Next::End => {
                    let _ = stream.shutdown().await;
                    return Ok(None);
                }
                Next::Read => {}
            }
            loop {
                let was_idle = self.input.is_empty();
                tokio::select! {
                    biased;
                    count = stream.read_buf(&mut self.input) => {
                        if count? == 0 {
                            return Ok(None);
                        }
                        if was_idle {
                            active_at = Instant::now();
                        }
                        break;
                    }
                    () = &mut tick => {
                        tick.as_mut().reset(tokio::time::Instant::now() + TICK);
                        if let Some(end) = self.overdue(active_at.elapsed()) {
                            if let Some(code) = end {
                                self.routes.refuse(code, "", &mut self.output);
                            }
                            self.write_output(stream).await?;
                            return Ok(None);
                        }
                    }
                }
            }
        }
    }

    /// Returns `Some` when the connection must end, with the error to send. An idle peer gets no error.
    fn overdue(&self, silent: Duration) -> Option<Option<ErrorCode>> {
        let half_a_request = !self.input.is_empty();
        if half_a_request && silent >= self.state.settings.request_timeout {
            return Some(Some(ErrorCode::RequestTimeout));
        }
        let idle = !half_a_request && (silent >= self.state.settings.idle_timeout || self.state.is_draining());
        idle.then_some(None)
    }

    /// Writes the output. A peer that does not read it in time is disconnected.
    async fn write_output(&mut self, stream: &mut TcpStream) -> std::io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = stream.try_write(&self.output).or_else(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Ok(0),
            _ => Err(error),
        })?;
        if written < self.output.len() {
            let rest = stream.write_all(&self.output[written..]);
            tokio::time::timeout(self.state.settings.request_timeout, rest).await??;
        }
        self.output.clear();
        self.output.shrink_to(OUTPUT_BYTES_KEPT);
        Ok(())
    }

    /// Answers every whole request in the input.
    async fn answer_all(&mut self) -> Next {
        let settings = &self.state.settings;
        let limits = SizeLimits { head_bytes: settings.head_bytes_max, body_bytes: settings.body_bytes_max };
        let mut done = 0;
        let next = loop {
            match front(&self.input[done..], |method, target| self.routes.knows(method, target), limits) {
                Front::Partial => break Next::Read,
                Front::Other => break Next::HandOver,
                Front::Broken(code, detail) => {
                    self.routes.refuse(code, detail, &mut self.output);
                    break Next::End;
                }
                Front::Hot { mut head, body, length } => {
                    head.close |= self.state.is_draining();
                    let undecided = self.routes.answer_now(self.peer.ip(), &head, body, &mut self.output);
                    if let Some(undecided) = undecided {
                        self.routes.answer(undecided, &mut self.output).await;
                    }
                    done += length;
                    if head.close {
                        break Next::End;
                    }
                }
            }
        };
        self.input.drain(..done);
        next
    }
}

/// Lets hyper and the router serve the rest of the connection.
async fn hand_over(stream: Prefixed, peer: SocketAddr, router: Router, state: &ServerState) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let io = TokioIo::new(stream);
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(state.settings.request_timeout)
        .max_headers(super::head::HEADERS_MAX)
        .max_buf_size(state.settings.head_bytes_max.max(HYPER_BUFFER_BYTES_MIN))
        .serve_connection(io, service);
    let mut serving = pin!(serving);
    tokio::select! {
        // Polled first: a shutdown before its first read would make hyper drop the request that has already arrived.
        biased;
        _ = &mut serving => return,
        () = state.drained() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
