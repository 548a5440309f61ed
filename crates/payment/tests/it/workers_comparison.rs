//! PortOne's list of our store against our rows (hole 9): a payment role that was put back to a copy, money that nobody here
//! knows, and notices that were kept.

use crate::workers_world::{AMOUNT, World, kind};
use call::Call;
use domain::Timestamp;
use domain::payment::comparison::Difference;
use domain::payment::{Payment, PaymentStatus};
use ledger::calls::audit::{self, Filter};
use ledger_testkit::{Site, on_every_database};
use payment::schema::SCHEMA;
use payment::workers::Repair;
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

on_every_database!(
    payments_that_this_database_has_lost_are_adopted_and_settled,
    of_two_processes_one_compares_each_day
);

const DAY: i64 = 86_400;

/// Puts the tables of payments back to before anything was bought.
async fn put_back(world: &World) {
    let raw = ledger_testkit::Raw::open(&world.site, &SCHEMA).await;
    for table in ["refunds", "payments", "webhooks", "outbox_events"] {
        raw.run(&format!("DELETE FROM {table}")).await.expect("removed");
    }
}

async fn until_settled(world: &World, payment: &Payment) -> Payment {
    world.rounds(3).await;
    world.read(payment).await
}

/// Kind: captured, confirmed, and the payment's row is gone: nobody gives the money back when the buyer cancels.
async fn payments_that_this_database_has_lost_are_adopted_and_settled(site: Site) {
    let world = World::on(site).await;
    let (kept, cancelled) = (world.success().await, world.success().await);
    let stranger = Uuid::new_v4();
    world.door(&format!("/payments/{stranger}/pay"), json!({"amount": 77})).await;
    world.reservations.change(kept.reservation, |reservation| reservation.status = "CONFIRMED");
    world.reservations.change(cancelled.reservation, |reservation| {
        (reservation.status, reservation.cancel_reason) = ("CANCELLED", Some("USER_REQUEST"));
        reservation.secured = false;
    });
    put_back(&world).await;
    world.pass(120);

    let found = world.service.compare_daily().await.expect("compared").expect("due");
    assert_eq!((found.compared, found.differences.len()), (3, 3));
    for difference in &found.differences {
        assert_eq!(difference.kind, Difference::Unknown);
        assert_eq!(difference.is_repaired, difference.payment_key != stranger.to_string());
    }
    let after = until_settled(&world, &kept).await;
    assert_eq!((after.status, after.key, after.reservation), (PaymentStatus::Success, kept.key, kept.reservation));
    assert_eq!(world.told(&kept).await, [kind::SUCCESS]);
    let after = until_settled(&world, &cancelled).await;
    assert_eq!((after.status, after.refunded_amount), (PaymentStatus::Failed, AMOUNT));
    assert_eq!(world.books(cancelled.key).await, (AMOUNT, AMOUNT, 1));

    world.pass(DAY);
    let again = world.service.compare_daily().await.expect("compared").expect("due");
    let named: Vec<_> = again.differences.iter().map(|one| (one.payment_key.clone(), one.captured)).collect();
    assert_eq!(named, [(stranger.to_string(), 77)], "what nobody knows is named until it is gone");
}

#[tokio::test]
async fn a_repair_by_an_operator_is_in_the_audit_log() {
    let world = World::new().await;
    let payment = world.success().await;
    world.reservations.change(payment.reservation, |reservation| reservation.status = "CONFIRMED");
    put_back(&world).await;
    world.pass(120);
    let operator = || Call::of_command("reconcile");
    let told = call::within(operator(), world.service.reconcile(Repair::No)).await.expect("compared");
    assert_eq!((told.differences.len(), told.differences[0].is_repaired), (1, false));
    // Daily work is nobody's.
    world.service.compare_daily().await.expect("compared").expect("due");
    let filter = Filter { action: Some("payments.repair".to_owned()), ..Filter::default() };
    let entries = async || {
        let (mut entries, _) = audit::list(&world.ledger, &filter, 0, 10).await.expect("read");
        entries.sort_by_key(|entry| entry.id);
        assert!(entries.iter().all(|entry| entry.actor_id == "reconcile" && entry.target == "payments"));
        entries.into_iter().map(|entry| entry.after.expect("which")).collect::<Vec<_>>()
    };
    assert!(entries().await.is_empty());
    put_back(&world).await;
    let repaired = call::within(operator(), world.service.reconcile(Repair::Yes)).await.expect("repaired");
    assert_eq!((repaired.differences.len(), repaired.differences[0].is_repaired), (1, true));
    let keys = [payment.key.to_string()];
    call::within(operator(), world.service.reconcile_named(&keys)).await.expect("repaired");
    assert_eq!(entries().await, [json!({"all": true}), json!({"ids": keys})]);
}

#[tokio::test]
async fn a_coupon_of_a_payment_that_was_lost_does_not_make_its_amount_wrong() {
    let world = World::new().await;
    let (payment, discount) = (world.success().await, 5_000);
    // As if a coupon had been taken off: paid is less than the reservation's total.
    world.reservations.change(payment.reservation, |reservation| {
        (reservation.status, reservation.discount) = ("CONFIRMED", discount);
        reservation.total += discount;
    });
    put_back(&world).await;
    world.pass(120);
    world.service.compare_daily().await.expect("compared").expect("due");
    let after = until_settled(&world, &payment).await;
    assert_eq!((after.status, after.amount, after.total_amount), (PaymentStatus::Success, AMOUNT, AMOUNT + discount));
}

#[tokio::test]
async fn a_payment_of_a_hold_that_was_taken_again_is_adopted_with_its_new_number() {
    let world = World::new().await;
    let payment = world.pending().await;
    world.pay(&payment, json!({})).await;
    world.pass(310);
    world.reservations.change(payment.reservation, |reservation| {
        (reservation.status, reservation.cancel_reason) = ("CANCELLED", Some("HOLD_EXPIRED"));
    });
    world.round().await;
    let before = world.demand(&payment, PaymentStatus::Success).await;
    assert!(before.hold_no > payment.hold_no, "its seats were taken again");
    world.reservations.change(payment.reservation, |reservation| reservation.status = "CONFIRMED");
    put_back(&world).await;
    world.pass(120);
    world.service.compare_daily().await.expect("compared").expect("due");
    let after = until_settled(&world, &payment).await;
    assert_eq!((after.status, after.hold_no), (PaymentStatus::Success, before.hold_no), "{:?}", after.failure);
    assert_eq!(world.books(payment.key).await, (AMOUNT, 0, 0));
}

#[tokio::test]
async fn a_kept_notice_of_an_unknown_payment_leads_to_its_adoption() {
    let world = World::new().await;
    let payment = world.success().await;
    world.reservations.change(payment.reservation, |reservation| reservation.status = "CONFIRMED");
    put_back(&world).await;
    let raw = ledger_testkit::Raw::open(&world.site, &SCHEMA).await;
    for (id, key) in [("wh-1", payment.key.get()), ("wh-2", Uuid::new_v4())] {
        let at = "2027-01-15 08:00:00.000";
        let row = format!("('{id}', 'Transaction.Paid', '{key}', '{at}')");
        raw.run(&format!("INSERT INTO webhooks (webhook_id, kind, payment_key, received_at) VALUES {row}"))
            .await
            .expect("kept");
    }
    let mut told = HashSet::new();
    assert_eq!(world.service.look_at_notices(&mut told).await.expect("looked"), 1);
    assert_eq!(until_settled(&world, &payment).await.status, PaymentStatus::Success);
    assert_eq!(world.service.look_at_notices(&mut told).await.expect("looked"), 1, "the other stays");
    assert_eq!(told.len(), 1, "told once");
    world.pass(31 * DAY);
    assert_eq!(world.service.look_at_notices(&mut told).await.expect("looked"), 0, "given up after a month");
}

#[tokio::test]
async fn money_that_comes_after_the_look_back_is_found_by_the_comparison() {
    let world = World::new().await;
    let payment = world.failed(None).await;
    for _ in 0..40 {
        world.pass(DAY);
        world.round().await;
    }
    assert_eq!(world.read(&payment).await.due_at, None, "nobody ever tried to pay it");
    world.service.compare_daily().await.expect("compared").expect("due");
    world.pay(&payment, json!({})).await;
    world.pass(DAY);
    let until = clock::now();
    let told = world.service.compare(Timestamp(0), until, Repair::No).await.expect("compared");
    assert_eq!(told.differences.iter().map(|one| one.kind).collect::<Vec<_>>(), [Difference::Kept]);
    world.rounds(2).await;
    assert_eq!(world.books(payment.key).await.1, 0, "a comparison that repairs nothing changes nothing");
    world.service.compare_daily().await.expect("compared").expect("due");
    world.rounds(2).await;
    assert_eq!(world.books(payment.key).await, (AMOUNT, AMOUNT, 1));
    world.pass(DAY);
    let after = world.service.compare_daily().await.expect("compared").expect("due");
    assert_eq!(after.differences, []);
}

async fn of_two_processes_one_compares_each_day(site: Site) {
    let world = World::on(site).await;
    let another = world.another();
    let (one, two) = futures::join!(world.service.compare_daily(), another.compare_daily());
    let compared = [one.expect("compared"), two.expect("compared")];
    assert_eq!(compared.iter().flatten().count(), 1);
    world.pass(DAY - 1);
    assert_eq!(world.service.compare_daily().await.expect("compared"), None);
    world.pass(1);
    world.fault(json!({"mode": "error", "call": "list", "count": 1})).await;
    world.service.compare_daily().await.expect_err("PortOne is away");
    assert_eq!(world.service.compare_daily().await.expect("not due"), None);
    world.pass(3_600);
    assert!(another.compare_daily().await.expect("compared").is_some(), "begun again within the hour");
}
