//! Each step: what it does, and what it refuses.

use super::*;
use crate::payment::model::ASK_MS;

fn success() -> Changed {
    payment().succeed(OURS, &found(), &secured(), NOW, NOW).expect("paid")
}

#[test]
fn a_new_payment_shows_its_key_once_it_is_registered() {
    let begun = Payment::begin(begin(20_000), OURS, NOW);
    assert_eq!((begun.amount, begun.total_amount, begun.discount()), (100_000, 120_000, 20_000));
    assert_eq!((begun.registered_at, begun.due_at), (None, Some(Timestamp(NOW.millis() + 60_000))));
    let registered = begun.registered(OURS, 10_000, NOW).expect("registered");
    assert_eq!((registered.registered_at, registered.asking), (Some(NOW), None));
    assert_eq!(registered.due_at, Some(Timestamp(END.millis() + 10_000)), "settled after the hold's end");
    assert_eq!(begun.registered(OTHER, 10_000, NOW), Err(Refusal::NotAsking));
    let taken = registered.ask_pending(OURS, NOW).expect("taken");
    assert_eq!(taken.registered(OURS, 10_000, NOW), Err(Refusal::Registered));
}

#[test]
fn one_try_asks_at_a_time_and_a_lapsed_one_decides_nothing() {
    let later = Timestamp(NOW.millis() + ASK_MS);
    let before = Timestamp(later.millis() - 1);
    assert_eq!(payment().ask(OTHER, before), Err(Refusal::Busy { until: later }));
    let taken = payment().ask(OTHER, later).expect("lapsed");
    assert_eq!(taken.succeed(OURS, &found(), &secured(), NOW, later), Err(Refusal::NotAsking));
    assert_eq!(taken.fail(OURS, FailureReason::NotPaid, None, later), Err(Refusal::NotAsking));
    assert_eq!(taken.tell(OURS, ToldCode::HoldExpired, later), Err(Refusal::NotAsking));
    assert_eq!(taken.let_go(OURS, None), Err(Refusal::NotAsking));
    assert!(taken.let_go(OTHER, None).expect("let go").ask(OURS, later).is_ok());
}

#[test]
fn a_due_payment_is_due_again_when_the_try_that_looks_at_it_lapses() {
    let until = Timestamp(NOW.millis() + ASK_MS);
    let taken = Payment::adopt(begin(0), false, NOW).ask_pending(OURS, NOW).expect("taken");
    assert_eq!(taken.due_at, Some(until), "by nobody before");
    let next = taken.ask_pending(OTHER, until).expect("lapsed");
    assert_eq!(next.due_at, Some(Timestamp(until.millis() + ASK_MS)));
    let renewed = taken.ask_pending(OURS, END).expect("renewed");
    assert_eq!(renewed.due_at, Some(Timestamp(END.millis() + ASK_MS)));
    assert_eq!(taken.let_go(OURS, None).map(|gone| gone.due_at), Ok(Some(NOW)), "at once, as before");
    assert_eq!(taken.let_go(OURS, Some(END)).map(|gone| gone.due_at), Ok(Some(END)));
    let tried = taken.unanswered(OURS, END).expect("ours");
    assert_eq!((tried.due_at, tried.tries, tried.asking), (Some(END), 1, None));
    assert_eq!(taken.unanswered(OTHER, END), Err(Refusal::NotAsking));
    let later = payment();
    assert_eq!(later.due_at, Some(Timestamp(END.millis() + 10_000)), "what is due after a try stays due then");
    assert_eq!(later.let_go(OURS, None).map(|gone| gone.due_at), Ok(later.due_at));
}

/// Kind: PortOne has answered that nothing is paid yet, and its notice of the payment comes before that answer is stored.
#[test]
fn news_that_comes_during_a_look_up_is_looked_up_after_it() {
    type Heard = fn(&Payment, Timestamp) -> Payment;
    let notice: Heard = |payment, at| payment.noticed(at);
    let end: Heard = |payment, at| payment.reservation_cancelled("USER_REQUEST", Some(7), at).expect("noted").payment;
    let adopted = Payment::adopt(begin(0), false, NOW).ask_pending(OURS, NOW).expect("taken");
    // The last is after the end of a try that takes long, and that nobody has followed.
    for after_ms in [0, 1, ASK_MS - 1, ASK_MS, ASK_MS + 5_000] {
        let at = Timestamp(NOW.millis() + after_ms);
        let is_due = |payment: &Payment| payment.due_at.is_some_and(|due_at| due_at <= at);
        for (payment, heard) in [(&adopted, notice), (&adopted, end), (&payment(), notice), (&payment(), end)] {
            let heard = heard(payment, at);
            assert!(is_due(&heard.let_go(OURS, Some(END)).expect("waits")), "{after_ms}");
            assert!(is_due(&heard.let_go(OURS, None).expect("let go")), "{after_ms}");
            assert!(is_due(&heard.unanswered(OURS, END).expect("away")), "{after_ms}");
            assert!(is_due(&heard.fail(OURS, FailureReason::NotPaid, None, at).expect("failed").payment), "{after_ms}");
            let renewed = heard.ask_pending(OURS, at).expect("renewed");
            assert!(is_due(&renewed.let_go(OURS, Some(END)).expect("waits")), "{after_ms}: also a try that is renewed");
            let next = heard.let_go(OURS, Some(END)).and_then(|gone| gone.ask_pending(OTHER, at)).expect("taken");
            assert_eq!(next.let_go(OTHER, Some(END)).map(|gone| gone.due_at), Ok(Some(END)), "{after_ms}: once");
        }
        let paid = notice(&adopted, at).succeed(OURS, &found(), &secured(), NOW, at).expect("paid").payment;
        assert!(is_due(&paid), "{after_ms}");
        let asked = success().payment.due(Some(NOW)).ask_to_look(OTHER, NOW).expect("taken");
        assert!(is_due(&notice(&asked, at).due(None)) && asked.due(None).due_at.is_none(), "{after_ms}: a decided one");
    }
}

#[test]
fn a_clock_that_was_set_back_keeps_no_payment_for_itself() {
    let hour_before = Timestamp(NOW.millis() - 3_600_000);
    assert!(payment().ask(OTHER, hour_before).is_ok());
}

#[test]
fn a_success_is_told_with_the_hold_that_reservation_keeps() {
    let retaken = Secured { hold_no: 9, ..secured() };
    let changed = payment().succeed(OURS, &found(), &retaken, NOW, NOW).expect("paid");
    assert_eq!((changed.payment.status, changed.payment.hold_no), (PaymentStatus::Success, 9));
    let Some(Outgoing::Success(told)) = changed.message else { panic!("told") };
    assert_eq!((told.hold_no, told.amount, told.portone_transaction_id.as_str()), (Some(9), 100_000, "t"));
    assert_eq!(changed.refund, None);
    assert_eq!(changed.payment.ask_pending(OTHER, NOW), Err(Refusal::Decided(PaymentStatus::Success)));
}

#[test]
fn a_success_without_a_name_of_portone_has_our_key_as_name() {
    let unnamed = Found { transaction: None, ..found() };
    let changed = payment().succeed(OURS, &unnamed, &secured(), NOW, NOW).expect("paid");
    let key = changed.payment.key.to_string();
    assert_eq!(changed.payment.transaction.as_ref(), Some(&key));
    let Some(Outgoing::Success(told)) = &changed.message else { panic!("told") };
    assert_eq!(told.portone_transaction_id, key);
    // What was named before, or is named later, is its name.
    let seen = payment().looked(&looked(|_| ()), NOW);
    let named = seen.succeed(OURS, &unnamed, &secured(), NOW, NOW).expect("paid").payment;
    assert_eq!(named.transaction.as_deref(), Some("t"));
    assert_eq!(changed.payment.looked(&looked(|_| ()), NOW).transaction.as_deref(), Some("t"));
}

#[test]
fn what_was_captured_beyond_the_amount_is_owed_and_the_ticket_stays() {
    let twice = Found { money: Money { total: 100_000, paid: 200_000, cancelled: 0 }, ..found() };
    let changed = payment().succeed(OURS, &twice, &secured(), NOW, NOW).expect("paid");
    assert_eq!(changed.payment.status, PaymentStatus::Success);
    assert_eq!(changed.refund.map(|owed| owed.kind), Some(RefundKind::Excess));
}

#[test]
fn a_success_is_never_written_over_what_its_buyer_was_told() {
    let told = payment().tell(OURS, ToldCode::HoldExpired, NOW).expect("told");
    assert_eq!((told.asking, told.due_at), (None, Some(NOW)), "it is due at once");
    let taken = told.ask_pending(OTHER, NOW).expect("taken");
    let refused = taken.succeed(OTHER, &found(), &secured(), NOW, NOW);
    assert_eq!(refused, Err(Refusal::Told(ToldCode::HoldExpired)));
    let again = taken.tell(OTHER, ToldCode::NotPayable, NOW).expect("told again");
    assert_eq!(again.told.map(|told| told.code), Some(ToldCode::HoldExpired), "the first word counts");
}

#[test]
fn a_success_is_never_written_over_the_end_of_its_own_or_a_later_hold() {
    for (ended, is_paid) in [(Some(6), true), (Some(7), false), (Some(8), false), (None, false)] {
        let noted = payment().reservation_cancelled("USER_REQUEST", ended, NOW).expect("noted").payment;
        let outcome = noted.succeed(OURS, &found(), &secured(), NOW, NOW);
        assert_eq!(outcome.is_ok(), is_paid, "{ended:?}");
        if !is_paid {
            assert_eq!(outcome, Err(Refusal::Cancelled));
        }
    }
}

#[test]
fn a_failure_owes_the_money_that_was_taken_and_the_coupon() {
    let with_coupon = Payment::begin(begin(20_000), OURS, NOW);
    let lookup = looked(|found| found.currency = "USD".into());
    let changed = with_coupon.fail(OURS, FailureReason::CurrencyMismatch, Some(&lookup), NOW).expect("failed");
    let owed = changed.refund.expect("owed");
    assert_eq!((owed.kind, owed.reason.as_str()), (RefundKind::All, "CURRENCY_MISMATCH"));
    assert_eq!(
        changed.payment.coupon.map(|coupon| (coupon.state, coupon.due_at)),
        Some((CouponState::Releasing, Some(NOW)))
    );
    assert!(matches!(changed.message, Some(Outgoing::Failed(_))));
    assert!(changed.payment.due_at.is_some(), "it is looked back");
    let unpaid = payment().fail(OURS, FailureReason::NotPaid, Some(&Lookup::NotFound), NOW).expect("failed");
    assert_eq!(unpaid.refund, None);
}

#[test]
fn the_end_of_a_reservation_is_due_at_once_but_for_a_hold_that_ran_out() {
    let due = |reason| payment().reservation_cancelled(reason, Some(7), NOW).expect("noted").payment.due_at;
    assert_eq!(due("USER_REQUEST"), Some(NOW));
    assert_eq!(due("HOLD_EXPIRED"), Some(Timestamp(END.millis() + 10_000)));
    let noted = payment().reservation_cancelled("EVENT_CANCELLED", Some(9), NOW).expect("noted").payment;
    assert_eq!(noted.reservation_cancelled("HOLD_EXPIRED", Some(7), NOW), None, "the latest hold counts");
}

#[test]
fn the_end_of_a_reservation_gives_a_success_back_unless_an_older_hold_ended() {
    let paid = success().payment;
    for (ended, is_owed) in [(Some(6), false), (Some(7), true), (Some(8), true), (None, true)] {
        let changed = paid.reservation_cancelled("EVENT_CANCELLED", ended, NOW);
        assert_eq!(changed.is_some(), is_owed, "{ended:?}");
        if let Some(owed) = changed.and_then(|changed| changed.refund) {
            assert_eq!((owed.kind, owed.reason.as_str()), (RefundKind::All, "EVENT_CANCELLED"));
        }
    }
}

#[test]
fn a_success_of_which_nothing_is_left_is_refunded_and_told() {
    let paid = success().payment;
    let gone = looked(|found| {
        found.status = ProviderStatus::Cancelled;
        found.money.cancelled = 100_000;
        found.given_back = vec![GivenBack { id: "c".into(), status: GivenBackStatus::Succeeded, amount: 100_000 }];
    });
    let changed = paid.found_after(&gone, "USER_REQUEST", NOW);
    assert_eq!(changed.payment.status, PaymentStatus::Refunded);
    let Some(Outgoing::Refunded(told)) = changed.message else { panic!("told") };
    assert_eq!(
        (told.portone_cancellation_id.as_str(), told.reason.as_str(), told.amount),
        ("c", "USER_REQUEST", 100_000)
    );
    assert_eq!(changed.payment.found_after(&gone, "AGAIN", NOW).message, None, "once");
    let part = looked(|found| found.money.cancelled = 30_000);
    let partly = paid.found_after(&part, "x", NOW);
    assert_eq!((partly.payment.status, partly.message, partly.refund), (PaymentStatus::Success, None, None));
    assert_eq!(partly.payment.refunded_amount, 30_000);
}

#[test]
fn money_that_comes_after_a_failure_is_owed_and_told_to_nobody() {
    let failed = payment().fail(OURS, FailureReason::NotPaid, None, NOW).expect("failed").payment;
    let changed = failed.found_after(&looked(|_| ()), "LATE", NOW);
    assert_eq!((changed.payment.status, changed.message), (PaymentStatus::Failed, None));
    assert_eq!(changed.refund.map(|owed| owed.reason), Some("NOT_PAID".to_owned()));
    let nothing = failed.found_after(&Lookup::NotFound, "LATE", NOW);
    assert_eq!((nothing.refund, nothing.payment.looked_at), (None, Some(NOW)));
}

#[test]
fn a_coupon_is_asked_back_until_it_has_answered() {
    let failed = Payment::begin(begin(20_000), OURS, NOW).fail(OURS, FailureReason::NotPaid, None, NOW);
    let failed = failed.expect("failed").payment;
    let waits = failed.coupon_unanswered(END);
    assert_eq!(waits.coupon.map(|coupon| (coupon.tries, coupon.due_at)), Some((1, Some(END))));
    let released = waits.coupon_released();
    assert_eq!(released.coupon.map(|coupon| (coupon.state, coupon.due_at)), Some((CouponState::Released, None)));
    assert_eq!(released.coupon_unanswered(END), released, "what is done is done");
    let paid = success().payment;
    assert_eq!(paid.coupon_released(), paid);
}

#[test]
fn an_adopted_payment_is_due_at_once_and_its_coupon_is_as_reservation_says() {
    for (is_confirmed, state) in [(true, CouponState::Confirmed), (false, CouponState::Reserved)] {
        let adopted = Payment::adopt(begin(20_000), is_confirmed, NOW);
        assert_eq!((adopted.status, adopted.due_at, adopted.asking), (PaymentStatus::Pending, Some(NOW), None));
        assert_eq!(adopted.coupon.map(|coupon| coupon.state), Some(state));
    }
}
