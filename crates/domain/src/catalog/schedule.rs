//! Schedules of an event: their times, and what follows from them. No status is stored that time alone decides: it is reckoned
//! when it is read (EVT-007).

use crate::time::Timestamp;
use std::collections::BTreeSet;

/// Most schedules of one event.
pub const SCHEDULES_MAX: usize = 50;
/// After an opening answers are kept for a shorter time, for so long (EVT-024).
pub const OPENING_SECONDS: i64 = 600;

/// When a schedule is played and sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleTimes {
    /// 1 for the first performance; unique within the event.
    pub sequence: u32,
    /// The beginning.
    pub event_start_at: Timestamp,
    /// The end.
    pub event_end_at: Timestamp,
    /// The sale's beginning.
    pub sale_start_at: Timestamp,
    /// The sale's end.
    pub sale_end_at: Timestamp,
}

/// Why times were refused. The text of the error is for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    /// 0, or more than a table holds.
    #[error("playSequence must be 1 to 1000000")]
    Sequence,
    /// It ends before it begins.
    #[error("eventStartAt must be before eventEndAt")]
    Event,
    /// The sale ends before it begins.
    #[error("saleStartAt must be before saleEndAt")]
    Sale,
    /// Tickets for what is over.
    #[error("saleEndAt must not be after eventEndAt")]
    SaleAfterEvent,
}

/// The status of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScheduleStatus {
    /// The sale has not begun.
    Upcoming,
    /// From the beginning of the sale to the end of the event.
    Ongoing,
    /// The event is over.
    Ended,
    /// It was cancelled before its end.
    Cancelled,
}

impl ScheduleStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "UPCOMING",
            Self::Ongoing => "ONGOING",
            Self::Ended => "ENDED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// Why nothing can be bought now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSellable {
    /// The sale has not begun.
    NotStarted,
    /// The sale is over.
    Ended,
    /// The schedule was cancelled.
    Cancelled,
}

impl NotSellable {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::Ended => "ENDED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl ScheduleTimes {
    /// Checks the order of the times.
    ///
    /// # Errors
    /// [`TimesError`], the first that holds.
    pub fn check(&self) -> Result<(), TimesError> {
        match self {
            times if !(1..=1_000_000).contains(&times.sequence) => Err(TimesError::Sequence),
            times if times.event_start_at >= times.event_end_at => Err(TimesError::Event),
            times if times.sale_start_at >= times.sale_end_at => Err(TimesError::Sale),
            times if times.sale_end_at > times.event_end_at => Err(TimesError::SaleAfterEvent),
            _ => Ok(()),
        }
    }

    /// The status now. What was cancelled stays so, however late it is.
    pub fn status(&self, is_cancelled: bool, now: Timestamp) -> ScheduleStatus {
        match self {
            _ if is_cancelled => ScheduleStatus::Cancelled,
            times if now >= times.event_end_at => ScheduleStatus::Ended,
            times if now >= times.sale_start_at => ScheduleStatus::Ongoing,
            _ => ScheduleStatus::Upcoming,
        }
    }

    /// Whether seats can be bought now.
    ///
    /// # Errors
    /// [`NotSellable`].
    pub fn sellable(&self, is_cancelled: bool, now: Timestamp) -> Result<(), NotSellable> {
        match self {
            _ if is_cancelled => Err(NotSellable::Cancelled),
            times if now < times.sale_start_at => Err(NotSellable::NotStarted),
            times if now >= times.sale_end_at => Err(NotSellable::Ended),
            _ => Ok(()),
        }
    }

    /// When the status changes next by itself.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        [self.sale_start_at, self.event_end_at].into_iter().filter(|at| *at > now).min()
    }

    /// Whether the sale has opened a short time ago.
    pub fn is_just_open(&self, now: Timestamp) -> bool {
        self.sale_start_at <= now && now < self.sale_start_at.plus_seconds(OPENING_SECONDS)
    }
}

/// The first sequence that is there twice.
pub fn doubled_sequence(schedules: &[ScheduleTimes]) -> Option<u32> {
    let mut known = BTreeSet::new();
    schedules.iter().map(|times| times.sequence).find(|sequence| !known.insert(*sequence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times(sale_start: i64, sale_end: i64, start: i64, end: i64) -> ScheduleTimes {
        ScheduleTimes {
            sequence: 1,
            event_start_at: Timestamp(start),
            event_end_at: Timestamp(end),
            sale_start_at: Timestamp(sale_start),
            sale_end_at: Timestamp(sale_end),
        }
    }

    #[test]
    fn times_out_of_order_are_refused_by_name() {
        assert_eq!(times(1, 2, 3, 4).check(), Ok(()));
        assert_eq!(times(1, 4, 3, 4).check(), Ok(()), "sold until the very end");
        assert_eq!(times(1, 2, 4, 4).check(), Err(TimesError::Event));
        assert_eq!(times(2, 2, 3, 4).check(), Err(TimesError::Sale));
        assert_eq!(times(1, 5, 3, 4).check(), Err(TimesError::SaleAfterEvent));
        assert_eq!(ScheduleTimes { sequence: 0, ..times(1, 2, 3, 4) }.check(), Err(TimesError::Sequence));
    }

    #[test]
    fn a_status_changes_at_the_very_millisecond() {
        let (one, status) = (times(10, 20, 25, 30), |now| times(10, 20, 25, 30).status(false, Timestamp(now)));
        assert_eq!([status(9), status(10)], [ScheduleStatus::Upcoming, ScheduleStatus::Ongoing]);
        assert_eq!([status(29), status(30)], [ScheduleStatus::Ongoing, ScheduleStatus::Ended]);
        assert_eq!(one.status(true, Timestamp(99)), ScheduleStatus::Cancelled);
        let sellable = |now| one.sellable(false, Timestamp(now));
        assert_eq!([sellable(9), sellable(10)], [Err(NotSellable::NotStarted), Ok(())]);
        assert_eq!([sellable(19), sellable(20)], [Ok(()), Err(NotSellable::Ended)]);
        assert_eq!(one.sellable(true, Timestamp(15)), Err(NotSellable::Cancelled));
        assert_eq!(doubled_sequence(&[one, one]), Some(1));
    }

    proptest! {
        /// Between two changes that are foretold the status stays, and it never goes back.
        #[test]
        fn a_status_goes_on_only_when_it_was_foretold(
            mut ends in proptest::array::uniform4(0i64..1000),
            now in 0i64..1000,
            later in 0i64..1000,
        ) {
            ends.sort_unstable();
            let one = times(ends[0], ends[1], ends[2], ends[3]);
            let (now, later) = (Timestamp(now.min(later)), Timestamp(now.max(later)));
            let (before, after) = (one.status(false, now), one.status(false, later));
            prop_assert!(before <= after);
            if one.next_change(now).is_none_or(|change| later < change) {
                prop_assert_eq!(before, after);
            }
            if one.sellable(false, now).is_ok() {
                prop_assert_eq!(before, ScheduleStatus::Ongoing);
            }
        }
    }
}
