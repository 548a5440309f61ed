//! Tests of the page of seats as a browser without script sees it.

use super::stand_in::StandIn;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const PREFIX: &str = "0190a1b2c3d48000aabbccdd";

fn seat(index: u32) -> String {
    format!("0190a1b2-c3d4-8000-aabb-ccdd{index:08x}")
}

/// A schedule of its own each: what is the same for everybody is kept by its id. Two sections of two rows of ten.
fn world() -> (StandIn, String) {
    let (api, id) = (StandIn::default(), Uuid::new_v4().to_string());
    let event = Uuid::new_v4().to_string();
    let row = |name: &str, first: u32, grade: &str| json!({"name": name, "first": first, "count": 10, "grade": grade, "flags": {"0": ["aisle"], "9": ["wheelchair"]}});
    let plan = json!({"scheduleId": id, "idPrefix": PREFIX, "grades": [{"grade": "VIP", "price": 165_000}, {"grade": "S", "price": 0}], "sections": [
        {"name": "1층 <b>", "rows": [row("A", 0, "VIP"), row("B", 10, "VIP")]},
        {"name": "2층", "rows": [row("C", 20, "S"), row("D", 30, "S")]},
    ]});
    api.answers(&format!("GET /events/schedules/{id}/plan"), 200, &plan);
    let schedule = json!({"eventId": event, "eventStartAt": "2026-12-24T10:00:00"});
    api.answers(&format!("GET /events/schedules/{id}"), 200, &schedule);
    let of_event = json!({"title": "가을 <밤>", "venue": {"name": "온세일 아레나"}, "halls": {"name": "대공연장"}});
    api.answers(&format!("GET /events/{event}"), 200, &of_event);
    api.answers("GET /reservations", 200, &json!({"list": []}));
    // Of A: 1 free, 2 held, 3 sold; all others free.
    let mut bits = vec![0; 10];
    bits[0] = 0b00_10_01_00;
    api.answers_bytes(&format!("GET /reservations/seats/{id}/state"), 200, bits);
    (api, id)
}

fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part:?} is not in {html}");
    }
}

#[tokio::test]
async fn the_whole_hall_is_a_picture_and_a_list_with_what_is_free() {
    let (api, id) = world();
    let page = api.get(&format!("/seats/{id}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    has(
        &page.html,
        &[
            "data-state=\"overview\"",
            "지금 예매할 수 있는 좌석: 38석",
            "결제 중인 좌석 1석",
            "href=\"?section=1\"",
            "18석",
            "20석",
            "<polygon",
            // Shown by the script while the connection is lost, and not only said aloud.
            "id=\"trouble\" hidden>연결이 고르지 않습니다",
            "id=\"steps\"",
        ],
    );
    has(
        &page.html,
        &["name=\"csrfToken\" value=\"csrf-1\"", "name=\"idempotencyKey\"", "value=\"best\"", "가을 &#60;밤"],
    );
    assert!(!page.html.contains("<b>&#") && !page.html.contains("style=\"") && !page.html.contains("1층 <b>"));
    assert!(page.policy.contains("default-src 'none'") && page.policy.contains("trusted-types"), "{}", page.policy);
}

#[tokio::test]
async fn without_script_a_section_is_a_list_of_free_seats() {
    let (api, id) = world();
    let page = api.get(&format!("/seats/{id}?section=0&seats=0,1")).await;
    has(
        &page.html,
        &["data-state=\"section\"", "A열 · VIP석 · 165,000원", "나란히 빈 자리: 4–9", "통로 쪽", "휠체어석"],
    );
    let boxes: Vec<&str> =
        page.html.split("name=\"seat\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let free: Vec<String> = [0, 3, 4, 5, 6, 7, 8, 9].into_iter().chain(10..20).map(|index| index.to_string()).collect();
    // A seat that was chosen and is not free stays in the list, so that it can be seen and left.
    assert_eq!(boxes.iter().filter(|index| **index != "1").copied().collect::<Vec<_>>(), free);
    assert!(page.html.contains("value=\"0\" checked"), "{}", page.html);
    let wheelchair = api.get(&format!("/seats/{id}?wheelchair=1")).await;
    assert_eq!(wheelchair.html.matches("name=\"seat\"").count(), 4);
}

#[tokio::test]
async fn whoever_has_no_pass_joins_the_line_and_whoever_has_no_session_logs_in() {
    let (api, id) = world();
    let state = format!("GET /reservations/seats/{id}/state");
    for (code, why) in [("QUEUE_TOKEN_MISSING", ""), ("QUEUE_TOKEN_EXPIRED", "?lapsed=1"), ("QUEUE_TOKEN_INVALID", "")]
    {
        api.answers(&state, 401, &json!({"code": code}));
        let page = api.get(&format!("/seats/{id}")).await;
        assert_eq!((page.status, page.location), (StatusCode::SEE_OTHER, format!("/wait/{id}{why}")), "{code}");
    }
    api.answers(&state, 401, &json!({"code": "UNAUTHORIZED"}));
    let page = api.get(&format!("/seats/{id}?section=1")).await;
    let renew = format!("/session/renew?returnUrl=%2Fseats%2F{id}%3Fsection%3D1");
    assert_eq!((page.status, page.location), (StatusCode::FOUND, renew));
    assert_eq!(api.get("/seats/x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn chosen_seats_are_held_under_the_forms_key() {
    let (api, id) = world();
    api.answers("POST /reservations/hold", 201, &json!({"reservationId": "r-1"}));
    let form = "csrfToken=csrf-1&idempotencyKey=key-1&do=hold&seat=4&seat=3&seat=x&seat=99";
    // Pressed twice: the same call under the same key, which the API does once.
    for _ in 0..2 {
        let page = api.post(&format!("/seats/{id}"), form).await;
        assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/pay/r-1"));
    }
    let calls = api.changes();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    assert_eq!(calls[0].body, json!({"scheduleId": id, "seatIds": [seat(3), seat(4)]}));
    assert_eq!((calls[0].key.as_deref(), calls[0].csrf.as_deref()), (Some("key-1"), Some("csrf-1")));
    let page = api.post(&format!("/seats/{id}"), "do=hold&section=1").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    has(&page.html, &["<title>오류: ", "id=\"errors\"", "좌석을 하나 이상", "data-at=\"1\""]);
    let page = api.post(&format!("/seats/{id}"), "do=best&party=3&grade=S&wheelchair=1").await;
    assert_eq!(page.location, "/pay/r-1");
    let best = json!({"scheduleId": id, "count": 3, "grade": "S", "flags": ["wheelchair"]});
    assert_eq!(api.changes().last().map(|call| call.body.clone()), Some(best));
}

#[tokio::test]
async fn a_taken_seat_is_named_with_what_is_free_beside_the_rest() {
    let (api, id) = world();
    let refusal = json!({"code": "SEAT_ALREADY_HELD", "taken": [seat(13)], "instead": [seat(14), seat(15)]});
    api.answers("POST /reservations/hold", 409, &refusal);
    let page = api.post(&format!("/seats/{id}"), "do=hold&seat=13&seat=14&section=0").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    has(
        &page.html,
        &["B열 4번 좌석이 방금 나갔습니다. 나머지 옆에 B열 6번 좌석이 비어 있습니다.", "B열 5번 및 B열 6번 잡기"],
    );
    // One button holds the whole new choice; the rest of the old one stays ticked.
    has(&page.html, &["<input type=\"hidden\" name=\"seat\" value=\"15\">", "value=\"14\" checked"]);
    api.answers("POST /reservations/hold", 409, &json!({"code": "SEAT_NOT_AVAILABLE", "instead": [seat(25)]}));
    let page = api.post(&format!("/seats/{id}"), "do=best&party=4&grade=VIP").await;
    has(&page.html, &["VIP석에는 4명이", "C열 6번 잡기", "value=\"4\" checked", "value=\"VIP\" selected"]);
    api.answers("POST /reservations/hold", 400, &json!({"code": "MAX_SEATS_EXCEEDED", "held": 2}));
    has(&api.post(&format!("/seats/{id}"), "do=hold&seat=3").await.html, &["이미 2석을"]);
    api.answers("POST /reservations/hold", 503, &json!({"code": "SERVICE_UNAVAILABLE"}));
    let page = api.post(&format!("/seats/{id}"), "do=hold&seat=3").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    has(&page.html, &["고른 좌석은 그대로", "value=\"3\" checked"]);
}

fn held(id: &str, more: &Value) -> Value {
    let mut held = json!({
        "reservationId": "r-1", "scheduleId": id, "status": "PENDING", "holdExpiresAt": "2026-12-01T00:05:00",
        "holdExpiresInMs": 200_000, "paymentId": null,
        "seats": [{"seatId": seat(1), "seatNumber": "A-2"}, {"seatId": seat(13), "seatNumber": "B-4"}],
    });
    held.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    held
}

#[tokio::test]
async fn an_own_hold_is_shown_with_its_time_and_can_be_changed() {
    let (api, id) = world();
    let listed = json!({"list": [{"reservationId": "r-0", "status": "CONFIRMED"}, {"reservationId": "r-1", "status": "PENDING"}]});
    api.answers("GET /reservations", 200, &listed);
    api.answers("GET /reservations/r-1", 200, &held(&id, &json!({})));
    let page = api.get(&format!("/seats/{id}")).await;
    has(
        &page.html,
        &[
            "A열 2번 및 B열 4번",
            "09:05까지",
            "data-left-ms=\"200000\"",
            "href=\"/pay/r-1\"",
            "?change=1",
            "value=\"release\"",
        ],
    );
    let page = api.get(&format!("/seats/{id}?section=1&change=1")).await;
    has(&page.html, &["data-own=\"1,13\"", "value=\"1\" checked", "value=\"13\" checked", "value=\"swap\""]);
    assert!(!page.html.contains("value=\"best\""), "the best seats would be a second hold");
    api.answers("PUT /reservations/hold/0190a1b2-0000-7000-8000-000000000001", 200, &json!({"reservationId": "r-1"}));
    let form = "do=swap&reservation=0190a1b2-0000-7000-8000-000000000001&seat=13&seat=25";
    assert_eq!(api.post(&format!("/seats/{id}"), form).await.location, "/pay/r-1");
    assert_eq!(api.changes()[0].body, json!({"newSeatIds": [seat(13), seat(25)]}));
    api.answers("GET /reservations/r-1", 200, &held(&id, &json!({"paymentId": "p-1"})));
    let page = api.get(&format!("/seats/{id}?change=1")).await;
    has(&page.html, &["결제를 시작한 좌석입니다", "value=\"best\""]);
    assert!(
        !page.html.contains("value=\"release\"") && !page.html.contains("data-own"),
        "nothing can be changed under a payment"
    );
    api.answers("GET /reservations/r-1", 200, &held(&id, &json!({"scheduleId": "other"})));
    assert!(!api.get(&format!("/seats/{id}")).await.html.contains("data-hold"), "a hold of another schedule");
}
