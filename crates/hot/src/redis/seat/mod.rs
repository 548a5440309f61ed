//! Seats of many processes: one script a batch and schedule, on Redis, single node or cluster (RSV-001, -002, -003, -005, -007,
//! -015).
//!
//! ```text
//! batch --by schedule--> hold.lua + WAIT --> outcomes                              (hold)
//! release, extend, keep, sold --> change.lua + WAIT --> seats                      (change)
//! the whole book, read --> rules of `domain` --> apply.lua, record by record       (book, follow)
//! schedules that have holds                                                        (listed)
//! a schedule in this process: keys, breaker                                        (known)
//! ```
//!
//! The scripts beside these files are twins of [`domain::seat::SeatBook`]; `hot::conformance::seat` compares both. What is decided by
//! is one hash a schedule, the book (`common.lua`); the contract's other keys show it to others, with the lives of what they show.
//!
//! What looks at a whole schedule, [`SeatPort::holds`](crate::SeatPort::holds) and
//! [`SeatPort::put_right`](crate::SeatPort::put_right), reads the book in one command and is worked out here by the rules themselves: no
//! script keeps the node busy with 50,000 seats. A record is written only if it is still as it was read.
//!
//! A call that arrives late, after its caller has given up, may hold or release seats once more. The rows put that right within
//! ten seconds, and refuse doubles meanwhile.

mod arguments;
mod book;
mod change;
mod follow;
mod hold;
mod known;
mod listed;
mod port;
mod record;

use super::Ack;
use super::client::{Lane, RedisConnections, Reply, Wait};
use super::scripts::Script;
use crate::line::Clock;
use crate::port::HotError;
use arguments::Arguments;
use domain::{ScheduleId, Timestamp};
use futures::future::join_all;
use known::Known;
use std::collections::HashMap;
use std::sync::Arc;

/// Most schedules whose state is kept in this process; past that all are forgotten, which costs a closed breaker each.
const KNOWN_MAX: usize = 10_000;
/// The latest moment that a script can count with. A hold until then or later ends there.
const LATEST_MS: i64 = (1 << 53) - 1;

/// How seats are opened.
#[derive(Clone, Copy, Debug)]
pub struct SeatOptions {
    /// When an answer may be returned. Seats publish nothing: [`Ack::Bus`] means [`Ack::Replica`].
    pub ack: Ack,
}

impl Default for SeatOptions {
    fn default() -> Self {
        Self { ack: Ack::Replica }
    }
}

/// Seats on Redis. Cheap to clone.
///
/// What master and replica have lost is free here until the rows have put it right; the rows refuse a second buyer meanwhile.
#[derive(Clone)]
pub struct RedisSeats(Arc<Inner>);

struct Inner {
    connections: RedisConnections,
    ack: Ack,
    schedules: papaya::HashMap<ScheduleId, Arc<Known>>,
}

impl RedisSeats {
    /// Opens the engine on the connections of the process.
    pub fn new(connections: RedisConnections, options: SeatOptions) -> Self {
        Self(Arc::new(Inner { connections, ack: options.ack, schedules: papaya::HashMap::new() }))
    }
}

fn moment(clock: Clock) -> String {
    match clock {
        Clock::Engine => String::new(),
        Clock::At(now) => now.millis().to_string(),
    }
}

/// A moment as the scripts get it.
fn countable(at: Timestamp) -> i64 {
    at.millis().clamp(-LATEST_MS, LATEST_MS)
}

impl Inner {
    fn wait(&self) -> Wait {
        if self.ack == Ack::None { Wait::Nobody } else { Wait::Replica }
    }

    /// The state of a schedule in this process.
    fn known(&self, schedule: ScheduleId) -> Arc<Known> {
        let schedules = self.schedules.pin();
        if schedules.len() >= KNOWN_MAX {
            schedules.clear();
        }
        schedules.get_or_insert_with(schedule, || Arc::new(Known::new(schedule))).clone()
    }

    /// Runs a script on a schedule, unless its breaker is open.
    async fn run(
        &self,
        known: &Known,
        script: &'static Script,
        (keys, arguments): (&[&str], &Arguments),
        (lane, wait): (Lane, Wait),
    ) -> Result<Reply, HotError> {
        known.enter()?;
        let reply = self.connections.run(script, keys, &arguments.bytes(), (lane, wait)).await;
        known.note(reply.as_ref().err());
        reply
    }
}

/// The error for an answer that a failover may take back.
fn not_durable() -> HotError {
    metrics::counter!("onsale_hot_wait_failed_total").increment(1);
    HotError::unknown("no replica has confirmed what became of the seats")
}

/// Asks about each schedule by itself, all at the same time. One answer each, in the order of the batch.
async fn by_schedule<'a, Q, A, F>(
    batch: &'a [Q],
    schedule_of: impl Fn(&Q) -> ScheduleId,
    ask: impl Fn(ScheduleId, Vec<&'a Q>) -> F,
) -> Vec<Result<A, HotError>>
where
    F: Future<Output = Vec<Result<A, HotError>>>,
{
    let mut places: HashMap<ScheduleId, Vec<usize>> = HashMap::new();
    for (place, question) in batch.iter().enumerate() {
        places.entry(schedule_of(question)).or_default().push(place);
    }
    let asking =
        places.iter().map(|(schedule, places)| ask(*schedule, places.iter().map(|place| &batch[*place]).collect()));
    let mut answers: Vec<_> = batch.iter().map(|_| Err(HotError::unknown("no answer"))).collect();
    for (places, told) in places.values().zip(join_all(asking).await) {
        for (place, answer) in places.iter().zip(told) {
            answers[*place] = answer;
        }
    }
    answers
}
