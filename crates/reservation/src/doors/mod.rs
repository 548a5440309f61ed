//! Tickets at doors: with the network each check asks the row, without it a signed list is enough (RSV-016).

mod check;
mod export;
mod marks;
mod page;

pub use export::{Exported, TicketExport};
pub(crate) use page::TicketPage;

use domain::ScheduleId;

/// Who checks tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// An administrator: tickets of every schedule.
    Any,
    /// A device whose key is for one schedule.
    Of(ScheduleId),
}

impl Door {
    /// Whether tickets of this schedule are good here. `asked`: the schedule that the request names.
    fn is_for(self, schedule: ScheduleId, asked: Option<ScheduleId>) -> bool {
        let is_own = match self {
            Self::Any => true,
            Self::Of(own) => own == schedule,
        };
        is_own && asked.is_none_or(|asked| asked == schedule)
    }
}
