//! Seats are made for every schedule, fifty thousand in one call.

use crate::support::{NOON, Shop, rows, schedule};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Instant;

on_every_database!(fifty_thousand_seats_are_made_in_one_call, blocked_seats_are_never_sold);

async fn fifty_thousand_seats_are_made_in_one_call(site: Site) {
    let _clock = clock::set(NOON);
    let engine = site.engine;
    let shop = Shop::open(site).await;
    let venue = shop.venue("Stadium", "Seoul").await;
    let names: Vec<String> = (1..=500).map(|row| format!("R{row}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let grade = |row: usize| ["VIP", "S", "A", "B"][row % 4];
    let grades: serde_json::Map<String, Value> =
        names.iter().enumerate().map(|(row, name)| ((*name).to_owned(), json!(grade(row)))).collect();
    let hall = shop.hall(&venue, "Field", rows(&names, 100, Value::Object(grades))).await;
    let prices = json!({"VIP": 4, "S": 3, "A": 2, "B": 1});
    let begun = Instant::now();
    let event =
        shop.open_event(&(venue, hall), json!({"priceByGrade": prices, "schedules": [schedule(1, 60, 600)]})).await;
    eprintln!("{engine:?}: 50,000 seats in {:?}", begun.elapsed());
    let schedules = shop.schedules(&event).await;
    let seats = shop.seats(&schedules[0]).await;
    let numbers: HashSet<&String> = seats.iter().map(|(number, ..)| number).collect();
    let ids: HashSet<&String> = seats.iter().map(|(_, id, _)| id).collect();
    assert_eq!((seats.len(), numbers.len(), ids.len()), (50_000, 50_000, 50_000));
    let stored = "SELECT count(*) FROM seats WHERE status = 'AVAILABLE' AND hold_no IS NULL AND sold_to IS NULL";
    assert_eq!(shop.raw().await.numbers(stored).await, [50_000]);
    let raw = shop.raw().await;
    let prices = raw.numbers("SELECT count(*) FROM seats GROUP BY price ORDER BY price").await;
    assert_eq!(prices, [12_500; 4]);
    // What the documents say of a seat is what its row says: the last of all.
    let last = raw.texts("SELECT seat_number FROM seats ORDER BY id DESC LIMIT 1").await;
    assert_eq!(last, ["R500-100"]);
    let too_many: Vec<Value> = (1..=7).map(|sequence| schedule(sequence, 60, 600)).collect();
    let place = shop.get(&format!("/events/{event}")).await.expect(200);
    let body = json!({"title": "x", "artist": "x", "venueId": place["venue"]["id"], "hallId": place["halls"]["id"],
        "priceByGrade": place["priceByGrade"], "schedules": too_many});
    assert_eq!(shop.post("/events", &body).await.code(), (400, "INVALID_INPUT"), "350,000 seats in one call");
}

async fn blocked_seats_are_never_sold(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let venue = shop.venue("Arena", "Seoul").await;
    let mut template = rows(&["A", "B"], 2, json!({"A": "VIP", "B": "S"}));
    template["flags"] = json!({"A-2": ["blocked"], "B-1": ["wheelchair", "aisle"]});
    template["layout"] =
        json!({"sections": [{"name": "floor", "rows": ["A", "B"], "outline": [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]}]});
    let hall = shop.hall(&venue, "Main", template.clone()).await;
    let event = shop.open_event(&(venue, hall), json!({})).await;
    let schedule = shop.schedules(&event).await.remove(0);
    let numbers: Vec<String> = shop.seats(&schedule).await.into_iter().map(|(number, ..)| number).collect();
    assert_eq!(numbers, ["A-1", "B-1", "B-2"]);
    assert_eq!(shop.raw().await.numbers("SELECT seats FROM event_schedules").await, [3]);
    assert_eq!(shop.raw().await.texts("SELECT seat_number FROM seats ORDER BY id").await, ["A-1", "B-1", "B-2"]);
    let internal = shop.internal(&format!("/internal/schedules/{schedule}")).await.expect(200);
    assert_eq!(internal["seats"].as_array().map(Vec::len), Some(3), "a hold of it finds no seat");
    let plan = shop.get(&format!("/events/schedules/{schedule}/plan")).await.expect(200);
    assert_eq!(
        plan["sections"],
        json!([{"name": "floor", "shape": [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]], "rows": [
            {"name": "A", "first": 0, "count": 2, "grade": "VIP", "flags": {"1": ["blocked"]}},
            {"name": "B", "first": 2, "count": 2, "grade": "S", "flags": {"0": ["aisle", "wheelchair"]}},
        ]}])
    );
    assert_eq!(plan["layout"], template["layout"]);
    let b1 = &shop.seats(&schedule).await[1];
    assert!(b1.1.ends_with("00000002"), "the index counts blocked seats, too: {b1:?}");
}
