//! Accepts connections, and distributes them to the workers round robin. Those for which there is no room are told so.

use super::reply::Reply;
use super::table::Place;
use super::worker::ServerState;
use crate::error::RETRY_AFTER_SECONDS_DEFAULT;
use crate::sampler::Sampler;
use crate::{ClientIp, Language, TraceId, error_body};
use domain::ErrorCode;
use futures::FutureExt;
use metrics::counter;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// Pause of the acceptor after an error that does not pass at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A connection on its way to its worker.
pub(super) type Accepted = (StdStream, SocketAddr, Place);

/// Why a connection gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// All places are taken by connections that do something.
    ServerFull,
    /// The network holds its share.
    NetworkFull,
    /// The system gives no further descriptor.
    NoDescriptor,
}

impl Refused {
    fn parts(self) -> (ErrorCode, &'static str, &'static str) {
        match self {
            Self::ServerFull => (ErrorCode::ServiceUnavailable, "too many connections", "full"),
            Self::NetworkFull => {
                (ErrorCode::RateLimitExceeded, "your network has too many connections open", "network")
            }
            Self::NoDescriptor => (ErrorCode::ServiceUnavailable, "too many open files", "descriptors"),
        }
    }

    /// The response, sent before the client has sent a request.
    fn response(self) -> Vec<u8> {
        let (code, detail, _) = self.parts();
        let (trace_id, mut body, mut out) = (TraceId::fresh(), Vec::new(), Vec::new());
        error_body(code, Language::En, Some(detail), clock::now(), &trace_id, &mut body);
        let reply = Reply {
            status: code.status(),
            trace_id: trace_id.as_str(),
            retry_after_seconds: Some(RETRY_AFTER_SECONDS_DEFAULT),
            rate: None,
            is_personal: false,
            extra: b"",
            always: b"",
            error_language: Some(Language::En),
            close: true,
        };
        reply.write(&body, &mut out);
        out
    }
}

/// An address that this process has taken: a program that cannot have its address finds out before it makes anything.
///
/// The system lets two programs bind one address as long as neither listens, so this listens at once. Until the server is
/// ready, [`Bound::turn_away`] closes what comes, so that nobody is kept waiting.
#[derive(Debug)]
pub struct Bound {
    listener: StdListener,
    turning_away: Option<AbortOnDrop>,
}

/// A task that ends with its owner.
#[derive(Debug)]
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Bound {
    /// Takes the address.
    ///
    /// # Errors
    /// When another program has it, or it is not this machine's.
    pub fn to(address: SocketAddr) -> io::Result<Self> {
        let domain = socket2::Domain::for_address(address);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
        // Lets a restart listen again at once. A second program on the same port is still refused.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(Self { listener: socket.into(), turning_away: None })
    }

    /// The address, with the port that the system chose where 0 was asked for.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Closes every connection at once until [`Bound::listen`]: a balancer takes another server meanwhile. Needs a tokio
    /// runtime.
    ///
    /// # Errors
    /// When the system has no further descriptor.
    pub fn turn_away(mut self) -> io::Result<Self> {
        let listener = TcpListener::from_std(self.listener.try_clone()?)?;
        let turn_away = async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(stream),
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                }
            }
        };
        self.turning_away = Some(AbortOnDrop(tokio::spawn(turn_away)));
        Ok(self)
    }

    /// Hands the address over to the server, which is ready.
    pub fn listen(self) -> StdListener {
        drop(self.turning_away);
        self.listener
    }
}

/// The thread that accepts.
pub(super) struct Acceptor {
    pub workers: Vec<mpsc::UnboundedSender<Accepted>>,
    pub state: ServerState,
    /// A descriptor that is given up to answer one more connection when the system has no other.
    pub spare: Option<File>,
}

impl Acceptor {
    /// Accepts until the server closes.
    pub async fn run(mut self, listener: StdListener) -> io::Result<()> {
        let listener = TcpListener::from_std(listener)?;
        let mut next = 0;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.state.drained() => return Ok(()),
            };
            match accepted {
                Ok((stream, peer)) => {
                    next = (next + 1) % self.workers.len();
                    self.assign(stream, peer, next);
                }
                Err(error) if is_out_of_descriptors(&error) => self.answer_without_descriptor(&listener).await,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn assign(&self, stream: TcpStream, peer: SocketAddr, worker: usize) {
        let limits = &self.state.settings.limits;
        let network = (!limits.is_proxy(peer.ip())).then(|| limits.network(ClientIp(peer.ip())));
        match self.state.table.admit(network) {
            Ok(place) => {
                let _ = stream.set_nodelay(true);
                if let Ok(stream) = stream.into_std() {
                    let _ = self.workers[worker].send((stream, peer, place));
                }
            }
            Err(refused) => self.refuse(&stream, peer, refused),
        }
    }

    fn refuse(&self, stream: &TcpStream, peer: SocketAddr, refused: Refused) {
        static LINES: Sampler = Sampler::new();
        // Under TLS nothing can be said before the handshake, which costs more than a refusal may.
        if self.state.settings.tls.is_none() {
            let _ = stream.try_write(&refused.response());
        }
        let reason = refused.parts().2;
        counter!("onsale_http_refused_connections_total", "reason" => reason).increment(1);
        if let Some(left_out) = LINES.admit() {
            let network = self.state.settings.limits.network(ClientIp(peer.ip()));
            tracing::warn!(target: "access", reason, %network, left_out, "a connection was refused");
        }
    }

    /// The next connection waits in the system's queue and would hang there. It is answered with the spare descriptor.
    async fn answer_without_descriptor(&mut self, listener: &TcpListener) {
        self.state.table.end_silent_ones();
        drop(self.spare.take());
        if let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
            self.refuse(&stream, peer, Refused::NoDescriptor);
        }
        self.spare = spare_descriptor();
        if self.spare.is_none() {
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// A descriptor of nothing.
pub(super) fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}

/// `EMFILE` of the process, `ENFILE` of the machine.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}
