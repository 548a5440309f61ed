//! The rows of `goals.md` about waiting lines: a place, a rank, admission, the start with a full line, streams.

use crate::comparison::{Ratio, compare, load};
use crate::server::{Server, call, folder};
use crate::streams::admin_key;
use crate::table::{Row, Table, median};
use crate::{lines_admission, start, streams};
use anyhow::{Context, ensure};
use lab::load::Until;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use testkit::{Flavor, Kit, RedisCluster};

const EVENT: &str = "bench";
const PLACES: u64 = 1_000_000;
const QUICK_PLACES: u64 = 2_000;

/// How many connections ask.
struct Connections {
    fill: usize,
    compared: &'static [usize],
    /// "At saturation": as many as the coupon rows have at most.
    saturation: usize,
}

const CONNECTIONS: Connections = Connections { fill: 256, compared: &[64, 256, 1_000], saturation: 1_000 };
/// A busy machine answers this many without a time-out.
const QUICK_CONNECTIONS: Connections = Connections { fill: 8, compared: &[8], saturation: 16 };

/// How lines are measured.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The program to measure.
    #[arg(long)]
    pub program: PathBuf,
    /// Rounds of each comparison; the median counts.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each side of each round.
    #[arg(long, default_value_t = 4)]
    pub seconds: u64,
    /// People in the line.
    #[arg(long, default_value_t = PLACES)]
    pub places: u64,
    /// Few users and one short round: a test that it runs, without a measurement.
    #[arg(long)]
    pub quick: bool,
    /// Only rows whose section's name contains this: embedded-http, embedded-engine, redis-http, redis-engine,
    /// streams.
    #[arg(long)]
    pub only: Option<String>,
    /// Where results are kept.
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
}

/// The goals of one engine.
pub struct Goals {
    pub engine: &'static str,
    pub enter: f64,
    pub rank: f64,
    pub admitted_per_second: f64,
}

const EMBEDDED: Goals = Goals { engine: "embedded", enter: 0.8, rank: 0.9, admitted_per_second: 100_000.0 };
/// A rank is asked of Redis as a place is: goals.md names no other figure.
const REDIS: Goals = Goals { engine: "Redis", enter: 0.5, rank: 0.5, admitted_per_second: 50_000.0 };

/// Measures and keeps the rows.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let quick = Arguments {
        rounds: 1,
        seconds: 1,
        places: QUICK_PLACES,
        program: arguments.program.clone(),
        only: arguments.only.clone(),
        results: arguments.results.clone(),
        ..*arguments
    };
    let arguments = if arguments.quick { &quick } else { arguments };
    let mut table = Table::new("lines");
    let wanted = |name: &str| arguments.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("embedded-http") {
        http_rows(arguments, &EMBEDDED, None, &mut table)?;
    }
    if wanted("embedded-engine") {
        lines_admission::embedded(arguments, &EMBEDDED, &mut table)?;
    }
    if wanted("redis-http") || wanted("redis-engine") {
        let kit = Kit::temporary()?;
        let cluster = RedisCluster::start(&kit, Flavor::Redis)?;
        crate::one_by_one::quiet(cluster.nodes())?;
        if wanted("redis-http") {
            http_rows(arguments, &REDIS, Some(&cluster), &mut table)?;
        }
        if wanted("redis-engine") {
            lines_admission::redis(arguments, &REDIS, &cluster.url(), &mut table)?;
        }
    }
    if wanted("streams") && !arguments.quick {
        streams::rows(&arguments.program, &mut table)?;
    }
    table.keep(&arguments.results)
}

fn hello_request(_: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
}

/// Queues as person number `user`.
fn enter_request(user: u64, out: &mut Vec<u8>) {
    let path = format!("/gate/events/{EVENT}/enqueue?userId=user-{user:09}");
    let _ = write!(out, "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\r\n");
}

/// Requests the rank of a waiting visitor. Covers all visitors in an order that defeats caches.
fn rank_request(number: u64, places: u64, out: &mut Vec<u8>) {
    // A step without a common factor with round numbers.
    let user = number.wrapping_mul(611_953) % places;
    let _ = write!(out, "GET /gate/events/{EVENT}/rank?userId=user-{user:09} HTTP/1.1\r\nHost: bench\r\n\r\n");
}

/// A server with a line before a campaign that admits no visitor.
struct Line {
    server: Server,
    key: String,
    environment: Vec<(String, String)>,
    /// The next visitor that has not entered yet.
    next: AtomicU64,
}

impl Line {
    fn start(arguments: &Arguments, cluster: Option<&RedisCluster>) -> anyhow::Result<Self> {
        let data = folder()?;
        let key = admin_key(&arguments.program, data.path())?;
        let wide = "1000000".to_owned();
        let mut environment = vec![
            ("ONSALE__GATE__DISPATCH_PER_SECOND".to_owned(), "0".to_owned()),
            ("ONSALE__LIMITS__PER_IP_PER_SECOND".to_owned(), wide.clone()),
            ("ONSALE__LIMITS__PER_IP_BURST".to_owned(), wide),
        ];
        environment.extend(cluster.map(|cluster| ("ONSALE__HOT__URL".to_owned(), cluster.url())));
        let mut server = Server::serve_in(data, &arguments.program, &words(&environment))?;
        server.lean_on(cluster.iter().flat_map(|cluster| cluster.nodes()).filter_map(|node| node.pid()));
        let line = Self { server, key, environment, next: AtomicU64::new(0) };
        let campaign = format!(
            r#"{{"event_id":"{EVENT}","name":"Bench","stock":1,"gated":true,"discount":{{"type":"fixed","value":1}}}}"#
        );
        line.tell("POST", "/api/v1/admin/campaigns", &campaign, 201)?;
        line.tell("POST", &format!("/api/v1/admin/campaigns/{EVENT}/open"), "", 200)?;
        Ok(line)
    }

    fn tell(&self, method: &str, path: &str, body: &str, status: u16) -> anyhow::Result<String> {
        let (answered, text) = call(self.server.address, method, path, Some(&self.key), body)?;
        ensure!(answered == status, "{method} {path}: {answered} {text}");
        Ok(text)
    }

    /// All users enqueue through the HTTP interface.
    fn fill(&self, places: u64, connections: usize) -> anyhow::Result<f64> {
        self.next.store(places, Ordering::Relaxed);
        Ok(load(&self.server, connections, Until::Requests(places), &enter_request)?.0.rate)
    }

    /// Enters as the next visitor.
    fn enter_next(&self, out: &mut Vec<u8>) {
        enter_request(self.next.fetch_add(1, Ordering::Relaxed), out);
    }

    /// Stops the server and starts it on the same folder; seconds to its first answer.
    fn restart(self, arguments: &Arguments) -> anyhow::Result<(Self, f64)> {
        let Self { server, key, environment, next } = self;
        let data = server.stop()?;
        let begun = Instant::now();
        let server = Server::serve_in(data, &arguments.program, &words(&environment))?;
        let seconds = start::seconds_to_first_answer(begun, &server)?;
        Ok((Self { server, key, environment, next }, seconds))
    }

    fn waiting(&self) -> anyhow::Result<u64> {
        let text = self.tell("GET", "/queue/admin/stats", "", 200)?;
        let stats: serde_json::Value = serde_json::from_str(&text)?;
        stats["totalWaiting"].as_u64().with_context(|| format!("no number of waiting visitors: {text}"))
    }
}

fn words(environment: &[(String, String)]) -> Vec<(&str, &str)> {
    environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn http_rows(
    arguments: &Arguments,
    goals: &Goals,
    cluster: Option<&RedisCluster>,
    table: &mut Table,
) -> anyhow::Result<()> {
    let (engine, places) = (goals.engine, arguments.places);
    let connections = if arguments.quick { QUICK_CONNECTIONS } else { CONNECTIONS };
    let hello = Server::own(&["hello"])?;
    let mut line = Line::start(arguments, cluster)?;
    let before_bytes = line.server.resident_bytes();
    let filled_per_second = line.fill(places, connections.fill)?;
    let grown_bytes = line.server.resident_bytes().saturating_sub(before_bytes);
    let name = format!("{engine}: {places} people queue, one after the other's answer");
    table.push(Row::to_know(name, filled_per_second, "/s").made_of(format!("[over {} connections]", connections.fill)));
    if cluster.is_none() {
        let a_place = grown_bytes as f64 / places as f64;
        table.push(Row::to_know("embedded: memory a place", a_place, "B").made_of("[growth of the process]"));
        line = start_row(line, arguments, table)?;
    }
    ensure!(line.waiting()? == places, "{} people wait, not {places}", line.waiting()?);
    let rank = |number: u64, out: &mut Vec<u8>| rank_request(number, places, out);
    for &connections in connections.compared {
        let sides = ((&line.server, &rank as _), (&hello, &hello_request as _));
        let ratio = compare(arguments.rounds, arguments.seconds, connections, sides.0, sides.1)?;
        push(table, &format!("{engine}: rank at {places} waiting"), connections, goals.rank, &ratio);
    }
    saturation_row(&line, arguments, connections.saturation, engine, &rank, table)?;
    let enter = |_: u64, out: &mut Vec<u8>| line.enter_next(out);
    for &connections in connections.compared {
        let sides = ((&line.server, &enter as _), (&hello, &hello_request as _));
        let ratio = compare(arguments.rounds, arguments.seconds, connections, sides.0, sides.1)?;
        push(table, &format!("{engine}: enter at {places} waiting"), connections, goals.enter, &ratio);
    }
    lines_admission::through_the_server(goals, &line_of(&line), table)
}

/// The operations of a line for the row about admission.
fn line_of(line: &Line) -> lines_admission::Served<'_> {
    lines_admission::Served { address: line.server.address, key: &line.key, line: "gate:bench" }
}

fn push(table: &mut Table, what: &str, connections: usize, goal: f64, ratio: &Ratio) {
    let what = format!("{what} over hello world, {connections} connections");
    table.push(Row::at_least(format!("{what}: requests/s"), ratio.rate, "x", goal).made_of(ratio.raw()));
    table.push(Row::to_know(format!("{what}: cpu a request"), ratio.cpu, "x"));
}

fn start_row(line: Line, arguments: &Arguments, table: &mut Table) -> anyhow::Result<Line> {
    let (line, seconds) = line.restart(arguments)?;
    let name = format!("embedded: start with {} places in the journal", arguments.places);
    table.push(Row::at_most(name, seconds, "s", 3.0).made_of("[exec to first answer]"));
    Ok(line)
}

fn saturation_row(
    line: &Line,
    arguments: &Arguments,
    connections: usize,
    engine: &str,
    rank: crate::comparison::Build<'_>,
    table: &mut Table,
) -> anyhow::Result<()> {
    let until = Until::Elapsed(std::time::Duration::from_secs(arguments.seconds));
    let mut p95s_ms = Vec::new();
    for _ in 0..arguments.rounds {
        let (_, outcome) = load(&line.server, connections, until, rank)?;
        p95s_ms.push(outcome.latency_us.value_at_quantile(0.95) as f64 / 1000.0);
    }
    let name = format!("{engine}: rank, p95 over {connections} connections");
    table.push(Row::at_most(name, median(&p95s_ms), "ms", 50.0));
    Ok(())
}
