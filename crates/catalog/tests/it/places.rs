//! Venues and halls.

use crate::support::{NOON, Shop, id_of, rows};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(
    what_is_in_use_is_not_deleted,
    a_hall_has_one_name_in_its_venue,
    another_template_leaves_the_seats_that_exist,
    a_changed_name_is_seen_where_it_is_shown,
);

async fn what_is_in_use_is_not_deleted(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let (venue, hall) = &place;
    let event = shop.prepared_event(&place, json!({})).await;
    let (venue_path, hall_path) = (format!("/venues/{venue}"), format!("/venues/{venue}/halls/{hall}"));
    assert_eq!(shop.delete(&venue_path).await.code(), (409, "VENUE_HAS_HALLS"));
    assert_eq!(shop.delete(&hall_path).await.code(), (409, "HALL_HAS_EVENTS"));
    shop.delete(&format!("/events/{event}")).await.expect(200);
    assert!(shop.delete(&hall_path).await.expect(200)["message"].is_string());
    shop.delete(&venue_path).await.expect(200);
    assert_eq!(shop.get(&venue_path).await.status, 404);
    assert_eq!(shop.delete(&venue_path).await.status, 404);
    assert_eq!(shop.get("/venues").await.expect(200)["totalElements"], 0);
}

async fn a_hall_has_one_name_in_its_venue(site: Site) {
    let shop = Shop::open(site).await;
    let (venue, hall) = shop.small_place().await;
    let path = format!("/venues/{venue}/halls");
    let body = |name: &str| json!({"name": name, "capacity": 9, "seatTemplate": rows(&["A"], 1, json!({"A": "B"}))});
    assert_eq!(shop.post(&path, &body("Main")).await.code(), (409, "HALL_NAME_DUPLICATE"));
    let second = id_of(&shop.post(&path, &body("MAIN")).await.expect(201));
    let renamed = shop.put(&format!("{path}/{second}"), &json!({"name": "Main"})).await;
    assert_eq!(renamed.code(), (409, "HALL_NAME_DUPLICATE"));
    shop.put(&format!("{path}/{second}"), &json!({"name": "MAIN"})).await.expect(200);
    shop.delete(&format!("{path}/{hall}")).await.expect(200);
    shop.put(&format!("{path}/{second}"), &json!({"name": "Main"})).await.expect(200);
    let other = shop.venue("Other", "Busan").await;
    shop.post(&format!("/venues/{other}/halls"), &body("Main")).await.expect(201);
    assert_eq!(shop.get(&format!("/venues/{other}/halls/{second}")).await.status, 404, "another venue's");
    let venues = shop.get("/venues?city=Busan").await.expect(200);
    assert_eq!((&venues["totalElements"], &venues["list"][0]["name"]), (&json!(1), &json!("Other")));
    let shown = shop.get(&format!("/venues/{venue}")).await.expect(200);
    assert_eq!(shown["halls"].as_array().map(Vec::len), Some(1));
}

async fn another_template_leaves_the_seats_that_exist(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let before = shop.open_event(&place, json!({})).await;
    let path = format!("/venues/{}/halls/{}", place.0, place.1);
    let template = rows(&["C"], 2, json!({"C": "S"}));
    assert_eq!(shop.put(&path, &json!({"capacity": 5})).await.code(), (400, "INVALID_INPUT"), "six seats stay");
    let changed = shop.put(&path, &json!({"capacity": 2, "seatTemplate": template})).await.expect(200);
    assert!(changed["updatedAt"].is_string());
    let after = shop.open_event(&place, json!({})).await;
    let numbers = async |event: &str| {
        let schedule = &shop.schedules(event).await[0];
        shop.seats(schedule).await.into_iter().map(|(number, ..)| number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&before).await, ["A-1", "A-2", "A-3", "B-1", "B-2", "B-3"]);
    assert_eq!(numbers(&after).await, ["C-1", "C-2"]);
}

async fn a_changed_name_is_seen_where_it_is_shown(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let event = shop.open_event(&place, json!({})).await;
    let detail = async || shop.get(&format!("/events/{event}")).await.expect(200);
    assert_eq!((&detail().await["venue"]["name"], &detail().await["halls"]["name"]), (&json!("Arena"), &json!("Main")));
    shop.put(&format!("/venues/{}", place.0), &json!({"name": "새 이름", "city": "부산"})).await.expect(200);
    shop.put(&format!("/venues/{}/halls/{}", place.0, place.1), &json!({"name": "Blue"})).await.expect(200);
    let shown = detail().await;
    assert_eq!((&shown["venue"]["name"], &shown["halls"]["name"]), (&json!("새 이름"), &json!("Blue")));
    let list = shop.get("/events?city=%EB%B6%80%EC%82%B0").await.expect(200);
    assert_eq!((&list["totalElements"], &list["list"][0]["venueName"]), (&json!(1), &json!("새 이름")));
    assert_eq!(shop.get("/events?city=Seoul").await.expect(200)["totalElements"], 0);
}
