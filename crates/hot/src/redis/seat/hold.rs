//! Holds: a batch as it comes, grouped by schedule, all schedules in parallel.

use super::arguments::{Arguments, Keys, different};
use super::known::Known;
use super::{Inner, by_schedule, moment, not_durable};
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading, unexpected};
use crate::redis::scripts;
use domain::seat::{HoldOutcome, HoldRequest};
use domain::{AccountId, ReservationId, ScheduleId, SeatId, Timestamp};
use redis::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Most requests in one run of the script: the node serves no other call meanwhile.
const SCRIPT_BATCH_MAX: usize = 128;

type Answer = Result<HoldOutcome, HotError>;

/// Ids, in the order of the reply.
pub(super) fn ids<T: FromStr>(mut values: Array) -> Reading<Vec<T>> {
    let mut ids = Vec::with_capacity(values.len());
    while values.len() > 0 {
        ids.push(values.parsed(|text| text.parse().ok())?);
    }
    Ok(ids)
}

fn read_one(mut fields: Array) -> Reading<HoldOutcome> {
    let own = |values: Array| -> Reading<Vec<ReservationId>> {
        let mut own = ids(values)?;
        own.sort_unstable();
        Ok(own)
    };
    match fields.text()?.as_str() {
        "H" => Ok(HoldOutcome::Held { until: Timestamp(fields.number()?) }),
        "T" => Ok(HoldOutcome::Taken { seats: ids(fields.array()?)?, own: own(fields.array()?)? }),
        "M" => {
            let held = u8::try_from(fields.number::<i64>()?).unwrap_or(u8::MAX);
            Ok(HoldOutcome::TooMany { held, own: own(fields.array()?)? })
        }
        other => unexpected(&other),
    }
}

fn read(value: Value, count: usize) -> Reading<Vec<HoldOutcome>> {
    let mut answers = Array::of(value)?;
    (0..count).map(|_| read_one(answers.array()?)).collect()
}

fn arguments(requests: &[&HoldRequest], clock: Clock) -> Arguments {
    let mut arguments = Arguments::at(moment(clock));
    for one in requests {
        arguments
            .add(one.reservation)
            .add(one.user)
            .add(one.seats_max)
            .add(one.ttl_ms.min(super::LATEST_MS as u64 / 2));
        arguments.add(one.ticket.map_or_else(String::new, |number| number.0.to_string())).flag(one.is_retake);
        arguments.add(one.replaces.map_or_else(String::new, |replaced| replaced.to_string())).window(one.window);
        arguments.list(one.rowless.iter()).list(different(&one.seats).iter());
    }
    arguments
}

impl Inner {
    /// One answer each.
    pub(super) async fn hold(&self, batch: &[HoldRequest], clock: Clock) -> Vec<Answer> {
        let in_schedule = |schedule, requests| self.hold_in(schedule, requests, clock);
        by_schedule(batch, |request| request.schedule, in_schedule).await
    }

    async fn hold_in(&self, schedule: ScheduleId, requests: Vec<&HoldRequest>, clock: Clock) -> Vec<Answer> {
        let known = self.known(schedule);
        self.list(&known).await;
        let mut answers = Vec::with_capacity(requests.len());
        for part in requests.chunks(SCRIPT_BATCH_MAX) {
            match self.hold_part(&known, part, clock).await {
                Ok(outcomes) => answers.extend(outcomes),
                Err(error) => answers.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    async fn hold_part(&self, known: &Known, requests: &[&HoldRequest], clock: Clock) -> Result<Vec<Answer>, HotError> {
        // What is left of reservations without a row is given back, too.
        let with_rowless = requests.iter().filter(|one| !one.rowless.is_empty()).map(|one| one.user);
        let left = self.seats_of(known, with_rowless.collect()).await?;
        let seats = requests.iter().flat_map(|one| one.seats.iter().copied()).chain(left);
        let keys = Keys::of(&known.keys, seats, requests.iter().map(|one| one.user));
        let call = (&keys.names()[..], &arguments(requests, clock));
        let reply = self.run(known, &scripts::SEAT_HOLD, call, (Lane::Decision, self.wait())).await?;
        let outcomes = read(reply.value, requests.len())?;
        // A refusal that a failover takes back harms nobody.
        let told = |outcome| match outcome {
            HoldOutcome::Held { .. } if !reply.is_durable => Err(not_durable()),
            outcome => Ok(outcome),
        };
        Ok(outcomes.into_iter().map(told).collect())
    }

    /// The seats of these users, as their keys show them.
    async fn seats_of(&self, known: &Known, users: BTreeSet<AccountId>) -> Result<Vec<SeatId>, HotError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mut questions = redis::pipe();
        for user in users {
            questions.cmd("HKEYS").arg(known.keys.user(user));
        }
        let mut seats = Vec::new();
        for value in self.connections.send(&known.keys.book, questions).await? {
            seats.extend(ids::<SeatId>(Array::of(value)?)?);
        }
        Ok(seats)
    }
}
