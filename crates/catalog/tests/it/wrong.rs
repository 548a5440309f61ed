//! Bodies, parameters and addresses of every wrong kind.

use crate::support::{NOON, Shop, Who, event, schedule};
use axum::http::Method;
use ledger_testkit::Site;
use serde_json::{Value, json};

fn with(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("an object").remove(field);
    body
}

#[tokio::test]
async fn each_wrong_event_is_refused_and_its_field_named() {
    let _clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let (venue, hall) = shop.small_place().await;
    let good = event(&venue, &hall);
    let schedules = |change: &dyn Fn(&mut Value)| {
        let mut one = schedule(1, 60, 600);
        change(&mut one);
        with(&good, "schedules", json!([one]))
    };
    let set = |field: &'static str, value: Value| move |one: &mut Value| one[field] = value.clone();
    let many: Vec<Value> = (1..=51).map(|sequence| schedule(sequence, 60, 600)).collect();
    let mut cases = vec![
        (with(&good, "title", json!("가".repeat(301))), "title"),
        (with(&good, "artist", json!("a".repeat(201))), "artist"),
        (with(&good, "title", json!("a\u{0}b")), "title"),
        (with(&good, "description", json!("x".repeat(10_001))), "description"),
        (with(&good, "venueId", json!("7")), "venueId"),
        (with(&good, "venueId", json!(venue.replace('-', ""))), "venueId"),
        (with(&good, "priceByGrade", json!({})), "priceByGrade"),
        (with(&good, "priceByGrade", json!({"VIP": 1})), "priceByGrade"),
        (with(&good, "priceByGrade", json!({"VIP": 1, "S": -1})), "priceByGrade"),
        (with(&good, "priceByGrade", json!({"VIP": 1, "S": 1_000_000_001})), "priceByGrade"),
        (with(&good, "priceByGrade", json!({"VIP": 1, "S": 1.5})), "priceByGrade"),
        (with(&good, "priceByGrade", json!({"VIP": 1, "S": 1, "GOLD": 1})), "priceByGrade"),
        (with(&good, "schedules", json!([])), "schedules"),
        (with(&good, "schedules", json!(many)), "schedules"),
        (schedules(&set("playSequence", json!(0))), "playSequence"),
        (schedules(&set("playSequence", json!(-1))), "playSequence"),
        (schedules(&set("eventEndAt", json!("2026-12-01T13:00:00"))), "eventStartAt"),
        (schedules(&set("saleStartAt", json!("2026-12-02T13:00:00"))), "saleStartAt"),
        (schedules(&set("saleEndAt", json!("2026-12-09T13:00:00"))), "saleEndAt"),
        (schedules(&set("eventStartAt", json!("2026-12-01"))), "eventStartAt"),
        (schedules(&set("eventStartAt", json!("2026-13-01T00:00:00"))), "eventStartAt"),
        (schedules(&set("eventStartAt", json!(1_796_126_400))), "eventStartAt"),
        (json!([good]), "object"),
    ];
    for field in ["title", "artist", "venueId", "hallId", "priceByGrade", "schedules"] {
        cases.push((without(&good, field), field));
        cases.push((with(&good, field, Value::Null), field));
        cases.push((with(&good, field, json!(7)), field));
    }
    for field in ["title", "artist", "description"] {
        cases.push((with(&good, field, json!(" \u{3000}")), field));
    }
    cases.push((with(&good, "description", Value::Null), "description"));
    for (body, field) in cases {
        let answer = shop.post("/events", &body).await;
        assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{field}: {body}");
        let message = answer.body["message"].as_str().expect("a message");
        assert!(message.contains(field), "{field}: {message}");
    }
    let unknown = "0190a1b2-0000-7000-8000-00000000000f";
    assert_eq!(shop.post("/events", &with(&good, "venueId", json!(unknown))).await.code(), (404, "NOT_FOUND"));
    assert_eq!(shop.post("/events", &with(&good, "hallId", json!(unknown))).await.code(), (404, "NOT_FOUND"));
    let other = shop.venue("Other", "Busan").await;
    assert_eq!(shop.post("/events", &with(&good, "venueId", json!(other))).await.code(), (400, "HALL_NOT_IN_VENUE"));
    let twice = with(&good, "schedules", json!([schedule(1, 60, 600), schedule(1, 61, 601)]));
    assert_eq!(shop.post("/events", &twice).await.code(), (409, "DUPLICATE_PLAY_SEQUENCE"));
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM events").await, [0], "nothing was left behind");
    assert_eq!(shop.raw().await.numbers("SELECT count(*) FROM seats").await, [0]);
    // Unknown fields are ignored.
    shop.post("/events", &with(&good, "colour", json!("red"))).await.expect(201);
}

#[tokio::test]
async fn a_query_is_read_strictly_and_an_address_that_is_no_id_is_not_found() {
    let shop = Shop::open(Site::sqlite()).await;
    for query in [
        "page=-1",
        "page=1000001",
        "page=x",
        "page=",
        "size=0",
        "size=101",
        "size=1&size=2",
        "sort=title",
        "sort=price,asc",
        "sort=title,up",
        "sort=title,asc,desc",
        "sort=createdAt%3Bdrop,asc",
        "status=open",
        "status=SOLD",
    ] {
        assert_eq!(shop.get(&format!("/events?{query}")).await.code(), (400, "INVALID_INPUT"), "{query}");
    }
    let long = "x".repeat(101);
    assert_eq!(shop.get(&format!("/events?keyword={long}")).await.code(), (400, "INVALID_INPUT"));
    assert_eq!(shop.get("/events?keyword=%00").await.code(), (400, "INVALID_INPUT"));
    for query in ["keyword=", "city=&status=&keyword=%20", "page=1000000", "colour=red", "sort=saleStartAt,desc"] {
        shop.get(&format!("/events?{query}")).await.expect(200);
    }
    for path in [
        "/events/7",
        "/events/schedules/7",
        "/events/schedules/7/seats",
        "/events/schedules/7/plan",
        "/venues/x",
        "/events/0190a1b200007000800000000000000f",
        "/events/0190a1b2-0000-7000-8000-00000000000f",
        "/venues/0190a1b2-0000-7000-8000-00000000000f/halls",
    ] {
        assert_eq!(shop.get(path).await.code(), (404, "NOT_FOUND"), "{path}");
    }
}

#[tokio::test]
async fn only_administrators_change_anything() {
    let shop = Shop::open(Site::sqlite()).await;
    let id = "0190a1b2-0000-7000-8000-00000000000f";
    for (method, path) in [
        (Method::POST, "/events".to_owned()),
        (Method::PATCH, format!("/events/{id}")),
        (Method::PUT, format!("/events/{id}")),
        (Method::DELETE, format!("/events/{id}")),
        (Method::POST, format!("/events/{id}/open")),
        (Method::POST, format!("/events/{id}/cancel")),
        (Method::POST, "/venues".to_owned()),
        (Method::PUT, format!("/venues/{id}")),
        (Method::DELETE, format!("/venues/{id}")),
        (Method::POST, format!("/venues/{id}/halls")),
        (Method::PUT, format!("/venues/{id}/halls/{id}")),
        (Method::DELETE, format!("/venues/{id}/halls/{id}")),
    ] {
        // Nobody hears about the body before the caller is known.
        let send = async |who| shop.send_with(who, method.clone(), &path, Some(b"{".to_vec()), &[]).await;
        assert_eq!(send(Who::Nobody).await.code(), (401, "UNAUTHORIZED"), "{method} {path}");
        assert_eq!(send(Who::User).await.code(), (403, "FORBIDDEN"), "{method} {path}");
        let admin = send(Who::Admin).await;
        assert!([400, 404].contains(&admin.status), "{method} {path}: {}", admin.status);
    }
}

#[tokio::test]
async fn each_wrong_template_is_refused_by_name_and_a_good_one_is_told_again() {
    let shop = Shop::open(Site::sqlite()).await;
    let venue = shop.venue("Arena", "Seoul").await;
    let path = format!("/venues/{venue}/halls");
    let hall = |template: Value| json!({"name": "Main", "capacity": 4, "seatTemplate": template});
    let rows = |names: Value, count: Value| json!({"rows": names, "seatsPerRow": count, "gradeMapping": {"A": "VIP"}});
    for (body, named) in [
        (hall(json!({})), "seatTemplate"),
        (hall(json!([])), "seatTemplate"),
        (hall(rows(json!(["A"]), json!(5))), "capacity"),
        (hall(rows(json!(["A"]), json!(1_000_001))), "100000"),
        (hall(rows(json!(["A", "A"]), json!(1))), "twice"),
        (hall(rows(json!(["A"]), json!(-1))), "seatsPerRow"),
        (hall(rows(json!([7]), json!(1))), "rows"),
        (hall(json!({"rows": ["A"], "seatsPerRow": 1, "gradeMapping": {"A": "GOLD"}})), "GOLD"),
        (hall(json!({"seats": [{"row": "A", "number": 1}]})), "grade"),
        (with(&hall(rows(json!(["A"]), json!(1))), "capacity", json!(0)), "capacity"),
        (with(&hall(rows(json!(["A"]), json!(1))), "capacity", json!(100_001)), "capacity"),
        (with(&hall(rows(json!(["A"]), json!(1))), "name", json!(" ")), "name"),
    ] {
        let answer = shop.post(&path, &body).await;
        assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{body}");
        let message = answer.body["message"].as_str().expect("a message");
        assert!(message.contains(named), "{named}: {message}");
    }
    let good = json!({"rows": ["A"], "seatsPerRow": 4, "gradeMapping": {"A": "VIP"}, "flags": {"A-1": ["aisle"]},
        "layout": {"sections": [{"name": "floor", "rows": ["A"], "outline": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.5]]}]}});
    let made = shop.post(&path, &hall(good.clone())).await.expect(201);
    let told = shop.get(&format!("{path}/{}", crate::support::id_of(&made))).await.expect(200);
    assert_eq!(told["seatTemplate"], good);
}
