//! The row "issue, then redeem at once, then confirm" of `goals.md`: what a shop does with a coupon, one step after the
//! other's answer, on a database file and on PostgreSQL.

use crate::coupon::{WIDE_LIMITS, issue_request};
use crate::server::{Server, call, folder};
use crate::table::{Row, Table, median};
use anyhow::ensure;
use hdrhistogram::Histogram;
use lab::load::{
    After, Answer, Flow, Limits, Loss, Moments, Next, Script, each_thread, latency_histogram, raise_open_files,
    record_ns,
};
use launch::create_key;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::{Kit, Postgres, PostgresVersion};

const CONNECTIONS: [usize; 2] = [64, 256];
const STOCK: u32 = 9_000_000;

/// Options of `bench steps`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    pub program: PathBuf,
    /// Another program, measured in turn with the first: an earlier version.
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 3)]
    pub rounds: u64,
    /// Seconds of each round.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Only this database: sqlite, postgres.
    #[arg(long)]
    pub only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

/// Measures and keeps the rows.
///
/// # Errors
/// When a server cannot be started or answers wrongly.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = Table::new("steps");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("sqlite") {
        rows(arguments, "SQLite", None, &mut table)?;
    }
    if wanted("postgres") {
        let kit = Kit::temporary()?;
        let server = Postgres::start(&kit, PostgresVersion::V15)?;
        rows(arguments, "PostgreSQL 15", Some(&server), &mut table)?;
    }
    table.keep(&arguments.results)
}

fn rows(arguments: &Arguments, name: &str, postgres: Option<&Postgres>, table: &mut Table) -> anyhow::Result<()> {
    let programs: Vec<_> = std::iter::once(&arguments.program).chain(&arguments.against).collect();
    let mut servers = Vec::new();
    for program in &programs {
        let url = postgres.map(|postgres| postgres.fresh_database("bench")).transpose()?;
        servers.push(Shop::open(program, url.as_deref())?);
    }
    let mut run = 0;
    for connections in CONNECTIONS {
        let mut figures: Vec<Vec<Figures>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..=arguments.rounds {
            for (server, figures) in servers.iter().zip(&mut figures) {
                run += 1;
                figures.push(round(server, connections, run, arguments.seconds)?);
            }
        }
        for (side, figures) in figures.iter().enumerate() {
            let which = if side == 0 { name.to_owned() } else { format!("{name}, the other program") };
            // The first round warms the caches.
            push(table, &format!("{which}, {connections} connections"), &figures[1..]);
        }
    }
    Ok(())
}

/// A server with a campaign, and the key of its shop.
struct Shop {
    server: Server,
    key: String,
}

impl Shop {
    fn open(program: &Path, ledger_url: Option<&str>) -> anyhow::Result<Self> {
        let (data, configuration) = (folder()?, tempfile::tempdir()?);
        if let Some(url) = ledger_url {
            std::fs::write(configuration.path().join("onsale.toml"), format!("[ledger]\nurl = \"{url}\"\n"))?;
        }
        let key = create_key(program, configuration.path(), data.path(), &["--tenant", "default"])?;
        let ledger = ledger_url.map(|url| ("ONSALE__LEDGER__URL", url));
        // The key is made beforehand: a server with keys is no demonstration, where a campaign needs none.
        let open = ("ONSALE__COUPON__OPEN_ISSUE", "true");
        let environment: Vec<_> = WIDE_LIMITS.into_iter().chain([open]).chain(ledger).collect();
        let server = Server::serve_in(data, program, &environment)?;
        let campaign = format!("{{\"event_id\":\"bench\",\"name\":\"Bench\",\"stock\":{STOCK}}}");
        let (status, text) = call(server.address, "POST", "/api/v1/admin/campaigns", Some(&key), &campaign)?;
        ensure!(status == 201, "no campaign: {status} {text}");
        let (status, text) = call(server.address, "POST", "/api/v1/admin/campaigns/bench/open", Some(&key), "")?;
        ensure!(status == 200, "the campaign is not open: {status} {text}");
        Ok(Self { server, key })
    }
}

/// What one round has shown.
struct Figures {
    per_second: f64,
    cpu_us: f64,
    /// Times of the steps and of all three together, in microseconds.
    steps: [Histogram<u64>; 3],
}

fn push(table: &mut Table, name: &str, figures: &[Figures]) {
    let of = |figure: &dyn Fn(&Figures) -> f64| median(&figures.iter().map(figure).collect::<Vec<_>>());
    let at = |step: usize, quantile: f64| {
        of(&|figures: &Figures| figures.steps[step].value_at_quantile(quantile) as f64 / 1_000.0)
    };
    let words = ["issue", "redeem", "confirm"];
    let times: Vec<String> = (0..3)
        .map(|step| {
            format!("{} p50 {:.1} p95 {:.1} p99 {:.1} ms", words[step], at(step, 0.5), at(step, 0.95), at(step, 0.99))
        })
        .collect();
    let raw = format!("[{}; cpu {:.0} us]", times.join("; "), of(&|figures| figures.cpu_us));
    table.push(Row::to_know(format!("issue, redeem, confirm, {name}"), of(&|f| f.per_second), "/s").made_of(raw));
    if name.contains(" 64 ") {
        table.push(Row::at_most(format!("redeem at once, p95, {name}"), at(1, 0.95), "ms", 20.0));
    }
}

fn round(shop: &Shop, connections: usize, run: u64, seconds: u64) -> anyhow::Result<Figures> {
    raise_open_files(connections)?;
    let Shop { server, key } = shop;
    let mut scripts = [Journeys {
        key,
        run,
        started: 0,
        travellers: vec![Traveller::default(); connections],
        until_ns: seconds * 1_000_000_000,
        steps: std::array::from_fn(|_| latency_histogram()),
        done: 0,
        bad: None,
    }];
    let before = server.cpu_seconds();
    let limits = Limits::default();
    let begun = Instant::now();
    each_thread(server.address, connections, limits, begun, &mut scripts, |_| {})?;
    let elapsed: Duration = begun.elapsed();
    let cpu = server.cpu_seconds() - before;
    let [journeys] = scripts;
    ensure!(journeys.bad.is_none(), "an answer was not as expected: {}", journeys.bad.unwrap_or_default());
    ensure!(journeys.done > 0, "nobody came to the end");
    Ok(Figures {
        per_second: journeys.done as f64 / elapsed.as_secs_f64(),
        cpu_us: cpu * 1e6 / journeys.done as f64,
        steps: journeys.steps,
    })
}

/// The person on a connection.
#[derive(Clone, Debug, Default)]
struct Traveller {
    number: u64,
    /// 0: asks for a coupon; 1: redeems it; 2: confirms.
    step: usize,
    coupon: String,
}

/// Each connection: a coupon, its reservation, its confirmation, and the next person.
struct Journeys<'a> {
    key: &'a str,
    run: u64,
    started: u64,
    travellers: Vec<Traveller>,
    until_ns: u64,
    steps: [Histogram<u64>; 3],
    done: u64,
    /// The first answer that was not as it must be.
    bad: Option<String>,
}

impl Script for Journeys<'_> {
    fn next(&mut self, slot: usize, _: u64) -> Next {
        let traveller = &mut self.travellers[slot];
        if traveller.step == 0 {
            traveller.number = self.started;
            self.started += 1;
        }
        Next::Take { due_ns: None }
    }

    fn write(&mut self, slot: usize, out: &mut Vec<u8>) {
        let Traveller { number, step, coupon } = &self.travellers[slot];
        let order = format!("o{}-{number}", self.run);
        let (path, body) = match step {
            0 => return issue_request("bench", self.run, *number, out),
            1 => ("redeem", format!("{{\"order_id\":\"{order}\",\"amount\":10000}}")),
            _ => ("redeem/confirm", format!("{{\"order_id\":\"{order}\"}}")),
        };
        let _ = write!(
            out,
            "POST /api/v1/coupons/{coupon}/{path} HTTP/1.1\r\nHost: bench\r\nX-Api-Key: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        let traveller = &mut self.travellers[slot];
        let text = || String::from_utf8_lossy(answer.body).into_owned();
        let step = traveller.step;
        if answer.status != 200 {
            self.bad.get_or_insert(format!("step {step}: {} {}", answer.status, text()));
            return After::Free;
        }
        if step == 0 {
            let body: serde_json::Value = serde_json::from_slice(answer.body).unwrap_or_default();
            match body["coupon_id"].as_str() {
                Some(coupon) => coupon.clone_into(&mut traveller.coupon),
                None => {
                    self.bad.get_or_insert(text());
                }
            }
        }
        record_ns(&mut self.steps[step], moments.now_ns.saturating_sub(moments.since_ns));
        traveller.step = (step + 1) % 3;
        self.done += u64::from(traveller.step == 0);
        After::Free
    }

    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After {
        self.bad.get_or_insert(format!("step {}: {loss:?}", self.travellers[slot].step));
        After::Again(now_ns)
    }

    fn tick(&mut self, now_ns: u64) -> Flow {
        if now_ns >= self.until_ns || self.bad.is_some() { Flow::Stop } else { Flow::Go }
    }
}
