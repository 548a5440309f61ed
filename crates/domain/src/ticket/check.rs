//! What a door is told of a ticket.

use super::code::TicketCode;
use super::door_list::DoorList;

/// What a check of a ticket has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketStatus {
    /// Good, and not used before.
    Valid,
    /// Somebody has come in with it.
    Used,
    /// Its reservation was cancelled, or it never was the ticket of one.
    Cancelled,
    /// We have not signed it.
    Forged,
    /// Good, for another schedule than this door's.
    WrongSchedule,
}

impl TicketStatus {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Valid, Self::Used, Self::Cancelled, Self::Forged, Self::WrongSchedule];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Used => "USED",
            Self::Cancelled => "CANCELLED",
            Self::Forged => "FORGED",
            Self::WrongSchedule => "WRONG_SCHEDULE",
        }
    }

    /// Reads the written form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What a door without the network may say of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfflineCheck {
    /// The list has it.
    Listed(TicketStatus),
    /// Rightly signed, not in the list, and of another schedule.
    WrongSchedule,
    /// Rightly signed, and not in the list: paid since the list was made, or cancelled before and never shown again. A list that
    /// was made after the day of the event began has all good tickets: refuse it then.
    NotListed,
}

impl DoorList {
    /// What the list says of a ticket that was rightly signed. A good ticket that comes a second time is the device's to know.
    pub fn check(&self, code: &TicketCode) -> OfflineCheck {
        if code.schedule != self.schedule {
            return OfflineCheck::WrongSchedule;
        }
        let found = self.tickets.iter().find(|ticket| ticket.number == code.number);
        match found {
            // Number and reservation must both be the ticket's.
            Some(ticket) if ticket.reservation == code.reservation => OfflineCheck::Listed(ticket.status),
            Some(_) => OfflineCheck::Listed(TicketStatus::Cancelled),
            None => OfflineCheck::NotListed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_it_is_written() {
        for status in ["VALID", "USED", "CANCELLED", "FORGED", "WRONG_SCHEDULE"] {
            assert_eq!(TicketStatus::parse(status).map(TicketStatus::as_str), Some(status));
        }
        assert_eq!(TicketStatus::parse("valid"), None);
    }
}
