//! Changes of events: what may be changed until when, publishing, cancelling, deleting.

use crate::support::{NOON, Shop, Who, rows, schedule};
use catalog::schema::SCHEMA;
use ledger::{Ledger, outbox};
use ledger_testkit::{Site, on_every_database, patient};
use serde_json::{Value, json};
use std::time::Duration;

on_every_database!(
    before_the_sale_all_can_be_changed_and_reaches_the_seats,
    from_the_sale_on_buyers_find_what_they_were_told,
    an_event_goes_one_way_and_repeats_change_nothing,
    a_cancelled_event_is_told_once_and_played_schedules_stay,
    a_deleted_event_is_found_nowhere,
);

async fn waiting(shop: &Shop) -> Vec<outbox::Waiting> {
    let ledger = Ledger::connect(&shop.site.url, &SCHEMA, patient()).await.expect("connects");
    outbox::next(&ledger, 100).await.expect("read")
}

async fn before_the_sale_all_can_be_changed_and_reaches_the_seats(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let other = shop.venue("Other", "Busan").await;
    let hall = shop.hall(&other, "Small", rows(&["Z"], 2, json!({"Z": "A"}))).await;
    let id = shop.open_event(&place, json!({"schedules": [schedule(1, 60, 600), schedule(2, 90, 900)]})).await;
    let path = format!("/events/{id}");
    let schedules = shop.schedules(&id).await;
    let plan_path = format!("/events/schedules/{}/plan", schedules[0]);
    let first_plan = shop.get(&plan_path).await;
    assert_eq!(first_plan.header("cache-control"), "public, max-age=60");
    clock.advance(Duration::from_secs(30));
    let changed = shop.patch(&path, &json!({"title": " 겨울 밤 ", "id": "x", "status": "ENDED", "schedules": 7})).await;
    let changed = changed.expect(200);
    assert_eq!(
        (&changed["title"], &changed["status"], &changed["updatedAt"]),
        (&json!("겨울 밤"), &json!("OPEN"), &json!("2026-12-01T12:00:30"))
    );
    assert_eq!(changed.as_object().expect("an object").len(), 6);
    shop.put(&path, &json!({"priceByGrade": {"VIP": 1, "S": 2}})).await.expect(200);
    assert_eq!(shop.raw().await.numbers("SELECT DISTINCT price FROM seats ORDER BY price").await, [1, 2]);
    let repriced = shop.get(&plan_path).await;
    assert_ne!(repriced.header("etag"), first_plan.header("etag"));
    assert_eq!(repriced.body["grades"][0]["price"], 1);
    assert_eq!(shop.patch(&path, &json!({"priceByGrade": {"VIP": 1}})).await.code(), (400, "INVALID_INPUT"));
    assert_eq!(shop.patch(&path, &json!({"hallId": hall})).await.code(), (400, "HALL_NOT_IN_VENUE"));
    let moved = json!({"hallId": hall, "venueId": other});
    assert_eq!(shop.patch(&path, &moved).await.code(), (400, "INVALID_INPUT"), "grade A has no price");
    assert_eq!(shop.seats(&schedules[0]).await.len(), 6, "nothing was changed");
    let moved = json!({"hallId": hall, "venueId": other, "priceByGrade": {"A": 7}, "artist": "B"});
    shop.patch(&path, &moved).await.expect(200);
    assert_eq!(shop.schedules(&id).await, schedules, "the schedules are the same");
    for schedule in &schedules {
        let seats: Vec<String> = shop.seats(schedule).await.into_iter().map(|(number, ..)| number).collect();
        assert_eq!(seats, ["Z-1", "Z-2"]);
    }
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM seats").await, [4]);
    let plan = shop.get(&plan_path).await.expect(200);
    assert_ne!(plan["idPrefix"], repriced.body["idPrefix"], "a new hall has a new prefix");
    let detail = shop.get(&path).await.expect(200);
    assert_eq!((&detail["venue"]["name"], &detail["artist"]), (&json!("Other"), &json!("B")));
}

async fn from_the_sale_on_buyers_find_what_they_were_told(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let hall = shop.hall(&place.0, "Small", rows(&["Z"], 2, json!({"Z": "S"}))).await;
    let id = shop.open_event(&place, json!({})).await;
    let path = format!("/events/{id}");
    clock.advance(Duration::from_secs(59 * 60));
    let artist = json!({"artist": "Other"});
    for body in [json!({"priceByGrade": {"VIP": 1, "S": 2}}), json!({"hallId": hall})] {
        assert_eq!(shop.patch(&path, &body).await.code(), (409, "EVENT_NOT_MODIFIABLE"), "a minute before: {body}");
    }
    shop.patch(&path, &artist).await.expect(200);
    clock.advance(Duration::from_secs(60));
    for body in
        [json!({"artist": "Third", "title": "X"}), json!({"priceByGrade": {"VIP": 1, "S": 2}}), json!({"hallId": hall})]
    {
        assert_eq!(shop.patch(&path, &body).await.code(), (409, "EVENT_NOT_MODIFIABLE"), "{body}");
    }
    let unknown = json!({"hallId": "0190a1b2-0000-7000-8000-00000000000f"});
    assert_eq!(shop.patch(&path, &unknown).await.code(), (404, "NOT_FOUND"), "unknown comes before its state");
    let same =
        json!({"artist": "Other", "hallId": place.1, "priceByGrade": {"VIP": 150_000, "S": 90_000}, "title": "New"});
    shop.patch(&path, &same).await.expect(200);
    let detail = shop.get(&path).await.expect(200);
    assert_eq!((&detail["title"], &detail["artist"]), (&json!("New"), &json!("Other")));
    assert_eq!(detail["priceByGrade"], json!({"VIP": 150_000, "S": 90_000}));
}

async fn an_event_goes_one_way_and_repeats_change_nothing(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let id = shop.prepared_event(&place, json!({})).await;
    let path = format!("/events/{id}");
    assert_eq!(shop.step(&format!("{path}/cancel")).await.code(), (409, "INVALID_EVENT_STATUS"), "not published");
    for _ in 0..2 {
        assert_eq!(shop.step(&format!("{path}/open")).await.expect(200)["status"], "OPEN");
    }
    for _ in 0..2 {
        let cancelled = shop.post(&format!("{path}/cancel"), &json!({"reason": "태풍"})).await.expect(200);
        assert_eq!((&cancelled["id"], &cancelled["status"]), (&json!(id), &json!("CANCELLED")));
    }
    assert_eq!(shop.step(&format!("{path}/open")).await.code(), (409, "INVALID_EVENT_STATUS"));
    assert_eq!(shop.get(&path).await.expect(200)["schedules"][0]["times"][0]["status"], "CANCELLED");
    assert_eq!(shop.post(&format!("{path}/cancel"), &json!({"reason": 7})).await.code(), (400, "INVALID_INPUT"));
    let over = shop.prepared_event(&place, json!({})).await;
    clock.advance(Duration::from_secs(86_400));
    assert_eq!(shop.step(&format!("/events/{over}/open")).await.code(), (409, "INVALID_EVENT_STATUS"), "over");
    let unknown = "/events/0190a1b2-0000-7000-8000-00000000000f/open";
    assert_eq!(shop.step(unknown).await.code(), (404, "NOT_FOUND"));
}

async fn a_cancelled_event_is_told_once_and_played_schedules_stay(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    // The first is played from 17:00 to 18:00.
    let schedules = json!([schedule(1, 60, 120), schedule(2, 60, 900), schedule(3, 60, 1200)]);
    let id = shop.open_event(&place, json!({"schedules": schedules})).await;
    let all = shop.schedules(&id).await;
    clock.advance(Duration::from_secs(6 * 3_600));
    shop.post(&format!("/events/{id}/cancel"), &json!({"reason": " 태풍 "})).await.expect(200);
    shop.step(&format!("/events/{id}/cancel")).await.expect(200);
    let told = waiting(&shop).await;
    assert_eq!(told.len(), 1);
    let (topic, message) = (&told[0].topic, &told[0].envelope);
    assert_eq!((topic.as_str(), message.event_type.as_str()), ("event.events", "EventCancelled"));
    assert_eq!((message.aggregate_type.as_str(), message.aggregate_id.as_str()), ("Event", id.as_str()));
    assert_eq!(
        message.payload,
        json!({"eventId": id, "scheduleIds": [all[1], all[2]], "reason": "태풍", "cancelledAt": "2026-12-01T18:00:00.000"})
    );
    let list = shop.get(&format!("/events/{id}/schedules")).await.expect(200);
    let statuses: Vec<&Value> = list["list"].as_array().expect("a list").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["ENDED", "CANCELLED", "CANCELLED"]);
}

async fn a_deleted_event_is_found_nowhere(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let (id, prepared) = (shop.open_event(&place, json!({})).await, shop.prepared_event(&place, json!({})).await);
    let schedule = shop.schedules(&id).await.remove(0);
    shop.get(&format!("/events/{id}")).await.expect(200);
    let sold =
        format!("UPDATE event_schedules SET sold = 1 WHERE play_sequence = 1 AND event_id = {}", uuid_of(&shop, &id));
    shop.raw().await.run(&sold).await.expect("sold");
    assert_eq!(shop.delete(&format!("/events/{id}")).await.code(), (409, "EVENT_HAS_RESERVATIONS"));
    shop.raw().await.run(&sold.replace("sold = 1", "sold = 0")).await.expect("free again");
    let gone = shop.delete(&format!("/events/{id}")).await.expect(200);
    assert_eq!(gone, json!({"message": "Event deleted successfully"}));
    for path in [
        format!("/events/{id}"),
        format!("/events/{id}/schedules"),
        format!("/events/schedules/{schedule}"),
        format!("/events/schedules/{schedule}/seats"),
        format!("/events/schedules/{schedule}/plan"),
    ] {
        assert_eq!(shop.get_as(Who::Admin, &path).await.code(), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(shop.internal(&format!("/internal/schedules/{schedule}")).await.status, 404);
    assert_eq!(shop.delete(&format!("/events/{id}")).await.code(), (404, "NOT_FOUND"));
    assert_eq!(shop.patch(&format!("/events/{id}"), &json!({"title": "x"})).await.status, 404);
    assert_eq!(shop.get("/events").await.expect(200)["totalElements"], 0);
    shop.delete(&format!("/events/{prepared}")).await.expect(200);
    let told = waiting(&shop).await;
    assert_eq!(told.len(), 1, "nobody can hold a seat of what was never published");
    assert_eq!(told[0].envelope.payload["reason"], "EVENT_DELETED");
    assert_eq!(told[0].envelope.payload["scheduleIds"], json!([schedule]));
}

/// An id as it is written in a statement.
fn uuid_of(shop: &Shop, id: &str) -> String {
    shop.site.engine.uuid(u128::from_str_radix(&id.replace('-', ""), 16).expect("an id"))
}
