//! Nothing stays PENDING (PAY-016): what nobody confirms is settled, whoever was away.

use crate::workers_world::{AMOUNT, World, kind};
use domain::payment::{FailureReason, Payment, PaymentStatus, RefundKind};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(two_processes_settle_each_payment_once);

/// The hold is over by ten seconds, and its reservation was swept.
fn run_out(world: &World, payment: &Payment) {
    world.pass(310);
    world.reservations.change(payment.reservation, |reservation| {
        (reservation.status, reservation.cancel_reason) = ("CANCELLED", Some("HOLD_EXPIRED"));
    });
}

#[tokio::test]
async fn a_payment_that_was_paid_in_time_and_never_confirmed_is_success() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.pay(&payment, json!({})).await;
    run_out(&world, &payment);
    world.round().await;
    let after = world.demand(&payment, PaymentStatus::Success).await;
    assert!(after.hold_no > payment.hold_no, "its seats were taken again");
    assert_eq!(world.told(&payment).await, [kind::SUCCESS]);
}

#[tokio::test]
async fn an_unpaid_one_fails_after_its_hold_and_not_before() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.notice(&payment).await;
    world.rounds(5).await;
    world.demand(&payment, PaymentStatus::Pending).await;
    run_out(&world, &payment);
    world.round().await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!(after.failure, Some(FailureReason::HoldExpired));
    assert_eq!(world.told(&payment).await, [kind::FAILED]);
}

#[tokio::test]
async fn a_payment_whose_seats_others_have_is_given_back() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.pay(&payment, json!({})).await;
    run_out(&world, &payment);
    world.reservations.change(payment.reservation, |reservation| reservation.seats_are_gone = true);
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!((after.failure, after.refunded_amount), (Some(FailureReason::SeatsGone), AMOUNT));
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
}

#[tokio::test]
async fn what_is_heard_of_a_reservation_settles_its_payment_at_once() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.pay(&payment, json!({})).await;
    world.reservations.change(payment.reservation, |reservation| {
        (reservation.status, reservation.cancel_reason) = ("CANCELLED", Some("USER_REQUEST"));
    });
    world.cancelled(&payment, "USER_REQUEST").await;
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!(after.failure, Some(FailureReason::ReservationCancelled));
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
}

#[tokio::test]
async fn while_portone_or_reservation_is_away_a_payment_stays_pending_and_is_tried_on() {
    for is_portone in [true, false] {
        let world = World::new().await;
        let payment = world.pending().await;
        world.pay(&payment, json!({})).await;
        run_out(&world, &payment);
        if is_portone {
            world.fault(json!({"mode": "error"})).await
        } else {
            world.reservations.set_away(true)
        }
        for _ in 0..12 {
            world.round().await;
            let standing = world.demand(&payment, PaymentStatus::Pending).await;
            let pause = standing.due_at.expect("due").millis() - clock::now().millis();
            assert!((1..=600_000).contains(&pause), "{pause}");
            world.pass(pause / 1_000 + 1);
        }
        assert_eq!(world.read(&payment).await.tries, 12);
        world.no_faults().await;
        world.reservations.set_away(false);
        world.pass(601);
        world.round().await;
        world.demand(&payment, PaymentStatus::Success).await;
    }
}

/// Any number of processes: each decision is made once, and told once.
async fn two_processes_settle_each_payment_once(site: Site) {
    let world = World::on(site).await;
    let mut payments = Vec::new();
    for number in 0..12 {
        let payment = world.pending().await;
        match number % 3 {
            0 => world.pay(&payment, json!({})).await,
            1 => world.pay(&payment, json!({"amount": AMOUNT + 1})).await,
            _ => {}
        }
        payments.push(payment);
    }
    world.pass(310);
    let another = world.another();
    for _ in 0..4 {
        let (one, two) = futures::join!(world.service.look_at_due(), another.look_at_due());
        one.expect("looked");
        two.expect("looked");
        let (one, two) = futures::join!(world.service.give_back_due(), another.give_back_due());
        one.expect("gave back");
        two.expect("gave back");
    }
    for (number, payment) in payments.iter().enumerate() {
        let (status, told, taken, left) = match number % 3 {
            0 => (PaymentStatus::Success, kind::SUCCESS, AMOUNT, AMOUNT),
            1 => (PaymentStatus::Failed, kind::FAILED, AMOUNT + 1, 0),
            _ => (PaymentStatus::Failed, kind::FAILED, 0, 0),
        };
        world.demand(payment, status).await;
        assert_eq!(world.told(payment).await, [told]);
        let (captured, refunded, cancels) = world.books(payment.key).await;
        assert_eq!((captured, captured - refunded), (taken, left));
        assert!(cancels <= 1);
        assert_eq!(world.refund(payment, RefundKind::All).await.is_some(), number % 3 == 1);
    }
}
