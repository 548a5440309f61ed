//! The schedules that have holds, for those who put them right.

use super::Inner;
use super::known::Known;
use crate::port::HotError;
use crate::redis::client::{Lane, Wait};
use crate::redis::names;
use crate::redis::reply::Array;
use crate::redis::scripts;
use domain::ScheduleId;
use redis::Value;
use std::time::Duration;

/// A process lists a schedule that it holds seats of again after so long.
const LISTED_EVERY_MS: i64 = 60_000;
/// The same after it could not be listed.
const LISTED_AGAIN_MS: i64 = 1_000;
/// Longest wait for the list.
const LIST_TIMEOUT: Duration = Duration::from_millis(200);
/// A schedule without holds leaves the list so long after it was listed last: longer than a process is silent about it.
const EMPTY_AFTER_MS: i64 = 300_000;
/// Whatever was not listed for so long leaves the list.
const FORGOTTEN_AFTER_MS: i64 = 86_400_000;

impl Inner {
    /// Lists a schedule before its seats are held. That is a hint, and is not waited for long: the list may lie on a shard that
    /// is away while that of the schedule is well. What is missing there is found by its rows.
    pub(super) async fn list(&self, known: &Known) {
        if known.is_to_list(LISTED_EVERY_MS) {
            self.list_now(known).await;
        }
    }

    /// As [`Inner::list`], whenever it was listed last: the list may have been lost.
    pub(super) async fn list_now(&self, known: &Known) {
        let mut commands = redis::pipe();
        commands.cmd("ZADD").arg(names::SCHEDULES).arg(clock::now().millis()).arg(known.schedule.to_string());
        commands.cmd("PEXPIRE").arg(names::SCHEDULES).arg(FORGOTTEN_AFTER_MS);
        let listing = self.connections.send(names::SCHEDULES, commands);
        if !matches!(tokio::time::timeout(LIST_TIMEOUT, listing).await, Ok(Ok(_))) {
            known.list_again(LISTED_EVERY_MS - LISTED_AGAIN_MS);
            tracing::debug!(schedule = %known.schedule, "the schedule cannot be listed now");
        }
    }

    /// The schedule has no holds.
    pub(super) async fn unlist(&self, schedule: ScheduleId) {
        let before = (clock::now().millis() - EMPTY_AFTER_MS).to_string();
        let arguments = [schedule.to_string(), before];
        let arguments: Vec<&[u8]> = arguments.iter().map(String::as_bytes).collect();
        let on = (Lane::Other, Wait::Nobody);
        if let Err(error) = self.connections.run(&scripts::SEAT_UNLIST, &[names::SCHEDULES], &arguments, on).await {
            tracing::debug!(%schedule, %error, "the schedule stays on the list");
        }
    }

    pub(super) async fn schedules(&self) -> Result<Vec<ScheduleId>, HotError> {
        let mut commands = redis::pipe();
        let forgotten = clock::now().millis() - FORGOTTEN_AFTER_MS;
        commands.cmd("ZREMRANGEBYSCORE").arg(names::SCHEDULES).arg("-inf").arg(forgotten);
        commands.cmd("ZRANGE").arg(names::SCHEDULES).arg(0).arg(-1);
        let names = self.connections.send(names::SCHEDULES, commands).await?.into_iter().nth(1);
        let mut names = Array::of(names.unwrap_or(Value::Nil))?;
        let mut schedules = Vec::with_capacity(names.len());
        while names.len() > 0 {
            schedules.push(names.parsed(|name| name.parse::<ScheduleId>().ok())?);
        }
        schedules.sort_unstable();
        Ok(schedules)
    }
}
