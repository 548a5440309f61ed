//! The coupon route on Redis behind the product's own door, either coalescing as it is shipped or with one script call
//! a request: what coalescing is worth, everything else being equal.

use access::keys::KeyRing;
use access::scopes::RouteScopes;
use axum::Router;
use coupon::issue::route::Waiting;
use coupon::schema::SCHEMA;
use coupon::{IssueMetrics, IssueParts, IssueRoute};
use domain::ErrorCode;
use hot::redis::{Ack, RedisAddress, RedisConnections, RedisEngine, RedisOptions};
use ledger::{Ledger, LedgerOptions};
use onsale_http::limits::{LimitSettings, Limits};
use onsale_http::server::{HotHead, HotRequest, HotRoutes, Server, ServerSettings};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
/// Wide enough for one address to be the whole crowd.
const WIDE_PER_SECOND: u32 = 1_000_000;

/// How the server works.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `redis://...` or `redis+cluster://...`
    #[arg(long)]
    redis: String,
    /// One script call a request.
    #[arg(long)]
    one_by_one: bool,
    /// Connections for decisions; coalescing needs one a core.
    #[arg(long, default_value_t = 2)]
    links: usize,
}

/// The route with a batcher for each connection in place of one for each worker. A connection asks one thing at a time,
/// so no batch ever holds two requests, and as many are under way as there are connections.
struct OneByOne {
    parts: Arc<IssueParts>,
    metrics: Arc<IssueMetrics>,
    route: IssueRoute,
}

impl OneByOne {
    fn new(parts: Arc<IssueParts>, metrics: Arc<IssueMetrics>) -> Self {
        let route = IssueRoute::new(parts.clone(), metrics.clone());
        Self { parts, metrics, route }
    }
}

/// The door clones the route for each connection.
impl Clone for OneByOne {
    fn clone(&self) -> Self {
        Self::new(self.parts.clone(), self.metrics.clone())
    }
}

impl HotRoutes for OneByOne {
    type Undecided = (HotRequest, Waiting);

    fn knows(&self, method: &str, target: &str) -> bool {
        self.route.knows(method, target)
    }

    fn knows_caller(&self, head: &HotHead<'_>) -> bool {
        self.route.knows_caller(head)
    }

    fn answer_now(
        &self,
        peer: IpAddr,
        head: &HotHead<'_>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<(HotRequest, Waiting)> {
        self.route.answer_now(peer, head, body, out)
    }

    async fn answer(&self, undecided: (HotRequest, Waiting), out: &mut Vec<u8>) {
        self.route.answer(undecided, out).await;
    }

    fn refuse(&self, code: ErrorCode, detail: &'static str, out: &mut Vec<u8>) {
        self.route.refuse(code, detail, out);
    }
}

/// Serves until it is stopped; prints where.
pub fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    // As the product does: one thread beside the door's, for what is not the door's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let parts = Arc::new(parts(arguments, &SCHEMA.embedded_url(folder.path())).await?);
        let metrics = Arc::new(IssueMetrics::new());
        let door = if arguments.one_by_one {
            Server::open(settings(), move || (OneByOne::new(parts.clone(), metrics.clone()), Router::new()))
        } else {
            Server::open(settings(), move || (IssueRoute::new(parts.clone(), metrics.clone()), Router::new()))
        }?;
        println!("listening on http://{}", door.address());
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?.recv().await;
        Ok(())
    })
}

async fn parts(arguments: &Arguments, ledger_url: &str) -> anyhow::Result<IssueParts> {
    let address = RedisAddress::parse(&arguments.redis).ok_or_else(|| anyhow::anyhow!("--redis is no Redis URL"))?;
    let options = RedisOptions { ack: Ack::Replica, ..RedisOptions::default() };
    let engine = RedisEngine::new(RedisConnections::open(&address, arguments.links).await?, options);
    tokio::spawn(engine.watch());
    let ledger = Ledger::connect(ledger_url, &SCHEMA, LedgerOptions::default()).await?;
    ledger.migrate().await?;
    let limits = Limits::new(LimitSettings {
        enabled: true,
        per_ip_per_second: WIDE_PER_SECOND,
        per_ip_burst: WIDE_PER_SECOND,
        ..LimitSettings::default()
    });
    Ok(IssueParts {
        port: Arc::new(engine),
        gate: None,
        keys: KeyRing::load(ledger).await?,
        routes: RouteScopes::default(),
        quotas: Arc::default(),
        limits: Arc::new(limits),
        open_issue: true,
        log_every: 0,
    })
}

fn settings() -> ServerSettings {
    ServerSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 0,
        connections_max: 10_000,
        connections_reserved: 0,
        reserve_paths: &[],
        connections_per_network_max: 0,
        limits: Arc::new(Limits::new(LimitSettings::default())),
        head_bytes_max: 16 * 1024,
        body_bytes_max: 4 * 1024,
        request_timeout: LIMIT,
        idle_timeout: LIMIT,
        drain_timeout: Duration::from_secs(1),
        streams_under: "",
        leaves_origins: false,
        tls: None,
    }
}
