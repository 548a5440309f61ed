//! The simple form for benchmarks: one kind of request, closed loop, counts and latencies.

use super::engine::Limits;
use super::response::Answer;
use super::script::{After, Flow, Loss, Moments, Next, Script};
use super::threads::{cpu_seconds_of, each_thread, raise_open_files};
use super::{latency_histogram, record_ns};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Wait before a lost connection is reopened.
const RECONNECT_NS: u64 = 10_000_000;
/// A thread stops after this many losses, because the server is gone.
const LOST_MAX: u64 = 100_000;

/// The end of a load.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After this many responses.
    Requests(u64),
    /// After this time; requests in flight are abandoned.
    Elapsed(Duration),
}

/// A load: the number of connections and the duration.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The address of the server.
    pub address: SocketAddr,
    /// Keep-alive connections, each with one request in flight at a time.
    pub connections: usize,
    /// Event loops; one is enough for most servers on the same machine.
    pub threads: usize,
    /// When to stop.
    pub until: Until,
    /// Limits of one exchange.
    pub limits: Limits,
}

/// The results of a load.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Complete responses.
    pub answers: u64,
    /// Complete responses by HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// Attempts without a response (connection refused, broken, or timed out); the request is repeated. A thread stops
    /// early after 100,000 of them.
    pub lost: u64,
    /// Latency of the responses in microseconds.
    pub latency_us: Histogram<u64>,
    /// Time from the start to the last response.
    pub elapsed: Duration,
    /// Processor time of this process meanwhile, in seconds: user and system.
    pub generator_cpu_seconds: Option<(f64, f64)>,
}

impl Outcome {
    /// Responses per second.
    pub fn answers_per_second(&self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Sends requests over `plan.connections` keep-alive connections. Each sends its next request after the response.
///
/// `build` appends request number n (0, 1, 2, ... over all threads) to an empty buffer, headers and all.
///
/// # Errors
/// When the system refuses a poller or the number of open files. A server that does not respond is no error: see
/// [`Outcome::lost`].
pub fn drive(plan: &Plan, build: impl Fn(u64, &mut Vec<u8>) + Sync) -> io::Result<Outcome> {
    drive_after(plan, None, build)
}

/// As [`drive`], on connections that each have carried the request `first` before; its response is not counted.
///
/// # Errors
/// As [`drive`].
pub fn drive_after(plan: &Plan, first: Option<&[u8]>, build: impl Fn(u64, &mut Vec<u8>) + Sync) -> io::Result<Outcome> {
    raise_open_files(plan.connections)?;
    let started = AtomicU64::new(0);
    let script = || Loop {
        build: &build,
        first,
        is_used: vec![first.is_none(); plan.connections],
        started: &started,
        until: plan.until,
        numbers: vec![0; plan.connections],
        by_status: vec![0; 1000],
        lost: 0,
        latency_us: latency_histogram(),
        last_answer_ns: 0,
    };
    let mut scripts: Vec<_> = (0..plan.threads.max(1)).map(|_| script()).collect();
    let cpu_before = cpu_seconds_of(std::process::id());
    let start = Instant::now();
    each_thread(plan.address, plan.connections, plan.limits, start, &mut scripts, |_| {})?;
    let cpu_after = cpu_seconds_of(std::process::id());
    let mut outcome = merge(scripts);
    outcome.generator_cpu_seconds =
        cpu_before.zip(cpu_after).map(|(before, after)| (after.0 - before.0, after.1 - before.1));
    Ok(outcome)
}

fn merge<B>(scripts: Vec<Loop<'_, B>>) -> Outcome {
    let mut outcome = Outcome {
        answers: 0,
        by_status: BTreeMap::new(),
        lost: 0,
        latency_us: latency_histogram(),
        elapsed: Duration::ZERO,
        generator_cpu_seconds: None,
    };
    for script in scripts {
        for (status, count) in (0u16..).zip(script.by_status).filter(|(_, count)| *count > 0) {
            *outcome.by_status.entry(status).or_default() += count;
            outcome.answers += count;
        }
        outcome.lost += script.lost;
        // The bounds are equal, so adding cannot fail.
        let _fits = outcome.latency_us.add(&script.latency_us);
        outcome.elapsed = outcome.elapsed.max(Duration::from_nanos(script.last_answer_ns));
    }
    outcome
}

struct Loop<'a, B> {
    build: &'a B,
    first: Option<&'a [u8]>,
    /// Whether each connection has carried the first request.
    is_used: Vec<bool>,
    started: &'a AtomicU64,
    until: Until,
    /// The number of each connection's current request.
    numbers: Vec<u64>,
    by_status: Vec<u64>,
    lost: u64,
    latency_us: Histogram<u64>,
    last_answer_ns: u64,
}

impl<B: Fn(u64, &mut Vec<u8>) + Sync> Script for Loop<'_, B> {
    fn next(&mut self, slot: usize, _: u64) -> Next {
        if !self.is_used[slot] {
            return Next::Take { due_ns: None };
        }
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        if matches!(self.until, Until::Requests(requests) if number >= requests) {
            return Next::Finished;
        }
        self.numbers[slot] = number;
        Next::Take { due_ns: None }
    }

    fn write(&mut self, slot: usize, out: &mut Vec<u8>) {
        match self.first.filter(|_| !self.is_used[slot]) {
            Some(first) => out.extend_from_slice(first),
            None => (self.build)(self.numbers[slot], out),
        }
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        if !std::mem::replace(&mut self.is_used[slot], true) {
            return After::Free;
        }
        if let Some(count) = self.by_status.get_mut(usize::from(answer.status)) {
            *count += 1;
        }
        record_ns(&mut self.latency_us, moments.now_ns.saturating_sub(moments.since_ns));
        self.last_answer_ns = moments.now_ns;
        After::Free
    }

    fn lost(&mut self, slot: usize, _: Loss, now_ns: u64) -> After {
        self.lost += 1;
        // The next connection is a new one.
        self.is_used[slot] &= self.first.is_none();
        After::Again(now_ns + RECONNECT_NS)
    }

    fn tick(&mut self, now_ns: u64) -> Flow {
        match self.until {
            Until::Elapsed(limit) if u128::from(now_ns) >= limit.as_nanos() => Flow::Stop,
            _ if self.lost > LOST_MAX => Flow::Stop,
            _ => Flow::Go,
        }
    }
}
