//! Sold seats compared between the catalog and reservation (EVT-023; amendments, hole 22).
//!
//! Both follow the same messages, so a difference is a message on its way, or one that was lost. A repair is a message like
//! others: it decides by the number of the hold, and undoes nothing newer. A seat is freed only when two looks, some time
//! apart, have found it free in the same state here, and nothing is on its way for its reservation.

use super::seat::{SeatNews, SeatState, SeatStatus};
use crate::id::{ReservationId, SeatId};
use std::collections::{BTreeMap, BTreeSet};

/// How far apart two looks must be at least before a seat is freed, in seconds.
pub const LOOKS_APART_SECONDS: i64 = 60;

/// A seat that is sold by reservation's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldSeat {
    /// The seat.
    pub seat: SeatId,
    /// The reservation that has it.
    pub reservation: ReservationId,
    /// The number of its hold.
    pub hold_no: i64,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// Reservation has sold it, and it is free here.
    Missing,
    /// It is sold here, and reservation has not sold it.
    Surplus,
    /// Both have it sold, by another hold.
    Other,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Surplus, Self::Other];

    /// As in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "SEAT_NOT_SOLD",
            Self::Surplus => "SEAT_SOLD_FOR_NOBODY",
            Self::Other => "SEAT_SOLD_TO_ANOTHER",
        }
    }
}

/// A seat that the two tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatDifference {
    /// The seat.
    pub seat: SeatId,
    /// What the catalog has of it.
    pub here: SeatState,
    /// What reservation has, if it has sold it.
    pub there: Option<SoldSeat>,
    /// The number that reservation had drawn last before it read its rows.
    pub counter: i64,
}

impl SeatDifference {
    /// What differs.
    pub fn kind(&self) -> DifferenceKind {
        match (self.there, self.here.status) {
            (None, _) => DifferenceKind::Surplus,
            (Some(_), SeatStatus::Available) => DifferenceKind::Missing,
            (Some(_), SeatStatus::Sold) => DifferenceKind::Other,
        }
    }

    /// Whether another look has found the same: the same state here, and the same sale there.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.seat, self.here, self.there) == (other.seat, other.here, other.there)
    }

    /// The news that puts it right; `None` where what is known here is newer than what reservation says: reservation has then
    /// lost something, and nothing is undone by it.
    pub fn repair(&self) -> Option<SeatNews> {
        let news = match self.there {
            Some(sold) => {
                SeatNews { status: SeatStatus::Sold, hold_no: Some(sold.hold_no), reservation: sold.reservation.get() }
            }
            None => SeatNews {
                status: SeatStatus::Available,
                hold_no: Some(self.counter),
                reservation: self.here.sold_to.unwrap_or_default(),
            },
        };
        self.here.after(news).map(|_| news)
    }
}

/// The seats in which the two differ, in the order of their ids. `here`: at least the seats that are sold here or named there.
pub fn differences(here: &BTreeMap<SeatId, SeatState>, there: &[SoldSeat], counter: i64) -> Vec<SeatDifference> {
    let sold: BTreeMap<SeatId, SoldSeat> = there.iter().map(|sold| (sold.seat, *sold)).collect();
    let named: BTreeSet<SeatId> = here.keys().chain(sold.keys()).copied().collect();
    let differs = |seat: &SeatId| {
        // A seat that the catalog has no row of is nothing that it can put right.
        let (state, sold) = (*here.get(seat)?, sold.get(seat).copied());
        let is_alike = match sold {
            None => state.status == SeatStatus::Available,
            Some(sold) => {
                let is_sold = state.status == SeatStatus::Sold && state.sold_to == Some(sold.reservation.get());
                // Without a number it was sold by a producer that has none.
                is_sold && state.hold_no.is_none_or(|number| number == sold.hold_no)
            }
        };
        (!is_alike).then_some(SeatDifference { seat: *seat, here: state, there: sold, counter })
    };
    named.iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn seat(number: u128) -> SeatId {
        SeatId(Uuid::from_u128(number))
    }

    fn state(status: SeatStatus, hold_no: Option<i64>, to: Option<u128>) -> SeatState {
        SeatState { status, hold_no, sold_to: to.map(Uuid::from_u128) }
    }

    fn sold(number: u128, reservation: u128, hold_no: i64) -> SoldSeat {
        SoldSeat { seat: seat(number), reservation: ReservationId(Uuid::from_u128(reservation)), hold_no }
    }

    #[test]
    fn each_kind_of_difference_is_found_and_put_right_by_the_number() {
        use SeatStatus::{Available, Sold};
        let here = BTreeMap::from([
            (seat(1), state(Sold, Some(5), Some(1))),
            (seat(2), state(Available, None, None)),
            (seat(3), state(Sold, Some(7), Some(3))),
            (seat(4), state(Sold, Some(8), Some(4))),
            (seat(5), state(Available, Some(9), None)),
            (seat(6), state(Sold, Some(99), Some(6))),
        ]);
        let there = [sold(1, 1, 5), sold(2, 2, 6), sold(4, 9, 12), sold(5, 5, 4), sold(77, 7, 1)];
        let found = differences(&here, &there, 20);
        let kinds: Vec<_> = found.iter().map(|one| (one.seat, one.kind())).collect();
        assert_eq!(
            kinds,
            [
                (seat(2), DifferenceKind::Missing),
                (seat(3), DifferenceKind::Surplus),
                (seat(4), DifferenceKind::Other),
                (seat(5), DifferenceKind::Missing),
                (seat(6), DifferenceKind::Surplus),
            ]
        );
        let numbers: Vec<_> = found.iter().map(|one| one.repair().map(|news| (news.status, news.hold_no))).collect();
        assert_eq!(
            numbers,
            [
                Some((Sold, Some(6))),
                Some((Available, Some(20))),
                Some((Sold, Some(12))),
                // A newer cancellation is known here, and a newer sale.
                None,
                None,
            ]
        );
        assert!(found[0].is_same(&SeatDifference { counter: 21, ..found[0] }));
        let moved = SeatDifference { here: state(Sold, Some(8), Some(3)), ..found[1] };
        assert!(!found[1].is_same(&moved));
    }

    fn status() -> impl Strategy<Value = SeatStatus> {
        prop_oneof![Just(SeatStatus::Sold), Just(SeatStatus::Available)]
    }

    proptest! {
        /// What is put right differs no more, and no seat with a newer hold is touched.
        #[test]
        fn a_repair_puts_right_and_undoes_nothing_newer(
            here in proptest::collection::btree_map((0u128..6).prop_map(seat), (status(), 0i64..12, 0u128..4)
                .prop_map(|(status, number, to)| state(status, Some(number), (status == SeatStatus::Sold).then_some(to))), 0..6),
            there in proptest::collection::btree_map(0u128..6, (0u128..4, 0i64..12), 0..6),
            counter in 0i64..14,
        ) {
            let there: Vec<SoldSeat> = there.iter().map(|(of, (to, number))| sold(*of, *to, *number)).collect();
            let mut after = here.clone();
            for difference in differences(&here, &there, counter) {
                let Some(news) = difference.repair() else { continue };
                let next = difference.here.after(news).expect("it has an effect");
                prop_assert!((next.hold_no, next.status) > (difference.here.hold_no, difference.here.status));
                after.insert(difference.seat, next);
            }
            for left in differences(&after, &there, counter) {
                prop_assert_eq!(left.repair(), None, "{:?}", left);
            }
        }
    }
}
