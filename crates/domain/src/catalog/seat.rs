//! The state of a seat, as messages tell it (EVT-008, EVT-016; `contract-ticketing.md`, "Seats follow messages").
//!
//! The number of the hold decides, not the order of arrival: reservation draws a greater one for each hold, swap and
//! re-taking of a seat. Of two pieces of news with the same number *free again* comes after *sold*. So the state is the
//! greatest news of all, and any order of messages, with any of them doubled, ends in the same state.
//!
//! News without a number (from a producer that has none) counts only until the first news with one has come. Of one
//! reservation it ends in the same state in any order, too: *free again* of a reservation that has not been heard of is
//! remembered in `sold_to`, and that reservation's *sold* changes nothing afterwards.

use uuid::Uuid;

/// Whether a seat is sold. A hold is not the catalog's to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeatStatus {
    /// Sold.
    Sold,
    /// Not sold.
    #[default]
    Available,
}

impl SeatStatus {
    /// As on the wire and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sold => "SOLD",
            Self::Available => "AVAILABLE",
        }
    }

    /// Reads the written form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sold, Self::Available].into_iter().find(|status| status.as_str() == text)
    }
}

/// What is known of a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeatState {
    /// Whether it is sold.
    pub status: SeatStatus,
    /// The hold that the state comes from; none before any news with a number.
    pub hold_no: Option<i64>,
    /// The reservation that it is sold to; of a free seat without a number the last one that is known to have ended.
    pub sold_to: Option<Uuid>,
}

/// What a message tells of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatNews {
    /// Sold by a payment, or free again by a cancellation.
    pub status: SeatStatus,
    /// The number of the hold.
    pub hold_no: Option<i64>,
    /// The reservation.
    pub reservation: Uuid,
}

impl SeatState {
    /// The state after the news; `None` when the news has no effect.
    pub fn after(self, news: SeatNews) -> Option<Self> {
        let next = match (news.hold_no, self.hold_no) {
            (Some(number), known) => {
                let is_greater = known.is_none_or(|known| (number, news.status) > (known, self.status));
                is_greater.then(|| Self {
                    status: news.status,
                    hold_no: Some(number),
                    sold_to: (news.status == SeatStatus::Sold).then_some(news.reservation),
                })
            }
            (None, Some(_)) => None,
            (None, None) => self.after_unnumbered(news),
        };
        next.filter(|next| *next != self)
    }

    fn after_unnumbered(self, news: SeatNews) -> Option<Self> {
        let is_own = self.sold_to == Some(news.reservation);
        let applies = match (self.status, news.status) {
            // It has ended already.
            (SeatStatus::Available, SeatStatus::Sold) => !is_own,
            (SeatStatus::Available, SeatStatus::Available) => true,
            (SeatStatus::Sold, SeatStatus::Sold) => false,
            (SeatStatus::Sold, SeatStatus::Available) => is_own,
        };
        applies.then_some(Self { status: news.status, hold_no: None, sold_to: Some(news.reservation) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOLD: SeatStatus = SeatStatus::Sold;
    const FREE: SeatStatus = SeatStatus::Available;

    fn news(status: SeatStatus, hold_no: Option<i64>, reservation: u128) -> SeatNews {
        SeatNews { status, hold_no, reservation: Uuid::from_u128(reservation) }
    }

    fn after_all(all: &[SeatNews]) -> SeatState {
        all.iter().fold(SeatState::default(), |state, news| state.after(*news).unwrap_or(state))
    }

    #[test]
    fn the_number_decides_and_not_the_arrival() {
        let cancelled_first = after_all(&[news(FREE, Some(5), 1), news(SOLD, Some(5), 1)]);
        assert_eq!((cancelled_first.status, cancelled_first.sold_to), (FREE, None));
        let resold = after_all(&[news(SOLD, Some(6), 2), news(SOLD, Some(5), 1), news(FREE, Some(5), 1)]);
        assert_eq!((resold.status, resold.hold_no, resold.sold_to), (SOLD, Some(6), Some(Uuid::from_u128(2))));
    }

    #[test]
    fn without_a_number_a_seat_is_sold_once_and_given_back_by_its_holder_alone() {
        let sold = after_all(&[news(SOLD, None, 1), news(SOLD, None, 2), news(FREE, None, 2)]);
        assert_eq!((sold.status, sold.hold_no, sold.sold_to), (SOLD, None, Some(Uuid::from_u128(1))));
        let given_back = after_all(&[news(SOLD, None, 1), news(FREE, None, 1), news(SOLD, None, 2)]);
        assert_eq!((given_back.status, given_back.sold_to), (SOLD, Some(Uuid::from_u128(2))));
        let numbered = after_all(&[news(FREE, Some(3), 1), news(SOLD, None, 2), news(FREE, None, 1)]);
        assert_eq!((numbered.status, numbered.hold_no), (FREE, Some(3)), "numbers come first");
    }

    /// News of holds in any order: each hold is of one reservation, as reservation draws the numbers.
    fn numbered() -> impl Strategy<Value = Vec<SeatNews>> {
        let one = (1i64..6, any::<bool>())
            .prop_map(|(hold, sold)| news(if sold { SOLD } else { FREE }, Some(hold), hold.unsigned_abs().into()));
        proptest::collection::vec(one, 0..12)
    }

    /// News of one reservation without numbers.
    fn unnumbered() -> impl Strategy<Value = Vec<SeatNews>> {
        let one = any::<bool>().prop_map(|sold| news(if sold { SOLD } else { FREE }, None, 99));
        proptest::collection::vec(one, 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]
        #[test]
        fn any_order_and_duplicates_end_in_the_same_state(
            (numbered, unnumbered, shuffled) in (numbered(), unnumbered()).prop_flat_map(|(numbered, unnumbered)| {
                let all: Vec<SeatNews> = numbered.iter().chain(&unnumbered).copied().collect();
                let doubled: Vec<SeatNews> = all.iter().chain(&all).copied().collect();
                (Just(numbered), Just(unnumbered), Just(doubled).prop_shuffle())
            })
        ) {
            let all: Vec<SeatNews> = unnumbered.iter().chain(&numbered).copied().collect();
            let (once, shuffled) = (after_all(&all), after_all(&shuffled));
            prop_assert_eq!(once, shuffled);
            // And it is the greatest news of all.
            if let Some(greatest) = numbered.iter().max_by_key(|news| (news.hold_no, news.status)) {
                prop_assert_eq!((once.status, once.hold_no), (greatest.status, greatest.hold_no));
            }
        }

        #[test]
        fn news_that_was_heard_changes_nothing_again(all in numbered(), at in 0usize..12) {
            let state = after_all(&all);
            if let Some(again) = all.get(at) {
                prop_assert_eq!(state.after(*again), None);
            }
        }
    }
}
