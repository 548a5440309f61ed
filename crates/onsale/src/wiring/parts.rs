//! The engines of one process, opened in the order in which they can refuse.

use super::kafka::InKafka;
use super::{gate, receipts, redis};
use crate::cli::Role;
use crate::config::{BusEngine, Config, HotEngine};
use access::callers::Callers;
use access::keys::KeyRing;
use anyhow::Context;
use coupon::CouponService;
use coupon::gate::GateService;
use coupon::on_their_way::{NothingOnItsWay, OnTheirWay};
use coupon::schema::SCHEMA;
use hot::embedded::{EmbeddedEngine, EmbeddedKeys, EmbeddedLines, JournalError, JournalOptions, JournalSnapshot};
use hot::redis::{RedisAddress, RedisKeys};
use hot::{CouponPort, KeyPort};
use ledger::{Ledger, LedgerOptions};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

/// Everything that decides and keeps.
#[derive(Clone)]
pub struct Parts {
    /// What this process is.
    pub roles: Vec<Role>,
    /// The tables.
    pub ledger: Ledger,
    /// What decides; only where this process is the coupon service or keeps lines.
    pub deciding: Option<Deciding>,
}

/// Contended state, and who may ask for it.
#[derive(Clone)]
pub struct Deciding {
    /// The use cases.
    pub coupons: CouponService,
    /// Waiting lines before campaigns.
    pub gate: GateService,
    /// Leases.
    pub keys: Arc<dyn KeyPort>,
}

pub(super) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    // Coupons, names and hashes of keys: nobody else on this machine need read them.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the data folder {} can not be made", folder.display()))
}

fn can_not_use(folder: &Path) -> String {
    format!("the data folder {} can not be used", folder.display())
}

const CAN_NOT_OPEN: &str = "the database can not be opened";

fn can_not_open(folder: &Path) -> String {
    let folder = folder.display();
    format!("{CAN_NOT_OPEN}; put back a copy of the folder {folder}, or choose another folder with --data")
}

async fn service(config: &Config, port: Arc<dyn CouponPort>, ledger: Ledger) -> anyhow::Result<CouponService> {
    let keys = KeyRing::load(ledger.clone()).await.context("the API keys can not be read")?;
    let on_their_way: Arc<dyn OnTheirWay> = match config.bus_engine() {
        BusEngine::Local => Arc::new(NothingOnItsWay),
        BusEngine::Kafka(brokers) => Arc::new(InKafka::new(&brokers)?),
    };
    Ok(CouponService {
        port,
        ledger,
        on_their_way,
        callers: Callers { keys, open: config.coupon.open_issue },
        redeem_hold_seconds: i64::from(config.coupon.redeem_hold_seconds),
    })
}

/// Opens the tables, brought up to date.
///
/// # Errors
/// When the folder can not be made, or the database is of a newer version or can not be opened.
pub async fn open_ledger(config: &Config) -> anyhow::Result<Ledger> {
    let folder = &config.data.dir;
    let embedded = config.ledger.url == "sqlite:";
    if embedded {
        make_folder(folder)?;
    }
    let url = if embedded { SCHEMA.embedded_url(folder) } else { config.ledger.url.clone() };
    let ledger = Ledger::connect(&url, &SCHEMA, LedgerOptions::default()).await;
    let ledger = ledger.with_context(|| if embedded { can_not_open(folder) } else { CAN_NOT_OPEN.to_owned() })?;
    ledger.migrate().await.context("the database can not be brought up to date")?;
    Ok(ledger)
}

impl Parts {
    /// Opens everything that the roles need. The journal comes first: it is what a second process on the same folder
    /// stumbles over.
    ///
    /// # Errors
    /// When a folder is in use, of another version, damaged, or can not be written; when an engine can not be reached.
    pub async fn open(config: &Config, roles: &[Role]) -> anyhow::Result<Self> {
        let roles = roles.to_vec();
        if !roles.contains(&Role::Coupon) && !roles.contains(&Role::Queue) {
            return Ok(Self { roles, ledger: open_ledger(config).await?, deciding: None });
        }
        let (deciding, ledger) = match config.hot_engine() {
            HotEngine::Embedded => embedded(config).await?,
            HotEngine::Redis(address) => on_redis(config, &address).await?,
        };
        Ok(Self { roles, ledger, deciding: Some(deciding) })
    }

    /// What decides on coupons, where this process is the coupon service.
    pub fn coupon_service(&self) -> Option<&Deciding> {
        self.deciding.as_ref().filter(|_| self.roles.contains(&Role::Coupon))
    }

    /// What keeps lines, where this process does.
    pub fn queue_service(&self) -> Option<&Deciding> {
        self.deciding.as_ref().filter(|_| self.roles.contains(&Role::Queue))
    }

    /// The use cases over hot state: owned or shared, or, when a server is running on the same folder (then `true`), a
    /// journal read beside it.
    ///
    /// # Errors
    /// As [`Parts::open`], but for a folder in use.
    pub async fn open_or_read(config: &Config) -> anyhow::Result<(CouponService, bool)> {
        let (port, running): (Arc<dyn CouponPort>, bool) = match config.hot_engine() {
            HotEngine::Redis(address) => {
                let connections = redis::connect(config, &address).await?;
                (Arc::new(redis::engine(config, &connections)?), false)
            }
            HotEngine::Embedded => own_or_read(&config.data.dir)?,
        };
        let ledger = open_ledger(config).await?;
        Ok((service(config, port, ledger).await?, running))
    }
}

fn own_or_read(folder: &Path) -> anyhow::Result<(Arc<dyn CouponPort>, bool)> {
    make_folder(folder)?;
    match EmbeddedEngine::open(folder, JournalOptions::default()) {
        Ok(engine) => Ok((Arc::new(engine), false)),
        Err(JournalError::InUse(_)) => {
            let read = JournalSnapshot::read(folder).with_context(|| can_not_use(folder))?;
            Ok((Arc::new(read), true))
        }
        Err(error) => Err(anyhow::Error::new(error).context(can_not_use(folder))),
    }
}

async fn embedded(config: &Config) -> anyhow::Result<(Deciding, Ledger)> {
    let folder = &config.data.dir;
    make_folder(folder)?;
    let options = JournalOptions { flush: config.hot.flush, ..JournalOptions::default() };
    let engine = EmbeddedEngine::open(folder, options).with_context(|| can_not_use(folder))?;
    let lines = EmbeddedLines::open(folder, options).with_context(|| can_not_use(folder))?;
    let ledger = open_ledger(config).await?;
    let coupons = service(config, Arc::new(engine), ledger.clone()).await?;
    bring_together(&coupons).await?;
    let gate = gate::service(config, Arc::new(lines), &coupons).with_receipts(receipts::key(config)?);
    Ok((Deciding { coupons, gate, keys: Arc::new(EmbeddedKeys::default()) }, ledger))
}

async fn on_redis(config: &Config, address: &RedisAddress) -> anyhow::Result<(Deciding, Ledger)> {
    let ledger = open_ledger(config).await?;
    let connections = redis::connect(config, address).await?;
    let engine = redis::engine(config, &connections)?;
    let lines = redis::lines(config, &connections);
    let keys = RedisKeys::new(connections);
    let coupons = service(config, Arc::new(engine), ledger.clone()).await?;
    if let Err(error) = coupons.follow_ledger().await {
        // One campaign or shard that is not well must not keep all others closed: it is tried again every few seconds.
        tracing::error!(code = error.code.as_str(), "not every campaign could be brought up to date");
    }
    let gate = gate::service(config, Arc::new(lines), &coupons).with_receipts(receipts::key(config)?);
    Ok((Deciding { coupons, gate, keys: Arc::new(keys) }, ledger))
}

/// Policies from the ledger into the hot state, and coupons that the hot state has lost: before anyone may ask.
async fn bring_together(coupons: &CouponService) -> anyhow::Result<()> {
    let failed = |error: onsale_http::ApiError| anyhow::anyhow!("{}", error.code.as_str());
    coupons.follow_ledger().await.map_err(failed).context("campaigns can not be brought up to date")?;
    let restored = coupons.catch_up_with_ledger().await.map_err(failed);
    let restored = restored.context("the hot state can not be compared with the ledger")?;
    if restored > 0 {
        eprintln!("{restored} coupons that the journal had lost were put back from the database");
    }
    Ok(())
}
