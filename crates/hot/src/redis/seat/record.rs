//! The records of the book, as `common.lua` writes them.

use super::countable;
use crate::redis::reply::{Reading, unexpected};
use domain::line::QueueNumber;
use domain::seat::{HeldSeat, HoldEnd, ReturnedSeat, SeatHold, SeatStands};
use domain::{AccountId, Timestamp};

/// A kept hold is forgotten so long after it was named last.
const KEPT_LIFE_MS: i64 = 600_000;

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub stands: SeatStands,
    /// Of a kept hold, when it was named last, by the node's clock.
    pub named: Option<Timestamp>,
}

impl Record {
    pub fn read(text: &str) -> Reading<Self> {
        parse(text).map_or_else(|| unexpected(&text), Ok)
    }

    /// Whether it is a kept hold that nobody has named for too long, by the node's clock.
    pub fn is_forgotten(&self, node_now: Timestamp) -> bool {
        self.named.is_some_and(|named| named.millis().saturating_add(KEPT_LIFE_MS) <= node_now.millis())
    }

    pub fn user(&self) -> Option<AccountId> {
        match self.stands {
            SeatStands::Held(held) => Some(held.hold.user),
            SeatStands::Free | SeatStands::Returned(_) => None,
        }
    }
}

fn parse(text: &str) -> Option<Record> {
    let kind = text.get(..1)?;
    let mut fields = text.get(1..)?.split(',');
    let moment = |field: Option<&str>| Some(Timestamp(field?.parse().ok()?));
    if kind == "R" {
        let above = QueueNumber(fields.next()?.parse().ok()?);
        let returned = ReturnedSeat { above, until: moment(fields.next())? };
        return Some(Record { stands: SeatStands::Returned(returned), named: None });
    }
    let (reservation, user) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let (at, since) = (moment(fields.next())?, moment(fields.next())?);
    let (end, named) = match kind {
        "H" => (HoldEnd::At(at), None),
        "K" => (HoldEnd::Kept, Some(at)),
        _ => return None,
    };
    let hold = SeatHold { reservation, user, end };
    Some(Record { stands: SeatStands::Held(HeldSeat { hold, since }), named })
}

/// The record of what stands, a kept hold named now by the node's clock; "" for nothing.
pub(super) fn write(stands: SeatStands, node_now: Timestamp) -> String {
    match stands {
        SeatStands::Free => String::new(),
        SeatStands::Returned(ReturnedSeat { above, until }) => format!("R{},{}", above.0, countable(until)),
        SeatStands::Held(HeldSeat { hold: SeatHold { reservation, user, end }, since }) => {
            let (kind, at) = match end {
                HoldEnd::At(until) => ("H", until),
                HoldEnd::Kept => ("K", node_now),
            };
            format!("{kind}{reservation},{user},{},{}", countable(at), countable(since))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ReservationId;
    use uuid::Uuid;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let now = Timestamp(1_700_000_000_000);
        let held = |end| {
            let (reservation, user) = (ReservationId(Uuid::from_u128(7)), AccountId(Uuid::from_u128(8)));
            SeatStands::Held(HeldSeat { hold: SeatHold { reservation, user, end }, since: Timestamp(-5) })
        };
        let returned = ReturnedSeat { above: QueueNumber(41), until: now };
        for stands in [held(HoldEnd::At(now)), held(HoldEnd::Kept), SeatStands::Returned(returned)] {
            let record = Record::read(&write(stands, now)).expect("read");
            assert_eq!(record.stands, stands);
            assert_eq!(record.named, (stands == held(HoldEnd::Kept)).then_some(now));
        }
        let kept = Record::read(&write(held(HoldEnd::Kept), now)).expect("read");
        assert_eq!(kept.user(), Some(AccountId(Uuid::from_u128(8))));
        assert!(!kept.is_forgotten(Timestamp(now.millis() + KEPT_LIFE_MS - 1)));
        assert!(kept.is_forgotten(Timestamp(now.millis() + KEPT_LIFE_MS)));
        for text in ["", "R", "R1", "Hx,y,1,2", "K", "X1,2", "한글"] {
            Record::read(text).expect_err(text);
        }
    }
}
