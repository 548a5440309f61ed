//! The names of answers, and the keys under which hot state has what belongs to them (`contract.md`, Hot state).

use domain::{EventId, ScheduleId};
use std::fmt;

/// The name of an answer. All lists share one version: any event may be in any of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A list of events, by the hash of what was asked for; `None` for all of them, where they change.
    List(Option<String>),
    /// An event's detail.
    Event(EventId),
    /// The times of a schedule.
    Schedule(ScheduleId),
    /// The seats of a schedule.
    Seats(ScheduleId),
    /// The plan of a schedule's seats.
    Plan(ScheduleId),
    /// An event's poster.
    Poster(EventId),
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(None) => out.write_str("event:list"),
            Self::List(Some(hash)) => write!(out, "event:list:{hash}"),
            Self::Event(id) => write!(out, "event:{id}"),
            Self::Schedule(id) => write!(out, "schedule:{id}"),
            Self::Seats(id) => write!(out, "seats:{id}"),
            Self::Plan(id) => write!(out, "layout:{id}"),
            Self::Poster(id) => write!(out, "poster:{id}"),
        }
    }
}

impl Name {
    /// All that shows an event and its schedules.
    pub fn of_event(event: EventId, schedules: impl IntoIterator<Item = ScheduleId>) -> Vec<Self> {
        let of_schedule = |id| [Self::Schedule(id), Self::Seats(id), Self::Plan(id)];
        let of_event = [Self::List(None), Self::Event(event), Self::Poster(event)];
        of_event.into_iter().chain(schedules.into_iter().flat_map(of_schedule)).collect()
    }

    pub(super) fn value_key(&self) -> String {
        format!("cache:{self}")
    }

    pub(super) fn version_key(&self) -> String {
        match self {
            Self::List(_) => format!("cache:version:{}", Self::List(None)),
            name => format!("cache:version:{name}"),
        }
    }

    pub(super) fn lock_key(&self) -> String {
        format!("cache:lock:{self}")
    }
}
