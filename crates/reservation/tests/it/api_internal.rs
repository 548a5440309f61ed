//! What other roles ask of reservations: claim, secure, sold, held, stock (part 2, 4, 10, 15, 16, 22).

use crate::world::{NOON, SHOW, World, id_of, payment, payment_key, seat, seats, user};
use domain::ReservationId;
use domain::catalog::PreciseTime;
use domain::reservation::PaymentNews;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn path(id: ReservationId, end: &str) -> String {
    format!("/internal/reservations/{id}{end}")
}

fn claim_body(id: ReservationId, by: u128, amount: i64) -> Value {
    json!({"paymentId": payment(id), "paymentKey": payment_key(id), "userId": user(by), "amount": amount})
}

fn secure_body(id: ReservationId, amount: i64, hold_no: &Value, paid_at: domain::Timestamp) -> Value {
    json!({"paymentId": payment(id), "amount": amount, "holdNo": hold_no, "paidAt": PreciseTime(paid_at)})
}

#[tokio::test]
async fn only_services_are_answered() {
    let world = World::open().await;
    let id = ReservationId(Uuid::from_u128(7));
    for (method, path) in [
        ("GET", path(id, "")),
        ("POST", path(id, "/claim")),
        ("POST", path(id, "/secure")),
        ("GET", format!("/internal/reservations/by-payment-key/{}", Uuid::from_u128(7))),
        ("GET", format!("/internal/reservations/sold/{SHOW}")),
        ("GET", format!("/internal/reservations/held/{SHOW}")),
        ("GET", format!("/internal/reservations/stock/{SHOW}")),
    ] {
        for headers in [&[][..], &[("x-service-api-key", "other")][..]] {
            let answer = world.send(None, method.parse().expect("a method"), &path, None, headers).await;
            assert_eq!(answer.code(), (401, "INTERNAL_API_UNAUTHORIZED"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_reservation_is_told_with_milliseconds_and_what_is_left_of_it() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0, 10]).await;
    clock.advance(Duration::from_millis(1_000));
    let answer = world.internal(&path(id, "")).await;
    assert_eq!(answer.header("x-hold-no"), "1");
    let expected = json!({"reservationId": id, "userId": user(1), "scheduleId": SHOW, "eventId": Uuid::from_u128(0x5000_0000),
        "status": "PENDING", "totalAmount": 240_000, "holdExpiresAt": "2026-12-01T12:05:00.123", "holdExpiresInMs": 299_000,
        "holdNo": 1, "seatIds": seats(&[0, 10]), "cancelReason": null, "paymentId": null, "paymentKey": null,
        "paymentAmount": null, "couponId": null, "discountAmount": null, "secured": false});
    assert_eq!(answer.expect(200), expected);
    clock.advance(Duration::from_millis(299_000));
    assert_eq!(world.internal(&path(id, "")).await.expect(200)["holdExpiresInMs"], 0);
    assert_eq!(world.internal(&path(ReservationId(Uuid::from_u128(7)), "")).await.code(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn a_claim_is_checked_in_order_and_answers_the_pair_that_stands() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let nowhere = ReservationId(Uuid::from_u128(7));
    let claim = async |id: ReservationId, body: Value| world.internal_post(&path(id, "/claim"), body).await;
    assert_eq!(claim(nowhere, claim_body(id, 2, 1)).await.code(), (404, "NOT_FOUND"));
    assert_eq!(claim(id, claim_body(id, 2, 1)).await.code(), (403, "FORBIDDEN"));
    assert_eq!(claim(id, claim_body(id, 1, 149_999)).await.code(), (400, "PAYMENT_AMOUNT_MISMATCH"));
    let first = claim(id, claim_body(id, 1, 150_000)).await.expect(200);
    assert_eq!((&first["paymentId"], &first["paymentAmount"]), (&json!(payment(id)), &json!(150_000)));
    // A second payment goes on with the first.
    let other = json!({"paymentId": Uuid::from_u128(8), "paymentKey": Uuid::from_u128(9), "userId": user(1), "amount": 150_000});
    let again = claim(id, other.clone()).await.expect(200);
    assert_eq!((&again["paymentId"], &again["paymentKey"]), (&json!(payment(id)), &json!(payment_key(id))));
    clock.advance(Duration::from_secs(300));
    assert_eq!(claim(id, other.clone()).await.code(), (410, "HOLD_EXPIRED"));
    let let_go = world.held(1, &[1]).await;
    world.delete(1, &format!("/reservations/{let_go}")).await.expect(200);
    assert_eq!(claim(let_go, claim_body(let_go, 1, 150_000)).await.code(), (422, "RESERVATION_NOT_PAYABLE"));
    let paid = world.ticket(1, &[2]).await;
    let exists = claim(paid, other).await;
    assert_eq!((exists.code(), &exists.body["paymentId"]), ((409, "PAYMENT_ALREADY_EXISTS"), &json!(payment(paid))));
    // A payment that stands on another reservation.
    let more = world.held(1, &[3]).await;
    assert_eq!(claim(more, claim_body(paid, 1, 150_000)).await.code(), (409, "PAYMENT_ALREADY_EXISTS"));
}

#[tokio::test]
async fn a_secured_hold_has_no_end_and_its_seats_are_nobodys() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let secured = world.secured(id, 1).await;
    assert_eq!((&secured["secured"], &secured["status"]), (&json!(true), &json!("PENDING")));
    assert_eq!(world.secured(id, 1).await["holdNo"], secured["holdNo"], "again the same");
    clock.advance(Duration::from_secs(3_000));
    world.service.workers().sweep().await.expect("swept");
    assert_eq!(world.seen(9, 9).await, (vec![0], vec![]));
    assert_eq!(world.hold(2, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"));
    world
        .hear(id, PaymentNews::Success { amount: 150_000, hold_no: secured["holdNo"].as_i64(), seats: vec![seat(0)] })
        .await;
    assert_eq!(world.seen(9, 9).await, (vec![0], vec![]), "until the catalog tells it sold");
    // By the same payment: its reply was lost.
    let amount = secured["totalAmount"].as_i64().expect("an amount");
    let body = secure_body(id, amount, &secured["holdNo"], NOON);
    world.internal_post(&path(id, "/secure"), body).await.expect(200);
}

#[tokio::test]
async fn secure_is_final_and_for_the_claimed_payment_and_price_alone() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let secure = async |id: ReservationId, body: Value| {
        let answer = world.internal_post(&path(id, "/secure"), body).await;
        (answer.status, answer.body["reason"].as_str().unwrap_or_default().to_owned())
    };
    let is = |status: u16, reason: &str| (status, reason.to_owned());
    let id = world.held(1, &[0]).await;
    assert_eq!(secure(id, secure_body(id, 150_000, &json!(1), NOON)).await, is(409, "NOT_CLAIMED"));
    let claimed = world.claim(id, 1).await;
    let mut other = secure_body(id, 150_000, &claimed["holdNo"], NOON);
    other["paymentId"] = json!(Uuid::from_u128(8));
    assert_eq!(secure(id, other).await, is(409, "NOT_CLAIMED"));
    assert_eq!(secure(id, secure_body(id, 90_000, &claimed["holdNo"], NOON)).await, is(409, "CHANGED"));
    // A 409 is kept and answered for ever.
    assert_eq!(secure(id, secure_body(id, 150_000, &claimed["holdNo"], NOON)).await, is(409, "FINAL"));
    // Paid at the very end of the hold, though nobody has swept it.
    let late = world.held(2, &[1]).await;
    let claimed = world.claim(late, 2).await;
    clock.advance(Duration::from_secs(300));
    let body = secure_body(late, 150_000, &claimed["holdNo"], NOON.plus_seconds(300));
    assert_eq!(secure(late, body).await, is(409, "TOO_LATE"));
    assert_eq!(secure(ReservationId(Uuid::from_u128(7)), secure_body(id, 1, &json!(1), NOON)).await, is(404, ""));
}

#[tokio::test]
async fn seats_of_a_hold_that_ran_out_are_taken_again_when_it_was_paid_in_time() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let claimed = world.claim(id, 1).await;
    clock.advance(Duration::from_secs(301));
    world.service.workers().sweep().await.expect("swept");
    let body = secure_body(id, 150_000, &claimed["holdNo"], NOON.plus_seconds(299));
    let again = world.internal_post(&path(id, "/secure"), body).await.expect(200);
    assert_eq!((&again["status"], &again["secured"]), (&json!("PENDING"), &json!(true)));
    assert!(again["holdNo"].as_i64() > claimed["holdNo"].as_i64(), "a new number");
    assert_eq!(world.hold(2, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"), "in hot state, too");
    // Hole 9: payment has lost its row, and makes it again of what is shown here.
    for is_confirmed in [false, true] {
        if is_confirmed {
            let (amount, hold_no) = (150_000, again["holdNo"].as_i64());
            world.hear(id, PaymentNews::Success { amount, hold_no, seats: vec![seat(0)] }).await;
        }
        let key = payment_key(id);
        let shown = world.internal(&format!("/internal/reservations/by-payment-key/{key}")).await.expect(200);
        assert_eq!(shown["holdNo"], again["holdNo"]);
        for hold_no in [&shown["holdNo"], &claimed["holdNo"]] {
            let body = secure_body(id, 150_000, hold_no, NOON.plus_seconds(299));
            let kept = world.internal_post(&path(id, "/secure"), body).await.expect(200);
            assert_eq!((&kept["holdNo"], &kept["secured"]), (&again["holdNo"], &json!(true)), "{hold_no}");
        }
    }
    // Somebody else has them: refused.
    let gone = world.held(3, &[1]).await;
    let claimed = world.claim(gone, 3).await;
    clock.advance(Duration::from_secs(300));
    world.held(4, &[1]).await;
    let body = secure_body(gone, 150_000, &claimed["holdNo"], NOON.plus_seconds(310));
    let refused = world.internal_post(&path(gone, "/secure"), body).await;
    assert_eq!((refused.code(), &refused.body["reason"]), ((409, "SEAT_ALREADY_HELD"), &json!("SEATS_TAKEN")));
}

#[tokio::test]
async fn a_discounted_claim_is_below_the_total() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let mut body = claim_body(id, 1, 140_000);
    assert_eq!(world.internal_post(&path(id, "/claim"), body.clone()).await.code(), (400, "PAYMENT_AMOUNT_MISMATCH"));
    body["discounted"] = json!(true);
    let claimed = world.internal_post(&path(id, "/claim"), body).await.expect(200);
    let mut body = secure_body(id, 140_000, &claimed["holdNo"], NOON);
    body["discount"] = json!(10_000);
    world.internal_post(&path(id, "/secure"), body).await.expect(200);
}

#[tokio::test]
async fn sold_seats_are_told_with_their_reservation_number_and_the_counter() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let sold = world.ticket(1, &[0, 1]).await;
    let let_go = world.held(2, &[2]).await;
    let answer = world.internal(&format!("/internal/reservations/sold/{SHOW}")).await;
    assert_eq!(answer.header("x-hold-no"), "2");
    let seat_of = |index| json!({"seatId": seat(index), "reservationId": sold, "holdNo": 1});
    let expected = json!({"soldSeatIds": seats(&[0, 1]), "seats": [seat_of(0), seat_of(1)], "counter": 2});
    assert_eq!(answer.expect(200), expected);
    let held = world.internal(&format!("/internal/reservations/held/{SHOW}")).await.expect(200);
    assert_eq!(held, json!({"held": 3}));
    let named = async || world.internal(&format!("/internal/reservations/held/{SHOW}?seats=true")).await.expect(200);
    assert_eq!(named().await, json!({"held": 3, "seatIds": seats(&[0, 1, 2])}));
    world.delete(2, &format!("/reservations/hold/{let_go}")).await.expect(204);
    assert_eq!(named().await, json!({"held": 2, "seatIds": seats(&[0, 1])}), "a row that is not live holds no seat");
}

#[tokio::test]
async fn the_stock_is_what_can_be_held_and_who_has_got_something() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().line = (50, 3);
    world.held(1, &[0, 1]).await;
    let back = id_of(&world.hold(2, &[2]).await.expect(201));
    world.delete(2, &format!("/reservations/hold/{back}")).await.expect(204);
    world.ticket(3, &[3]).await;
    clock.advance(Duration::from_millis(1_000));
    let path = format!("/internal/reservations/stock/{SHOW}?withinMs=600000");
    let stock = world.internal(&path).await.expect(200);
    assert_eq!(stock, json!({"free": 16, "holders": 2}), "a returned seat is free for somebody");
    clock.advance(Duration::from_millis(1_000));
    let stock = world.internal(&format!("/internal/reservations/stock/{SHOW}?withinMs=999")).await.expect(200);
    assert_eq!(stock["holders"], 0);
    for bad in ["withinMs=x", "withinMs=-1"] {
        let answer = world.internal(&format!("/internal/reservations/stock/{SHOW}?{bad}")).await;
        assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{bad}");
    }
    let nowhere = format!("/internal/reservations/stock/{}", Uuid::from_u128(7));
    assert_eq!(world.internal(&nowhere).await.code(), (404, "NOT_FOUND"));
}

/// Part 2, 9: payment has lost its row, and PortOne names the payment by its key.
#[tokio::test]
async fn a_reservation_is_found_by_the_key_of_its_payment_with_its_coupon() {
    let world = World::open().await;
    let by_key = |key: Uuid| format!("/internal/reservations/by-payment-key/{key}");
    let (plain, discounted) = (world.held(1, &[0]).await, world.held(2, &[1]).await);
    world.claim(plain, 1).await;
    let coupon = Uuid::from_u128(77);
    let claim = json!({"paymentId": payment(discounted), "paymentKey": payment_key(discounted), "userId": user(2),
        "amount": 140_000, "discounted": true, "couponId": coupon});
    let claimed = world.internal_post(&path(discounted, "/claim"), claim).await.expect(200);
    assert_eq!((&claimed["couponId"], &claimed["discountAmount"]), (&json!(coupon), &json!(10_000)));
    let found = world.internal(&by_key(payment_key(discounted).get())).await;
    assert_eq!(found.header("x-hold-no"), "2");
    let found = found.expect(200);
    assert_eq!((&found["reservationId"], &found["paymentId"]), (&json!(discounted), &json!(payment(discounted))));
    assert_eq!((&found["couponId"], &found["paymentAmount"]), (&json!(coupon), &json!(140_000)));
    let other = world.internal(&by_key(payment_key(plain).get())).await.expect(200);
    assert_eq!(
        (&other["reservationId"], &other["couponId"], &other["discountAmount"]),
        (&json!(plain), &Value::Null, &Value::Null)
    );
    assert_eq!(world.internal(&by_key(Uuid::from_u128(7))).await.code(), (404, "NOT_FOUND"));
    assert_eq!(world.internal("/internal/reservations/by-payment-key/x").await.code(), (404, "NOT_FOUND"));
}
