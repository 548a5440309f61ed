//! Two servers in turn, A B A B ..., under the same load: the ratio of each pair, and the median of the ratios.

use crate::machine::busy_seconds;
use crate::server::Server;
use crate::table::median;
use lab::load::{Limits, Outcome, Plan, Until, drive_after};
use std::net::SocketAddr;
use std::time::Duration;

/// How a server is asked: appends request n to the buffer.
pub type Build<'a> = &'a (dyn Fn(u64, &mut Vec<u8>) + Sync);

/// One side under load.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Answers a second.
    pub rate: f64,
    /// Microseconds of the server's processor time a request.
    pub cpu_us: f64,
    /// The same of what the server leans on: Redis.
    pub behind_us: f64,
    /// The 99th percentile in milliseconds.
    pub p99_ms: f64,
    /// Processor time that neither the server nor the generator took, in parts of all there was.
    pub others: f64,
}

/// Loads a server for a while.
pub fn load(server: &Server, connections: usize, until: Until, build: Build<'_>) -> anyhow::Result<(Side, Outcome)> {
    load_at(server, server.address, connections, until, (None, build))
}

/// As [`load`], at another address in front of the server, and on connections that have carried another request before.
pub fn load_at(
    server: &Server,
    address: SocketAddr,
    connections: usize,
    until: Until,
    (first, build): (Option<&[u8]>, Build<'_>),
) -> anyhow::Result<(Side, Outcome)> {
    let plan = Plan { address, connections, threads: 1, until, limits: Limits::default() };
    let weigh = || (server.cpu_seconds(), server.cpu_seconds_behind(), busy_seconds());
    let before = weigh();
    let outcome = drive_after(&plan, first, build)?;
    let after = weigh();
    let (cpu, behind, busy) = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
    anyhow::ensure!(outcome.answers > 0, "the server answered nothing");
    let bad = outcome.by_status.iter().filter(|(status, _)| **status != 200).map(|(_, count)| count).sum::<u64>();
    anyhow::ensure!(bad == 0, "not every answer was 200: {:?}", outcome.by_status);
    let generator = outcome.generator_cpu_seconds.map_or(0.0, |(user, system)| user + system);
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let side = Side {
        rate: outcome.answers_per_second(),
        cpu_us: cpu * 1e6 / outcome.answers as f64,
        behind_us: behind * 1e6 / outcome.answers as f64,
        p99_ms: outcome.latency_us.value_at_quantile(0.99) as f64 / 1000.0,
        others: ((busy - cpu - behind - generator) / (outcome.elapsed.as_secs_f64() * cores)).max(0.0),
    };
    Ok((side, outcome))
}

/// The medians of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// A's rate over B's.
    pub rate: f64,
    /// A's processor time a request over B's.
    pub cpu: f64,
    /// The same of what they lean on.
    pub behind: f64,
    /// A's own medians.
    pub a: Side,
    /// B's own medians.
    pub b: Side,
}

impl Ratio {
    /// Its components, in words.
    pub fn raw(&self) -> String {
        let side = |name: &str, side: &Side| {
            let behind =
                if side.behind_us > 0.0 { format!(" + redis {:.1} us", side.behind_us) } else { String::new() };
            format!("{name} {:.0}/s {:.1} us{behind} p99 {:.1} ms", side.rate, side.cpu_us, side.p99_ms)
        };
        let others = self.a.others.max(self.b.others) * 100.0;
        format!("[{}; {}; others {others:.0} % cpu]", side("a", &self.a), side("b", &self.b))
    }
}

/// Measures `a` and `b` in turn.
pub fn compare(
    rounds: usize,
    seconds: u64,
    connections: usize,
    a: (&Server, Build<'_>),
    b: (&Server, Build<'_>),
) -> anyhow::Result<Ratio> {
    let until = Until::Elapsed(Duration::from_secs(seconds));
    let warm = Until::Elapsed(Duration::from_millis(500));
    load(a.0, connections, warm, a.1)?;
    load(b.0, connections, warm, b.1)?;
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        pairs.push((load(a.0, connections, until, a.1)?.0, load(b.0, connections, until, b.1)?.0));
    }
    Ok(ratio_of(&pairs))
}

/// The medians of measured pairs.
pub fn ratio_of(pairs: &[(Side, Side)]) -> Ratio {
    let of = |figure: &dyn Fn(&(Side, Side)) -> f64| median(&pairs.iter().map(figure).collect::<Vec<_>>());
    let side = |pick: &dyn Fn(&(Side, Side)) -> Side| Side {
        rate: of(&|pair| pick(pair).rate),
        cpu_us: of(&|pair| pick(pair).cpu_us),
        behind_us: of(&|pair| pick(pair).behind_us),
        p99_ms: of(&|pair| pick(pair).p99_ms),
        others: of(&|pair| pick(pair).others),
    };
    Ratio {
        rate: of(&|(a, b)| a.rate / b.rate),
        cpu: of(&|(a, b)| a.cpu_us / b.cpu_us),
        behind: of(&|(a, b)| a.behind_us / b.behind_us),
        a: side(&|pair| pair.0),
        b: side(&|pair| pair.1),
    }
}
