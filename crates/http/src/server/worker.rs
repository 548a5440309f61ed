//! One runtime per core, an acceptor that distributes connections round robin, and a graceful shutdown.

use super::acceptor::{Accepted, Acceptor, Bound, spare_descriptor};
use super::connection::serve;
use super::head::HotHead;
use super::table::{ConnectionTable, Place};
use super::tls::Tls;
use super::wire::Wire;
use crate::limits::Limits;
use axum::Router;
use domain::ErrorCode;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

/// The routes that the server answers itself.
pub trait HotRoutes: Clone + Send + Sync + 'static {
    /// A request that needs a decision.
    type Undecided: Send;

    /// Whether a request with this method and target (path and query) is for one of these routes, in its plain form.
    /// The router serves all doubtful ones.
    fn knows(&self, method: &str, target: &str) -> bool;

    /// Whether the caller of a request is known from its head alone, without waiting. The server reads a body only then;
    /// else the router answers, which asks for the caller before the body.
    fn knows_caller(&self, head: &HotHead<'_>) -> bool;

    /// Appends the response to `out` if it is known at once. Else returns the request that needs a decision.
    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Self::Undecided>;

    /// Decides, and appends the response to `out`.
    fn answer(&self, undecided: Self::Undecided, out: &mut Vec<u8>) -> impl Future<Output = ()> + Send;

    /// Appends an error. The connection closes after it.
    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>);
}

/// Limits and timeouts of the server.
#[derive(Clone)]
pub struct ServerSettings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Number of runtimes; 0 for one per core.
    pub workers: usize,
    /// Most open connections. When all are in use, those that wait for their peer end first; then further ones get 503.
    pub connections_max: usize,
    /// How many of them are for [`ServerSettings::reserve_paths`] alone.
    pub connections_reserved: usize,
    /// Beginnings of the paths that the reserve answers: health and operators.
    pub reserve_paths: &'static [&'static str],
    /// Most open connections of one network; 0: without a limit. Those of trusted proxies are not counted.
    pub connections_per_network_max: usize,
    /// Who is a trusted proxy, and what is a network.
    pub limits: Arc<Limits>,
    /// Most bytes of a request line and headers.
    pub head_bytes_max: usize,
    /// Most bytes of a body that is read here: at most the lowest limit of the hot routes. The router serves requests
    /// with larger bodies: it knows the limit of each route.
    pub body_bytes_max: usize,
    /// Whether requests that name the page they come from are left to the router: pages of other origins may read answers.
    pub leaves_origins: bool,
    /// How long a request may take to arrive, and the first byte of a connection.
    pub request_timeout: Duration,
    /// How long a connection may be silent between requests, whoever answered the last one.
    pub idle_timeout: Duration,
    /// How long running requests may take once the server closes.
    pub drain_timeout: Duration,
    /// Path prefix of endless streams; empty if there are none.
    pub streams_under: &'static str,
    /// The certificate, where the server speaks TLS. Its handshake has the request timeout, too.
    pub tls: Option<Tls>,
}

/// The server's state as each connection sees it.
#[derive(Clone)]
pub(super) struct ServerState {
    pub settings: Arc<ServerSettings>,
    pub table: Arc<ConnectionTable>,
    draining: Arc<AtomicBool>,
    leaving: Arc<AtomicBool>,
    closing: watch::Receiver<bool>,
}

impl ServerState {
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether a connection ends with the answer that is under way.
    pub fn closes_after_answer(&self) -> bool {
        self.leaving.load(Ordering::Relaxed) || self.is_draining()
    }

    /// Waits until the server closes.
    pub async fn drained(&self) {
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// Counts a task for as long as it lives.
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
        let listener = bound.listen();
        let address = listener.local_addr()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if settings.workers == 0 { cores } else { settings.workers };
        let (closing_sender, closing) = watch::channel(false);
        let (max, reserved) = (settings.connections_max, settings.connections_reserved);
        let state = ServerState {
            table: Arc::new(ConnectionTable::new(max, reserved, settings.connections_per_network_max)),
            settings: Arc::new(settings),
            draining: Arc::default(),
            leaving: Arc::default(),
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
        let acceptor = Acceptor { workers: senders, state: state.clone(), spare: spare_descriptor() };
        let accept = move || match runtime().and_then(|runtime| runtime.block_on(acceptor.run(listener))) {
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "the acceptor stopped"),
        };
        threads.push(std::thread::Builder::new().name("acceptor".into()).spawn(accept)?);
        Ok(Self { address, state, closing: closing_sender, threads })
    }

    /// The address it listens on. With port 0 in the settings, this has the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.state.table.open()
    }

    /// Whether a thread has ended although the server was not closed: it panicked, and its connections hang.
    pub fn has_failed(&self) -> bool {
        self.threads.iter().any(std::thread::JoinHandle::is_finished)
    }

    /// From now on each answer says that its connection closes; nothing else changes. Proxies that keep connections let go of
    /// them by that: one that the server closes by itself may carry a request already, and a POST is not sent twice.
    pub fn leave(&self) {
        self.state.leaving.store(true, Ordering::Relaxed);
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

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The connection as it is served; none when its handshake failed.
async fn wire_of(stream: TcpStream, state: &ServerState) -> Option<Wire> {
    match &state.settings.tls {
        None => Some(Wire::Plain(stream)),
        Some(tls) => Box::pin(tls.accept(stream, state.settings.request_timeout)).await,
    }
}

fn run_worker<R: HotRoutes>(
    mut connections: mpsc::UnboundedReceiver<Accepted>,
    state: ServerState,
    enter: &(impl Fn() -> (R, Router) + Send + Sync),
) {
    let serving = async {
        let (route, router) = enter();
        let tasks = Arc::new(AtomicUsize::new(0));
        while let Some((stream, peer, place)) = connections.recv().await {
            let Ok(stream) = TcpStream::from_std(stream) else { continue };
            let (route, router, state) = (route.clone(), router.clone(), state.clone());
            let running = CountGuard(tasks.clone());
            tasks.fetch_add(1, Ordering::Relaxed);
            let handle = place.handle();
            let task = tokio::spawn(async move {
                if let Some(wire) = wire_of(stream, &state).await {
                    serve(wire, peer, &place, route, router, state).await;
                }
                drop((place, running));
            });
            Place::served_by(&handle, task.abort_handle());
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
