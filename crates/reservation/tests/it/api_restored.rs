//! A database that was put back to an older copy (part 2, 7): what payment has as paid is taken over, and sales go on.

use crate::world::{NOON, SHOW, World, payment, payment_key, seats, user};
use call::Call;
use domain::ReservationId;
use ledger::calls::audit::{self, Filter};
use reservation::Behind;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A payment as payment tells it.
fn paid(of: ReservationId, by: u128, indices: &[u32], hold_no: i64) -> Value {
    json!({"paymentId": payment(of), "paymentKey": payment_key(of), "reservationId": of, "userId": user(by),
        "scheduleId": SHOW, "seatIds": seats(indices), "status": "SUCCESS", "amount": 150_000 * indices.len() as i64,
        "discountAmount": 0, "couponId": null, "holdNo": hold_no, "paidAt": "2026-12-01T12:00:01.000",
        "failureReason": null, "refund": null})
}

#[tokio::test]
async fn what_payment_has_as_paid_is_made_again_and_sales_go_on() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = |number| ReservationId(Uuid::from_u128(number));
    // The copy has a ticket, and a hold that was paid after it; two more tickets are lost, one of which is given back now.
    let ticket = world.ticket(1, &[0]).await;
    let held = world.held(2, &[1]).await;
    world.claim(held, 2).await;
    let discounted = json!({"discountAmount": 10_000, "amount": 140_000, "couponId": Uuid::from_u128(77)});
    let mut with_coupon = paid(id(3), 3, &[2], 480);
    with_coupon.as_object_mut().expect("an object").extend(discounted.as_object().expect("an object").clone());
    let mut given_back = paid(id(4), 4, &[3], 490);
    given_back["refund"] = json!("RUNNING");
    let mut cheap = paid(id(5), 5, &[4], 495);
    cheap["amount"] = json!(1);
    {
        let mut known = world.others.known();
        known.hold_no = 500;
        known.paid = vec![paid(ticket, 1, &[0], 1), paid(held, 2, &[1], 2), with_coupon, given_back, cheap];
    }
    let service = &world.service;
    assert_eq!(service.behind().await, Ok(Some(Behind { counter: 2, seen: 500 })));
    assert_eq!(world.hold(9, &[7]).await.status, 503, "nothing is sold");
    clock.advance(Duration::from_secs(600));
    // Payment does not say what it has: nothing is raised.
    world.others.known().away.insert("payment");
    assert!(service.take_over_paid().await.is_err());
    world.others.known().away.clear();
    assert_eq!(world.hold(9, &[7]).await.status, 503, "still nothing");
    let taken = call::within(Call::of_command("reconcile"), service.take_over_paid()).await;
    let taken = taken.expect("taken over").expect("it was behind");
    assert_eq!((taken.paid, taken.made, taken.counter), (4, 2, 500));
    let left: Vec<_> = taken.left.iter().map(|left| (left.reservation, left.why.as_str())).collect();
    assert_eq!(left, [(id(5), "the catalog has other prices")]);
    assert_eq!(service.behind().await, Ok(None));
    assert_eq!(service.take_over_paid().await, Ok(None), "once is enough");
    let filter = Filter { action: Some("reservations.take_over".to_owned()), ..Filter::default() };
    let (entries, _) = audit::list(service.ledger(), &filter, 0, 10).await.expect("read");
    let said =
        entries.iter().map(|entry| (entry.actor_id.as_str(), entry.target.as_str(), &entry.before, &entry.after));
    let counter = |number: i64| Some(json!({"counter": number}));
    assert_eq!(said.collect::<Vec<_>>(), [("reconcile", "reservations", &counter(2), &counter(500))]);
    for (of, by) in [(ticket, 1), (held, 2), (id(3), 3)] {
        let row = world.get(by, &format!("/reservations/{of}")).await.expect(200);
        assert_eq!(row["status"], "CONFIRMED", "{row}");
        assert!(row["ticketNumber"].is_string(), "{row}");
    }
    let lost = world.internal(&format!("/internal/reservations/{}", id(3))).await.expect(200);
    assert_eq!((&lost["couponId"], &lost["holdNo"]), (&json!(Uuid::from_u128(77)), &json!(480)));
    // Sales go on above all numbers that were stored; sold seats stay sold, the one that is given back is free.
    world.service.workers().sweep().await.expect("swept");
    for index in [0, 1, 2] {
        assert_eq!(world.hold(9, &[index]).await.status, 409, "{index}");
    }
    let next = world.held(9, &[3]).await;
    assert_eq!(world.internal(&format!("/internal/reservations/{next}")).await.expect(200)["holdNo"], 501);
}

#[tokio::test]
async fn while_a_role_is_away_nobody_knows_whether_the_database_is_behind() {
    let world = World::open().await;
    assert_eq!(world.service.behind().await, Ok(None));
    world.others.known().away.insert("catalog");
    assert!(world.service.behind().await.is_err());
}
