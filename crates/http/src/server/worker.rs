//! One runtime per core, an acceptor that distributes connections round robin, and a graceful shutdown.

use super::connection::serve;
use super::head::HotHead;
use super::reply::Reply;
use crate::error::RETRY_AFTER_SECONDS_DEFAULT;
use crate::{Language, TraceId, error_body};
use axum::Router;
use domain::ErrorCode;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// Pause of the acceptor after an error, such as when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The routes that the server answers itself.
pub trait HotRoutes: Clone + Send + Sync + 'static {
    /// A request that needs a decision.
    type Undecided: Send;

    /// Whether a request with this method and target (path and query) is for one of these routes, in its plain form.
    /// The router serves all doubtful ones.
    fn knows(&self, method: &str, target: &str) -> bool;

    /// Appends the response to `out` if it is known at once. Else returns the request that needs a decision.
    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Self::Undecided>;

    /// Decides, and appends the response to `out`.
    fn answer(&self, undecided: Self::Undecided, out: &mut Vec<u8>) -> impl Future<Output = ()> + Send;

    /// Appends an error. The connection closes after it.
    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>);
}

/// Limits and timeouts of the server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Number of runtimes; 0 for one per core.
    pub workers: usize,
    /// Most open connections. Further ones get 503.
    pub connections_max: usize,
    /// Most bytes of a request line and headers.
    pub head_bytes_max: usize,
    /// Most bytes of a body that is read here: at most the lowest limit of the hot routes. The router serves requests
    /// with larger bodies: it knows the limit of each route.
    pub body_bytes_max: usize,
    /// How long a request may take to arrive.
    pub request_timeout: Duration,
    /// How long a connection may be silent between requests.
    pub idle_timeout: Duration,
    /// How long running requests may take once the server closes.
    pub drain_timeout: Duration,
    /// Path prefix of endless streams; empty if there are none.
    pub streams_under: &'static str,
}

/// The server's state as each connection sees it.
#[derive(Clone)]
pub(super) struct ServerState {
    pub settings: Arc<ServerSettings>,
    connections: Arc<AtomicUsize>,
    draining: Arc<AtomicBool>,
    closing: watch::Receiver<bool>,
}

impl ServerState {
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Waits until the server closes.
    pub async fn drained(&self) {
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// Counts a connection or a task for as long as it lives.
struct CountGuard(Arc<AtomicUsize>);

impl Drop for CountGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    state: ServerState,
    closing: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Listens and serves. `enter` is called once on each worker, within its runtime, and returns the routes and the
    /// router of that worker, so that their data never crosses to another core during a request.
    ///
    /// # Errors
    /// When the server cannot listen on the address.
    pub fn open<R: HotRoutes>(
        settings: ServerSettings,
        enter: impl Fn() -> (R, Router) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::open_on(Bound::to(settings.listen)?, settings, enter)
    }

    /// As [`Server::open`], on an address that was bound before.
    ///
    /// # Errors
    /// When the server cannot listen on the address.
    pub fn open_on<R: HotRoutes>(
        bound: Bound,
        settings: ServerSettings,
        enter: impl Fn() -> (R, Router) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = bound.listen()?;
        let address = listener.local_addr()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if settings.workers == 0 { cores } else { settings.workers };
        let (closing_sender, closing) = watch::channel(false);
        let state = ServerState {
            settings: Arc::new(settings),
            connections: Arc::default(),
            draining: Arc::default(),
            closing,
        };
        let enter = Arc::new(enter);
        let mut threads = Vec::new();
        let mut senders = Vec::new();
        for number in 0..workers {
            let (sender, connections) = mpsc::unbounded_channel();
            let (enter, state) = (enter.clone(), state.clone());
            let run = move || run_worker(connections, state, &*enter);
            threads.push(std::thread::Builder::new().name(format!("worker-{number}")).spawn(run)?);
            senders.push(sender);
        }
        let accepting = state.clone();
        let accept = move || run_acceptor(listener, &senders, &accepting);
        threads.push(std::thread::Builder::new().name("acceptor".into()).spawn(accept)?);
        Ok(Self { address, state, closing: closing_sender, threads })
    }

    /// The address it listens on. With port 0 in the settings, this has the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Whether a thread has ended although the server was not closed: it panicked, and its connections hang.
    pub fn has_failed(&self) -> bool {
        self.threads.iter().any(std::thread::JoinHandle::is_finished)
    }

    /// Accepts no new connection, and waits until the running requests are answered, up to the drain timeout. Returns
    /// whether all were answered. Blocks: call it from a thread that may wait.
    pub fn close(self) -> bool {
        self.state.draining.store(true, Ordering::Relaxed);
        let _ = self.closing.send(true);
        let deadline = Instant::now() + self.state.settings.drain_timeout + Duration::from_secs(2);
        while Instant::now() < deadline && self.threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.connections() == 0
    }
}

/// An address that this process has taken, and does not listen on yet: a program that cannot have its address finds out
/// before it makes anything, and callers are refused rather than kept waiting until it is ready.
#[derive(Debug)]
pub struct Bound(socket2::Socket);

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
        Ok(Self(socket))
    }

    /// Listens on it.
    ///
    /// # Errors
    /// When another program took it in the same moment.
    pub fn listen(self) -> io::Result<StdListener> {
        self.0.listen(BACKLOG)?;
        self.0.set_nonblocking(true)?;
        Ok(self.0.into())
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

type Accepted = (std::net::TcpStream, SocketAddr, CountGuard);

fn run_acceptor(listener: StdListener, workers: &[mpsc::UnboundedSender<Accepted>], state: &ServerState) {
    let accepting = async {
        let listener = TcpListener::from_std(listener)?;
        let mut next = 0;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = state.drained() => return Ok(()),
            };
            match accepted {
                Ok((stream, peer)) => {
                    next = (next + 1) % workers.len();
                    assign(stream, peer, &workers[next], state);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    let outcome: io::Result<()> = runtime().and_then(|runtime| runtime.block_on(accepting));
    if let Err(error) = outcome {
        tracing::error!(%error, "the acceptor stopped");
    }
}

fn assign(stream: TcpStream, peer: SocketAddr, worker: &mpsc::UnboundedSender<Accepted>, state: &ServerState) {
    let guard = CountGuard(state.connections.clone());
    let open = state.connections.fetch_add(1, Ordering::Relaxed);
    if open >= state.settings.connections_max {
        let _ = stream.try_write(&full_response());
        return;
    }
    let _ = stream.set_nodelay(true);
    if let Ok(stream) = stream.into_std() {
        let _ = worker.send((stream, peer, guard));
    }
}

/// The response to a connection beyond the limit, sent before it sends a request.
fn full_response() -> Vec<u8> {
    let (trace_id, mut body, mut out) = (TraceId::fresh(), Vec::new(), Vec::new());
    let detail = Some("too many connections");
    error_body(ErrorCode::ServiceUnavailable, Language::En, detail, clock::now(), &trace_id, &mut body);
    let reply = Reply {
        status: 503,
        trace_id: trace_id.as_str(),
        retry_after_seconds: Some(RETRY_AFTER_SECONDS_DEFAULT),
        rate: None,
        is_personal: false,
        error_language: Some(Language::En),
        close: true,
    };
    reply.write(&body, &mut out);
    out
}

fn run_worker<R: HotRoutes>(
    mut connections: mpsc::UnboundedReceiver<Accepted>,
    state: ServerState,
    enter: &(impl Fn() -> (R, Router) + Send + Sync),
) {
    let serving = async {
        let (route, router) = enter();
        let tasks = Arc::new(AtomicUsize::new(0));
        while let Some((stream, peer, guard)) = connections.recv().await {
            let Ok(stream) = TcpStream::from_std(stream) else { continue };
            let (route, router, state) = (route.clone(), router.clone(), state.clone());
            let running = CountGuard(tasks.clone());
            tasks.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                serve(stream, peer, route, router, state).await;
                drop((guard, running));
            });
        }
        let deadline = Instant::now() + state.settings.drain_timeout;
        while tasks.load(Ordering::Relaxed) > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match runtime() {
        Ok(runtime) => runtime.block_on(serving),
        Err(error) => tracing::error!(%error, "a worker could not start"),
    }
}
