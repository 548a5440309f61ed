//! Payments that are decided are looked up again: money that comes late, and money that goes (holes 2, 13, 20).

use crate::workers_world::{AMOUNT, World, kind};
use domain::payment::{PaymentStatus, RefundKind};
use serde_json::json;

const HOUR: i64 = 3_600;

#[tokio::test]
async fn money_that_is_taken_23_hours_after_the_failure_is_found_and_given_back() {
    let world = World::new().await;
    let payment = world.failed(None).await;
    for _ in 0..23 {
        world.pass(HOUR);
        world.round().await;
    }
    world.pay(&payment, json!({})).await;
    for _ in 0..2 {
        world.pass(HOUR);
        world.rounds(2).await;
    }
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (AMOUNT, AMOUNT));
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
    assert_eq!(world.told(&payment).await, [kind::FAILED]);
}

/// Kind: a look-back that ends with an hour, and not with an answer.
#[tokio::test]
async fn after_thirty_hours_without_portone_there_is_one_more_look() {
    let world = World::new().await;
    let payment = world.failed(None).await;
    world.fault(json!({"mode": "error"})).await;
    world.pay(&payment, json!({})).await;
    for _ in 0..30 {
        world.pass(HOUR);
        world.round().await;
    }
    assert!(world.read(&payment).await.due_at.is_some(), "it stays due");
    assert_eq!(world.books(payment.key).await.1, 0);
    world.no_faults().await;
    world.pass(HOUR);
    world.rounds(2).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
    assert_eq!(world.read(&payment).await.due_at, None, "that look has ended it");
}

/// The same for a process that was away: nothing ran for thirty hours.
#[tokio::test]
async fn after_thirty_hours_without_a_process_there_is_one_more_look() {
    let world = World::new().await;
    let payment = world.failed(None).await;
    world.pay(&payment, json!({})).await;
    world.pass(30 * HOUR);
    let another = world.another();
    another.look_at_due().await.expect("looked");
    another.give_back_due().await.expect("gave back");
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
}

#[tokio::test]
async fn what_is_under_way_at_portone_is_looked_up_for_longer_than_a_day() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.pay(&payment, json!({"outcome": "PAY_PENDING"})).await;
    world.pass(310);
    world.round().await;
    world.demand(&payment, PaymentStatus::Failed).await;
    world.pass(40 * HOUR);
    world.round().await;
    assert!(world.read(&payment).await.due_at.is_some(), "the company still looks at it");
    world.pay(&payment, json!({})).await;
    world.pass(40 * HOUR);
    world.rounds(2).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
    assert_eq!(world.read(&payment).await.due_at, None);
}

#[tokio::test]
async fn a_notice_about_a_failed_payment_is_a_reason_to_look() {
    let world = World::new().await;
    let payment = world.failed(None).await;
    world.pay(&payment, json!({})).await;
    world.round().await;
    assert_eq!(world.books(payment.key).await.1, 0, "it is not due yet");
    world.notice(&payment).await;
    world.round().await;
    assert_eq!(world.books(payment.key).await.1, AMOUNT);
}

/// Kind: an operator's cancellation whose notice was lost: the ticket is good, the money is gone.
#[tokio::test]
async fn a_success_that_was_given_back_in_the_console_is_found_by_the_daily_look() {
    let world = World::new().await;
    let payment = world.success().await;
    world.console(&payment, None).await;
    world.pass(23 * HOUR);
    world.round().await;
    world.demand(&payment, PaymentStatus::Success).await;
    world.pass(HOUR);
    world.round().await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.told(&payment).await, [kind::SUCCESS, kind::REFUNDED]);
    let message = world.messages(&payment).await.remove(1).payload;
    assert_eq!(message["reason"], "CANCELLED_AT_PORTONE");
    assert_eq!(world.refund(&payment, RefundKind::All).await, None, "nobody here owed it");
}

#[tokio::test]
async fn a_success_of_which_a_part_was_given_back_keeps_its_ticket() {
    let world = World::new().await;
    let payment = world.success().await;
    world.console(&payment, Some(10_000)).await;
    world.pass(24 * HOUR);
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!((after.captured_amount, after.refunded_amount), (AMOUNT, 10_000));
    assert_eq!(world.told(&payment).await, [kind::SUCCESS]);
    assert_eq!(world.books(payment.key).await, (AMOUNT, 10_000, 0), "nothing is asked for");
}

#[tokio::test]
async fn a_success_is_looked_up_each_day_until_its_schedule_has_ended() {
    let world = World::new().await;
    let payment = world.success().await;
    for _ in 0..3 {
        world.pass(24 * HOUR);
        world.round().await;
        let due_at = world.read(&payment).await.due_at.expect("due again");
        assert_eq!(due_at.millis() - clock::now().millis(), 24 * HOUR * 1_000);
    }
    world.catalog.end(payment.schedule);
    world.pass(24 * HOUR);
    world.round().await;
    assert_eq!(world.read(&payment).await.due_at, None);
}

/// A look-up that says nothing about money changes nothing (hole 2).
#[tokio::test]
async fn while_portone_refuses_our_secret_nothing_is_concluded() {
    let mut world = World::new().await;
    let payment = world.success().await;
    let failed = world.failed(None).await;
    world.another_secret();
    world.pass(24 * HOUR);
    for _ in 0..12 {
        world.round().await;
        world.pass(601);
    }
    let after = world.demand(&payment, PaymentStatus::Success).await;
    assert!(after.tries >= 10 && after.due_at.is_some(), "{after:?}");
    let after = world.demand(&failed, PaymentStatus::Failed).await;
    assert!(after.tries >= 10 && after.due_at.is_some(), "{after:?}");
}
