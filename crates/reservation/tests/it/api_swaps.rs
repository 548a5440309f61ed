//! Changing, extending and letting go of holds: their answers in order (RSV-002; amendment 20).

use crate::world::{NOON, OTHER_SHOW, SHOW, World, indices, payment, payment_key, person, seat, seats, show, user};
use axum::http::Method;
use domain::ReservationId;
use domain::reservation::PaymentNews;
use reservation::Settings;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn path(id: ReservationId) -> String {
    format!("/reservations/hold/{id}")
}

async fn swap(world: &World, by: u128, id: ReservationId, to: &[u32]) -> crate::world::Answer {
    let pass = world.pass(by, 1).await;
    world.put(by, &pass, &path(id), json!({"newSeatIds": seats(to)})).await
}

async fn extend(world: &World, by: u128, id: ReservationId) -> crate::world::Answer {
    let pass = world.pass(by, 1).await;
    let headers = [("x-queue-token", pass.as_str())];
    world.send(Some(person(by)), Method::POST, &format!("{}/extend", path(id)), None, &headers).await
}

/// 409 only under a PENDING payment (contract, `PUT` and `extend`): while a coupon is asked there is none, and after a refusal of
/// the coupon there will be none.
#[tokio::test]
async fn a_coupon_that_is_asked_for_its_discount_is_in_no_changes_way() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let claim = async |more: Value| {
        let mut body = json!({"paymentId": payment(id), "paymentKey": payment_key(id), "userId": user(1), "discounted": true,
            "couponId": Uuid::from_u128(7)});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        world.internal_post(&format!("/internal/reservations/{id}/claim"), body).await
    };
    let asked = claim(json!({"amount": 0, "provisional": true})).await.expect(200);
    assert_eq!((&asked["paymentId"], &asked["totalAmount"]), (&json!(payment(id)), &json!(150_000)));
    assert_eq!(world.get(1, &format!("/reservations/{id}")).await.expect(200)["paymentId"], Value::Null);
    let listed = world.get(1, "/reservations").await.expect(200);
    assert_eq!(listed["list"][0]["paymentAmount"], 150_000);
    extend(&world, 1, id).await.expect(200);
    swap(&world, 1, id, &[1]).await.expect(200);
    // The discount was worked out of the seats before.
    let stale = claim(json!({"amount": 149_000, "holdNo": asked["holdNo"]})).await;
    assert_eq!(stale.code(), (409, "RESERVATION_IN_PROGRESS"));
    swap(&world, 1, id, &[2]).await.expect(200);
    let asked = claim(json!({"amount": 149_000, "provisional": true})).await.expect(200);
    let claimed = claim(json!({"amount": 149_000, "holdNo": asked["holdNo"]})).await.expect(200);
    assert_eq!((&claimed["paymentAmount"], &claimed["discountAmount"]), (&json!(149_000), &json!(1_000)));
    assert_eq!(swap(&world, 1, id, &[3]).await.code(), (409, "RESERVATION_IN_PROGRESS"));
}

#[tokio::test]
async fn a_swap_holds_the_new_seats_lets_the_old_ones_go_and_keeps_the_end() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0, 1]).await;
    clock.advance(Duration::from_secs(60));
    let body = swap(&world, 1, id, &[1, 10]).await.expect(200);
    assert_eq!((&body["status"], &body["newTotalAmount"]), (&json!("PENDING"), &json!(240_000)));
    assert_eq!((&body["holdExpiresAt"], &body["holdExpiresInMs"]), (&json!("2026-12-01T12:05:00"), &json!(240_000)));
    assert_eq!(world.seen(9, 9).await, (vec![1, 10], vec![]));
    world.hold(2, &[0]).await.expect(201);
    // The same again is the same; four in all, the old ones not counted.
    swap(&world, 1, id, &[1, 10]).await.expect(200);
    swap(&world, 1, id, &[11, 12, 13, 14]).await.expect(200);
    assert_eq!(world.seen(9, 9).await, (vec![0, 11, 12, 13, 14], vec![]));
    // The new seats end with the hold.
    clock.advance(Duration::from_secs(240));
    world.hold(3, &[11]).await.expect(201);
}

#[tokio::test]
async fn a_refused_swap_changes_nothing() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0, 1]).await;
    world.held(2, &[4]).await;
    let refused = swap(&world, 1, id, &[1, 4, 5]).await;
    assert_eq!(refused.code(), (409, "SEAT_ALREADY_HELD"));
    assert_eq!(indices(&refused.body["taken"]), [4]);
    assert_eq!(indices(&refused.body["instead"]).len(), 3);
    assert!(indices(&refused.body["instead"]).contains(&1), "own seats count as free: {}", refused.body);
    assert_eq!(world.seen(9, 9).await, (vec![0, 1, 4], vec![]));
    let other = world.held(1, &[2]).await;
    assert_eq!(swap(&world, 1, id, &[5, 6, 7, 8]).await.code(), (400, "MAX_SEATS_EXCEEDED"));
    assert_eq!(
        swap(&world, 1, id, &[2]).await.code(),
        (409, "SEAT_ALREADY_HELD"),
        "of another reservation of one's own"
    );
    assert_eq!(world.seen(9, 9).await, (vec![0, 1, 2, 4], vec![]));
    world.delete(1, &path(other)).await.expect(204);
}

#[tokio::test]
async fn a_swap_is_checked_in_the_order_of_the_contract() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let nowhere = ReservationId(Uuid::from_u128(7));
    let send = async |by: u128, token: &str, id: ReservationId, body: Value| {
        let answer = world.put(by, token, &path(id), body).await;
        let (status, code) = answer.code();
        (status, code.to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    let good = json!({"newSeatIds": seats(&[1])});
    assert_eq!(send(1, "", id, json!({})).await, is(401, "QUEUE_TOKEN_MISSING"));
    assert_eq!(send(1, "qr_x", id, json!({})).await, is(401, "QUEUE_TOKEN_INVALID"));
    let dead = format!("qr_{}", Uuid::new_v4());
    assert_eq!(send(1, &dead, nowhere, json!({"newSeatIds": []})).await, is(400, "INVALID_INPUT"));
    assert_eq!(send(1, &dead, nowhere, good.clone()).await, is(401, "QUEUE_TOKEN_EXPIRED"));
    let (mine, other) = (world.pass(1, 1).await, world.pass(2, 2).await);
    assert_eq!(send(1, &other, nowhere, good.clone()).await, is(401, "QUEUE_TOKEN_INVALID"));
    assert_eq!(send(1, &mine, nowhere, good.clone()).await, is(404, "NOT_FOUND"));
    assert_eq!(send(2, &other, id, good.clone()).await, is(403, "FORBIDDEN"));
    // A live pass of another schedule is enough: the hold is the person's.
    let elsewhere = world.pass_for(1, OTHER_SHOW, 1).await;
    assert_eq!(send(1, &elsewhere, id, good.clone()).await, is(200, ""));
    assert_eq!(send(1, &mine, id, json!({"newSeatIds": [seat(9)]})).await, is(404, "SEAT_NOT_FOUND"));
    // States, before the sale's times.
    world.claim(id, 1).await;
    assert_eq!(send(1, &mine, id, good.clone()).await, is(409, "RESERVATION_IN_PROGRESS"));
    world.others.known().shows.insert(SHOW, crate::stand_ins::Show { sale_end_at: NOON.plus_seconds(5), ..show() });
    let late = world.held(3, &[5]).await;
    let third = world.pass(3, 3).await;
    clock.advance(Duration::from_secs(31));
    assert_eq!(send(3, &third, late, json!({"newSeatIds": seats(&[6])})).await, is(400, "TICKET_SALE_ENDED"));
    assert_eq!(send(1, &mine, id, good.clone()).await, is(409, "RESERVATION_IN_PROGRESS"));
    clock.advance(Duration::from_secs(269));
    assert_eq!(send(1, &mine, id, good.clone()).await, is(410, "HOLD_EXPIRED"), "run out, whatever stands on it");
    world.service.workers().sweep().await.expect("swept");
    assert_eq!(send(1, &mine, id, good).await, is(410, "HOLD_EXPIRED"), "swept");
}

#[tokio::test]
async fn ended_and_paid_holds_are_not_changed() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let (let_go, paid) = (world.held(1, &[0]).await, world.ticket(1, &[1]).await);
    world.delete(1, &path(let_go)).await.expect(204);
    assert_eq!(swap(&world, 1, let_go, &[2]).await.code(), (409, "RESERVATION_ALREADY_CANCELLED"));
    assert_eq!(swap(&world, 1, paid, &[2]).await.code(), (422, "RESERVATION_NOT_MODIFIABLE"));
    assert_eq!(extend(&world, 1, let_go).await.code(), (409, "RESERVATION_ALREADY_CANCELLED"));
    assert_eq!(extend(&world, 1, paid).await.code(), (422, "RESERVATION_NOT_MODIFIABLE"));
    assert_eq!(world.delete(1, &path(let_go)).await.code(), (409, "RESERVATION_ALREADY_CANCELLED"));
    assert_eq!(world.delete(1, &path(paid)).await.code(), (422, "RESERVATION_NOT_MODIFIABLE"));
}

#[tokio::test]
async fn a_hold_is_extended_once_for_ever() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let body = extend(&world, 1, id).await.expect(200);
    assert_eq!((&body["holdExpiresAt"], &body["holdExpiresInMs"]), (&json!("2026-12-01T12:07:00"), &json!(420_000)));
    assert_eq!(world.get(1, &format!("/reservations/{id}")).await.expect(200)["extended"], true);
    let plain = world.held(4, &[5]).await;
    extend(&world, 4, plain).await.expect(200);
    swap(&world, 1, id, &[1]).await.expect(200);
    let again = extend(&world, 1, id).await;
    assert_eq!(again.code(), (409, "HOLD_ALREADY_EXTENDED"));
    assert_eq!(again.body["holdExpiresAt"], "2026-12-01T12:07:00");
    clock.advance(Duration::from_millis(419_999));
    assert_eq!(world.hold(2, &[1]).await.code(), (409, "SEAT_ALREADY_HELD"));
    assert_eq!(world.seen(9, 9).await, (vec![1, 5], vec![]), "hot state lives as long");
    clock.advance(Duration::from_millis(1));
    assert_eq!(extend(&world, 1, id).await.code(), (410, "HOLD_EXPIRED"));
    world.hold(2, &[1]).await.expect(201);
}

#[tokio::test]
async fn an_extension_is_checked_in_order_and_may_be_switched_off() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let extend_path = format!("{}/extend", path(id));
    let send = async |by: u128, path: &str, headers: &[(&str, &str)]| {
        let answer = world.send(Some(person(by)), Method::POST, path, None, headers).await;
        let (status, code) = answer.code();
        (status, code.to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(send(1, &extend_path, &[]).await, is(401, "QUEUE_TOKEN_MISSING"));
    let dead = format!("qr_{}", Uuid::new_v4());
    assert_eq!(send(1, &extend_path, &[("x-queue-token", &dead)]).await, is(401, "QUEUE_TOKEN_EXPIRED"));
    let (mine, other) = (world.pass(1, 1).await, world.pass(2, 2).await);
    let nowhere = format!("/reservations/hold/{}/extend", Uuid::from_u128(7));
    assert_eq!(send(1, &nowhere, &[("x-queue-token", &mine)]).await, is(404, "NOT_FOUND"));
    assert_eq!(send(2, &extend_path, &[("x-queue-token", &other)]).await, is(403, "FORBIDDEN"));
    world.claim(id, 1).await;
    assert_eq!(send(1, &extend_path, &[("x-queue-token", &mine)]).await, is(409, "RESERVATION_IN_PROGRESS"));
    let world = World::with(Settings { hold_extend_seconds: 0, ..Settings::default() }).await;
    let answer = world.send(Some(person(1)), Method::POST, &extend_path, None, &[]).await;
    assert_eq!(answer.code(), (404, "NOT_FOUND"), "before the pass");
}

#[tokio::test]
async fn letting_go_is_checked_in_order() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    assert_eq!(world.delete(1, &path(ReservationId(Uuid::from_u128(7)))).await.code(), (404, "NOT_FOUND"));
    assert_eq!(world.delete(1, "/reservations/hold/7").await.code(), (404, "NOT_FOUND"));
    assert_eq!(world.delete(2, &path(id)).await.code(), (403, "FORBIDDEN"));
    world.delete(1, &path(id)).await.expect(204);
    assert_eq!(world.seen(9, 9).await, (vec![], vec![]));
    // Under a claim it ends; once the money is there only the payment decides.
    let claimed = world.held(1, &[1]).await;
    world.claim(claimed, 1).await;
    world.delete(1, &path(claimed)).await.expect(204);
    let secured = world.held(1, &[2]).await;
    world.secured(secured, 1).await;
    assert_eq!(world.delete(1, &path(secured)).await.code(), (409, "RESERVATION_IN_PROGRESS"));
    world.hear(secured, PaymentNews::Failed).await;
    assert_eq!(world.delete(1, &path(secured)).await.code(), (409, "RESERVATION_ALREADY_CANCELLED"));
    let late = world.held(1, &[3]).await;
    clock.advance(Duration::from_secs(300));
    assert_eq!(world.delete(1, &path(late)).await.code(), (410, "HOLD_EXPIRED"));
}
