//! The signed list of a schedule's tickets, for a door without the network (RSV-016).

use super::check::TicketStatus;
use super::key::{Parts, PublicTicketKey, SignedFault, TicketKey, TicketKeyId};
use super::number::TicketNumber;
use crate::catalog::PreciseTime;
use crate::id::{ReservationId, ScheduleId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest list that is read, in bytes: a hall of 100,000 seats takes about 20 MB.
pub const DOOR_LIST_BYTES_MAX: usize = 64 << 20;
/// The only version there is.
const VERSION: u8 = 1;

/// A ticket of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorTicket {
    /// The number.
    pub number: TicketNumber,
    /// The reservation.
    pub reservation: ReservationId,
    /// The numbers of its seats, such as `A-1`.
    pub seats: Vec<String>,
    /// `VALID`, `USED` or `CANCELLED`.
    pub status: TicketStatus,
}

/// The tickets of a schedule at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorList {
    /// The schedule.
    pub schedule: ScheduleId,
    /// When it was made. A ticket that is younger is not in it.
    pub at: Timestamp,
    /// The tickets, by number.
    pub tickets: Vec<DoorTicket>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u8,
    s: String,
    at: PreciseTime,
    k: String,
    tickets: Vec<WireTicket>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTicket {
    t: TicketNumber,
    r: String,
    seats: Vec<String>,
    status: String,
}

impl DoorList {
    /// The list, signed. Its time is written with milliseconds.
    pub fn sign(&self, key: &TicketKey) -> String {
        key.sign(&self.json(key.public().id))
    }

    /// Reads a list that one of these keys has signed, and that is written as we write it.
    ///
    /// # Errors
    /// [`SignedFault`].
    pub fn read(text: &str, keys: &[PublicTicketKey]) -> Result<Self, SignedFault> {
        let text = Some(text.trim_end()).filter(|text| text.len() <= DOOR_LIST_BYTES_MAX).ok_or(SignedFault::Form)?;
        let parts = Parts::of(text)?;
        let wire: Wire = serde_json::from_slice(&parts.content).map_err(|_| SignedFault::Form)?;
        let id: TicketKeyId = wire.k.parse().map_err(|_| SignedFault::Form)?;
        let tickets = wire.tickets.into_iter().map(WireTicket::read).collect::<Option<Vec<_>>>();
        let list = Self {
            schedule: wire.s.parse().map_err(|_| SignedFault::Form)?,
            at: wire.at.into(),
            tickets: tickets.ok_or(SignedFault::Form)?,
        };
        if wire.v != VERSION || list.json(id) != parts.content {
            return Err(SignedFault::Form);
        }
        parts.check(keys, id)?;
        Ok(list)
    }

    fn json(&self, key: TicketKeyId) -> Vec<u8> {
        let tickets = self.tickets.iter().map(WireTicket::of).collect();
        let wire = Wire { v: VERSION, s: self.schedule.to_string(), at: self.at.into(), k: key.to_string(), tickets };
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

impl WireTicket {
    fn of(ticket: &DoorTicket) -> Self {
        let DoorTicket { number, reservation, seats, status } = ticket;
        Self { t: *number, r: reservation.to_string(), seats: seats.clone(), status: status.as_str().to_owned() }
    }

    fn read(self) -> Option<DoorTicket> {
        let listed = [TicketStatus::Valid, TicketStatus::Used, TicketStatus::Cancelled];
        let status = TicketStatus::parse(&self.status).filter(|status| listed.contains(status))?;
        Some(DoorTicket { number: self.t, reservation: self.r.parse().ok()?, seats: self.seats, status })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OfflineCheck, TicketCode};
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key() -> TicketKey {
        TicketKey::from_bytes(&[7; 32])
    }

    fn ticket(random: u64, status: TicketStatus) -> DoorTicket {
        DoorTicket {
            number: TicketNumber::new(Timestamp(1_798_000_000_000), random),
            reservation: ReservationId(Uuid::from_u128(u128::from(random) + 1_000)),
            seats: vec!["A-1".into(), "가-12".into()],
            status,
        }
    }

    fn list(tickets: Vec<DoorTicket>) -> DoorList {
        DoorList { schedule: ScheduleId(Uuid::from_u128(9)), at: Timestamp(1_798_000_000_123), tickets }
    }

    #[test]
    fn a_list_has_the_contracts_form() {
        let list = list(vec![ticket(1, TicketStatus::Valid)]);
        let text = list.sign(&key());
        let parts = Parts::of(&text).expect("two parts");
        let json: serde_json::Value = serde_json::from_slice(&parts.content).expect("JSON");
        assert_eq!((&json["v"], &json["at"]), (&1.into(), &"2026-12-23T04:26:40.123".into()));
        assert_eq!(json["k"], key().public().id.to_string());
        assert_eq!(json["tickets"][0]["seats"][0], "A-1");
        assert_eq!(json["tickets"][0]["t"], list.tickets[0].number.to_string());
        assert_eq!(DoorList::read(&format!("{text}\n"), &[key().public()]), Ok(list));
    }

    #[test]
    fn another_form_of_the_same_list_is_not_ours_even_rightly_signed() {
        let list = list(vec![ticket(1, TicketStatus::Valid)]);
        let json = String::from_utf8(list.json(key().public().id)).expect("text");
        let signed = |json: &str| DoorList::read(&key().sign(json.as_bytes()), &[key().public()]);
        assert_eq!(signed(&json), Ok(list));
        let short_time = json.replacen(".123", "", 1);
        let upper = json.replacen("000000003e9", "000000003E9", 1);
        let forged = json.replacen("VALID", "FORGED", 1);
        for other in [json.replacen(':', ": ", 1), json.replacen(".123", ".1230", 1), short_time, upper, forged] {
            assert_ne!(other, json);
            assert_eq!(signed(&other), Err(SignedFault::Form), "{other}");
        }
    }

    #[test]
    fn a_door_without_the_network_knows_good_used_and_foreign_tickets() {
        let (good, used) = (ticket(1, TicketStatus::Valid), ticket(2, TicketStatus::Used));
        let list = list(vec![good.clone(), used.clone()]);
        let code = |ticket: &DoorTicket| TicketCode {
            number: ticket.number,
            reservation: ticket.reservation,
            schedule: list.schedule,
        };
        assert_eq!(list.check(&code(&good)), OfflineCheck::Listed(TicketStatus::Valid));
        assert_eq!(list.check(&code(&used)), OfflineCheck::Listed(TicketStatus::Used));
        assert_eq!(list.check(&code(&ticket(3, TicketStatus::Valid))), OfflineCheck::NotListed);
        let swapped = TicketCode { reservation: used.reservation, ..code(&good) };
        assert_eq!(list.check(&swapped), OfflineCheck::Listed(TicketStatus::Cancelled), "both must match");
        let elsewhere = TicketCode { schedule: ScheduleId(Uuid::from_u128(10)), ..code(&good) };
        assert_eq!(list.check(&elsewhere), OfflineCheck::WrongSchedule);
    }

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_signed_and_a_changed_one_is_not(
            all in proptest::collection::vec((any::<u64>(), 0usize..3), 0..20),
            at: prop::sample::Index,
            to in "[ -~]",
        ) {
            let statuses = [TicketStatus::Valid, TicketStatus::Used, TicketStatus::Cancelled];
            let tickets = all.into_iter().map(|(random, status)| ticket(random >> 1, statuses[status])).collect();
            let list = list(tickets);
            let text = list.sign(&key());
            prop_assert_eq!(DoorList::read(&text, &[key().public()]), Ok(list));
            let at = at.index(text.len());
            let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            // A blank at the very end is no part of it.
            if changed.trim_end() != text {
                prop_assert!(DoorList::read(&changed, &[key().public()]).is_err());
            }
        }
    }
}
