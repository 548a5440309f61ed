//! The engines by themselves. Admission: how many can be moved out of a full line a second, and whether never more than the rate.

use crate::lines::{Arguments, Goals};
use crate::lines_fairness;
use crate::server::{call, folder};
use crate::table::{Row, Table, median};
use anyhow::{Context, ensure};
use domain::line::{Admits, LineId, LineRule};
use domain::{EventName, PassId, UserId};
use hot::embedded::{EmbeddedLines, JournalOptions};
use hot::line::{Clock, LinePort, LineUser, RuleChange};
use hot::redis::{LineOptions, RedisAddress, RedisConnections, RedisLines};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// People moved by one call.
pub const BATCH: usize = 1_000;
/// Callers at once where the rate must hold.
const SCHEDULERS: usize = 4;
/// As long as one watches whether the rate holds.
const RATE_SECONDS: u64 = 6;
const LOOK: Duration = Duration::from_millis(20);
/// The highest rate that a line can have.
pub const FULL_RATE: u32 = 1_000_000;

/// A line that admits no visitor before it [goes on](go_on).
pub fn rule(rate_per_second: u32) -> LineRule {
    LineRule {
        capacity: 10_000_000,
        admits: Admits::Pass { ttl_ms: 3_600_000 },
        // Until all are there.
        paused: true,
        ..LineRule::new(rate_per_second)
    }
}

/// Starts the admission of users.
pub async fn go_on<P: LinePort>(port: &P, line: &LineId) -> anyhow::Result<()> {
    let rule = port.rule(line).await?.context("the line is there")?;
    let change = port.change_rule(line, LineRule { paused: false, ..rule }).await?;
    ensure!(matches!(change, RuleChange::Made(_)), "somebody else changes this line");
    Ok(())
}

/// A line's name.
pub fn named(name: &str) -> anyhow::Result<LineId> {
    Ok(LineId::Queue(EventName::new(name)?))
}

/// The rows of the embedded engine by itself.
pub fn embedded(arguments: &Arguments, goals: &Goals, table: &mut Table) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = folder()?;
    let engine = EmbeddedLines::open(folder.path(), JournalOptions::default())?;
    let callers = vec![engine; SCHEDULERS];
    runtime.block_on(async {
        rows(arguments, goals, &callers, table).await?;
        lines_fairness::rows(arguments, goals.engine, &callers[0], table).await
    })
}

/// The rows of the engine on Redis alone; to Redis, each scheduler looks like a separate process.
pub fn redis(arguments: &Arguments, goals: &Goals, url: &str, table: &mut Table) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let Some(address) = RedisAddress::parse(url) else { anyhow::bail!("{url} is no Redis") };
    runtime.block_on(async {
        let mut callers = Vec::new();
        for _ in 0..SCHEDULERS {
            callers.push(RedisLines::new(RedisConnections::open(&address, 2).await?, LineOptions::default()));
        }
        rows(arguments, goals, &callers, table).await?;
        lines_fairness::rows(arguments, goals.engine, &callers[0], table).await
    })
}

async fn rows<P: LinePort + Clone>(
    arguments: &Arguments,
    goals: &Goals,
    callers: &[P],
    table: &mut Table,
) -> anyhow::Result<()> {
    let (engine, places) = (goals.engine, arguments.places);
    let mut moved_per_second = Vec::new();
    for round in 0..arguments.rounds {
        let line = named(&format!("moved-{round}"))?;
        fill(&callers[0], &line, FULL_RATE, places).await?;
        moved_per_second.push(move_all(&callers[0], &line, places).await?);
    }
    let name = format!("{engine}: moved out of a line of {places}, calls of {BATCH}");
    let raw = format!("[the engine by itself; median of {}]", arguments.rounds);
    let figure = median(&moved_per_second);
    table.push(Row::at_least(name, figure, "/s", goals.admitted_per_second).made_of(raw));

    let line = named("paced")?;
    let rate = (goals.admitted_per_second as u64).min(places / RATE_SECONDS).max(1);
    let rate = u32::try_from(rate)?;
    fill(&callers[0], &line, rate, places).await?;
    let calls = keep_pace(callers, &line).await?;
    let busiest = busiest_second(&calls);
    let seconds = calls.iter().map(|call| call.until.as_secs_f64()).fold(0.0, f64::max);
    let admitted: u64 = calls.iter().map(|call| call.admitted).sum();
    let name = format!("{engine}: busiest second over a rate of {rate}/s, {SCHEDULERS} schedulers");
    let used = admitted as f64 / (f64::from(rate) * seconds.max(1.0));
    let raw = format!("[{busiest} at the most; {:.1} % of the rate used over {seconds:.1} s]", used * 100.0);
    table.push(Row::at_most(name, busiest as f64 / f64::from(rate), "x", 1.0).made_of(raw));
    Ok(())
}

/// All users enqueue before the first admission.
async fn fill<P: LinePort>(port: &P, line: &LineId, rate: u32, places: u64) -> anyhow::Result<()> {
    port.make_line(line, rule(rate)).await?;
    for first in (0..places).step_by(BATCH) {
        let users = first..places.min(first + BATCH as u64);
        let batch: Result<Vec<LineUser>, domain::name::NameError> = users
            .map(|user| Ok(LineUser { line: line.clone(), user: UserId::new(&format!("user-{user:09}"))? }))
            .collect();
        for standing in port.enter(batch?, Clock::Engine).await {
            standing?;
        }
    }
    go_on(port, line).await
}

/// As fast as one caller can. People a second.
async fn move_all<P: LinePort>(port: &P, line: &LineId, places: u64) -> anyhow::Result<f64> {
    let (begun, mut moved) = (Instant::now(), 0);
    while moved < places {
        let passes = (0..BATCH).map(|_| PassId(Uuid::new_v4())).collect();
        let admission = port.admit(line, passes, Clock::Engine).await?;
        moved += admission.admitted.len() as u64;
        if admission.admitted.is_empty() {
            tokio::time::sleep(Duration::from_millis(admission.next_in_ms.unwrap_or(1).max(1))).await;
        }
    }
    Ok(moved as f64 / begun.elapsed().as_secs_f64())
}

/// One call, since the beginning.
#[derive(Clone, Copy)]
struct Call {
    from: Duration,
    until: Duration,
    admitted: u64,
}

/// Runs schedulers like the product's for a while.
async fn keep_pace<P: LinePort + Clone>(callers: &[P], line: &LineId) -> anyhow::Result<Vec<Call>> {
    let begun = Instant::now();
    let tasks: Vec<_> = callers.iter().map(|port| tokio::spawn(schedule(port.clone(), line.clone(), begun))).collect();
    let mut calls = Vec::new();
    for task in tasks {
        calls.extend(task.await??);
    }
    Ok(calls)
}

async fn schedule<P: LinePort>(port: P, line: LineId, begun: Instant) -> anyhow::Result<Vec<Call>> {
    let mut calls = Vec::new();
    while begun.elapsed() < Duration::from_secs(RATE_SECONDS) {
        let passes = (0..BATCH).map(|_| PassId(Uuid::new_v4())).collect();
        let from = begun.elapsed();
        let admission = port.admit(&line, passes, Clock::Engine).await?;
        calls.push(Call { from, until: begun.elapsed(), admitted: admission.admitted.len() as u64 });
        let wait_ms = admission.next_in_ms.unwrap_or(1).clamp(1, 100);
        if admission.admitted.len() < BATCH {
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }
    Ok(calls)
}

/// The largest certain number of admissions within any second: by calls that began and ended in it.
fn busiest_second(calls: &[Call]) -> u64 {
    let mut calls: Vec<Call> = calls.iter().copied().filter(|call| call.admitted > 0).collect();
    calls.sort_by_key(|call| call.from);
    let within = |first: usize| {
        let end = calls[first].from + Duration::from_secs(1);
        let later = calls[first..].iter().take_while(|call| call.from < end);
        later.filter(|call| call.until <= end).map(|call| call.admitted).sum()
    };
    (0..calls.len()).map(within).max().unwrap_or(0)
}

/// A line of a running server.
pub struct Served<'a> {
    pub address: SocketAddr,
    pub key: &'a str,
    pub line: &'a str,
}

impl Served<'_> {
    /// Waiting visitors, and visitors admitted so far.
    fn figures(&self) -> anyhow::Result<(u64, u64)> {
        let (status, text) = call(self.address, "GET", "/queue/admin/stats", Some(self.key), "")?;
        ensure!(status == 200, "figures: {status} {text}");
        let stats: serde_json::Value = serde_json::from_str(&text)?;
        let lines = stats["scheduleStats"].as_array().into_iter().flatten();
        let line = lines.into_iter().find(|line| line["scheduleId"] == self.line);
        let figure = |name: &str| line.and_then(|line| line[name].as_u64());
        figure("waitingCount").zip(figure("admittedCount")).ok_or_else(|| anyhow::anyhow!("no figures in {text}"))
    }
}

/// The same with the whole server: its scheduler admits all users at the highest rate.
pub fn through_the_server(goals: &Goals, served: &Served<'_>, table: &mut Table) -> anyhow::Result<()> {
    let (waiting, before) = served.figures()?;
    let body = format!(r#"{{"ratePerSecond":{FULL_RATE}}}"#);
    let path = format!("/queue/admin/{}/rate", served.line);
    let (status, text) = call(served.address, "PUT", &path, Some(served.key), &body)?;
    ensure!(status == 204, "the rate: {status} {text}");
    let (begun, mut first) = (Instant::now(), None);
    let last = loop {
        let (waiting, admitted) = served.figures()?;
        let now = (begun.elapsed().as_secs_f64(), admitted);
        if admitted > before {
            first.get_or_insert(now);
        }
        if waiting == 0 {
            break now;
        }
        ensure!(begun.elapsed().as_secs() < 300, "{waiting} people still wait");
        std::thread::sleep(LOOK);
    };
    let first = first.unwrap_or(last);
    // A line that is empty at the first sample was too short for a measurement.
    let seconds = (last.0 - first.0).max(LOOK.as_secs_f64());
    let name = format!("{}: admitted by the server out of a line of {waiting}", goals.engine);
    let figure = (last.1 - first.1) as f64 / seconds;
    let raw = format!("[{:.2} s, looked at every {} ms]", seconds, LOOK.as_millis());
    table.push(Row::at_least(name, figure, "/s", goals.admitted_per_second).made_of(raw));
    Ok(())
}
