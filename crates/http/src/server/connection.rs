//! One connection, from its first byte to its last.

use super::head::{Front, SizeLimits, front, target};
use super::plain::{self, Answering, Plain};
use super::table::{Place, Rest};
use super::wire::Wire;
use super::worker::{HotRoutes, ServerState};
use super::{routed, streamed};
use axum::Router;
use bytes::{Bytes, BytesMut};
use domain::ErrorCode;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep_until};

/// How often a waiting connection looks whether the server closes.
const TICK: Duration = Duration::from_secs(1);
/// Capacity for a usual request. The buffer grows up to the limits for a larger one.
const INPUT_BYTES: usize = 2 * 1024;
/// An output buffer larger than this is shrunk after it is written.
const OUTPUT_BYTES_KEPT: usize = 64 * 1024;

/// The step after all complete requests in the input are answered.
enum Next {
    /// More bytes are needed.
    Read,
    /// The router answers this request.
    Route(Box<Plain>),
    /// hyper and the router answer the next request.
    HandOver,
    /// The connection ends once the output is written.
    End,
}

struct Connection<'a, R: HotRoutes> {
    routes: &'a R,
    state: &'a ServerState,
    place: &'a Place,
    peer: SocketAddr,
    input: Vec<u8>,
    output: Vec<u8>,
    /// What the connection waits for, and since when.
    rest: Rest,
    since: Instant,
}

/// Serves a connection until it ends.
pub(super) async fn serve<R: HotRoutes>(
    mut stream: Wire,
    peer: SocketAddr,
    place: &Place,
    routes: R,
    router: Router,
    state: ServerState,
) {
    let mut connection = Connection {
        routes: &routes,
        state: &state,
        place,
        peer,
        input: Vec::with_capacity(INPUT_BYTES),
        output: Vec::new(),
        rest: Rest::Silent,
        since: Instant::now(),
    };
    // A peer that disconnects in the middle of a request needs no log line.
    while let Ok(Some(rest)) = connection.run(&mut stream, &router).await {
        // Both are boxed: a long-lived connection of one kind must not hold the memory that the other kind needs.
        if let Some(request) = streamed::request(&rest, state.settings.streams_under) {
            drop(connection);
            drop((rest, routes));
            return Box::pin(streamed::serve(stream, peer, request, router, state)).await;
        }
        let may_stay = !place.is_reserved();
        let exchange = routed::Exchange { stream, input: rest, peer, may_stay };
        let Some((back, rest)) = Box::pin(exchange.answer(&routes, &router, &state)).await else { return };
        stream = back;
        connection.resume(rest);
    }
}

impl<R: HotRoutes> Connection<'_, R> {
    /// Answers hot and plain requests. Returns the unread bytes when hyper is to serve the next one.
    async fn run(&mut self, stream: &mut Wire, router: &Router) -> io::Result<Option<Bytes>> {
        let mut alarm = pin!(sleep_until(self.alarm_at()));
        loop {
            let next = self.answer_all().await;
            if !self.output.is_empty() {
                self.answered();
            }
            self.write_output(stream).await?;
            match next {
                Next::Route(plain) => {
                    // Boxed: a connection that waits must not hold the memory that an answer needs.
                    if Box::pin(self.route(*plain, stream, router)).await? {
                        continue;
                    }
                    let _ = stream.shutdown().await;
                    return Ok(None);
                }
                Next::HandOver => return Ok(Some(Bytes::from(std::mem::take(&mut self.input)))),
                Next::End => {
                    let _ = stream.shutdown().await;
                    return Ok(None);
                }
                Next::Read => {}
            }
            if !self.read(stream, alarm.as_mut()).await? {
                return Ok(None);
            }
        }
    }

    /// The router answers. Returns whether the connection goes on.
    async fn route(&mut self, plain: Plain, stream: &mut Wire, router: &Router) -> io::Result<bool> {
        let answering = Answering { stream, peer: self.peer, input: &mut self.input, output: &mut self.output };
        let goes_on = answering.answer(plain, router, self.state).await?;
        self.answered();
        self.write_output(stream).await?;
        Ok(goes_on)
    }

    /// Waits for bytes. Returns whether the connection goes on.
    async fn read(&mut self, stream: &mut Wire, mut alarm: Pin<&mut Sleep>) -> io::Result<bool> {
        if self.rest != Rest::Silent {
            self.place.rest(self.rest);
        }
        if self.alarm_at() < alarm.deadline() {
            alarm.as_mut().reset(self.alarm_at());
        }
        loop {
            tokio::select! {
                biased;
                count = stream.read_buf(&mut self.input) => {
                    // A connection that has lost its place must not begin anything.
                    if count? == 0 || !self.place.wake() {
                        return Ok(false);
                    }
                    if self.rest != Rest::Partial {
                        (self.rest, self.since) = (Rest::Partial, Instant::now());
                    }
                    return Ok(true);
                }
                () = &mut alarm => {
                    alarm.as_mut().reset(self.alarm_at());
                    if self.is_overdue() {
                        if self.rest == Rest::Partial {
                            self.routes.refuse(ErrorCode::RequestTimeout, "", &mut self.output);
                        }
                        self.write_output(stream).await?;
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// The peer has its response.
    fn answered(&mut self) {
        self.rest = if self.input.is_empty() { Rest::Idle } else { Rest::Partial };
        self.since = Instant::now();
    }

    /// Goes on after the router has answered. `rest`: bytes that the peer has sent since.
    fn resume(&mut self, rest: BytesMut) {
        self.input = if rest.is_empty() { Vec::with_capacity(INPUT_BYTES) } else { rest.into() };
        self.answered();
    }

    /// How long the connection may wait: one limit for the first byte and for a request, one for an idle connection.
    fn patience(&self) -> Duration {
        match self.rest {
            Rest::Silent | Rest::Partial => self.state.settings.request_timeout,
            Rest::Idle => self.state.settings.idle_timeout,
        }
    }

    /// When to look at the time, and whether the server closes.
    fn alarm_at(&self) -> Instant {
        (self.since + self.patience()).min(Instant::now() + TICK)
    }

    fn is_overdue(&self) -> bool {
        let is_over = self.since.elapsed() >= self.patience();
        is_over || (self.rest != Rest::Partial && self.state.is_draining())
    }

    /// Writes the output. A peer that does not read it in time is disconnected.
    async fn write_output(&mut self, stream: &mut Wire) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = stream.try_send(&self.output)?;
        if written < self.output.len() {
            let rest = stream.send(&self.output[written..]);
            tokio::time::timeout(self.state.settings.request_timeout, rest).await??;
        }
        self.output.clear();
        self.output.shrink_to(OUTPUT_BYTES_KEPT);
        Ok(())
    }

    /// Answers every whole request in the input.
    async fn answer_all(&mut self) -> Next {
        let settings = &self.state.settings;
        let (head_bytes, body_bytes) = (settings.head_bytes_max, settings.body_bytes_max);
        let limits = SizeLimits { head_bytes, body_bytes, leaves_origins: settings.leaves_origins };
        let mut done = 0;
        let next = loop {
            match front(&self.input[done..], |method, target| self.routes.knows(method, target), limits) {
                Front::Partial => break Next::Read,
                Front::Broken(code, detail) => {
                    self.routes.refuse(code, detail, &mut self.output);
                    break Next::End;
                }
                _ if self.place.is_reserved() => break self.judge_reserved(done),
                // The caller comes before the body: the router asks for it, and answers at once if there is none.
                Front::Body { head } if !self.routes.knows_caller(&head) => break Next::HandOver,
                // A body that a proxy forwards is the client's: the router counts it for the client's network.
                Front::Body { .. } if settings.limits.is_proxy(self.peer.ip()) => break Next::HandOver,
                Front::Body { .. } => break Next::Read,
                Front::Other => match self.plain(done) {
                    Some(plain) => {
                        done += plain.length;
                        break Next::Route(Box::new(plain));
                    }
                    None => break Next::HandOver,
                },
                Front::Hot { mut head, body, length } => {
                    let client = settings.limits.client(self.peer.ip(), head.forwarded_for);
                    // The router refuses it, with a line in the log.
                    let Ok(_share) = settings.limits.hold_forwarded(self.peer.ip(), client) else {
                        break Next::HandOver;
                    };
                    head.close |= self.state.closes_after_answer();
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

    /// The request at `from`, if the router can answer it without hyper. An endless stream is served apart.
    fn plain(&self, from: usize) -> Option<Plain> {
        let input = &self.input[from..];
        if streamed::request(input, self.state.settings.streams_under).is_some() {
            return None;
        }
        plain::request(input)
    }

    /// On a connection of the reserve, health and operators alone are answered.
    fn judge_reserved(&mut self, done: usize) -> Next {
        let target = target(&self.input[done..]);
        if self.state.settings.reserve_paths.iter().any(|path| target.starts_with(path.as_bytes())) {
            return Next::HandOver;
        }
        self.routes.refuse(ErrorCode::ServiceUnavailable, "too many connections", &mut self.output);
        Next::End
    }
}
