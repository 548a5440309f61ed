//! Commit to effect: how long after a yes its coupon is a row. One coupon at a time, at a pace that leaves everything at rest in
//! between: that is where a timer would show.

use crate::issuer::NoGate;
use crate::table::{Row, Table};
use anyhow::Context;
use async_trait::async_trait;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters, KafkaPublisher};
use bus::local::{LocalBus, LocalDeadLetters};
use bus::{
    BATCH_MAX, ConsumerOptions, DeadLetters, HandleError, Handler, Message, OutboxSource, Places, Publisher, Relay,
    RelayOptions, Stop,
};
use coupon::campaigns::open_with_stock;
use coupon::issuer::{CouponGroup, HotOutbox, Issuer, Requests};
use coupon::rows::campaigns;
use coupon::schema::SCHEMA;
use domain::message::{CouponIssued, Place};
use domain::{Campaign, CampaignId, CouponId, EventName, IssueOutcome, TenantName, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::redis::{Ack, RedisAddress, RedisConnections, RedisEngine, RedisOptions};
use hot::{Completeness, CouponPort, IssueRequest};
use ledger::{Ledger, LedgerOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{Flavor, Kafka, Kit, Postgres, PostgresVersion, RedisNode};
use tokio::sync::mpsc;

/// Longest wait for one row.
const PATIENCE: Duration = Duration::from_secs(30);
/// Coupons before those that count: connections are made, partitions assigned.
const FIRST: u32 = 20;

/// The parameters of the measurement.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Coupons of each row.
    #[arg(long, default_value_t = 300)]
    coupons: u32,
    /// Milliseconds between a row and the next coupon.
    #[arg(long, default_value_t = 20)]
    pause_ms: u64,
    /// Only rows whose name contains this: one process, Kafka.
    #[arg(long)]
    only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// Tells when coupons are rows.
struct Watched {
    group: CouponGroup,
    kept: mpsc::UnboundedSender<(CouponId, Instant)>,
}

#[async_trait]
impl Handler for Watched {
    fn group(&self) -> &str {
        self.group.group()
    }

    fn topics(&self) -> &[&str] {
        self.group.topics()
    }

    fn knows(&self, event_type: &str) -> bool {
        self.group.knows(event_type)
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.group.places(counted).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.group.handle(batch).await?;
        let now = Instant::now();
        for message in batch {
            if let Ok(coupon) = serde_json::from_value::<CouponIssued>(message.envelope.payload.clone()) {
                let _ = self.kept.send((coupon.coupon_id, now));
            }
        }
        Ok(())
    }
}

type Kept = mpsc::UnboundedReceiver<(CouponId, Instant)>;

fn watched(ledger: &Ledger, places: Places) -> (Arc<dyn Handler>, Kept) {
    let (kept, rows) = mpsc::unbounded_channel();
    let requests = Requests::new(ledger.clone(), Arc::new(NoGate));
    let group = CouponGroup::new(Issuer::new(ledger.clone()), requests, places);
    (Arc::new(Watched { group, kept }), rows)
}

/// Measures and keeps the rows.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("effect");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let kit = Kit::temporary()?;
    let runtime = tokio::runtime::Runtime::new()?;
    if wanted("one process") {
        runtime.block_on(in_one_process(arguments, &mut table))?;
    }
    if wanted("Kafka") {
        let redis = RedisNode::start(&kit, Flavor::Redis)?;
        let postgres = Postgres::start(&kit, PostgresVersion::V15)?;
        let kafka = Kafka::start(&kit, 1)?;
        let places = (redis.url(), postgres.fresh_database("bench")?, kafka.bootstrap());
        runtime.block_on(over_kafka(arguments, &mut table, &places))?;
    }
    table.keep(&arguments.results)
}

fn relay(port: Arc<dyn CouponPort>, publisher: Arc<dyn Publisher>, letters: Arc<dyn DeadLetters>, stop: &Stop) {
    let source: Arc<dyn OutboxSource> = Arc::new(HotOutbox(port));
    let options = RelayOptions { batch: BATCH_MAX, ..RelayOptions::default() };
    let relay = Relay { name: "decisions", source, publisher, dead_letters: letters, options };
    tokio::spawn(relay.run(stop.shutdown()));
}

async fn in_one_process(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, LedgerOptions::default()).await?;
    ledger.migrate().await?;
    let (handler, rows) = watched(&ledger, Places::OfProcess);
    let letters = LocalDeadLetters::open(&folder.path().join(LocalDeadLetters::FILE))?;
    let bus = LocalBus::start(vec![handler], letters.clone(), ConsumerOptions::default());
    let engine: Arc<dyn CouponPort> = Arc::new(EmbeddedEngine::open(folder.path(), JournalOptions::default())?);
    let sale = campaign(&ledger, engine.as_ref(), arguments).await?;
    let stop = Stop::default();
    relay(engine.clone(), Arc::new(bus.clone()), Arc::new(letters), &stop);
    let taken = measured(arguments, &sale, &[engine.as_ref()], rows).await?;
    push(table, "one process, SQLite", &taken[0], (5.0, 50.0));
    stop.stop();
    bus.stop().await;
    Ok(())
}

/// Two servers in turn: the one that relays the campaign also decides, and the other only decides.
async fn over_kafka(
    arguments: &Arguments,
    table: &mut Table,
    (redis, postgres, brokers): &(String, String, String),
) -> anyhow::Result<()> {
    let ledger = Ledger::connect(postgres, &SCHEMA, LedgerOptions::default()).await?;
    ledger.migrate().await?;
    let publisher = KafkaPublisher::connect(brokers)?;
    publisher.ensure_topics().await?;
    let letters: Arc<dyn DeadLetters> = Arc::new(KafkaDeadLetters::connect(brokers)?);
    let (handler, rows) = watched(&ledger, Places::Kept);
    let bus = KafkaBus::start(brokers, vec![handler], letters.clone(), KafkaBusOptions::default())?;
    let (publisher, stop): (Arc<dyn Publisher>, _) = (Arc::new(publisher), Stop::default());
    let address = RedisAddress::parse(redis).context("an address")?;
    let mut servers: Vec<RedisEngine> = Vec::new();
    for _ in 0..2 {
        let connections = RedisConnections::open(&address, 2).await?;
        let engine = RedisEngine::new(connections, RedisOptions { ack: Ack::None, announce: None });
        tokio::spawn(engine.watch());
        servers.push(engine);
    }
    let sale = campaign(&ledger, &servers[0], arguments).await?;
    for server in &servers {
        server.put_campaign(sale.clone()).await?;
        relay(Arc::new(server.clone()), publisher.clone(), letters.clone(), &stop);
    }
    let both: Vec<&dyn CouponPort> = servers.iter().map(|server| server as &dyn CouponPort).collect();
    let taken = measured(arguments, &sale, &both, rows).await?;
    push(table, "Redis, Kafka, PostgreSQL, two servers in turn", &taken.concat(), (50.0, 200.0));
    stop.stop();
    bus.stop().await;
    Ok(())
}

async fn campaign(ledger: &Ledger, port: &dyn CouponPort, arguments: &Arguments) -> anyhow::Result<Campaign> {
    let id = CampaignId::new(TenantName::new("bench")?, EventName::new("effect")?);
    let campaign = open_with_stock(id, "effect", 2 * (FIRST + arguments.coupons));
    let campaign =
        campaigns::create(ledger, &campaign).await.context("the campaign cannot be made").map(|_| campaign)?;
    if port.put_campaign(campaign.clone()).await? == Completeness::Incomplete {
        port.complete(&campaign.id).await?;
    }
    Ok(campaign)
}

/// For each server the times from its yes to the row, in milliseconds.
async fn measured(
    arguments: &Arguments,
    sale: &Campaign,
    servers: &[&dyn CouponPort],
    mut rows: Kept,
) -> anyhow::Result<Vec<Vec<f64>>> {
    let mut taken: Vec<Vec<f64>> = servers.iter().map(|_| Vec::new()).collect();
    for number in 0..FIRST + arguments.coupons {
        let place = number as usize % servers.len();
        let user = UserId::new(&format!("user-{number}"))?;
        let request = IssueRequest { campaign: sale.id.clone(), user, key: None, admitted: false, coupon_id: None };
        let outcome = servers[place].issue(vec![request], clock::now()).await.pop().context("an outcome")??;
        let yes_at = Instant::now();
        let IssueOutcome::Issued { coupon, .. } = outcome else { anyhow::bail!("no coupon: {outcome:?}") };
        let kept_at = tokio::time::timeout(PATIENCE, row_of(coupon.coupon_id, &mut rows)).await.context("no row")??;
        if number >= FIRST {
            taken[place].push(kept_at.saturating_duration_since(yes_at).as_secs_f64() * 1_000.0);
        }
        tokio::time::sleep(Duration::from_millis(arguments.pause_ms)).await;
    }
    Ok(taken)
}

async fn row_of(coupon: CouponId, rows: &mut Kept) -> anyhow::Result<Instant> {
    loop {
        let (kept, at) = rows.recv().await.context("the consumer has ended")?;
        if kept == coupon {
            return Ok(at);
        }
    }
}

fn push(table: &mut Table, name: &str, taken_ms: &[f64], (p50, p99): (f64, f64)) {
    let mut sorted = taken_ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len() - 1)).copied();
    let raw = format!("[{} coupons, longest {:.1} ms]", sorted.len(), sorted.last().copied().unwrap_or_default());
    for (share, goal, label) in [(0.5, p50, "p50"), (0.99, p99, "p99")] {
        let figure = at(share).unwrap_or(f64::NAN);
        table.push(Row::at_most(format!("commit to effect, {name}: {label}"), figure, "ms", goal).made_of(raw.clone()));
    }
}
