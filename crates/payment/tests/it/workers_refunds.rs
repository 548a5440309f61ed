//! Refunds with every answer that PortOne may give (hole 1), and with all who may want one at the same time (hole 18).

use crate::workers_world::{AMOUNT, World, kind};
use domain::payment::{PaymentStatus, RefundKind, RefundStatus};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(
    a_refund_that_the_card_company_refuses_is_asked_for_under_a_new_key,
    one_refund_is_made_of_all_that_want_one,
    what_was_taken_twice_is_given_back_alone,
);

async fn done(world: &World, payment: &domain::payment::Payment) -> bool {
    let refund = world.refund(payment, RefundKind::All).await;
    refund.is_some_and(|refund| refund.status == RefundStatus::Done)
}

/// Kind: the same key hears its own failure for ever.
async fn a_refund_that_the_card_company_refuses_is_asked_for_under_a_new_key(site: Site) {
    let world = World::on(site).await;
    let payment = world.success().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.fault(json!({"mode": "failed", "count": 3})).await;
    world.rounds(20).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 4));
    let after = world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (AMOUNT, AMOUNT));
    let refund = world.refund(&payment, RefundKind::All).await.expect("made");
    assert_eq!((refund.status, refund.attempts, refund.open), (RefundStatus::Done, 4, None));
    assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
    let message = world.messages(&payment).await.remove(1).payload;
    assert_eq!((&message["reason"], &message["amount"]), (&json!("USER_REQUEST"), &json!(AMOUNT)));
    assert_eq!(message["portoneCancellationId"].as_str(), refund.cancellation.as_deref());
}

/// Kind: REQUESTED taken as done; the card company refuses it later and the money never comes.
#[tokio::test]
async fn a_payment_stays_success_while_its_refund_is_under_way() {
    let world = World::new().await;
    let payment = world.success().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.fault(json!({"mode": "requested", "count": 1, "then": "SUCCEEDED", "afterMs": 60_000})).await;
    world.rounds(20).await;
    world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, 0, 1), "nothing is asked for twice");
    world.pass(120);
    world.round().await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
    assert!(done(&world, &payment).await);
}

#[tokio::test]
async fn a_refund_that_is_refused_after_it_was_taken_up_is_asked_for_again() {
    let world = World::new().await;
    let payment = world.success().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.fault(json!({"mode": "requested", "count": 1, "then": "FAILED", "afterMs": 5_000})).await;
    world.rounds(3).await;
    world.demand(&payment, PaymentStatus::Success).await;
    world.rounds(20).await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 2));
    assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
}

#[tokio::test]
async fn a_refund_that_meets_another_cancellation_is_looked_up_and_asked_for_anew() {
    let world = World::new().await;
    let payment = world.success().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.fault(json!({"mode": "broken", "count": 1})).await;
    world.round().await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 2), "at once");
    assert_eq!(world.refund(&payment, RefundKind::All).await.expect("made").attempts, 2);
}

#[tokio::test]
async fn a_refund_after_an_operators_is_of_the_rest() {
    let world = World::new().await;
    let payment = world.success().await;
    world.console(&payment, Some(20_000)).await;
    world.cancelled(&payment, "EVENT_CANCELLED").await;
    world.round().await;
    let after = world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (AMOUNT, AMOUNT));
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
}

#[tokio::test]
async fn what_an_operator_gave_back_whole_is_asked_for_by_nobody() {
    let world = World::new().await;
    let payment = world.success().await;
    world.console(&payment, None).await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.round().await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 0), "a look-up ends it");
    assert!(done(&world, &payment).await);
    assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
}

/// The answer is lost, with and without effect: in both cases the money is given back once.
#[tokio::test]
async fn a_lost_answer_gives_nothing_back_twice() {
    for is_carried_out in [true, false] {
        for mode in ["hang", "error", "garbage"] {
            let world = World::impatient().await;
            let payment = world.success().await;
            world.cancelled(&payment, "USER_REQUEST").await;
            let fault = json!({"mode": mode, "call": "cancel", "count": 2, "carriedOut": is_carried_out});
            world.fault(fault).await;
            for _ in 0..20 {
                if done(&world, &payment).await {
                    break;
                }
                world.rounds(1).await;
            }
            assert!(done(&world, &payment).await, "{mode} {is_carried_out}");
            world.demand(&payment, PaymentStatus::Refunded).await;
            let (captured, refunded, _) = world.books(payment.key).await;
            assert_eq!((captured, refunded), (AMOUNT, AMOUNT), "{mode} {is_carried_out}");
            let refund = world.refund(&payment, RefundKind::All).await.expect("made");
            assert_eq!(refund.attempts, 1, "an unknown outcome keeps its key: {mode} {is_carried_out}");
            assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
        }
    }
}

/// Kind: a try that was asleep for longer than its time writes over what another has done (hole 14).
#[tokio::test]
async fn a_try_that_has_lapsed_changes_nothing_any_more() {
    for is_carried_out in [true, false] {
        let world = World::impatient().await;
        let payment = world.success().await;
        world.cancelled(&payment, "USER_REQUEST").await;
        world.fault(json!({"mode": "hang", "call": "cancel", "count": 1, "carriedOut": is_carried_out})).await;
        let another = world.another();
        let overtakes = async {
            while world.books(payment.key).await.2 == 0 {
                tokio::task::yield_now().await;
            }
            world.pass(20);
            another.give_back_due().await.expect("gave back");
            assert!(done(&world, &payment).await);
        };
        let (late, ()) = futures::join!(world.service.give_back_due(), overtakes);
        late.expect("gave back");
        let refund = world.refund(&payment, RefundKind::All).await.expect("made");
        assert_eq!((refund.status, refund.due_at, refund.open), (RefundStatus::Done, None, None));
        assert_eq!(refund.attempts, 1, "both asked under the same key");
        let after = world.demand(&payment, PaymentStatus::Refunded).await;
        assert_eq!(after.asking, None);
        let (captured, refunded, _) = world.books(payment.key).await;
        assert_eq!((captured, refunded), (AMOUNT, AMOUNT));
        assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
    }
}

#[tokio::test]
async fn a_payment_without_money_owes_nothing_and_a_failed_one_is_never_called_refunded() {
    let world = World::new().await;
    let unpaid = world.failed(None).await;
    assert_eq!(world.refund(&unpaid, RefundKind::All).await, None);
    let wrong = world.failed(Some(AMOUNT - 1)).await;
    world.round().await;
    let after = world.demand(&wrong, PaymentStatus::Failed).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (AMOUNT - 1, AMOUNT - 1));
    assert_eq!(world.told(&wrong).await, [kind::FAILED]);
    assert_eq!(world.refund(&wrong, RefundKind::All).await.expect("made").reason, "AMOUNT_MISMATCH");
}

/// The buyer, the event's end, an operator and a lost message that comes again, in two processes at once.
async fn one_refund_is_made_of_all_that_want_one(site: Site) {
    let world = World::on(site).await;
    let (mine, theirs) = (world.success().await, world.success().await);
    for payment in [&mine, &theirs] {
        for reason in ["USER_REQUEST", "EVENT_CANCELLED", "LATE_PAYMENT", "USER_REQUEST"] {
            world.cancelled(payment, reason).await;
        }
    }
    world.console(&theirs, Some(1)).await;
    let another = world.another();
    for _ in 0..4 {
        let (one, two) = futures::join!(world.service.give_back_due(), another.give_back_due());
        one.expect("gave back");
        two.expect("gave back");
        world.pass(1);
    }
    for payment in [&mine, &theirs] {
        let (captured, refunded, cancels) = world.books(payment.key).await;
        assert_eq!((captured, refunded, cancels), (AMOUNT, AMOUNT, 1));
        assert_eq!(world.told(payment).await, [kind::SUCCESS, kind::REFUNDED]);
        world.demand(payment, PaymentStatus::Refunded).await;
        assert_eq!(world.refund(payment, RefundKind::Excess).await, None);
    }
}

/// Kind: with an excess captured two refunds of all succeed.
async fn what_was_taken_twice_is_given_back_alone(site: Site) {
    let world = World::on(site).await;
    let payment = world.success().await;
    world.capture(&payment, AMOUNT).await;
    world.pass(86_400);
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (2 * AMOUNT, AMOUNT));
    assert_eq!(world.books(payment.key).await, (2 * AMOUNT, AMOUNT, 1), "the ticket's own money stays");
    assert_eq!(world.told(&payment).await, [kind::SUCCESS], "its ticket is good");

    world.cancelled(&payment, "USER_REQUEST").await;
    world.capture(&payment, 7).await;
    world.rounds(3).await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    let all = 2 * AMOUNT + 7;
    assert_eq!(world.books(payment.key).await, (all, all, 2));
    // Once more, after all was given back: the last look finds it.
    world.capture(&payment, 9).await;
    world.pass(86_400);
    world.rounds(3).await;
    assert_eq!(world.books(payment.key).await, (all + 9, all + 9, 3));
    assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED], "told once");
}

#[tokio::test]
async fn while_portone_is_away_a_refund_is_tried_on_with_pauses_of_ten_minutes_at_most() {
    let world = World::new().await;
    let payment = world.success().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.fault(json!({"mode": "error"})).await;
    for _ in 0..14 {
        world.round().await;
        let due_at = world.refund(&payment, RefundKind::All).await.expect("made").due_at.expect("due");
        let pause = due_at.millis() - clock::now().millis();
        assert!((1..=600_000).contains(&pause), "{pause}");
        world.pass(pause / 1_000 + 1);
    }
    let refund = world.refund(&payment, RefundKind::All).await.expect("made");
    assert_eq!((refund.tries, refund.attempts), (14, 0), "nothing was asked for without a look-up");
    world.no_faults().await;
    // The breaker may still be counting the failures of before.
    for _ in 0..3 {
        world.pass(601);
        world.round().await;
    }
    world.demand(&payment, PaymentStatus::Refunded).await;
}

/// Kind: money that PortOne does not know any more is taken for given back.
#[tokio::test]
async fn a_success_that_portone_does_not_know_is_not_called_refunded() {
    let mut world = World::new().await;
    let payment = world.success().await;
    world.another_store().await;
    world.cancelled(&payment, "USER_REQUEST").await;
    world.rounds(5).await;
    world.demand(&payment, PaymentStatus::Success).await;
    let refund = world.refund(&payment, RefundKind::All).await.expect("made");
    assert_eq!((refund.status, refund.attempts), (RefundStatus::Requested, 0));
}
