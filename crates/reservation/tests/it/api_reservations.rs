//! A person's reservations: list, detail, discounts, cancellation (RSV-006, RSV-009/010, PAY-017).

use crate::world::{NOON, SHOW, World, payment, show};
use domain::ReservationId;
use domain::reservation::PaymentNews;
use domain::ticket::{TicketCode, TicketKey, code_in};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn path(id: ReservationId) -> String {
    format!("/reservations/{id}")
}

#[tokio::test]
async fn a_list_has_the_newest_first_and_pages() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let mut all = Vec::new();
    for index in 0..4 {
        all.push(world.held(1, &[index]).await.to_string());
        clock.advance(Duration::from_millis(10));
    }
    world.held(2, &[8]).await;
    let page = world.get(1, "/reservations?page=0&size=3").await.expect(200);
    assert_eq!((&page["page"], &page["size"], &page["totalElements"]), (&json!(0), &json!(3), &json!(4)));
    let ids: Vec<&str> =
        page["list"].as_array().expect("a list").iter().filter_map(|one| one["reservationId"].as_str()).collect();
    all.reverse();
    assert_eq!(ids, all[..3]);
    let first = &page["list"][0];
    assert_eq!(first["eventTitle"], "Autumn night");
    assert_eq!((&first["scheduleDate"], &first["status"]), (&json!("2026-12-12T12:00:00"), &json!("PENDING")));
    assert_eq!(
        (&first["seats"], &first["paymentAmount"]),
        (&json!([{"seatNumber": "A-4", "grade": "VIP"}]), &json!(150_000))
    );
    assert_eq!(
        (&first["scheduleId"], &first["holdExpiresAt"], &first["cancelReason"], &first["usedAt"]),
        (&json!(SHOW), &json!("2026-12-01T12:05:00"), &Value::Null, &Value::Null)
    );
    let second = world.get(1, "/reservations?page=1&size=3").await.expect(200);
    assert_eq!(second["list"].as_array().map(Vec::len), Some(1));
    for bad in ["page=-1", "size=0", "size=101", "page=1000001", "page=x", "page=1&page=2"] {
        assert_eq!(world.get(1, &format!("/reservations?{bad}")).await.code(), (400, "INVALID_INPUT"), "{bad}");
    }
    let empty = world.get(3, "/reservations").await.expect(200);
    assert_eq!((&empty["list"], &empty["size"]), (&json!([]), &json!(20)));
}

#[tokio::test]
async fn a_detail_says_null_until_there_is_something() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let held = world.get(1, &path(id)).await.expect(200);
    for field in ["paymentId", "ticketNumber", "qrData", "cancelReason"] {
        assert_eq!(held.get(field), Some(&Value::Null), "{field}");
    }
    for (field, value) in [
        ("eventTitle", json!("Autumn night")),
        ("artist", json!("Han River Band")),
        ("venueName", json!("Arena")),
        ("hallName", json!("Main")),
        ("scheduleId", json!(SHOW)),
        ("scheduleDate", json!("2026-12-12T12:00:00")),
        ("status", json!("PENDING")),
        ("totalAmount", json!(150_000)),
        ("holdExpiresAt", json!("2026-12-01T12:05:00")),
        ("createdAt", json!("2026-12-01T12:00:00")),
        ("extended", json!(false)),
        ("usedAt", Value::Null),
        ("usedGate", Value::Null),
    ] {
        assert_eq!(held[field], value, "{field}");
    }
    world.claim(id, 1).await;
    assert_eq!(world.get(1, &path(id)).await.expect(200)["paymentId"], json!(payment(id)));
    assert_eq!(world.get(2, &path(id)).await.code(), (403, "FORBIDDEN"));
    assert_eq!(world.get(1, &path(ReservationId(Uuid::from_u128(7)))).await.code(), (404, "NOT_FOUND"));
    for bad in ["7", "0190a1b200007000800000000000000f", "%20"] {
        assert_eq!(world.get(1, &format!("/reservations/{bad}")).await.code(), (404, "NOT_FOUND"), "{bad}");
    }
    let upper = path(id).to_uppercase().replace("/RESERVATIONS", "/reservations");
    assert_eq!(world.get(1, &upper).await.expect(200)["reservationId"], json!(id), "any case is read");
}

#[tokio::test]
async fn a_ticket_has_a_number_and_a_signed_code() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0, 1]).await;
    let detail = world.get(1, &path(id)).await.expect(200);
    let number = detail["ticketNumber"].as_str().expect("a number");
    assert!(number.starts_with("T20261201-"), "{number}");
    let qr = detail["qrData"].as_str().expect("a code");
    assert!(qr.starts_with("http://127.0.0.1:8080/tickets/verify/"), "{qr}");
    let code = TicketCode::read(code_in(qr), &[TicketKey::from_bytes(&[7; 32]).public()]).expect("ours");
    assert_eq!((code.number.to_string().as_str(), code.reservation, code.schedule), (number, id, SHOW));
    assert_eq!(detail["status"], "CONFIRMED");
}

#[tokio::test]
async fn a_list_is_shown_while_the_catalog_is_away() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    world.others.known().away.insert("catalog");
    clock.advance(Duration::from_secs(120));
    let list = world.get(1, "/reservations").await.expect(200);
    assert_eq!(list["list"][0]["eventTitle"], "Autumn night", "as it was known last");
    let stranger = world.beside().await;
    let detail = stranger.get(1, &path(id)).await.expect(200);
    assert_eq!((&detail["eventTitle"], &detail["scheduleDate"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_cancellation_gives_back_all_that_was_paid() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let held = world.held(1, &[0]).await;
    let body = world.delete(1, &path(held)).await.expect(200);
    assert_eq!(body, json!({"id": held, "status": "CANCELLED", "refundAmount": 0}));
    let paid = world.ticket(1, &[1, 10]).await;
    let body = world.delete(1, &path(paid)).await.expect(200);
    assert_eq!(body, json!({"id": paid, "status": "CANCELLED", "refundAmount": 240_000}));
    let detail = world.get(1, &path(paid)).await.expect(200);
    assert_eq!((&detail["cancelReason"], &detail["qrData"]), (&json!("USER_REQUEST"), &Value::Null));
    assert_eq!(world.get(1, "/reservations").await.expect(200)["list"][0]["cancelReason"], "USER_REQUEST");
    assert_eq!(world.seen(9, 9).await.0, Vec::<u32>::new(), "others may have the seats");
    world.hold(2, &[1, 10]).await.expect(201);
}

#[tokio::test]
async fn a_cancellation_is_checked_in_order() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    // The day of the event begins at midnight in Seoul: 15:00 UTC of the day before.
    let starts_at = domain::Timestamp::parse("2026-12-02T19:30:00+09:00").expect("a time");
    world.others.known().shows.insert(SHOW, crate::stand_ins::Show { event_start_at: starts_at, ..show() });
    let (secured, paid, cancelled) =
        (world.held(1, &[0]).await, world.ticket(2, &[1]).await, world.held(3, &[2]).await);
    world.secured(secured, 1).await;
    world.delete(3, &path(cancelled)).await.expect(200);
    assert_eq!(world.delete(1, &path(ReservationId(Uuid::from_u128(7)))).await.code(), (404, "NOT_FOUND"));
    assert_eq!(world.delete(3, &path(paid)).await.code(), (403, "FORBIDDEN"));
    assert_eq!(world.delete(1, &path(secured)).await.code(), (409, "RESERVATION_IN_PROGRESS"));
    // 12:00:00.123 now; the day begins at 15:00:00.000.
    clock.advance(Duration::from_millis(3 * 3_600_000 - 124));
    let early = world.held(4, &[3]).await;
    world.delete(4, &path(early)).await.expect(200);
    let last = world.held(4, &[3]).await;
    clock.advance(Duration::from_millis(1));
    assert_eq!(world.delete(2, &path(paid)).await.code(), (422, "CANCELLATION_NOT_ALLOWED"));
    assert_eq!(world.delete(4, &path(last)).await.code(), (422, "CANCELLATION_NOT_ALLOWED"), "paid or not");
    assert_eq!(
        world.delete(3, &path(cancelled)).await.code(),
        (409, "RESERVATION_ALREADY_CANCELLED"),
        "states come first"
    );
    world.hear(secured, PaymentNews::Failed).await;
    assert_eq!(world.delete(1, &path(secured)).await.code(), (409, "RESERVATION_ALREADY_CANCELLED"));
}

#[tokio::test]
async fn discounts_are_the_coupon_roles_for_the_total() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0, 10]).await;
    let body = world.get(1, &format!("{}/discounts", path(id))).await.expect(200);
    let coupon =
        json!({"couponId": Uuid::from_u128(5), "name": "Welcome", "discountAmount": 10_000, "payable": 230_000});
    assert_eq!(body, json!({"list": [coupon]}));
    assert_eq!(world.get(2, &format!("{}/discounts", path(id))).await.code(), (403, "FORBIDDEN"));
    world.others.known().away.insert("coupon");
    assert_eq!(world.get(1, &format!("{}/discounts", path(id))).await.code(), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn strangers_hear_401_everywhere() {
    let world = World::open().await;
    let id = Uuid::from_u128(7);
    for (method, path) in [
        ("GET", format!("/reservations/seats/{id}")),
        ("GET", format!("/reservations/seats/{id}/state")),
        ("GET", format!("/reservations/seats/{id}/stream")),
        ("POST", "/reservations/hold".to_owned()),
        ("PUT", format!("/reservations/hold/{id}")),
        ("DELETE", format!("/reservations/hold/{id}")),
        ("POST", format!("/reservations/hold/{id}/extend")),
        ("GET", "/reservations".to_owned()),
        ("GET", format!("/reservations/{id}")),
        ("DELETE", format!("/reservations/{id}")),
        ("GET", format!("/reservations/{id}/discounts")),
        ("POST", "/tickets/verify".to_owned()),
        ("POST", "/tickets/verify/batch".to_owned()),
        ("GET", format!("/tickets/doors/{id}")),
    ] {
        let answer = world.send(None, method.parse().expect("a method"), &path, None, &[]).await;
        assert_eq!(answer.code(), (401, "UNAUTHORIZED"), "{method} {path}");
    }
}
