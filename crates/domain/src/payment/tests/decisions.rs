//! Every row of the decision (contract, "Decision"; holes 2, 12, 13, 15).

use super::*;
use crate::payment::decision::{must_keep_moment, refused_by_reservation};

const CONFIRM: Occasion<'static> = Occasion::Confirm { transaction: "t" };
const RUN_OUT: Occasion<'static> = Occasion::Settlement(Ended::RunOut);
const CANCELLED: Occasion<'static> = Occasion::Settlement(Ended::Cancelled);
const ALL: [Occasion<'static>; 4] = [CONFIRM, Occasion::Notice, RUN_OUT, CANCELLED];

fn decided(lookup: &Lookup, occasion: Occasion<'_>) -> Decision {
    decide(&payment(), lookup, occasion, LIVE, NOW)
}

#[test]
fn what_is_paid_as_it_was_to_be_is_secured_on_every_occasion_but_a_cancelled_reservation() {
    let paid_at = Timestamp(NOW.millis() - 500);
    for occasion in [CONFIRM, Occasion::Notice, RUN_OUT] {
        assert_eq!(decided(&looked(|_| ()), occasion), Decision::Secure { paid_at }, "{occasion:?}");
    }
    assert_eq!(decided(&looked(|_| ()), CANCELLED), Decision::Fail(FailureReason::ReservationCancelled));
}

#[test]
fn money_that_is_not_as_it_was_to_be_fails_with_what_is_wrong() {
    type Change = fn(&mut Found);
    let wrong: [(Change, FailureReason); 9] = [
        (|found| found.money.total = 99_999, FailureReason::AmountMismatch),
        (|found| found.money = Money { total: 200_000, paid: 200_000, cancelled: 0 }, FailureReason::AmountMismatch),
        (|found| found.money.paid = 40_000, FailureReason::AmountMismatch),
        (|found| found.money.cancelled = 30_000, FailureReason::AmountMismatch),
        (|found| found.currency = "USD".into(), FailureReason::CurrencyMismatch),
        (|found| found.is_our_store = false, FailureReason::StoreMismatch),
        (|found| found.channel = Channel::Test, FailureReason::TestChannel),
        (
            |found| {
                found.currency = "USD".into();
                found.money.total = 1;
            },
            FailureReason::AmountMismatch,
        ),
        (
            |found| {
                found.status = ProviderStatus::Unknown;
                found.money.cancelled = 30_000;
            },
            FailureReason::AmountMismatch,
        ),
    ];
    for (change, reason) in wrong {
        for occasion in ALL {
            assert_eq!(decided(&looked(change), occasion), Decision::Fail(reason), "{occasion:?}");
        }
    }
}

#[test]
fn the_transaction_counts_at_confirm_alone() {
    for transaction in [None, Some("another".to_owned())] {
        let lookup = looked(|found| found.transaction.clone_from(&transaction));
        assert_eq!(decided(&lookup, CONFIRM), Decision::Fail(FailureReason::TxIdMismatch));
        assert!(matches!(decided(&lookup, Occasion::Notice), Decision::Secure { .. }));
        assert!(matches!(decided(&lookup, RUN_OUT), Decision::Secure { .. }));
    }
}

#[test]
fn money_of_a_test_channel_counts_where_an_operator_says_so() {
    let lookup = looked(|found| found.channel = Channel::Test);
    let accepting = Policy { accept_test_channel: true };
    assert!(matches!(decide(&payment(), &lookup, CONFIRM, accepting, NOW), Decision::Secure { .. }));
}

#[test]
fn money_counts_whatever_the_status_says() {
    for status in [ProviderStatus::Unknown, ProviderStatus::Failed, ProviderStatus::PayPending, ProviderStatus::Ready] {
        let lookup = looked(|found| found.status = status);
        assert!(matches!(decided(&lookup, CONFIRM), Decision::Secure { .. }), "{status:?}");
    }
}

#[test]
fn money_that_was_taken_twice_pays_the_ticket() {
    let lookup = looked(|found| found.money.paid = 200_000);
    assert!(matches!(decided(&lookup, CONFIRM), Decision::Secure { .. }));
}

#[test]
fn what_is_unpaid_fails_at_confirm_and_at_the_end_and_waits_in_between() {
    for status in [ProviderStatus::Ready, ProviderStatus::Failed, ProviderStatus::Cancelled, ProviderStatus::Unknown] {
        let lookup = unpaid(status);
        assert_eq!(decided(&lookup, CONFIRM), Decision::Fail(FailureReason::NotPaid), "{status:?}");
        assert_eq!(decided(&lookup, Occasion::Notice), Decision::Wait, "{status:?}");
        assert_eq!(decided(&lookup, RUN_OUT), Decision::Fail(FailureReason::HoldExpired), "{status:?}");
        assert_eq!(decided(&lookup, CANCELLED), Decision::Fail(FailureReason::ReservationCancelled), "{status:?}");
    }
    assert_eq!(decided(&Lookup::NotFound, CONFIRM), Decision::Fail(FailureReason::NotPaid));
    assert_eq!(decided(&Lookup::NotFound, Occasion::Notice), Decision::Wait);
    assert_eq!(decided(&Lookup::NotFound, RUN_OUT), Decision::Fail(FailureReason::HoldExpired));
}

#[test]
fn what_a_company_still_looks_at_waits_and_is_unpaid_at_the_end() {
    for status in [ProviderStatus::PayPending, ProviderStatus::VirtualAccountIssued] {
        assert_eq!(decided(&unpaid(status), CONFIRM), Decision::Wait, "{status:?}");
        assert_eq!(decided(&unpaid(status), Occasion::Notice), Decision::Wait, "{status:?}");
        assert_eq!(decided(&unpaid(status), RUN_OUT), Decision::Fail(FailureReason::HoldExpired), "{status:?}");
    }
}

#[test]
fn all_given_back_is_unpaid() {
    let lookup = looked(|found| {
        found.status = ProviderStatus::Cancelled;
        found.money.cancelled = 100_000;
    });
    assert_eq!(decided(&lookup, CONFIRM), Decision::Fail(FailureReason::NotPaid));
    let after = payment().fail(OURS, FailureReason::NotPaid, Some(&lookup), NOW).expect("failed");
    assert_eq!((after.payment.captured_amount, after.payment.refunded_amount, after.refund), (100_000, 100_000, None));
}

#[test]
fn a_payment_that_was_seen_paid_cannot_be_unknown() {
    let seen = payment().looked(&looked(|_| ()), NOW);
    for occasion in ALL {
        assert_eq!(decide(&seen, &Lookup::NotFound, occasion, LIVE, NOW), Decision::Disbelieve, "{occasion:?}");
    }
}

#[test]
fn with_told_nothing_is_secured() {
    for (code, reason) in [
        (ToldCode::HoldExpired, FailureReason::HoldExpired),
        (ToldCode::NotPayable, FailureReason::ReservationCancelled),
    ] {
        let told = payment().tell(OURS, code, NOW).expect("told");
        for occasion in ALL {
            let decision = decide(&told, &looked(|_| ()), occasion, LIVE, NOW);
            assert_eq!(decision, Decision::Fail(reason), "{occasion:?}");
        }
        assert_eq!(decide(&told, &unpaid(ProviderStatus::Ready), RUN_OUT, LIVE, NOW), Decision::Fail(reason));
    }
}

#[test]
fn paid_at_is_portones_moment_cut_to_our_first_look_up_that_saw_it() {
    let at = |portone: Option<i64>, first: Option<i64>| {
        let payment = Payment { first_paid_at: first.map(Timestamp), ..payment() };
        let lookup = looked(|found| found.paid_at = portone.map(Timestamp));
        match decide(&payment, &lookup, CONFIRM, LIVE, NOW) {
            Decision::Secure { paid_at } => paid_at,
            other => panic!("{other:?}"),
        }
    };
    let now = NOW.millis();
    assert_eq!(at(Some(now - 500), None), Timestamp(now - 500));
    assert_eq!(at(Some(now + 2_000), None), NOW, "PortOne is two seconds ahead");
    assert_eq!(at(None, None), NOW, "it says nothing");
    assert_eq!(
        at(None, Some(now - 9_000)),
        Timestamp(now - 9_000),
        "a later look-up goes on with the first one's moment"
    );
    assert_eq!(at(Some(now + 2_000), Some(now - 9_000)), Timestamp(now - 9_000));
}

#[test]
fn the_moment_of_a_look_up_is_kept_first_where_it_decides() {
    let keeps = |portone: Option<i64>| {
        let mut found = found();
        found.paid_at = portone.map(Timestamp);
        must_keep_moment(&payment(), &found, NOW)
    };
    assert!(keeps(None) && keeps(Some(NOW.millis() + 1)));
    assert!(!keeps(Some(NOW.millis())) && !keeps(Some(0)));
    let seen = payment().looked(&looked(|_| ()), NOW);
    assert!(!must_keep_moment(&seen, &Found { paid_at: None, ..found() }, NOW));
}

#[test]
fn a_no_of_reservation_is_said_as_what_it_is() {
    let why = |occasion, paid_at| refused_by_reservation(&payment(), occasion, Timestamp(paid_at));
    assert_eq!(why(CONFIRM, END.millis() - 1), FailureReason::SeatsGone);
    assert_eq!(why(RUN_OUT, END.millis() - 1), FailureReason::SeatsGone);
    assert_eq!(why(RUN_OUT, END.millis()), FailureReason::HoldExpired, "at the very instant it is too late");
    assert_eq!(why(CANCELLED, 0), FailureReason::ReservationCancelled);
}

#[test]
fn what_reservation_says_is_the_occasion() {
    assert_eq!(Standing::Running.occasion(), Occasion::Notice);
    assert_eq!(Standing::Ended(Ended::RunOut).occasion(), RUN_OUT);
    assert_eq!(Standing::Ended(Ended::Cancelled).occasion(), CANCELLED);
    assert_eq!((Standing::Running.refusal(), Standing::Kept.refusal()), (None, None));
    assert_eq!(Standing::Ended(Ended::RunOut).refusal(), Some(ToldCode::HoldExpired));
    assert_eq!(Standing::Ended(Ended::Cancelled).refusal(), Some(ToldCode::NotPayable));
}

/// A payment that was lost and adopted for a ticket that stands: it is SUCCESS again, whatever was given back of it since.
#[test]
fn a_lost_payment_of_a_ticket_is_success_again() {
    for cancelled in [0, 30_000, 100_000] {
        let lookup = looked(|found| found.money.cancelled = cancelled);
        assert!(matches!(decided(&lookup, Occasion::Sold), Decision::Secure { .. }), "{cancelled}");
        let Lookup::Found(found) = &lookup else { panic!("found") };
        let paid = payment().succeed(OURS, found, &secured(), NOW, NOW).expect("paid").payment;
        assert_eq!(paid.due_at == Some(NOW), cancelled > 0, "{cancelled}: looked up at once");
        let after = paid.found_after(&lookup, "CANCELLED_AT_PORTONE", NOW);
        let expected = if cancelled == 100_000 { PaymentStatus::Refunded } else { PaymentStatus::Success };
        assert_eq!((after.payment.status, after.refund), (expected, None), "{cancelled}");
    }
    assert_eq!(decided(&unpaid(ProviderStatus::Ready), Occasion::Sold), Decision::Fail(FailureReason::NotPaid));
    assert_eq!((Standing::Sold.occasion(), Standing::Sold.refusal()), (Occasion::Sold, None));
}
