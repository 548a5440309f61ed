//! What becomes of holds: given back, longer, for ever, sold.

use super::arguments::{Arguments, Keys, different};
use super::hold::ids;
use super::{Inner, countable, moment, not_durable};
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::Array;
use crate::redis::scripts;
use domain::seat::{Holding, Release, Window};
use domain::{ScheduleId, SeatId, Timestamp};

/// Most calls in one run of the script: the node serves no other call meanwhile.
const SCRIPT_BATCH_MAX: usize = 128;

/// What is to become of seats.
#[derive(Clone, Copy)]
pub(super) enum What {
    Release(Window),
    Extend(Timestamp),
    Keep,
    Sold,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Release(_) => "release",
            Self::Extend(_) => "extend",
            Self::Keep => "keep",
            Self::Sold => "sold",
        }
    }

    fn until(self) -> String {
        if let Self::Extend(until) = self { countable(until).to_string() } else { String::new() }
    }

    fn window(self) -> Window {
        if let Self::Release(window) = self { window } else { Window::OPEN }
    }
}

impl Inner {
    pub(super) async fn release_in(
        &self,
        schedule: ScheduleId,
        releases: Vec<&Release>,
        clock: Clock,
    ) -> Vec<Result<Vec<SeatId>, HotError>> {
        let mut answers = Vec::with_capacity(releases.len());
        for part in releases.chunks(SCRIPT_BATCH_MAX) {
            let calls: Vec<(What, &Holding)> =
                part.iter().map(|release| (What::Release(release.window), &release.of)).collect();
            match self.change(schedule, &calls, clock).await {
                Ok(had) => answers.extend(had.into_iter().map(Ok)),
                Err(error) => answers.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        answers
    }

    /// One call.
    pub(super) async fn change_one(&self, what: What, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError> {
        let mut answers = self.change(of.schedule, &[(what, of)], clock).await?;
        answers.pop().ok_or_else(|| HotError::unknown("no answer"))
    }

    /// The answer of each call, once a replica has what has changed.
    async fn change(
        &self,
        schedule: ScheduleId,
        calls: &[(What, &Holding)],
        clock: Clock,
    ) -> Result<Vec<Vec<SeatId>>, HotError> {
        let known = self.known(schedule);
        self.list(&known).await;
        let mut arguments = Arguments::at(moment(clock));
        for (what, of) in calls {
            arguments.add(what.name()).add(of.reservation).add(of.user).add(what.until()).window(what.window());
            arguments.list(different(&of.seats).iter());
        }
        let seats = calls.iter().flat_map(|(_, of)| of.seats.iter().copied());
        let keys = Keys::of(&known.keys, seats, calls.iter().map(|(_, of)| of.user));
        let call = (&keys.names()[..], &arguments);
        let reply = self.run(&known, &scripts::SEAT_CHANGE, call, (Lane::Decision, self.wait())).await?;
        if !reply.is_durable {
            return Err(not_durable());
        }
        let mut answers = Array::of(reply.value)?;
        Ok(calls.iter().map(|_| ids(answers.array()?)).collect::<Result<_, _>>()?)
    }
}
