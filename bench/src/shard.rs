//! One Redis shard: decisions a second through the script with batches, over the same script with one request a call,
//! and over the shortest script that decides on one request.

use crate::CouponArguments;
use crate::one_by_one::{Campaigns, forget, quiet};
use crate::processes::cpu_seconds;
use crate::resp::{Pipe, begin, word};
use crate::table::{Row, Table, median};
use anyhow::Context;
use std::slice::from_ref;
use std::time::{Duration, Instant};
use testkit::{Flavor, Kit, RedisNode};

/// The command of the engine.
const SCRIPT: &str = include_str!("../../crates/hot/src/redis/coupon/issue.lua");
/// The command of the baseline: membership, stock and stream entry only.
const SHORTEST: &str = include_str!("../baseline/issue.lua");
/// One connection prepares while the other is served.
const CONNECTIONS: usize = 2;
/// Winners of one side of one round, for each second that a side of the other rows takes.
const WINNERS_PER_SECOND: usize = 250_000;
const STOCK: u32 = 100_000_000;
const SOLD_OUT_STOCK: u32 = 1_000;
const NOW_MS: &str = "1795000000000";
const SOLD_OUT_NAME: &str = "sold-out";

/// How requests are sent.
#[derive(Clone, Copy)]
struct Shape {
    /// Requests in one script call.
    batch: usize,
    /// Script calls under way on each connection.
    depth: usize,
}

const BATCHES: Shape = Shape { batch: 256, depth: 4 };
const SINGLES: Shape = Shape { batch: 1, depth: 64 };

/// When a side has done enough.
#[derive(Clone, Copy)]
enum Until {
    Decisions(usize),
    Elapsed(Duration),
}

/// One side of one round.
#[derive(Clone, Copy)]
struct Side {
    /// Decisions a second.
    rate: f64,
    /// Microseconds of Redis's processor time a decision.
    cpu_us: f64,
    decisions: usize,
}

struct Shard {
    node: RedisNode,
    digest: String,
    shortest_digest: String,
    campaigns: Campaigns,
}

/// The three sides of one round: batches, single calls of the same script, single calls of the shortest script.
type Round = [Side; 3];

/// Measures.
pub fn rows(arguments: &CouponArguments, table: &mut Table) -> anyhow::Result<()> {
    let kit = Kit::temporary()?;
    let shard = Shard::on(RedisNode::start(&kit, Flavor::Redis)?)?;
    let winners = Until::Decisions(WINNERS_PER_SECOND * arguments.seconds as usize);
    let mut rounds: Vec<Round> = Vec::new();
    for round in 0..arguments.rounds {
        let win = |side: &str, shape| shard.win(&format!("{side}-{round}"), shape, winners);
        rounds.push([win("batch", BATCHES)?, win("single", SINGLES)?, shard.win_shortest(round, winners)?]);
    }
    push(table, "winners", 4.5, &rounds);
    shard.sell_out()?;
    let until = Until::Elapsed(Duration::from_secs(arguments.seconds));
    rounds.clear();
    for _ in 0..arguments.rounds {
        let refuse = |shape| shard.load(&shard.caller(SOLD_OUT_NAME)?, "r", shape, until);
        let shortest = Caller { says: SHORTEST_REFUSES, ..shard.shortest(SOLD_OUT_NAME) };
        rounds.push([refuse(BATCHES)?, refuse(SINGLES)?, shard.load(&shortest, "r", SINGLES, until)?]);
    }
    push(table, "sold out", 6.0, &rounds);
    Ok(())
}

fn push(table: &mut Table, what: &str, goal: f64, rounds: &[Round]) {
    let of = |figure: &dyn Fn(&Round) -> f64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
    let over = |other: usize| of(&|round| round[0].rate / round[other].rate);
    let by_cpu = |other: usize| of(&|round| round[other].cpu_us / round[0].cpu_us);
    let raw = |place: usize| {
        format!("{:.0}/s redis {:.2} us", of(&|round| round[place].rate), of(&|round| round[place].cpu_us))
    };
    let mut row = |other: usize, named: &str, goal: Option<f64>| {
        let figure = over(other);
        let name = format!("one Redis shard, {what}: batches of {} over {named}, decisions/s", BATCHES.batch);
        let row = match goal {
            Some(goal) => Row::at_least(name, figure, "x", goal),
            None => Row::to_know(name, figure, "x"),
        };
        let sides = format!("a {}; b {}", raw(0), raw(other));
        table.push(row.made_of(format!("[{sides}; by Redis's cpu {:.2} x; depth {}]", by_cpu(other), SINGLES.depth)));
    };
    row(1, "single calls of the same script", Some(goal));
    row(2, "single calls of the shortest script", None);
}

impl Shard {
    fn on(node: RedisNode) -> anyhow::Result<Self> {
        quiet(from_ref(&node))?;
        let digest = node.ask(&["SCRIPT", "LOAD", SCRIPT])?;
        let shortest_digest = node.ask(&["SCRIPT", "LOAD", SHORTEST])?;
        let campaigns = Campaigns::open(&node.url())?;
        Ok(Self { node, digest, shortest_digest, campaigns })
    }

    /// All win, on a campaign of this side and round.
    fn win(&self, name: &str, shape: Shape, until: Until) -> anyhow::Result<Side> {
        self.campaigns.make(name, STOCK)?;
        let measured = self.load(&self.caller(name)?, "w", shape, until)?;
        let given = self.campaigns.given(name)?;
        anyhow::ensure!(given == measured.decisions as u64, "{given} of {} have won", measured.decisions);
        forget(from_ref(&self.node), name);
        Ok(measured)
    }

    fn win_shortest(&self, round: usize, until: Until) -> anyhow::Result<Side> {
        let name = format!("shortest-{round}");
        self.node.tell(&["SET", &format!("coupon:{{{name}}}:stock"), &STOCK.to_string()])?;
        let measured = self.load(&self.shortest(&name), "w", SINGLES, until)?;
        forget(from_ref(&self.node), &name);
        Ok(measured)
    }

    fn sell_out(&self) -> anyhow::Result<()> {
        self.campaigns.make(SOLD_OUT_NAME, SOLD_OUT_STOCK)?;
        let caller = self.caller(SOLD_OUT_NAME)?;
        self.load(&caller, "w", BATCHES, Until::Decisions(2 * SOLD_OUT_STOCK as usize))?;
        let given = self.campaigns.given(SOLD_OUT_NAME)?;
        anyhow::ensure!(given == u64::from(SOLD_OUT_STOCK), "{given} coupons were given");
        Ok(())
    }

    fn load(&self, caller: &Caller, users: &str, shape: Shape, until: Until) -> anyhow::Result<Side> {
        let processes: Vec<u32> = self.node.pid().into_iter().collect();
        let (cpu, begun) = (cpu_seconds(&processes), Instant::now());
        let decisions = std::thread::scope(|scope| -> anyhow::Result<usize> {
            let run = |connection| {
                let address = self.node.address();
                scope.spawn(move || caller.run(&address, &format!("{users}{connection}"), shape, until, begun))
            };
            let threads: Vec<_> = (0..CONNECTIONS).map(run).collect();
            let joined =
                threads.into_iter().map(|thread| thread.join().ok().context("a thread of the load panicked")?);
            joined.sum()
        })?;
        let (seconds, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds(&processes) - cpu);
        Ok(Side { rate: decisions as f64 / seconds, cpu_us: cpu * 1e6 / decisions as f64, decisions })
    }

    /// With the mark that a server would have seen kept: without it the script would write where it need not.
    fn caller(&self, name: &str) -> anyhow::Result<Caller> {
        let keys = keys(name, &["policy", "stock", "participants", "outbox", "returned", "relay"]);
        let mark = |field: &str| self.node.ask(&["HGET", &keys[0], field]);
        let (now_ms, exhausted) = (NOW_MS.to_owned(), "00000000000040008000000000000000".to_owned());
        // "0": as without the promise to the bus, where a node that was restarted need not be looked at first.
        let words = vec![now_ms, mark("epoch")?, mark("count")?, exhausted, "0".to_owned()];
        Ok(Caller { digest: self.digest.clone(), keys, form: Form::Batch { words }, says: BATCH_DECIDES })
    }

    fn shortest(&self, name: &str) -> Caller {
        let keys = keys(name, &["stock", "participants", "outbox"]);
        Caller { digest: self.shortest_digest.clone(), keys, form: Form::Shortest, says: SHORTEST_GIVES }
    }
}

fn keys(name: &str, parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| format!("coupon:{{{name}}}:{part}")).collect()
}

/// The arguments after the keys.
enum Form {
    /// As the head of `issue.lua` says; `words` come before the number of requests.
    Batch { words: Vec<String> },
    /// As the head of the baseline's script says.
    Shortest,
}

/// Writes script calls, and knows how their answers begin.
struct Caller {
    digest: String,
    keys: Vec<String>,
    form: Form,
    says: &'static [u8],
}

const BATCH_DECIDES: &[u8] = b"*10\r\n$2\r\nOK\r\n";
const SHORTEST_GIVES: &[u8] = b"*3\r\n:1\r\n";
const SHORTEST_REFUSES: &[u8] = b"*1\r\n:0\r\n";

impl Caller {
    fn run(&self, address: &str, users: &str, shape: Shape, until: Until, begun: Instant) -> anyhow::Result<usize> {
        let mut pipe = Pipe::open(address)?;
        let (mut commands, mut decisions) = (Vec::new(), 0);
        let go_on = |decisions| match until {
            Until::Decisions(wanted) => decisions < wanted / CONNECTIONS,
            Until::Elapsed(limit) => begun.elapsed() < limit,
        };
        while go_on(decisions) {
            commands.clear();
            for _ in 0..shape.depth {
                self.write(users, decisions, shape.batch, &mut commands);
                decisions += shape.batch;
            }
            pipe.exchange(&commands, shape.depth, |answer| {
                anyhow::ensure!(answer.starts_with(self.says), "Redis answered {}", answer.escape_ascii());
                Ok(())
            })?;
        }
        Ok(decisions)
    }

    /// The call for requests `first..first + count`.
    fn write(&self, users: &str, first: usize, count: usize, out: &mut Vec<u8>) {
        let more = match &self.form {
            Form::Batch { words } => words.len() + 4 + count,
            Form::Shortest => 3,
        };
        begin(3 + self.keys.len() + more, out);
        for text in ["EVALSHA", &self.digest, &self.keys.len().to_string()] {
            word(text.as_bytes(), out);
        }
        self.keys.iter().for_each(|key| word(key.as_bytes(), out));
        if let Form::Batch { words } = &self.form {
            words.iter().for_each(|text| word(text.as_bytes(), out));
            word(count.to_string().as_bytes(), out);
            word(&vec![b'0'; count], out);
        }
        let id = |number: usize| format!("{users}{number:030x}");
        if matches!(self.form, Form::Batch { .. }) {
            word((first..first + count).map(id).collect::<String>().as_bytes(), out);
            word(b"bench", out);
        }
        for number in first..first + count {
            word(format!("{users}-user-{number:010}").as_bytes(), out);
        }
        if matches!(self.form, Form::Shortest) {
            word(id(first).as_bytes(), out);
            word(NOW_MS.as_bytes(), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::available;

    #[test]
    fn calls_are_as_the_scripts_take_them() {
        let Some(kit) = available(Kit::temporary()) else { return };
        let Some(node) = available(RedisNode::start(&kit, Flavor::Redis)) else { return };
        let shard = Shard::on(node).expect("prepared");
        let few = Until::Decisions(4_096);
        for (side, shape) in [("batch", BATCHES), ("single", SINGLES)] {
            assert!(shard.win(side, shape, few).expect("all win").decisions >= 4_096);
        }
        assert!(shard.win_shortest(0, few).expect("all win").decisions >= 4_096);
        shard.sell_out().expect("sold out");
        let refused = shard.load(&shard.caller(SOLD_OUT_NAME).expect("a caller"), "r", BATCHES, few);
        assert!(refused.expect("all refused").decisions >= 4_096);
    }
}
