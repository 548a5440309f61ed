//! The engines of one process, opened in the order in which they can refuse, and what several roles make of them.

use super::schemas::{COUPON, Ledgers, note_own_folder, open_ledger};
use super::supervisor::Task;
use super::{challenges, kafka, receipts, redis, roles};
use crate::cli::Role;
use crate::config::{BusEngine, Config, DispatchMode, HotEngine};
use access::TenantQuotas;
use access::callers::Callers;
use access::keys::KeyRing;
use anyhow::Context;
use coupon::CouponService;
use coupon::gate::{self, GateService, GateSettings};
use coupon::in_flight::{InFlight, NothingInFlight};
use coupon::steps::CouponSteps;
use hot::embedded::{
    EmbeddedEngine, EmbeddedKeys, EmbeddedLimits, EmbeddedLines, EmbeddedSeats, JournalError, JournalOptions,
    JournalSnapshot,
};
use hot::line::LinePort;
use hot::redis::{RedisAddress, RedisKeys, RedisLimits};
use hot::{CallPort, CouponPort, KeyPort, LimitPort, SeatPort};
use ledger::Ledger;
use ledger::group::GroupCommit;
use lines::{Challenges, LineClient};
use std::path::Path;
use std::sync::Arc;

/// The engines of this process. A role takes what it needs; what no role needs is not opened.
pub struct Engines {
    /// The roles of this process.
    pub roles: Vec<Role>,
    /// Contended state.
    pub hot: Option<HotEngines>,
    /// The tables that the roles need.
    pub ledgers: Ledgers,
    /// The coupon context over both.
    pub coupon: Option<CouponContext>,
    /// Background work of the engines, for the one who serves.
    pub tasks: Vec<Task>,
    /// The threads of the engines: each tells whether it has failed.
    threads: Vec<Box<dyn Fn() -> bool + Send + Sync>>,
}

/// Contended state.
#[derive(Clone)]
pub struct HotEngines {
    /// Decides on coupons; `None` in a process that only keeps lines.
    pub coupons: Option<Arc<dyn CouponPort>>,
    /// Waiting lines.
    pub lines: Arc<dyn LinePort>,
    /// Held seats; `None` in a process without reservations.
    pub seats: Option<Arc<dyn SeatPort>>,
    /// Values with a life, such as leases.
    pub keys: Arc<dyn KeyPort>,
    /// Buckets that all servers share.
    pub limits: Arc<dyn LimitPort>,
    /// What calls leave: entries for the audit log, answers.
    pub calls: Arc<dyn CallPort>,
    /// What lines ask for before they give a place.
    pub challenges: Challenges,
}

/// What the roles coupon and gate share.
#[derive(Clone)]
pub struct CouponContext {
    /// The use cases of coupons.
    pub coupons: CouponService,
    /// The lines before campaigns.
    pub gate: GateService,
    /// The API keys in force.
    pub keys: Arc<KeyRing>,
}

impl HotEngines {
    fn new(
        config: &Config,
        coupons: Option<Arc<dyn CouponPort>>,
        calls: Arc<dyn CallPort>,
        lines: Arc<dyn LinePort>,
        (keys, limits): (Arc<dyn KeyPort>, Arc<dyn LimitPort>),
    ) -> anyhow::Result<Self> {
        let challenges = challenges::open(config, &lines, &keys)?;
        Ok(Self { coupons, calls, lines, seats: None, keys, limits, challenges })
    }
}

pub(super) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    files::make_folder(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))
}

fn cannot_use(folder: &Path) -> String {
    format!("the data folder {} cannot be used", folder.display())
}

async fn coupon_service(
    config: &Config,
    port: Arc<dyn CouponPort>,
    ledger: Ledger,
) -> anyhow::Result<(CouponService, Arc<KeyRing>)> {
    let keys = KeyRing::load(ledger.clone()).await.context("the API keys cannot be read")?;
    let quotas = Arc::new(TenantQuotas::new(config.tenant.quotas()));
    quotas.refresh(&ledger).await.context("the quotas of tenants cannot be read")?;
    let in_flight: Arc<dyn InFlight> = match config.bus_engine() {
        BusEngine::Local => Arc::new(NothingInFlight),
        BusEngine::Kafka(brokers) => Arc::new(kafka::in_flight(&brokers, &ledger)?),
    };
    let service = CouponService {
        public_lists: config.coupon.public_list.then(Arc::default),
        port,
        steps: GroupCommit::start(&ledger, CouponSteps),
        ledger,
        in_flight,
        callers: Callers::by_table(keys.clone(), config.coupon.open_issue).with_quotas(quotas.clone()),
        arrivals: Arc::default(),
        changed: Arc::default(),
        quotas,
        gated_campaigns: Arc::new(config.gate.event_ids.iter().cloned().collect()),
        gates: None,
        redeem_hold_seconds: i64::from(config.coupon.redeem_hold_seconds),
    };
    Ok((service, keys))
}

fn gate_settings(config: &Config) -> GateSettings {
    let gate = &config.gate;
    GateSettings {
        campaigns: gate.event_ids.clone(),
        mode: match gate.dispatch_mode {
            DispatchMode::ActiveQueue => gate::DispatchMode::ActiveQueue,
            DispatchMode::Kafka => gate::DispatchMode::Kafka,
        },
        dispatch_per_second: gate.dispatch_per_second,
        dispatch_interval_ms: gate.dispatch_interval_ms,
        active_ttl_ms: gate.active_ttl_seconds * 1_000,
        stale_timeout_ms: gate.stale_timeout_ms,
        put_back_max: gate.max_requeue,
        abandon_after_ms: config.queue.abandon_after_seconds * 1_000,
        return_ms: config.queue.return_seconds * 1_000,
        positions_per_network: config.queue.positions_per_network,
        challenge: config.queue.challenge,
    }
}

impl Engines {
    /// Opens everything that the roles need. The journal comes first: it is what a second process on the same folder
    /// stumbles over.
    ///
    /// # Errors
    /// When a folder is in use, of another version, damaged, or cannot be written; when an engine cannot be reached.
    pub async fn open(config: &Config, roles: &[Role]) -> anyhow::Result<Self> {
        match config.hot_engine() {
            HotEngine::Embedded => Self::embedded(config, roles).await,
            HotEngine::Redis(address) => Self::on_redis(config, roles, &address).await,
        }
    }

    /// Whether this process has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether a thread of an engine has ended by itself: only a new process reads the journal again.
    pub fn has_failed(&self) -> bool {
        self.threads.iter().any(|has_failed| has_failed())
    }

    async fn embedded(config: &Config, roles: &[Role]) -> anyhow::Result<Self> {
        let folder = &config.data.dir;
        make_folder(folder)?;
        let options = JournalOptions { flush: config.hot.flush, ..JournalOptions::default() };
        let coupons = EmbeddedEngine::open(folder, options).with_context(|| cannot_use(folder))?;
        note_own_folder();
        let lines = EmbeddedLines::open(folder, options).with_context(|| cannot_use(folder))?;
        let seats = match roles.contains(&Role::Reservation) {
            true => Some(EmbeddedSeats::open(folder, options).with_context(|| cannot_use(folder))?),
            false => None,
        };
        let (owner, writer) = (coupons.clone(), lines.clone());
        let hot = HotEngines::new(
            config,
            Some(Arc::new(coupons)),
            Arc::new(lines.clone()),
            Arc::new(lines),
            (Arc::new(EmbeddedKeys::default()), Arc::new(EmbeddedLimits::default())),
        )?;
        let hot = HotEngines { seats: seats.clone().map(|seats| Arc::new(seats) as Arc<dyn SeatPort>), ..hot };
        let ledgers = Ledgers::open(config, &roles::schemas(roles)).await?;
        let coupon = CouponContext::open(config, &hot, &ledgers).await?;
        if let Some(context) = &coupon {
            bring_together(&context.coupons).await?;
        }
        Ok(Self {
            roles: roles.to_vec(),
            hot: Some(hot),
            ledgers,
            coupon,
            tasks: Vec::new(),
            threads: vec![
                Box::new(move || owner.has_failed()),
                Box::new(move || writer.has_failed()),
                Box::new(move || seats.as_ref().is_some_and(EmbeddedSeats::has_failed)),
            ],
        })
    }

    async fn on_redis(config: &Config, roles: &[Role], address: &RedisAddress) -> anyhow::Result<Self> {
        let has = |role| roles.contains(&role);
        let has_coupons = has(Role::Coupon) || has(Role::Gate);
        let ledgers = Ledgers::open(config, &roles::schemas(roles)).await?;
        let mut tasks = Vec::new();
        // An issuer alone reads messages and writes rows.
        let needs_hot = roles.iter().any(|role| *role != Role::Issuer);
        let hot = if needs_hot {
            let connections = redis::connect(config, address).await?;
            let coupons = if has_coupons { Some(redis::engine(config, &connections)?) } else { None };
            tasks.extend(coupons.clone().map(redis::watcher));
            let lines = redis::lines(config, &connections);
            let seats = has(Role::Reservation).then(|| redis::seats(config, &connections));
            let hot = HotEngines::new(
                config,
                coupons.map(|engine| Arc::new(engine) as Arc<dyn CouponPort>),
                Arc::new(lines.clone()),
                Arc::new(lines),
                (Arc::new(RedisKeys::new(connections.clone())), Arc::new(RedisLimits::new(connections))),
            )?;
            Some(HotEngines { seats: seats.map(|seats| Arc::new(seats) as Arc<dyn SeatPort>), ..hot })
        } else {
            None
        };
        let coupon = match &hot {
            Some(hot) => CouponContext::open(config, hot, &ledgers).await?,
            None => None,
        };
        if let Some(context) = &coupon
            && let Err(error) = context.coupons.follow_ledger().await
        {
            // A campaign or shard that is not well must not keep all others closed: it is tried again every few seconds.
            tracing::error!(code = error.code.as_str(), "not every campaign could be brought up to date");
        }
        Ok(Self { roles: roles.to_vec(), hot, ledgers, coupon, tasks, threads: Vec::new() })
    }

    /// The use cases over hot state: owned or shared, or, when a server is running on the same folder (then `true`), a
    /// journal read beside it.
    ///
    /// # Errors
    /// As [`Engines::open`], but for a folder in use.
    pub async fn open_or_read(config: &Config) -> anyhow::Result<(CouponService, bool)> {
        let (port, running): (Arc<dyn CouponPort>, bool) = match config.hot_engine() {
            HotEngine::Redis(address) => {
                let connections = redis::connect(config, &address).await?;
                (Arc::new(redis::engine(config, &connections)?), false)
            }
            HotEngine::Embedded => own_or_read(&config.data.dir)?,
        };
        let ledger = open_ledger(config, &COUPON).await?;
        Ok((coupon_service(config, port, ledger).await?.0, running))
    }
}

impl CouponContext {
    /// `None` over engines that do not decide on coupons, and without their tables.
    async fn open(config: &Config, hot: &HotEngines, ledgers: &Ledgers) -> anyhow::Result<Option<Self>> {
        let (Some(port), Some(ledger)) = (hot.coupons.clone(), ledgers.of(&COUPON)) else { return Ok(None) };
        let (coupons, keys) = coupon_service(config, port, ledger.clone()).await?;
        let lines = LineClient::new(hot.lines.clone());
        let coupons = CouponService { gates: Some(lines.clone()), ..coupons };
        let gate = GateService::new(lines, coupons.clone(), gate_settings(config));
        let gate = gate.with_receipts(receipts::key(config)?).with_challenges(hot.challenges.clone());
        Ok(Some(Self { coupons, gate, keys }))
    }
}

fn own_or_read(folder: &Path) -> anyhow::Result<(Arc<dyn CouponPort>, bool)> {
    make_folder(folder)?;
    match EmbeddedEngine::open(folder, JournalOptions::default()) {
        Ok(engine) => {
            note_own_folder();
            Ok((Arc::new(engine), false))
        }
        Err(JournalError::InUse(_)) => {
            let read = JournalSnapshot::read(folder).with_context(|| cannot_use(folder))?;
            Ok((Arc::new(read), true))
        }
        Err(error) => Err(anyhow::Error::new(error).context(cannot_use(folder))),
    }
}

/// Policies from the ledger into the hot state, and coupons that the hot state has lost: before anyone may ask.
async fn bring_together(coupons: &CouponService) -> anyhow::Result<()> {
    let failed = |error: onsale_http::ApiError| anyhow::anyhow!("{}", error.code.as_str());
    coupons.follow_ledger().await.map_err(failed).context("campaigns cannot be brought up to date")?;
    let restored = coupons.catch_up_with_ledger().await.map_err(failed);
    let restored = restored.context("the hot state cannot be compared with the ledger")?;
    if restored > 0 {
        note!("{restored} coupons that the journal had lost were put back from the database");
    }
    Ok(())
}
