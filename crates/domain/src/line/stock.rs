//! Admission that knows the stock, and the chances that people are told (QUEUE-013; amendment 6 of the contract).

use serde::{Deserialize, Serialize};

/// The stock behind a schedule's line, as the role that gives seats away knows it: the answer of
/// `GET /internal/reservations/stock/{scheduleId}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// Seats that can be held now, those that came back for people in the line among them.
    pub free: u64,
    /// People with a reservation (in payment or paid) that was made within the life of a pass: their passes live, and they
    /// look for no more seats.
    pub holders: u64,
}

/// How likely a person still gets a seat (`outlook` on the wire).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Chances {
    /// Two free seats or more for each person up to this one.
    Good,
    /// One for two people, or more.
    Uncertain,
    /// Less.
    Poor,
    /// No seat is free now. Seats come back.
    None,
}

impl Stock {
    /// People inside who have no reservation, of `inside` people with a live pass.
    pub fn looking(&self, inside: u64) -> u64 {
        inside.saturating_sub(self.holders)
    }

    /// The chances of the person with this rank (0: inside), while so many have a live pass.
    pub fn chances(&self, rank: u64, inside: u64) -> Chances {
        let people = rank.saturating_add(self.looking(inside)).max(1);
        match self.free {
            0 => Chances::None,
            free if free >= people.saturating_mul(2) => Chances::Good,
            free if free.saturating_mul(2) >= people => Chances::Uncertain,
            _ => Chances::Poor,
        }
    }

    /// Most people inside, so that nobody is admitted while those without a reservation are more than `per_free_seat` times
    /// the free seats. At least one: 0 would be no limit.
    pub fn inside_max(&self, per_free_seat: u32) -> u32 {
        let looking = self.free.saturating_mul(u64::from(per_free_seat));
        let most = self.holders.saturating_add(looking).saturating_add(1);
        u32::try_from(most).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chances_are_told_by_seats_for_each_person_ahead() {
        let of = |free, rank, inside, holders| Stock { free, holders }.chances(rank, inside);
        assert_eq!(of(20, 10, 0, 0), Chances::Good);
        assert_eq!(of(19, 10, 0, 0), Chances::Uncertain);
        assert_eq!(of(5, 10, 0, 0), Chances::Uncertain);
        assert_eq!(of(4, 10, 0, 0), Chances::Poor);
        assert_eq!(of(0, 1, 0, 0), Chances::None);
        assert_eq!(of(20, 5, 10, 5), Chances::Good, "who has a reservation looks for none");
        assert_eq!(of(19, 5, 10, 5), Chances::Uncertain);
        assert_eq!(of(1, 0, 0, 0), Chances::Uncertain, "nobody else is there");
        assert_eq!(serde_json::to_string(&Chances::Uncertain).expect("written"), r#""UNCERTAIN""#);
    }

    proptest! {
        #[test]
        fn nobody_is_admitted_while_too_many_look(free in 0u64..50, holders in 0u64..50, inside in 0u64..200, each in 1u32..5) {
            let stock = Stock { free, holders };
            let may_come = inside < u64::from(stock.inside_max(each));
            prop_assert_eq!(may_come, stock.looking(inside) <= free * u64::from(each));
        }

        #[test]
        fn chances_never_improve_with_the_rank(free in 0u64..100, rank in 0u64..100, inside in 0u64..100, holders in 0u64..100) {
            let order = |chances| [Chances::Good, Chances::Uncertain, Chances::Poor, Chances::None].iter().position(|one| *one == chances);
            let stock = Stock { free, holders };
            prop_assert!(order(stock.chances(rank, inside)) <= order(stock.chances(rank + 1, inside)));
            prop_assert!(order(stock.chances(rank, inside)) <= order(stock.chances(rank, inside + 1)));
        }
    }
}
