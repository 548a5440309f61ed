//! A flood of log-ins beside people who read.

use super::Arguments;
use super::place::{Place, log_in_body};
use super::reads::get;
use crate::comparison::load;
use crate::table::{Row, Table, median};
use lab::load::Until;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testkit::http::Client;

/// Log-ins a second.
const LOG_INS_PER_SECOND: u64 = 200;
/// Threads that make them: each waits for its answer.
const CALLERS: u64 = 40;
/// Connections of those who read.
const READERS: usize = 16;
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The 99th percentile of reads with the flood, over that without.
pub fn rows(arguments: &Arguments, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let read = get(&format!("/events/{}", place.event));
    let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
    let p99 = || -> anyhow::Result<f64> { Ok(load(&place.server, READERS, until, &read)?.0.p99_ms) };
    let (mut calm, mut flooded, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let answers = Answers::default();
    for _ in 0..arguments.rounds {
        calm.push(p99()?);
        flooded.push(under_flood(place, &answers, p99)?);
        ratios.extend(calm.last().zip(flooded.last()).map(|(calm, flooded)| flooded / calm));
    }
    let raw = format!(
        "[calm {:.2} ms, flooded {:.2} ms; log-ins: {} right, {} told to come back, {} otherwise]",
        median(&calm),
        median(&flooded),
        answers.right.load(Ordering::Relaxed),
        answers.later.load(Ordering::Relaxed),
        answers.other.load(Ordering::Relaxed),
    );
    let name = format!("p99 of reads beside {LOG_INS_PER_SECOND} log-ins/s over without");
    table.push(Row::at_most(name, median(&ratios), "x", 2.0).made_of(raw));
    Ok(())
}

#[derive(Default)]
struct Answers {
    right: AtomicU64,
    later: AtomicU64,
    other: AtomicU64,
}

fn under_flood<T>(place: &Place, answers: &Answers, work: impl FnOnce() -> T) -> T {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let is_over = &is_over;
            scope.spawn(move || call(place, answers, caller, is_over));
        }
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        done
    })
}

fn call(place: &Place, answers: &Answers, caller: u64, is_over: &AtomicBool) {
    let every = Duration::from_millis(1_000 * CALLERS / LOG_INS_PER_SECOND);
    let begun = Instant::now() + every * caller as u32 / CALLERS as u32;
    let client = Client::new(place.server.address);
    for turn in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep((begun + every * turn).saturating_duration_since(Instant::now()));
        let body = log_in_body("demo@onsale.local").to_string();
        let reply = client.try_call("POST", "/auth/login", Some(body.as_bytes()), CALL_LIMIT);
        let counted = match reply.map(|reply| reply.status) {
            Ok(200) => &answers.right,
            Ok(503 | 429) => &answers.later,
            _ => &answers.other,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
}
