//! When a decided payment is looked up again.

use super::super::lookup::{Channel, Found};
use super::super::steps::{Begin, FIRST_LOOK_BACK_MS};
use super::*;
use crate::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId};
use proptest::prelude::*;
use uuid::Uuid;

const AMOUNT: i64 = 100;
const HOUR_MS: i64 = 3_600_000;

fn payment(status: PaymentStatus) -> Payment {
    let id = |number: u128| Uuid::from_u128(number);
    let new = Begin {
        id: PaymentId(id(1)),
        key: PaymentKey(id(2)),
        reservation: ReservationId(id(3)),
        user: AccountId(id(4)),
        schedule: ScheduleId(id(5)),
        seats: Vec::new(),
        total_amount: AMOUNT,
        discount: 0,
        coupon: None,
        hold_no: 7,
        hold_expires_at: Timestamp(1_000),
    };
    let taken = if status == PaymentStatus::Success { AMOUNT } else { 0 };
    Payment {
        status,
        failed_at: Some(Timestamp(0)),
        captured_amount: taken,
        ..Payment::adopt(new, false, Timestamp(0))
    }
}

fn found(status: ProviderStatus, paid: i64, cancelled: i64) -> Lookup {
    Lookup::Found(Box::new(Found {
        status,
        transaction: None,
        is_our_store: true,
        currency: "KRW".into(),
        channel: Channel::Live,
        money: Money { total: AMOUNT, paid, cancelled },
        paid_at: None,
        given_back: Vec::new(),
        card: None,
    }))
}

fn unpaid(status: ProviderStatus) -> Lookup {
    found(status, 0, 0)
}

/// All looks from the first on, each answered this way at once.
fn looks(lookup: &Lookup) -> Vec<i64> {
    let failed = payment(PaymentStatus::Failed);
    let mut looks = vec![FIRST_LOOK_BACK_MS];
    while let Some(next) = next_look(&failed, lookup, false, Timestamp(looks[looks.len() - 1])) {
        assert!(looks.len() < 200, "too many looks");
        looks.push(next.millis());
    }
    looks
}

#[test]
fn a_look_back_ends_with_a_look_a_day_after_the_failure() {
    for lookup in [Lookup::NotFound, unpaid(ProviderStatus::Failed), unpaid(ProviderStatus::Cancelled)] {
        let looks = looks(&lookup);
        assert_eq!(looks.last(), Some(&LOOK_BACK_MS));
        assert!((30..70).contains(&looks.len()), "{} looks", looks.len());
        assert!(looks.windows(2).all(|pair| pair[1] - pair[0] <= HOUR_MS), "{looks:?}");
    }
}

/// Kind: process or PortOne away until the day is over, and nobody looks any more.
#[test]
fn after_an_outage_of_thirty_hours_there_is_one_more_look() {
    let failed = payment(PaymentStatus::Failed);
    assert_eq!(failed.due(Some(Timestamp(5))).due_at, Some(Timestamp(5)), "what is due stays due while nobody answers");
    let late = Timestamp(30 * HOUR_MS);
    assert_eq!(next_look(&failed, &unpaid(ProviderStatus::Failed), false, late), None, "that look ends it");
}

#[test]
fn what_a_company_still_looks_at_is_looked_up_until_it_is_final() {
    let failed = payment(PaymentStatus::Failed);
    for status in [ProviderStatus::PayPending, ProviderStatus::VirtualAccountIssued, ProviderStatus::Unknown] {
        let next = next_look(&failed, &unpaid(status), false, Timestamp(100 * 24 * HOUR_MS));
        assert_eq!(next, Some(Timestamp(101 * 24 * HOUR_MS)), "{status:?}");
    }
    let looks = looks(&unpaid(ProviderStatus::Ready));
    assert!(looks.last().is_some_and(|last| (READY_MS_MAX..READY_MS_MAX * 2).contains(last)), "{looks:?}");
}

#[test]
fn a_success_is_looked_up_each_day_until_its_schedule_has_ended() {
    let success = payment(PaymentStatus::Success);
    let paid = found(ProviderStatus::Paid, AMOUNT, 0);
    assert_eq!(next_look(&success, &paid, false, Timestamp(7)), Some(Timestamp(7 + LOOK_BACK_MS)));
    assert_eq!(next_look(&success, &paid, true, Timestamp(7)), None);
    let refunded = Payment { refunded_at: Some(Timestamp(0)), ..payment(PaymentStatus::Refunded) };
    let back = found(ProviderStatus::Cancelled, AMOUNT, AMOUNT);
    assert_eq!(next_look(&refunded, &back, false, Timestamp(7)), Some(Timestamp(LOOK_BACK_MS)));
    assert_eq!(next_look(&refunded, &back, false, Timestamp(LOOK_BACK_MS)), None);
}

/// Kind: a call of a lapsed try redeems the coupon for a payment that has failed, after coupon had answered that it is back.
#[test]
fn a_day_after_its_end_a_payments_coupon_is_asked_for_once_more() {
    let use_in = |state| CouponUse { coupon: CouponId(Uuid::from_u128(8)), discount: 5, state, due_at: None, tries: 3 };
    let of = |status, state| Payment { coupon: Some(use_in(state)), ..payment(status) };
    let (before, after) = (Timestamp(LOOK_BACK_MS - 1), Timestamp(LOOK_BACK_MS));
    let failed = of(PaymentStatus::Failed, CouponState::Released);
    let due = CouponUse { due_at: Some(after), tries: 0, ..use_in(CouponState::Releasing) };
    assert_eq!(with_coupon_asked_again(&failed, after).coupon, Some(due));
    assert_eq!(with_coupon_asked_again(&failed, before), failed);
    for (status, state) in
        [(PaymentStatus::Failed, CouponState::Releasing), (PaymentStatus::Success, CouponState::Confirmed)]
    {
        let standing = of(status, state);
        assert_eq!(with_coupon_asked_again(&standing, after), standing);
    }
}

#[test]
fn an_operator_is_told_of_what_nobody_here_has_done() {
    let (success, failed) = (payment(PaymentStatus::Success), payment(PaymentStatus::Failed));
    let paid = |paid, cancelled| found(ProviderStatus::Paid, paid, cancelled);
    for (of, lookup, told) in [
        (&success, paid(100, 0), None),
        (&success, paid(100, 30), Some(Alarm::GivenBackInPart)),
        (&success, paid(100, 100), Some(Alarm::GivenBackThere)),
        (&success, paid(200, 0), Some(Alarm::TakenTwice)),
        (&success, paid(0, 0), Some(Alarm::Contradiction)),
        (&success, Lookup::NotFound, Some(Alarm::Contradiction)),
        (&failed, Lookup::NotFound, None),
        (&failed, paid(0, 0), None),
        (&failed, paid(100, 0), Some(Alarm::TakenLate)),
    ] {
        assert_eq!(alarm(of, &lookup, false), told, "{:?} {lookup:?}", of.status);
    }
    assert_eq!(alarm(&success, &paid(100, 100), true), None, "it is our own refund");
    let known = Payment { refunded_amount: 30, ..success };
    assert_eq!(alarm(&known, &paid(100, 30), false), None, "told once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn a_look_back_never_ends_before_an_answer_of_the_second_day(age_ms in 0_i64..LOOK_BACK_MS) {
        let failed = payment(PaymentStatus::Failed);
        for lookup in [Lookup::NotFound, unpaid(ProviderStatus::Failed), found(ProviderStatus::Cancelled, 100, 100)] {
            let next = next_look(&failed, &lookup, true, Timestamp(age_ms));
            prop_assert!(next.is_some_and(|next| next.millis() > age_ms && next.millis() <= LOOK_BACK_MS));
        }
    }
}
