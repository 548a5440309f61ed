//! An event's state and its changes (EVT-002, EVT-003, EVT-007, EVT-022).

use super::schedule::{ScheduleStatus, ScheduleTimes};
use crate::time::Timestamp;

/// Price, hall and venue stand still from this long before the first sale: a hold that is made at its beginning by another
/// clock finds them as they are.
pub const STILL_BEFORE_SALE_SECONDS: i64 = 60;

/// What operators have made of an event. It is stored; all else follows from time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// Being prepared; seen by administrators alone.
    Preparing,
    /// Published.
    Open,
    /// Cancelled for good.
    Cancelled,
}

/// The status of an event as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the contract's own words")]
pub enum EventStatus {
    Preparing,
    Open,
    Ended,
    Cancelled,
}

/// A step that an operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Publishes the event.
    Open,
    /// Cancels a published event.
    Cancel,
}

/// A step that comes at the wrong time. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// What was cancelled stays so.
    #[error("the event was cancelled")]
    Cancelled,
    /// All of it is over.
    #[error("the event is over")]
    Ended,
    /// Nobody has seen it yet.
    #[error("the event is not published; delete it instead")]
    NotPublished,
}

/// A change that comes too late. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// People buy what they have been told.
    #[error("the sale has begun; only title and description can be changed")]
    SaleHasBegun,
    /// Less than [`STILL_BEFORE_SALE_SECONDS`] before the first sale.
    #[error("the sale begins within a minute; price, hall and venue cannot be changed any more")]
    SaleIsNear,
}

/// What a change changes beside title and description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Another artist.
    pub artist: bool,
    /// Another price, hall or venue.
    pub seats: bool,
}

impl EventState {
    /// As in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "PREPARING",
            Self::Open => "OPEN",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Reads the written form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Preparing, Self::Open, Self::Cancelled].into_iter().find(|state| state.as_str() == text)
    }

    /// The status now. An event has ended with the last of its schedules, which ends at `last_end_at`.
    pub fn status(self, last_end_at: Timestamp, now: Timestamp) -> EventStatus {
        match self {
            Self::Preparing => EventStatus::Preparing,
            Self::Cancelled => EventStatus::Cancelled,
            Self::Open if now >= last_end_at => EventStatus::Ended,
            Self::Open => EventStatus::Open,
        }
    }

    /// The state after a step; the same when the step has been taken.
    ///
    /// # Errors
    /// [`StepRefused`].
    pub fn after(self, step: Step, last_end_at: Timestamp, now: Timestamp) -> Result<Self, StepRefused> {
        let is_over = now >= last_end_at;
        match (self, step) {
            (Self::Open, Step::Open) | (Self::Cancelled, Step::Cancel) => Ok(self),
            (Self::Cancelled, Step::Open) => Err(StepRefused::Cancelled),
            (Self::Preparing, Step::Cancel) => Err(StepRefused::NotPublished),
            (Self::Preparing | Self::Open, _) if is_over => Err(StepRefused::Ended),
            (Self::Preparing, Step::Open) => Ok(Self::Open),
            (Self::Open, Step::Cancel) => Ok(Self::Cancelled),
        }
    }
}

impl EventStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "PREPARING",
            Self::Open => "OPEN",
            Self::Ended => "ENDED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// Checks a change against the beginning of the first sale (amendments, hole 23).
///
/// # Errors
/// [`ChangeRefused`].
pub fn check_change(changes: Changes, first_sale_at: Timestamp, now: Timestamp) -> Result<(), ChangeRefused> {
    let has_begun = now >= first_sale_at;
    let is_near = now >= first_sale_at.plus_seconds(-STILL_BEFORE_SALE_SECONDS);
    match changes {
        Changes { artist, seats } if has_begun && (artist || seats) => Err(ChangeRefused::SaleHasBegun),
        Changes { seats: true, .. } if is_near => Err(ChangeRefused::SaleIsNear),
        _ => Ok(()),
    }
}

/// Whether a schedule is cancelled with its event now: one that has been played stays played, and its tickets stay used.
pub fn is_cancelled_with_event(times: &ScheduleTimes, now: Timestamp) -> bool {
    times.status(false, now) != ScheduleStatus::Ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use EventState::{Cancelled, Open, Preparing};
    use proptest::prelude::*;

    const END: Timestamp = Timestamp(1_000_000);
    const BEFORE: Timestamp = Timestamp(999_999);

    #[test]
    fn an_event_goes_one_way_and_a_step_may_be_repeated() {
        assert_eq!(Preparing.after(Step::Open, END, BEFORE), Ok(Open));
        assert_eq!(Open.after(Step::Open, END, BEFORE), Ok(Open));
        assert_eq!(Open.after(Step::Cancel, END, BEFORE), Ok(Cancelled));
        assert_eq!(Cancelled.after(Step::Cancel, END, END), Ok(Cancelled));
        assert_eq!(Cancelled.after(Step::Open, END, BEFORE), Err(StepRefused::Cancelled));
        assert_eq!(Preparing.after(Step::Cancel, END, BEFORE), Err(StepRefused::NotPublished));
        assert_eq!(Open.after(Step::Cancel, END, END), Err(StepRefused::Ended));
        assert_eq!(Preparing.after(Step::Open, END, END), Err(StepRefused::Ended));
    }

    #[test]
    fn a_change_is_refused_from_the_first_sale_on_and_of_seats_a_minute_before() {
        let (sale, artist, seats) =
            (Timestamp(100_000), Changes { artist: true, seats: false }, Changes { artist: false, seats: true });
        let check = |changes, now| check_change(changes, sale, Timestamp(now));
        assert_eq!((check(seats, 39_999), check(seats, 40_000)), (Ok(()), Err(ChangeRefused::SaleIsNear)));
        assert_eq!((check(artist, 99_999), check(artist, 100_000)), (Ok(()), Err(ChangeRefused::SaleHasBegun)));
        assert_eq!(check(seats, 100_000), Err(ChangeRefused::SaleHasBegun));
        assert_eq!(check(Changes::default(), 900_000), Ok(()), "title and description at any time");
    }

    proptest! {
        #[test]
        fn the_status_follows_from_state_and_time_alone(state in 0usize..3, end: u32, now: u32) {
            let state = [Preparing, Open, Cancelled][state];
            let (end, now) = (Timestamp(end.into()), Timestamp(now.into()));
            let status = state.status(end, now);
            prop_assert_eq!(status == EventStatus::Ended, state == Open && now >= end);
            prop_assert_eq!(EventState::parse(state.as_str()), Some(state));
            // Whatever a step is allowed to do, it is allowed again and then does nothing.
            for step in [Step::Open, Step::Cancel] {
                if let Ok(after) = state.after(step, end, now) {
                    prop_assert_eq!(after.after(step, end, now), Ok(after));
                }
            }
        }
    }
}
