//! The state of all seats: two bits each, in the order of their index.

use super::live::SeatsAt;
use crate::peers::Schedule;
use bytes::Bytes;
use domain::Timestamp;
use domain::line::QueueNumber;

/// Most indices of open seats that are told.
const OPEN_MAX: usize = 200;

/// Nobody has it.
const FREE: u8 = 0;
/// Held, in payment, or come back and not for everybody.
const HELD: u8 = 1;
const SOLD: u8 = 2;
/// Blocked, or of a cancelled schedule.
const NOT_FOR_SALE: u8 = 3;

/// The state that everybody is told for a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Grows with each state that differs from the one before.
    pub sequence: u64,
    /// When what it shows was read.
    pub made_at: Timestamp,
    /// Two bits a seat, the first seat in the lowest bits; bits above the last seat are 0.
    pub bits: Bytes,
    /// Seats that came back, with the queue number above which they are open.
    pub returned: Vec<(u32, QueueNumber)>,
}

impl State {
    /// The state of a schedule in which this stands. `before`: the one that it follows.
    pub fn of(schedule: &Schedule, at: &SeatsAt, made_at: Timestamp, before: Option<&Self>) -> Self {
        let bits = bits(schedule, at);
        let index = |seat| schedule.seats.index(seat);
        let returned = at.now.returned.iter().filter(|(seat, _)| !at.sold.contains(seat));
        let returned = returned.filter_map(|(seat, one)| Some((index(*seat)?, one.above))).collect();
        let sequence = match before {
            Some(before) if before.bits == bits => before.sequence,
            Some(before) => before.sequence + 1,
            // Above all that were told before hot state was lost: there is one a second at most.
            None => made_at.millis().unsigned_abs(),
        };
        Self { sequence, made_at, bits, returned }
    }

    /// Indices of seats that came back and are open to this queue number, at most 200.
    pub fn open_to(&self, ticket: QueueNumber) -> Vec<u32> {
        let open = self.returned.iter().filter(|(_, above)| ticket > *above).map(|(index, _)| *index);
        open.take(OPEN_MAX).collect()
    }

    /// Whether the seat with this index is sold.
    pub fn is_sold(&self, index: u32) -> bool {
        self.bits.get(index as usize / 4).is_some_and(|byte| byte >> (index % 4 * 2) & 3 == SOLD)
    }

    /// Seats that somebody can hold now, those that came back for people in the line among them.
    pub fn free_or_returned(&self, seats: usize) -> u64 {
        let of_byte = |byte: &u8| (0..4).filter(|place| byte >> (2 * place) & 3 == FREE).count();
        let all: usize = self.bits.iter().map(of_byte).sum();
        // Bits above the last seat are 0, too.
        let free = (all + seats).saturating_sub(self.bits.len() * 4);
        (free + self.returned.len()) as u64
    }

    /// What has changed since `before`: pairs of index and state.
    pub fn changes_since(&self, before: &Self) -> Vec<(u32, u8)> {
        let mut changes = Vec::new();
        for (at, byte) in self.bits.iter().enumerate() {
            let old = before.bits.get(at).copied().unwrap_or(0);
            if *byte == old {
                continue;
            }
            for place in 0..4 {
                let (state, was) = (byte >> (2 * place) & 3, old >> (2 * place) & 3);
                if state != was {
                    changes.push(((at * 4 + place) as u32, state));
                }
            }
        }
        changes
    }

    /// For hot state, where all processes share it.
    pub fn written(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24 + self.bits.len() + 12 * self.returned.len());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.made_at.millis().to_be_bytes());
        out.extend_from_slice(&(self.bits.len() as u64).to_be_bytes());
        out.extend_from_slice(&self.bits);
        for (index, above) in &self.returned {
            out.extend_from_slice(&index.to_be_bytes());
            out.extend_from_slice(&above.0.to_be_bytes());
        }
        out
    }

    /// Reads what another process has written; `None` for anything else.
    pub fn read(value: &[u8]) -> Option<Self> {
        let number = |at: usize| value.get(at..at + 8)?.try_into().map(u64::from_be_bytes).ok();
        let (sequence, made_at, length) = (number(0)?, number(8)? as i64, usize::try_from(number(16)?).ok()?);
        let end = length.checked_add(24)?;
        let bits = Bytes::copy_from_slice(value.get(24..end)?);
        let returned = value.get(end..)?.chunks(12).map(|one| {
            let index = one.get(..4)?.try_into().map(u32::from_be_bytes).ok()?;
            let above = one.get(4..12)?.try_into().map(u64::from_be_bytes).ok()?;
            Some((index, QueueNumber(above)))
        });
        let returned = returned.collect::<Option<Vec<_>>>()?;
        Some(Self { sequence, made_at: Timestamp(made_at), bits, returned })
    }
}

fn bits(schedule: &Schedule, at: &SeatsAt) -> Bytes {
    let seats = schedule.seats.seats();
    let is_sold_at_all = !schedule.window.is_cancelled;
    let mut states: Vec<u8> = vec![NOT_FOR_SALE; seats.len()];
    if is_sold_at_all {
        for (state, seat) in states.iter_mut().zip(seats) {
            *state = if seat.is_some() { FREE } else { NOT_FOR_SALE };
        }
        let held = at.now.holds.iter().map(|(seat, _)| seat).chain(at.now.returned.iter().map(|(seat, _)| seat));
        for (seat, state) in held.map(|seat| (seat, HELD)).chain(at.sold.iter().map(|seat| (seat, SOLD))) {
            let place = schedule.seats.index(*seat).and_then(|index| states.get_mut(index as usize));
            if let Some(place) = place.filter(|place| **place != NOT_FOR_SALE) {
                *place = state;
            }
        }
    }
    states.chunks(4).map(|four| four.iter().enumerate().fold(0, |byte, (at, state)| byte | state << (2 * at))).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::peers::{SeatTable, Show};
    use domain::line::SaleWindow;
    use domain::seat::{HoldEnd, ReturnedSeat, SeatHold, SeatsNow};
    use domain::{AccountId, EventId, ReservationId, ScheduleId};
    use proptest::prelude::*;
    use std::sync::Arc;
    use uuid::Uuid;

    pub fn schedule(is_cancelled: bool) -> Schedule {
        let show = Show {
            id: ScheduleId(Uuid::from_u128(1)),
            event: EventId(Uuid::from_u128(2)),
            event_title: "title".into(),
            artist: "artist".into(),
            venue_name: "venue".into(),
            hall_name: "hall".into(),
            event_start_at: Timestamp(0),
            event_end_at: Timestamp(0),
        };
        let window = SaleWindow { starts_at: Timestamp(0), ends_at: Timestamp(0), is_cancelled };
        Schedule { show: Arc::new(show), window, seats: Arc::new(SeatTable::of_six()), read_at: Timestamp(0) }
    }

    pub fn schedule_for_sale() -> Schedule {
        schedule(false)
    }

    /// Seat 1 held, seat 2 came back (above 7), seat 3 sold and still held, seat 4 blocked.
    pub fn stands(schedule: &Schedule) -> SeatsAt {
        let id = |index| schedule.seats.id(index);
        let hold = SeatHold {
            reservation: ReservationId(Uuid::from_u128(3)),
            user: AccountId(Uuid::from_u128(4)),
            end: HoldEnd::Kept,
        };
        let returned = ReturnedSeat { above: QueueNumber(7), until: Timestamp(9) };
        let now =
            SeatsNow { holds: vec![(id(1), hold), (id(3), hold)], returned: vec![(id(2), returned)], sequence: 1 };
        SeatsAt::new(now, [id(3)].into())
    }

    #[test]
    fn two_bits_a_seat_the_first_in_the_lowest_and_nothing_above_the_last() {
        let schedule = schedule(false);
        let state = State::of(&schedule, &stands(&schedule), Timestamp(1_000), None);
        // Seats 0..3: free, held, held, sold; 4 and 5: not for sale, free.
        assert_eq!(state.bits.to_vec(), [0b10_01_01_00, 0b00_00_00_11]);
        assert!(state.is_sold(3) && !state.is_sold(2) && !state.is_sold(9));
        assert_eq!(state.free_or_returned(6), 3, "seats 0, 2 and 5");
        assert_eq!((state.open_to(QueueNumber(8)), state.open_to(QueueNumber(7))), (vec![2], vec![]));
        let all_free = State::of(&schedule, &SeatsAt::default(), Timestamp(2_000), Some(&state));
        assert_eq!((state.sequence, all_free.sequence), (1_000, 1_001));
        assert_eq!(all_free.changes_since(&state), [(1, 0), (2, 0), (3, 0)]);
        assert_eq!(State::of(&schedule, &SeatsAt::default(), Timestamp(3_000), Some(&all_free)).sequence, 1_001);
        let cancelled = State::of(&self::schedule(true), &stands(&schedule), Timestamp(1_000), None);
        assert_eq!(cancelled.bits.to_vec(), [0xff, 0b00_00_11_11]);
    }

    #[test]
    fn a_person_sees_seats_that_came_back_for_the_own_number_as_free() {
        let schedule = schedule(false);
        let at = stands(&schedule);
        let id = |index| schedule.seats.id(index);
        let of = |ticket: Option<u64>| at.view(&schedule, ticket.map(QueueNumber));
        assert_eq!((of(None).hold, of(Some(7)).hold), (vec![id(1), id(2)], vec![id(1), id(2)]));
        let early = of(Some(8));
        assert_eq!((early.hold, early.sold), (vec![id(1)], vec![id(3)]));
        assert_eq!((early.seats.total, early.seats.available, early.seats.sold, early.seats.hold), (5, 3, 1, 1));
        assert_eq!(at.taken(&schedule, Some(QueueNumber(8)), &[id(1)]), [3].into());
    }

    proptest! {
        #[test]
        fn a_state_is_read_as_it_was_written(
            sequence: u64,
            at: i64,
            bits in proptest::collection::vec(any::<u8>(), 0..50),
            returned in proptest::collection::vec((any::<u32>(), any::<u64>()), 0..5),
            cut in 1usize..40,
        ) {
            let returned = returned.into_iter().map(|(index, above)| (index, QueueNumber(above))).collect();
            let state = State { sequence, made_at: Timestamp(at), bits: bits.into(), returned };
            let written = state.written();
            prop_assert_eq!(State::read(&written), Some(state.clone()));
            let cut = State::read(&written[..written.len().saturating_sub(cut)]);
            prop_assert!(cut.is_none_or(|cut| cut != state));
        }

        #[test]
        fn changes_lead_from_one_state_to_the_other(
            one in proptest::collection::vec(any::<u8>(), 0..20),
            other in proptest::collection::vec(any::<u8>(), 20),
        ) {
            let state = |bits: Vec<u8>| State { sequence: 1, made_at: Timestamp(0), bits: bits.into(), returned: vec![] };
            let (one, other) = (state(one), state(other));
            let mut bits = one.bits.to_vec();
            bits.resize(other.bits.len(), 0);
            for (index, to) in other.changes_since(&one) {
                let (at, place) = (index as usize / 4, index % 4 * 2);
                bits[at] = bits[at] & !(3 << place) | to << place;
            }
            prop_assert_eq!(bits, other.bits.to_vec());
        }
    }
}
