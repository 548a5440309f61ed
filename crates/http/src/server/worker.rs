//! One runtime per core, an acceptor that deals connections out in turn, and a way to close the door politely.

use super::connection::serve;
use super::head::HotHead;
use super::reply::Reply;
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
/// How long the acceptor rests when the system has no descriptor left.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The routes that the door answers itself.
pub trait HotRoutes: Clone + Send + Sync + 'static {
    /// A request that needs a decision.
    type Undecided: Send;

    /// Whether a request of this method and target, path and query, is for one of them and in its plain form. Whatever
    /// is in doubt is the router's.
    fn knows(&self, method: &str, target: &str) -> bool;

    /// Appends the answer to `out` where it is known at once; else gives back what is to be decided.
    fn answer_now(&self, peer: IpAddr, head: &HotHead<'_>, body: &[u8], out: &mut Vec<u8>) -> Option<Self::Undecided>;

    /// Decides, and appends the answer to `out`.
    fn answer(&self, undecided: Self::Undecided, out: &mut Vec<u8>) -> impl Future<Output = ()> + Send;

    /// Appends an error, after which the connection ends.
    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>);
}

/// How wide the door is and how long it waits.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Runtimes; 0: one per core.
    pub workers: usize,
    /// Most connections at once; past that new ones hear 503.
    pub connections_max: usize,
    /// Most bytes of a request line and headers.
    pub head_bytes_max: usize,
    /// Most bytes of a body that is read here: at most what the tightest of the hot routes takes. Requests with larger
    /// ones are the router's, which knows how much each route takes.
    pub body_bytes_max: usize,
    /// How long a request may take to arrive.
    pub request_timeout: Duration,
    /// How long a connection may be silent between requests.
    pub idle_timeout: Duration,
    /// How long requests under way may take once the door closes.
    pub drain_timeout: Duration,
    /// What the addresses of streams without an end begin with; empty: there are none.
    pub streams_under: &'static str,
}

/// What every connection knows of the door.
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

    /// Waits until the door closes.
    pub async fn drained(&self) {
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// Counts a connection for as long as it lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An open door.
pub struct Server {
    address: SocketAddr,
    state: ServerState,
    closing: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Listens and serves. `enter` is called once on each worker, within its runtime, and gives the routes and the
    /// router of that worker: what they hold never crosses to another core on the way to an answer.
    ///
    /// # Errors
    /// When the address can not be listened on.
    pub fn open<R: HotRoutes>(
        settings: ServerSettings,
        enter: impl Fn() -> (R, Router) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = listen(settings.listen)?;
        let address = listener.local_addr()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if settings.workers == 0 { cores } else { settings.workers };
        let (closing_tell, closing) = watch::channel(false);
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
            let (deal, dealt) = mpsc::unbounded_channel();
            let (enter, state) = (enter.clone(), state.clone());
            let run = move || run_worker(dealt, state, &*enter);
            threads.push(std::thread::Builder::new().name(format!("worker-{number}")).spawn(run)?);
            senders.push(deal);
        }
        let accepting = state.clone();
        let accept = move || run_acceptor(listener, &senders, &accepting);
        threads.push(std::thread::Builder::new().name("acceptor".into()).spawn(accept)?);
        Ok(Self { address, state, closing: closing_tell, threads })
    }

    /// Where it listens: the port that was found, where port 0 was asked for.
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

    /// Takes no new connection, lets requests under way be answered, and waits for that, up to the drain time-out.
    /// Whether all were answered. Blocks: call it from a thread that may wait.
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

fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    // A restart may listen again at once; a second program on the same port is refused all the same.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

type Dealt = (std::net::TcpStream, SocketAddr, Counted);

fn run_acceptor(listener: StdListener, workers: &[mpsc::UnboundedSender<Dealt>], state: &ServerState) {
    let accepting = async {
        let listener = TcpListener::from_std(listener)?;
        let mut turn = 0;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = state.drained() => return Ok(()),
            };
            match accepted {
                Ok((stream, peer)) => {
                    turn = (turn + 1) % workers.len();
                    deal(stream, peer, &workers[turn], state);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    };
    let outcome: io::Result<()> = runtime().and_then(|runtime| runtime.block_on(accepting));
    if let Err(error) = outcome {
        tracing::error!(%error, "the acceptor stopped");
    }
}

fn deal(stream: TcpStream, peer: SocketAddr, worker: &mpsc::UnboundedSender<Dealt>, state: &ServerState) {
    let counted = Counted(state.connections.clone());
    let open = state.connections.fetch_add(1, Ordering::Relaxed);
    if open >= state.settings.connections_max {
        let _ = stream.try_write(&full_answer());
        return;
    }
    let _ = stream.set_nodelay(true);
    if let Ok(stream) = stream.into_std() {
        let _ = worker.send((stream, peer, counted));
    }
}

/// What a connection too many hears, before it asks anything.
fn full_answer() -> Vec<u8> {
    let (trace_id, mut body, mut out) = (TraceId::fresh(), Vec::new(), Vec::new());
    let detail = Some("all connections are taken");
    error_body(ErrorCode::ServiceUnavailable, Language::En, detail, clock::now(), &trace_id, &mut body);
    let reply = Reply {
        status: 503,
        trace_id: trace_id.as_str(),
        retry_after_seconds: Some(1),
        rate: None,
        is_personal: false,
        error_in: Some(Language::En),
        close: true,
    };
    reply.write(&body, &mut out);
    out
}

fn run_worker<R: HotRoutes>(
    mut dealt: mpsc::UnboundedReceiver<Dealt>,
    state: ServerState,
    enter: &(impl Fn() -> (R, Router) + Send + Sync),
) {
    let serving = async {
        let (route, router) = enter();
        let tasks = Arc::new(AtomicUsize::new(0));
        while let Some((stream, peer, counted)) = dealt.recv().await {
            let Ok(stream) = TcpStream::from_std(stream) else { continue };
            let (route, router, state) = (route.clone(), router.clone(), state.clone());
            let running = Counted(tasks.clone());
            tasks.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                serve(stream, peer, route, router, state).await;
                drop((counted, running));
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
