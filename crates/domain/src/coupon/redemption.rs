//! Redeeming a coupon in a saga with other services: reserve, confirm, cancel; and taking one back (GATE-010).

use crate::coupon::CouponStatus;
use crate::coupon::campaign::Terms;
use crate::time::Timestamp;

/// Longest order id in characters; the same alphabet as user ids.
pub use crate::name::NAME_LENGTH_MAX as ORDER_ID_LENGTH_MAX;

/// What the ledger holds about one coupon's use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Stored status: never `Expired`.
    pub status: CouponStatus,
    /// The order that reserved or redeemed it.
    pub order_id: Option<String>,
    /// Until when a reservation stands.
    pub reserved_until: Option<Timestamp>,
    /// The discount promised to the order, in won.
    pub discount_amount: Option<i64>,
    /// When it was given.
    pub issued_at: Timestamp,
}

/// Why a coupon does not apply to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotApplicable {
    /// Past its validity.
    Expired,
    /// Before its validity.
    NotYetValid,
    /// The order is too small.
    MinOrderAmount,
    /// Taken back.
    Revoked,
    /// The discount on the order would be 0: the coupon would be used up for nothing.
    NoDiscount,
}

impl NotApplicable {
    /// The `reason` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::MinOrderAmount => "MIN_ORDER_AMOUNT",
            Self::Revoked => "REVOKED",
            Self::NoDiscount => "NO_DISCOUNT",
        }
    }
}

/// Why a step was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Used already (by another order, where the order matters).
    AlreadyRedeemed,
    /// Set aside for another order.
    Reserved,
    /// Not set aside for this order, nor for another one.
    NotReserved,
    /// The coupon does not apply.
    NotApplicable(NotApplicable),
}

/// What a step does to the stored use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Store this.
    Change(Use),
    /// It stands so already: the same answer again, nothing to store.
    Unchanged(Use),
    /// Store this, and refuse: the order has let go of what it held.
    Released(Use, Refusal),
}

impl Use {
    /// A coupon just given.
    pub fn issued(issued_at: Timestamp) -> Self {
        Self { status: CouponStatus::Issued, order_id: None, reserved_until: None, discount_amount: None, issued_at }
    }

    /// The status now: a lapsed reservation is none, and an unused coupon past its validity is expired.
    pub fn status_at(&self, terms: &Terms, now: Timestamp) -> CouponStatus {
        let live = match self.status {
            CouponStatus::Reserved if !self.reservation_stands(now) => CouponStatus::Issued,
            status => status,
        };
        let over = terms.expires_at(self.issued_at).is_some_and(|end| now >= end);
        if live == CouponStatus::Issued && over { CouponStatus::Expired } else { live }
    }

    /// Whether it is set aside for an order, and that reservation has not lapsed.
    pub fn reservation_stands(&self, now: Timestamp) -> bool {
        self.status == CouponStatus::Reserved && self.reserved_until.is_some_and(|until| now < until)
    }

    /// Whether this order reserved or redeemed it.
    pub fn is_for(&self, order_id: &str) -> bool {
        self.order_id.as_deref() == Some(order_id)
    }

    /// Sets the coupon aside for an order of `amount` won, for `hold_seconds`. Again for the same order: the same answer,
    /// and for another amount the discount of that amount; the reservation ends when it would have ended.
    ///
    /// An order to which the coupon does not apply holds nothing afterwards ([`Step::Released`]): what it had reserved
    /// before, still standing or lapsed, was the discount of another amount, and must not be confirmed for this one.
    ///
    /// # Errors
    /// [`Refusal`]. Another order's reservation is not changed by one.
    pub fn reserve(
        &self,
        terms: &Terms,
        order_id: &str,
        amount: i64,
        now: Timestamp,
        hold_seconds: i64,
    ) -> Result<Step, Refusal> {
        let step = self.reserve_if_applicable(terms, order_id, amount, now, hold_seconds);
        let holds = self.status == CouponStatus::Reserved && self.is_for(order_id);
        match step {
            Err(Refusal::NotApplicable(why)) if holds => {
                Ok(Step::Released(Self::issued(self.issued_at), Refusal::NotApplicable(why)))
            }
            step => step,
        }
    }

    fn reserve_if_applicable(
        &self,
        terms: &Terms,
        order_id: &str,
        amount: i64,
        now: Timestamp,
        hold_seconds: i64,
    ) -> Result<Step, Refusal> {
        match self.status_at(terms, now) {
            CouponStatus::Redeemed if self.is_for(order_id) => return Ok(Step::Unchanged(self.clone())),
            CouponStatus::Redeemed => return Err(Refusal::AlreadyRedeemed),
            CouponStatus::Reserved if self.is_for(order_id) => {
                let discount_amount = Some(discount(terms, amount)?);
                let is_same = discount_amount == self.discount_amount;
                let repriced = Self { discount_amount, ..self.clone() };
                return Ok(if is_same { Step::Unchanged(repriced) } else { Step::Change(repriced) });
            }
            CouponStatus::Reserved => return Err(Refusal::Reserved),
            CouponStatus::Revoked => return Err(Refusal::NotApplicable(NotApplicable::Revoked)),
            CouponStatus::Expired => return Err(Refusal::NotApplicable(NotApplicable::Expired)),
            CouponStatus::Issued => {}
        }
        if terms.valid_from.is_some_and(|from| now < from) {
            return Err(Refusal::NotApplicable(NotApplicable::NotYetValid));
        }
        Ok(Step::Change(Self {
            status: CouponStatus::Reserved,
            order_id: Some(order_id.to_owned()),
            reserved_until: Some(now.plus_seconds(hold_seconds)),
            discount_amount: Some(discount(terms, amount)?),
            issued_at: self.issued_at,
        }))
    }

    /// Redeems the coupon for the order that reserved it.
    ///
    /// A lapsed reservation is still confirmed if no other order took the coupon, since the order was paid with this
    /// discount. Once another order holds it, or it was never reserved, it is refused.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn confirm(&self, order_id: &str) -> Result<Step, Refusal> {
        match self.status {
            CouponStatus::Redeemed if self.is_for(order_id) => Ok(Step::Unchanged(self.clone())),
            CouponStatus::Redeemed => Err(Refusal::AlreadyRedeemed),
            CouponStatus::Revoked => Err(Refusal::NotApplicable(NotApplicable::Revoked)),
            CouponStatus::Reserved if self.is_for(order_id) => {
                Ok(Step::Change(Self { status: CouponStatus::Redeemed, reserved_until: None, ..self.clone() }))
            }
            CouponStatus::Reserved => Err(Refusal::Reserved),
            CouponStatus::Issued | CouponStatus::Expired => Err(Refusal::NotReserved),
        }
    }

    /// Lets the reservation of an order go. Letting go what the order does not hold changes nothing: a lapsed reservation
    /// of another order stays, since that order may have been paid with its discount, and still confirms it.
    ///
    /// # Errors
    /// [`Refusal`] when it was redeemed, or another order holds it.
    pub fn cancel(&self, order_id: &str, now: Timestamp) -> Result<Step, Refusal> {
        match self.status {
            CouponStatus::Redeemed => Err(Refusal::AlreadyRedeemed),
            CouponStatus::Revoked => Err(Refusal::NotApplicable(NotApplicable::Revoked)),
            CouponStatus::Reserved if self.is_for(order_id) => Ok(Step::Change(Self::issued(self.issued_at))),
            CouponStatus::Reserved if self.reservation_stands(now) => Err(Refusal::Reserved),
            CouponStatus::Reserved | CouponStatus::Issued | CouponStatus::Expired => Ok(Step::Unchanged(self.clone())),
        }
    }

    /// Gives a redeemed coupon back to its holder, because the order that redeemed it was cancelled. A reservation of the
    /// order ends as well. Again: nothing changes.
    ///
    /// # Errors
    /// [`Refusal`] when another order redeemed or holds it, or it was revoked.
    pub fn undo(&self, order_id: &str, now: Timestamp) -> Result<Step, Refusal> {
        match self.status {
            CouponStatus::Redeemed if !self.is_for(order_id) => Err(Refusal::AlreadyRedeemed),
            CouponStatus::Redeemed => Ok(Step::Change(Self::issued(self.issued_at))),
            _ => self.cancel(order_id, now),
        }
    }

    /// Takes the coupon back. A redeemed one cannot be; one set aside for an order waits for that order.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn revoke(&self, now: Timestamp) -> Result<Step, Refusal> {
        match self.status {
            CouponStatus::Redeemed => Err(Refusal::AlreadyRedeemed),
            CouponStatus::Revoked => Ok(Step::Unchanged(self.clone())),
            CouponStatus::Reserved if self.reservation_stands(now) => Err(Refusal::Reserved),
            _ => Ok(Step::Change(Self {
                status: CouponStatus::Revoked,
                order_id: None,
                reserved_until: None,
                discount_amount: None,
                issued_at: self.issued_at,
            })),
        }
    }
}

/// The discount on an order of `amount` won. A coupon without a discount of its own is worth what the shop makes of it.
fn discount(terms: &Terms, amount: i64) -> Result<i64, Refusal> {
    if amount < terms.min_order_amount {
        return Err(Refusal::NotApplicable(NotApplicable::MinOrderAmount));
    }
    match terms.discount.map(|discount| discount.off(amount)) {
        Some(0) => Err(Refusal::NotApplicable(NotApplicable::NoDiscount)),
        discount => Ok(discount.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::campaign::Discount;
    use proptest::prelude::*;

    const HOLD_SECONDS: i64 = 900;

    fn terms() -> Terms {
        Terms {
            discount: Some(Discount::Percent { value: 10, max_amount: Some(500) }),
            min_order_amount: 1_000,
            ..Terms::default()
        }
    }

    fn changed(step: Result<Step, Refusal>) -> Use {
        match step.expect("accepted") {
            Step::Change(next) => next,
            other => panic!("expected a change: {other:?}"),
        }
    }

    #[test]
    fn a_reservation_ends_exactly_on_time() {
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", 9_000, Timestamp(0), HOLD_SECONDS));
        assert_eq!(held.discount_amount, Some(500));
        let end = HOLD_SECONDS * 1000;
        assert_eq!(held.reserve(&terms(), "b", 9_000, Timestamp(end - 1), HOLD_SECONDS), Err(Refusal::Reserved));
        assert!(held.reserve(&terms(), "b", 9_000, Timestamp(end), HOLD_SECONDS).is_ok());
    }

    #[test]
    fn validity_begins_and_ends_exactly_on_time() {
        let limited = Terms { valid_from: Some(Timestamp(10)), valid_until: Some(Timestamp(20)), ..Terms::default() };
        let coupon = Use::issued(Timestamp(0));
        let at = |ms| coupon.reserve(&limited, "a", 1, Timestamp(ms), HOLD_SECONDS).map(|_| ());
        assert_eq!(at(9), Err(Refusal::NotApplicable(NotApplicable::NotYetValid)));
        assert_eq!(at(10), Ok(()));
        assert_eq!(at(19), Ok(()));
        assert_eq!(at(20), Err(Refusal::NotApplicable(NotApplicable::Expired)));
    }

    #[test]
    fn an_order_below_the_minimum_is_refused() {
        let refused = Use::issued(Timestamp(0)).reserve(&terms(), "a", 999, Timestamp(0), HOLD_SECONDS);
        assert_eq!(refused, Err(Refusal::NotApplicable(NotApplicable::MinOrderAmount)));
    }

    #[test]
    fn a_lapsed_reservation_can_still_be_confirmed_if_no_other_order_took_the_coupon() {
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", 9_000, Timestamp(0), HOLD_SECONDS));
        assert_eq!(changed(held.confirm("a")).status, CouponStatus::Redeemed);
        assert_eq!(held.confirm("b"), Err(Refusal::Reserved));
    }

    #[test]
    fn another_amount_while_reserved_is_worked_out_anew() {
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", 9_000, Timestamp(0), HOLD_SECONDS));
        let again = |amount| held.reserve(&terms(), "a", amount, Timestamp(5), HOLD_SECONDS);
        let smaller = changed(again(2_000));
        assert_eq!((smaller.discount_amount, smaller.reserved_until), (Some(200), held.reserved_until));
        assert_eq!(again(9_000), Ok(Step::Unchanged(held.clone())));
        let used = changed(smaller.confirm("a"));
        let after = used.reserve(&terms(), "a", 9_000, Timestamp(9), HOLD_SECONDS);
        assert_eq!(after, Ok(Step::Unchanged(used)), "after the confirmation the discount is settled");
    }

    /// Kind: an order that heard "does not apply" and could still confirm the discount of an earlier amount.
    #[test]
    fn an_order_to_which_the_coupon_does_not_apply_holds_nothing() {
        let none = Refusal::NotApplicable(NotApplicable::NoDiscount);
        let small = Refusal::NotApplicable(NotApplicable::MinOrderAmount);
        let over = Refusal::NotApplicable(NotApplicable::Expired);
        let until = Timestamp(HOLD_SECONDS * 1_000);
        let terms = Terms { valid_until: Some(until.plus_seconds(10)), ..terms() };
        let free = Terms { min_order_amount: 0, ..terms };
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms, "a", 9_000, Timestamp(0), HOLD_SECONDS));
        let lapsed = until.plus_seconds(1);
        let expired = until.plus_seconds(10);
        for (terms, amount, now, why) in [
            (&terms, 999, Timestamp(5), small),
            (&free, 1, Timestamp(5), none),
            (&terms, 999, lapsed, small),
            (&terms, 2_000, expired, over),
        ] {
            let refused = held.reserve(terms, "a", amount, now, HOLD_SECONDS);
            let Ok(Step::Released(after, heard)) = refused else { panic!("{refused:?}") };
            assert_eq!((heard, &after), (why, &Use::issued(Timestamp(0))));
            assert_eq!(after.confirm("a"), Err(Refusal::NotReserved), "a discount that nobody holds any more");
            assert_eq!(after.reserve(terms, "a", amount, now, HOLD_SECONDS), Err(why), "again: the same answer");
        }
        assert_eq!(held.reserve(&terms, "b", 999, Timestamp(5), HOLD_SECONDS), Err(Refusal::Reserved));
        assert_eq!(held.reserve(&terms, "b", 999, lapsed, HOLD_SECONDS), Err(small), "a's may still be confirmed");
    }

    #[test]
    fn a_coupon_is_not_used_up_for_nothing() {
        let one_percent =
            Terms { discount: Some(Discount::Percent { value: 1, max_amount: None }), ..Terms::default() };
        let reserve = |terms: &Terms, amount| {
            Use::issued(Timestamp(0)).reserve(terms, "a", amount, Timestamp(0), HOLD_SECONDS).map(|_| ())
        };
        assert_eq!(reserve(&one_percent, 99), Err(Refusal::NotApplicable(NotApplicable::NoDiscount)));
        assert_eq!(reserve(&one_percent, 100), Ok(()));
        let fixed = Terms { discount: Some(Discount::Fixed { value: 5 }), ..Terms::default() };
        assert_eq!(reserve(&fixed, 0), Err(Refusal::NotApplicable(NotApplicable::NoDiscount)));
        assert_eq!(reserve(&Terms::default(), 0), Ok(()), "its worth is the shop's affair");
    }

    #[test]
    fn only_the_order_that_redeemed_a_coupon_gives_it_back() {
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", 9_000, Timestamp(0), HOLD_SECONDS));
        let used = changed(held.confirm("a"));
        assert_eq!(used.undo("b", Timestamp(1)), Err(Refusal::AlreadyRedeemed));
        let back = changed(used.undo("a", Timestamp(1)));
        assert_eq!(back, Use::issued(Timestamp(0)));
        assert_eq!(back.undo("a", Timestamp(2)), Ok(Step::Unchanged(back.clone())));
        let next = changed(back.reserve(&terms(), "b", 9_000, Timestamp(3), HOLD_SECONDS));
        assert_eq!(next.undo("a", Timestamp(4)), Err(Refusal::Reserved), "a late undo does not touch the next order");
    }

    /// Kind: a late cancel of an order that holds nothing took the discount from an order that was being paid.
    #[test]
    fn a_stranger_does_not_end_a_lapsed_reservation_that_can_still_be_confirmed() {
        let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", 9_000, Timestamp(0), HOLD_SECONDS));
        let lapsed = Timestamp(HOLD_SECONDS * 1_000);
        for step in [held.cancel("b", lapsed), held.undo("b", lapsed)] {
            assert_eq!(step, Ok(Step::Unchanged(held.clone())));
        }
        assert_eq!(changed(held.confirm("a")).status, CouponStatus::Redeemed);
        assert_eq!(changed(held.cancel("a", lapsed)), Use::issued(Timestamp(0)), "its own order lets go of it");
    }

    #[derive(Clone, Debug)]
    enum Call {
        Reserve(u8, i64),
        Confirm(u8),
        Cancel(u8),
        Undo(u8),
        Revoke,
        Wait(i64),
    }

    fn any_call() -> impl Strategy<Value = Call> {
        prop_oneof![
            3 => (0u8..3, 500i64..9_000).prop_map(|(order, amount)| Call::Reserve(order, amount)),
            3 => (0u8..3).prop_map(Call::Confirm),
            2 => (0u8..3).prop_map(Call::Cancel),
            1 => (0u8..3).prop_map(Call::Undo),
            1 => Just(Call::Revoke),
            2 => (1i64..1_000_000).prop_map(Call::Wait),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn redeemed_by_one_order_at_a_time_and_never_after_revoke(calls in proptest::collection::vec(any_call(), 1..30)) {
            let (mut coupon, mut now) = (Use::issued(Timestamp(0)), Timestamp(0));
            for call in calls {
                let order = |n: u8| format!("order-{n}");
                let (mut undoes, mut lets_go_of) = (None, None);
                let refused = |step: &Result<Step, Refusal>| {
                    matches!(step, Ok(Step::Released(_, Refusal::NotApplicable(_))) | Err(Refusal::NotApplicable(_)))
                };
                let reserving = if let Call::Reserve(n, _) = call { Some(order(n)) } else { None };
                let (step, redeems) = match call {
                    Call::Wait(ms) => { now = Timestamp(now.0 + ms); continue; }
                    Call::Reserve(n, amount) => (coupon.reserve(&terms(), &order(n), amount, now, HOLD_SECONDS), None),
                    Call::Confirm(n) => (coupon.confirm(&order(n)), Some(order(n))),
                    Call::Cancel(n) => { lets_go_of = Some(order(n)); (coupon.cancel(&order(n), now), None) }
                    Call::Undo(n) => {
                        (undoes, lets_go_of) = (Some(order(n)), Some(order(n)));
                        (coupon.undo(&order(n), now), None)
                    }
                    Call::Revoke => (coupon.revoke(now), None),
                };
                if lets_go_of.is_some_and(|order| !coupon.is_for(&order)) {
                    let is_same = match &step { Ok(Step::Unchanged(next)) => *next == coupon, other => other.is_err() };
                    prop_assert!(is_same, "a stranger's cancel or undo changed it: {:?}", step);
                }
                if let Ok(Step::Change(next)) = &step {
                    prop_assert!(coupon.status != CouponStatus::Revoked, "a revoked coupon changed");
                    if coupon.status == CouponStatus::Redeemed {
                        prop_assert!(undoes.is_some() && coupon.order_id == undoes, "only its order gives it back");
                        prop_assert_eq!(next.status, CouponStatus::Issued);
                    }
                    if next.status == CouponStatus::Redeemed {
                        prop_assert_eq!(&next.order_id, &redeems);
                        prop_assert_eq!(&coupon.order_id, &redeems, "only the order that reserved it redeems it");
                    }
                }
                let lets_go = reserving.filter(|_| refused(&step));
                if let Ok(Step::Change(next) | Step::Unchanged(next) | Step::Released(next, _)) = step {
                    coupon = next;
                }
                if let Some(order) = lets_go {
                    prop_assert!(!matches!(coupon.confirm(&order), Ok(Step::Change(_))), "told no, and confirmed");
                }
            }
        }

        #[test]
        fn each_step_again_gives_the_same(amount in 1_000i64..1_000_000, now in 0i64..1_000_000) {
            let now = Timestamp(now);
            let held = changed(Use::issued(Timestamp(0)).reserve(&terms(), "a", amount, now, HOLD_SECONDS));
            prop_assert_eq!(held.reserve(&terms(), "a", amount, now, HOLD_SECONDS), Ok(Step::Unchanged(held.clone())));
            let used = changed(held.confirm("a"));
            prop_assert_eq!(used.confirm("a"), Ok(Step::Unchanged(used.clone())));
            let free = changed(held.cancel("a", now));
            prop_assert_eq!(free.cancel("a", now), Ok(Step::Unchanged(free.clone())));
        }
    }
}
