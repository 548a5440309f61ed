//! Messages to rows: what an issuer keeps in a second, beside single-row transactions on many connections.

use crate::issuer_kafka::Pipe;
use crate::issuer_single::Singles;
use crate::machine::busy_seconds;
use crate::table::{Row, Table, median};
use anyhow::Context;
use async_trait::async_trait;
use bus::local::LocalDeadLetters;
use bus::{Body, Consumer, ConsumerOptions, Delivery, Places, Stop};
use coupon::campaigns::open_with_stock;
use coupon::issuer::{CouponGroup, GateReporter, Issuer, Outcome, Requests};
use coupon::rows::{campaigns, coupons};
use coupon::schema::SCHEMA;
use domain::message::{CouponIssued, Envelope, event_type, topic};
use domain::{Campaign, CampaignId, CouponId, EventName, TenantName, Timestamp};
use ledger::{Ledger, LedgerOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use testkit::{Kit, MariaDb, Postgres, PostgresVersion};
use uuid::Uuid;

/// Messages that an issuer gets at once (`bus::BATCH_MAX`).
const BATCH: usize = 500;
const ROWS_PER_SECOND_MIN: f64 = 20_000.0;

/// The parameters of the measurement.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Rounds of each comparison; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Rows that the issuer keeps in a round.
    #[arg(long, default_value_t = 60_000)]
    rows: u32,
    /// Rows of single-row transactions in a round.
    #[arg(long, default_value_t = 15_000)]
    single_rows: u32,
    /// Leaves out the rows from brokers
    #[arg(long)]
    without_brokers: bool,
    /// Connections of the single-row transactions.
    #[arg(long, default_value_t = 16)]
    connections: u32,
    /// Only servers whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// One side of one round.
#[derive(Clone, Copy)]
struct Side {
    rows_per_second: f64,
    /// Processor time of the whole machine a row, in microseconds: the server's and ours.
    cpu_us: f64,
}

/// As every operator with millions of rows sets it: with the 128 MiB and 96 MiB that it comes with, the tables' keys, which
/// are random, are read from and written to files again and again once a million rows are there.
const MARIADB_MEMORY: &str =
    "set global innodb_buffer_pool_size = 2147483648; set global innodb_log_file_size = 1073741824";

/// Measures and keeps the rows.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("issuer");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let kit = Kit::temporary()?;
    let runtime = tokio::runtime::Runtime::new()?;
    if wanted("postgres") {
        let server = Postgres::start(&kit, PostgresVersion::V15)?;
        let url = server.fresh_database("bench")?;
        runtime.block_on(rows(arguments, &mut table, &kit, "PostgreSQL 15", (&url, 4.0)))?;
    }
    if wanted("mariadb") {
        let server = MariaDb::start(&kit)?;
        server.execute(MARIADB_MEMORY)?;
        let url = server.fresh_database("bench")?;
        runtime.block_on(rows(arguments, &mut table, &kit, "MariaDB", (&url, 2.5)))?;
    }
    table.keep(&arguments.results)
}

/// A process that receives no coupon requests.
pub struct NoGate;

#[async_trait]
impl GateReporter for NoGate {
    async fn report(&self, _: Vec<Outcome>) {}
}

async fn rows(
    arguments: &Arguments,
    table: &mut Table,
    kit: &Kit,
    name: &str,
    (url, goal): (&str, f64),
) -> anyhow::Result<()> {
    let ledger = Ledger::connect(url, &SCHEMA, LedgerOptions::default()).await?;
    ledger.migrate().await?;
    let singles = Singles::connect(url, arguments.connections).await?;
    // Caches, prepared statements, first pages.
    batched(&ledger, "warm-a", 5_000).await?;
    single(&ledger, &singles, "warm-b", 1_000).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        ours.push(batched(&ledger, &format!("a{round}"), arguments.rows).await?);
        theirs.push(single(&ledger, &singles, &format!("b{round}"), arguments.single_rows).await?);
    }
    push(table, name, goal, (&ours, &theirs), arguments.connections);
    if !arguments.without_brokers {
        push_from_brokers(table, name, &from_brokers(arguments, kit, &ledger).await?);
    }
    Ok(())
}

/// The same behind three brokers, which already have the messages.
async fn from_brokers(arguments: &Arguments, kit: &Kit, ledger: &Ledger) -> anyhow::Result<Vec<Side>> {
    let mut pipe = Pipe::open(kit, ledger).await?;
    let mut sides = Vec::new();
    for (name, rows) in std::iter::once(("warm-c".to_owned(), 5_000))
        .chain((0..arguments.rounds).map(|round| (format!("c{round}"), arguments.rows)))
    {
        let sale = campaign(ledger, &name, rows).await?;
        let messages: Vec<Arc<Envelope>> = (1..=rows).map(|serial| Arc::new(envelope(&sale, serial))).collect();
        pipe.fill(&messages).await?;
        let watch = Watch::start();
        pipe.drain(rows).await?;
        sides.push(watch.end(ledger, &sale, rows).await?);
    }
    pipe.close().await;
    sides.remove(0);
    Ok(sides)
}

fn push_from_brokers(table: &mut Table, name: &str, sides: &[Side]) {
    let per_second: Vec<f64> = sides.iter().map(|side| side.rows_per_second).collect();
    let all = per_second.iter().map(|rate| format!("{rate:.0}")).collect::<Vec<_>>().join(" ");
    let cpu_us = median(&sides.iter().map(|side| side.cpu_us).collect::<Vec<_>>());
    let what = format!("{name}: three brokers to row");
    let sides = format!("[{all}; machine {cpu_us:.0} us/row, brokers included]");
    table.push(Row::at_least(what, median(&per_second), "/s", ROWS_PER_SECOND_MIN).made_of(sides));
}

fn push(table: &mut Table, name: &str, goal: f64, (ours, theirs): (&[Side], &[Side]), connections: u32) {
    let of = |sides: &[Side], figure: &dyn Fn(&Side) -> f64| median(&sides.iter().map(figure).collect::<Vec<_>>());
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a.rows_per_second / b.rows_per_second).collect();
    let (a, b) = (of(ours, &|side| side.rows_per_second), of(theirs, &|side| side.rows_per_second));
    let (cpu_a, cpu_b) = (of(ours, &|side| side.cpu_us), of(theirs, &|side| side.cpu_us));
    let all =
        |sides: &[Side]| sides.iter().map(|side| format!("{:.0}", side.rows_per_second)).collect::<Vec<_>>().join(" ");
    let what = format!("{name}: message to row");
    let sides = format!("[batches of {BATCH}: {a:.0}/s; single rows on {connections} connections: {b:.0}/s]");
    let over = format!("{what}, over single-row transactions");
    table.push(Row::at_least(over, median(&ratios), "x", goal).made_of(sides));
    let (all_a, all_b) = (all(ours), all(theirs));
    let sides = format!("[a {all_a}; b {all_b}; machine a {cpu_a:.0} us/row, b {cpu_b:.0} us/row]");
    table.push(Row::at_least(what, a, "/s", ROWS_PER_SECOND_MIN).made_of(sides));
}

/// The issuer as it runs: bytes in, read, checked, kept and recorded, batch after batch in one consumer.
async fn batched(ledger: &Ledger, name: &str, rows: u32) -> anyhow::Result<Side> {
    let sale = campaign(ledger, name, rows).await?;
    let deliveries: Vec<Delivery> = (1..=rows).map(|serial| delivery(&sale, serial)).collect();
    let folder = tempfile::tempdir()?;
    let letters = LocalDeadLetters::open(&folder.path().join(LocalDeadLetters::FILE))?;
    let stop = Stop::default();
    let requests = Requests::new(ledger.clone(), Arc::new(NoGate));
    let group = Arc::new(CouponGroup::new(Issuer::new(ledger.clone()), requests, Places::Kept));
    let consumer = Consumer::new(group, Arc::new(letters), ConsumerOptions::default(), stop.shutdown());
    let batches: Vec<Vec<Delivery>> = deliveries.chunks(BATCH).map(<[Delivery]>::to_vec).collect();
    let watch = Watch::start();
    for batch in batches {
        consumer.process(batch).await.map_err(|_| anyhow::anyhow!("the consumer was stopped"))?;
    }
    watch.end(ledger, &sale, rows).await
}

/// The same rows, each in a transaction of its own.
async fn single(ledger: &Ledger, singles: &Singles, name: &str, rows: u32) -> anyhow::Result<Side> {
    let sale = campaign(ledger, name, rows).await?;
    let coupons: Vec<(Uuid, CouponIssued)> = (1..=rows).map(|serial| (Uuid::now_v7(), coupon(&sale, serial))).collect();
    let campaign_id = singles.campaign_id(&sale.id).await?;
    let watch = Watch::start();
    singles.keep(campaign_id, coupons).await?;
    watch.end(ledger, &sale, rows).await
}

struct Watch {
    begun: Instant,
    busy: f64,
}

impl Watch {
    fn start() -> Self {
        Self { begun: Instant::now(), busy: busy_seconds() }
    }

    async fn end(self, ledger: &Ledger, sale: &Campaign, rows: u32) -> anyhow::Result<Side> {
        let (seconds, busy) = (self.begun.elapsed().as_secs_f64(), busy_seconds() - self.busy);
        let kept = coupons::counts(ledger, &sale.id).await?.kept();
        anyhow::ensure!(kept == u64::from(rows), "{kept} of {rows} rows were kept");
        Ok(Side { rows_per_second: f64::from(rows) / seconds, cpu_us: busy * 1e6 / f64::from(rows) })
    }
}

async fn campaign(ledger: &Ledger, name: &str, stock: u32) -> anyhow::Result<Campaign> {
    let id = CampaignId::new(TenantName::new("bench")?, EventName::new(name)?);
    let campaign = open_with_stock(id, name, stock);
    campaigns::create(ledger, &campaign).await.context("the campaign cannot be made")?;
    Ok(campaign)
}

fn coupon(sale: &Campaign, serial: u32) -> CouponIssued {
    CouponIssued {
        tenant: sale.id.tenant.to_string(),
        campaign_id: sale.id.event.to_string(),
        coupon_id: CouponId(Uuid::new_v4()),
        user_id: format!("user-{:010}", u64::from(serial).wrapping_mul(2_654_435_761) % 10_000_000_000),
        serial,
        nth_of_user: 1,
        issued_at_ms: 1_700_000_000_000 + i64::from(serial),
    }
}

fn envelope(sale: &Campaign, serial: u32) -> Envelope {
    let coupon = coupon(sale, serial);
    let at = Timestamp(coupon.issued_at_ms);
    let user = Some(coupon.user_id.clone());
    Envelope::about_campaign(Uuid::new_v4(), event_type::COUPON_ISSUED, sale.id.to_string(), at, user, &coupon)
}

/// As it comes over the wire.
fn delivery(sale: &Campaign, serial: u32) -> Delivery {
    let message = Arc::new(envelope(sale, serial));
    let delivery = Delivery::of(&Arc::from(topic::COUPON_EVENTS), i64::from(serial), &message);
    Delivery { body: Body::Bytes(delivery.value()), ..delivery }
}
