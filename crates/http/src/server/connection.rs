//! One connection, from its first byte to its last.

use super::head::{Front, Most, front};
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

/// How often a connection looks at the clock: the grain of time-outs and of draining.
const TICK: Duration = Duration::from_secs(1);
/// Room for a usual request; grows to the limits when a request is larger.
const INPUT_BYTES: usize = 2 * 1024;
/// An answer buffer larger than this is let go after it was written.
const OUTPUT_BYTES_KEPT: usize = 64 * 1024;

/// hyper wants at least so much.
const HYPER_BUFFER_BYTES_MIN: usize = 8 * 1024;

/// What a look at the input came to.
enum Next {
    /// More bytes are needed.
    Read,
    /// The rest is hyper's.
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
    // A peer that goes away in the middle is no news.
    let Ok(Some(rest)) = connection.run(&mut stream).await else { return };
    // Boxed, both: a connection that waits for years must not hold the room that another kind needs.
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
    /// Answers hot requests. Gives back the unread bytes when the rest is for hyper.
    async fn run(&mut self, stream: &mut TcpStream) -> std::io::Result<Option<Bytes>> {
        let mut tick = pin!(tokio::time::sleep(TICK));
        let mut heard_at = Instant::now();
        loop {
            let next = self.answer_all().await;
            if !self.output.is_empty() {
                heard_at = Instant::now();
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
                            heard_at = Instant::now();
                        }
                        break;
                    }
                    () = &mut tick => {
                        tick.as_mut().reset(tokio::time::Instant::now() + TICK);
                        if let Some(end) = self.overdue(heard_at.elapsed()) {
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

    /// Whether it is time to end, and with what word: nothing is owed to a peer that waits in silence.
    fn overdue(&self, silent: Duration) -> Option<Option<ErrorCode>> {
        let half_a_request = !self.input.is_empty();
        if half_a_request && silent >= self.state.settings.request_timeout {
            return Some(Some(ErrorCode::RequestTimeout));
        }
        let idle = !half_a_request && (silent >= self.state.settings.idle_timeout || self.state.is_draining());
        idle.then_some(None)
    }

    /// Writes what was answered. A peer that does not take it in time is left.
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
        let most = Most { head_bytes: settings.head_bytes_max, body_bytes: settings.body_bytes_max };
        let mut done = 0;
        let next = loop {
            match front(&self.input[done..], |method, target| self.routes.knows(method, target), most) {
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
        // Looked at first: told to end before it has read anything, hyper would drop the request that is here already.
        biased;
        _ = &mut serving => return,
        () = state.drained() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
