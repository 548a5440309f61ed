//! What other services read.

use crate::support::{NOON, Shop, Who, schedule};
use axum::http::Method;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::time::Duration;

on_every_database!(other_services_read_from_the_tables);

#[tokio::test]
async fn a_stranger_reads_nothing() {
    let shop = Shop::open(Site::sqlite()).await;
    for path in [
        "/internal/seats/status/x",
        "/internal/schedules/ended",
        "/internal/schedules/x",
        "/internal/schedules/x/sellable",
    ] {
        for who in [Who::Nobody, Who::User, Who::Admin] {
            assert_eq!(shop.get_as(who, path).await.code(), (401, "INTERNAL_API_UNAUTHORIZED"), "{path}");
        }
        let wrong = [("x-service-api-key", "00000000-0000-4000-8000-000000000000")];
        assert_eq!(shop.send_with(Who::Nobody, Method::GET, path, None, &wrong).await.status, 401, "{path}");
    }
    let unknown = "0190a1b2-0000-7000-8000-00000000000f";
    for path in [
        format!("/internal/schedules/{unknown}"),
        format!("/internal/seats/status/{unknown}"),
        "/internal/schedules/7".into(),
    ] {
        assert_eq!(shop.internal(&path).await.code(), (404, "NOT_FOUND"), "{path}");
    }
}

async fn other_services_read_from_the_tables(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let mut times = schedule(1, 60, 120);
    times["saleStartAt"] = json!("2026-12-01T13:00:00.2509");
    let id = shop.prepared_event(&place, json!({"schedules": [times]})).await;
    let schedule = shop.schedules(&id).await.remove(0);
    let path = format!("/internal/schedules/{schedule}");
    assert_eq!(shop.internal(&path).await.status, 404, "prepared");
    assert_eq!(shop.internal(&format!("{path}/sellable")).await.status, 404);
    shop.step(&format!("/events/{id}/open")).await.expect(200);
    let answer = shop.internal(&path).await;
    assert_eq!(answer.header("x-hold-no"), "0");
    let mut whole = answer.expect(200);
    let seats = whole.as_object_mut().expect("an object").remove("seats").expect("seats");
    assert_eq!(
        whole,
        json!({
            "scheduleId": schedule, "eventId": id, "eventTitle": "Autumn night", "artist": "Han River Band",
            "venueName": "Arena", "hallName": "Main", "status": "UPCOMING",
            "eventStartAt": "2026-12-01T17:00:00.000", "eventEndAt": "2026-12-01T18:00:00.000",
            "saleStartAt": "2026-12-01T13:00:00.250", "saleEndAt": "2026-12-01T14:00:00.000",
            "sellable": false, "reason": "NOT_STARTED",
        })
    );
    let known = shop.seats(&schedule).await;
    assert_eq!(seats[5], json!({"id": known[5].1, "seatNumber": "B-3", "grade": "S", "price": 90_000}));
    let reason = async || shop.internal(&format!("{path}/sellable")).await.expect(200)["reason"].clone();
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(reason().await, "NOT_STARTED", "a quarter of a second is missing");
    clock.advance(Duration::from_millis(250));
    assert_eq!(reason().await, Value::Null);
    let sellable = shop.internal(&format!("{path}/sellable")).await.expect(200);
    assert_eq!(
        sellable,
        json!({"sellable": true, "reason": null, "saleStartAt": "2026-12-01T13:00:00.250", "saleEndAt": "2026-12-01T14:00:00.000"})
    );
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(reason().await, "ENDED");
    let ended = async || shop.internal("/internal/schedules/ended").await.expect(200)["scheduleIds"].clone();
    assert_eq!(ended().await, json!([]));
    clock.advance(Duration::from_secs(28 * 3_600));
    assert_eq!(ended().await, json!([schedule]));
    clock.advance(Duration::from_secs(400 * 86_400));
    assert_eq!(ended().await, json!([schedule]), "whenever that was");
}

#[tokio::test]
async fn a_cancelled_schedule_is_not_sold() {
    let clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let place = shop.small_place().await;
    let id = shop.open_event(&place, json!({})).await;
    let schedule = shop.schedules(&id).await.remove(0);
    clock.advance(Duration::from_secs(7_200));
    shop.step(&format!("/events/{id}/cancel")).await.expect(200);
    let sellable = shop.internal(&format!("/internal/schedules/{schedule}/sellable")).await.expect(200);
    assert_eq!((&sellable["sellable"], &sellable["reason"]), (&json!(false), &json!("CANCELLED")));
}
