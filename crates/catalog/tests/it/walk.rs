//! One walk through everything, by an administrator and by people.

use crate::support::{NOON, Shop, Who, event, id_of, rows, schedule};
use axum::http::Method;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::time::Duration;

on_every_database!(an_event_is_made_published_and_read);

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

async fn an_event_is_made_published_and_read(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let made = shop.post("/venues", &json!({"name": "올림픽홀", "address": "서울 송파구", "city": "서울"})).await;
    let (location, venue) = (made.header("location"), made.expect(201));
    assert_eq!(keys(&venue), ["address", "city", "createdAt", "id", "name"]);
    assert_eq!(location, format!("/venues/{}", id_of(&venue)));
    let venue = id_of(&venue);
    let body = json!({"name": "대공연장", "capacity": 10, "seatTemplate": rows(&["A", "B"], 3, json!({"A": "VIP", "B": "S"}))});
    let hall = shop.post(&format!("/venues/{venue}/halls"), &body).await.expect(201);
    assert_eq!(keys(&hall), ["capacity", "createdAt", "id", "name", "venueId"]);
    let hall = id_of(&hall);
    let mut new = event(&venue, &hall);
    new["schedules"] = json!([schedule(2, 90, 720), schedule(1, 60, 600)]);
    let made = shop.post("/events", &new).await;
    let location = made.header("location");
    let made = made.expect(201);
    assert_eq!(keys(&made), ["artist", "createdAt", "id", "status", "title"]);
    assert_eq!((made["status"].as_str(), made["createdAt"].as_str()), (Some("PREPARING"), Some("2026-12-01T12:00:00")));
    let id = id_of(&made);
    assert_eq!(location, format!("/events/{id}"));
    prepared_is_for_administrators_alone(&shop, &id).await;
    shop.step(&format!("/events/{id}/open")).await.expect(200);
    list_and_detail(&shop, &id, &venue).await;
    clock.advance(Duration::from_secs(3_600));
    let detail = shop.get(&format!("/events/{id}")).await.expect(200);
    let times = &detail["schedules"][0]["times"];
    assert_eq!(times[0]["status"], "ONGOING", "the answer of before the opening has ended by itself: {times}");
    assert_eq!(times[1]["status"], "UPCOMING");
    seats_and_plan(&shop, &id).await;
}

async fn prepared_is_for_administrators_alone(shop: &Shop, id: &str) {
    let schedule = &shop.schedules(id).await[0];
    for path in [
        format!("/events/{id}"),
        format!("/events/{id}/schedules"),
        format!("/events/schedules/{schedule}"),
        format!("/events/schedules/{schedule}/seats"),
        format!("/events/schedules/{schedule}/plan"),
    ] {
        assert_eq!(shop.get(&path).await.code(), (404, "NOT_FOUND"), "{path}");
        assert_eq!(shop.get_as(Who::User, &path).await.status, 404, "{path}");
        assert_eq!(shop.get_as(Who::Admin, &path).await.status, 200, "{path}");
    }
    assert_eq!(shop.get("/events").await.expect(200)["totalElements"], 0);
    assert_eq!(shop.get_as(Who::Admin, "/events").await.expect(200)["totalElements"], 1);
    assert_eq!(shop.get("/events?status=PREPARING").await.code(), (401, "UNAUTHORIZED"));
    assert_eq!(shop.get_as(Who::User, "/events?status=PREPARING").await.code(), (403, "FORBIDDEN"));
    assert_eq!(shop.get_as(Who::Admin, "/events?status=PREPARING").await.expect(200)["totalElements"], 1);
}

async fn list_and_detail(shop: &Shop, id: &str, venue: &str) {
    let list = shop.get("/events").await.expect(200);
    assert_eq!(keys(&list), ["list", "page", "size", "totalElements"]);
    let listed = &list["list"][0];
    assert_eq!(
        listed,
        &json!({
            "id": id, "title": "Autumn night", "artist": "Han River Band", "venueName": "올림픽홀", "city": "서울",
            "startDate": "2026-12-02T01:00:00", "endDate": "2026-12-02T04:00:00", "status": "OPEN",
            "minPrice": 90_000, "maxPrice": 150_000, "saleStartAt": "2026-12-01T13:00:00",
            "poster": format!("/assets/poster/{id}.svg"),
        })
    );
    let detail = shop.get(&format!("/events/{}", id.to_uppercase())).await.expect(200);
    assert_eq!(
        keys(&detail),
        ["artist", "description", "halls", "id", "priceByGrade", "schedules", "status", "title", "venue"]
    );
    assert_eq!(
        (&detail["id"], &detail["venue"]["id"], &detail["venue"]["city"]),
        (&json!(id), &json!(venue), &json!("서울"))
    );
    assert_eq!(detail["priceByGrade"], json!({"VIP": 150_000, "S": 90_000}));
    let days = detail["schedules"].as_array().expect("days");
    assert_eq!(days.len(), 1);
    assert_eq!((&days[0]["date"], &days[0]["isSoldOut"]), (&json!("2026-12-02"), &json!(false)));
    let first = &days[0]["times"][0];
    assert_eq!((&first["sequence"], &first["time"], &first["left"]), (&json!(1), &json!("01:00:00"), &json!(6)));
    assert_eq!((&first["status"], &first["inPayment"]), (&json!("UPCOMING"), &Value::Null));
    let one = shop.get(&format!("/events/schedules/{}", id_of(first))).await.expect(200);
    assert_eq!((&one["eventId"], &one["eventStartAt"]), (&json!(id), &json!("2026-12-02T01:00:00")));
    let listed = shop.get(&format!("/events/{id}/schedules")).await.expect(200);
    assert_eq!((&listed["list"][0], &listed["totalElements"]), (&one, &json!(2)));
}

async fn seats_and_plan(shop: &Shop, id: &str) {
    let schedules = shop.schedules(id).await;
    let seats = shop.get(&format!("/events/schedules/{}/seats", schedules[0])).await.expect(200);
    assert_eq!(seats["scheduleId"], schedules[0].as_str());
    let grades: Vec<(&Value, &Value)> =
        seats["grades"].as_array().expect("grades").iter().map(|grade| (&grade["grade"], &grade["price"])).collect();
    assert_eq!(grades, [(&json!("VIP"), &json!(150_000)), (&json!("S"), &json!(90_000))]);
    let path = format!("/events/schedules/{}/plan", schedules[0]);
    let plan = shop.get(&path).await;
    assert_eq!(plan.header("cache-control"), "public, max-age=31536000, immutable", "the first sale has begun");
    let etag = plan.header("etag");
    let plan = plan.expect(200);
    let prefix = plan["idPrefix"].as_str().expect("a prefix");
    let all = shop.seats(&schedules[0]).await;
    let ids: Vec<String> = all.iter().map(|(_, id, _)| id.replace('-', "")).collect();
    assert!(ids.iter().enumerate().all(|(index, id)| *id == format!("{prefix}{index:08x}")), "{prefix}: {ids:?}");
    assert_eq!(plan["sections"][1]["rows"][0], json!({"name": "B", "first": 3, "count": 3, "grade": "S"}));
    assert!(shop.seats(&schedules[1]).await.iter().all(|(_, id, _)| !all.iter().any(|(_, other, _)| other == id)));
    let again = shop.send_with(Who::Nobody, Method::GET, &path, None, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.header("etag")), (304, etag));
}
