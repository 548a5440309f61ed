//! Tests of the page of a payment: how it stands by what the server knows, and its forms.

use super::load::{Known, Payment, Reservation};
use super::state::{Back, Note, Over, PayState, Why};
use crate::seats::stand_in::StandIn;
use http::StatusCode;
use serde_json::{Value, json};
use std::process::Command;

const ID: &str = "0190a1b2-0000-7000-8000-000000000001";
const KEY: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";

fn reservation(more: &Value) -> Value {
    let mut made = json!({
        "reservationId": ID, "scheduleId": "s-1", "eventTitle": "가을 <밤>", "venueName": "온세일 아레나", "hallName": "대공연장",
        "scheduleDate": "2026-12-24T10:00:00", "status": "PENDING", "totalAmount": 308_000, "holdExpiresAt": "2026-12-01T00:05:00",
        "holdExpiresInMs": 200_000, "paymentId": null, "cancelReason": null,
        "seats": [{"seatId": "0190a1b2-c3d4-8000-aabb-ccdd0000000d", "seatNumber": "B열-4", "grade": "VIP", "price": 165_000},
            {"seatId": "0190a1b2-c3d4-8000-aabb-ccdd0000000e", "seatNumber": "C-5", "grade": "S", "price": 143_000}],
    });
    made.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    made
}

fn payment(more: &Value) -> Value {
    let mut made = json!({"paymentId": "p-1", "amount": 308_000, "status": "PENDING", "paymentKey": KEY, "storeId": "store-1",
        "channelKey": "channel-1", "discountAmount": null, "failureReason": null, "told": null});
    made.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    made
}

fn state(of: &Value, paid: Option<&Value>, back: &str) -> PayState {
    let of: Reservation = serde_json::from_value(reservation(of)).expect("a reservation");
    let payment = |paid| serde_json::from_value::<Payment>(payment(paid)).expect("a payment");
    let known = paid.map_or(Known::None, |paid| Known::Payment(Box::new(payment(paid))));
    PayState::of(&of, &known, &Back::of(back))
}

#[test]
fn the_state_is_what_the_server_knows() {
    let none = &json!({});
    let over = &json!({"holdExpiresInMs": 0});
    let kept = &json!({"holdExpiresInMs": null});
    let gone = |reason: &str| json!({"status": "CANCELLED", "cancelReason": reason, "holdExpiresInMs": null});
    for (of, paid, expected) in [
        (none.clone(), None, PayState::Ready),
        (json!({"totalAmount": 0}), None, PayState::Free),
        (over.clone(), None, PayState::Expired),
        (kept.clone(), None, PayState::Unknown),
        (none.clone(), Some(json!({})), PayState::Window(Note::Unfinished)),
        (none.clone(), Some(json!({"paymentKey": null})), PayState::Ready),
        (over.clone(), Some(json!({})), PayState::Unknown),
        (kept.clone(), Some(json!({})), PayState::Unknown),
        (none.clone(), Some(json!({"told": "HOLD_EXPIRED"})), PayState::Unknown),
        (kept.clone(), Some(json!({"status": "SUCCESS"})), PayState::Ticketing),
        (none.clone(), Some(json!({"status": "FAILED", "failureReason": "NOT_PAID"})), PayState::Failed(Why::NotPaid)),
        (json!({"status": "CONFIRMED"}), Some(json!({"status": "SUCCESS"})), PayState::Ticket),
        (
            gone("PAYMENT_FAILED"),
            Some(json!({"status": "FAILED", "failureReason": "PORTONE_TIMEOUT"})),
            PayState::Failed(Why::Away),
        ),
        (
            gone("PAYMENT_FAILED"),
            Some(json!({"status": "FAILED", "failureReason": "SEATS_GONE"})),
            PayState::Failed(Why::SeatsGone),
        ),
        (
            gone("PAYMENT_FAILED"),
            Some(json!({"status": "FAILED", "failureReason": "TX_ID_MISMATCH"})),
            PayState::Failed(Why::Refunded),
        ),
        (gone("HOLD_EXPIRED"), None, PayState::Expired),
        (gone("HOLD_EXPIRED"), Some(json!({"status": "FAILED", "failureReason": "HOLD_EXPIRED"})), PayState::Expired),
        (gone("HOLD_EXPIRED"), Some(json!({})), PayState::Unknown),
        (gone("USER_REQUEST"), None, PayState::Ended(Over::User)),
        (gone("EVENT_CANCELLED"), Some(json!({})), PayState::Ended(Over::Event)),
        (gone("PAYMENT_REFUNDED"), Some(json!({"status": "REFUNDED"})), PayState::Ended(Over::Refunded)),
    ] {
        assert_eq!(state(&of, paid.as_ref(), ""), expected, "{of} {paid:?}");
        // Whatever the address says, only a window that was left open may read differently by it.
        let back = "paymentId=x&transactionId=t-1&code=USER_CANCEL&open=1";
        assert_eq!(state(&of, paid.as_ref(), back), expected, "{of} {paid:?}: an address was believed");
    }
}

#[test]
fn only_the_window_itself_makes_the_page_ask_for_the_decision() {
    let (none, open) = (json!({}), json!({}));
    let at = |back: &str| state(&none, Some(&open), back);
    let confirming = PayState::Confirming { transaction: "t-1".into() };
    assert_eq!(at(&format!("paymentId={KEY}&transactionId=t-1")), confirming);
    assert_eq!(at(&format!("paymentId={KEY}&txId=t-1&transactionType=PAYMENT")), confirming);
    assert_eq!(at("transactionId=t-1"), PayState::Window(Note::Unfinished), "a link of somebody else");
    assert_eq!(at(&format!("paymentId={KEY}&transactionId=t-1&code=USER_CANCEL")), PayState::Window(Note::Closed));
    assert_eq!(at(&format!("paymentId={KEY}&transactionId=t-1&code=FAILURE_TYPE_PG")), PayState::Window(Note::Refused));
    assert_eq!(at(&format!("paymentId={KEY}")), PayState::Window(Note::Unfinished));
    let over = json!({"holdExpiresInMs": 0});
    // After the end a question would be answered 410, and the money of somebody who paid in time go back.
    assert_eq!(state(&over, Some(&open), &format!("paymentId={KEY}&transactionId=t-1")), PayState::Unknown);
}

fn world(of: &Value, paid: Option<&Value>) -> StandIn {
    let mut api = StandIn::default();
    api.settings.has_sandbox = true;
    api.settings.payment_sdk_url = "/sandbox/portone/window".to_owned();
    let mut of = reservation(of);
    if let Some(paid) = paid {
        of["paymentId"] = json!("p-1");
        api.answers("GET /payments/p-1", 200, &payment(paid));
    }
    api.answers(&format!("GET /reservations/{ID}"), 200, &of);
    api
}

fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part:?} is not in {html}");
    }
}

#[tokio::test]
async fn the_page_says_what_is_bought_until_when_and_has_one_button() {
    let api = world(&json!({}), None);
    let coupon =
        json!({"list": [{"couponId": "c-1", "name": "가을 쿠폰", "discountAmount": 8_000, "payable": 300_000}]});
    api.answers(&format!("GET /reservations/{ID}/discounts"), 200, &coupon);
    let page = api.get(&format!("/pay/{ID}")).await;
    assert_eq!(page.status, StatusCode::OK);
    has(
        &page.html,
        &[
            "data-state=\"ready\"",
            "data-left-ms=\"200000\"",
            "09:05까지",
            "B열 4번 · VIP석",
            "165,000원",
            "308,000원",
            "가을 &#60;밤",
        ],
    );
    has(
        &page.html,
        &["가을 쿠폰 · 8,000원 할인", "value=\"extend\"", "2분 더", "href=\"/seats/s-1?change=1\"", "value=\"csrf-1\""],
    );
    assert!(page.policy.contains("trusted-types") && !page.html.contains("style=\""), "{}", page.policy);
    assert_eq!(page.html.matches("class=\"is-main\"").count(), 1);
    let used = world(&json!({"extended": true}), None).get(&format!("/pay/{ID}")).await;
    assert!(!used.html.contains("value=\"extend\"") && used.html.contains("이미 한 번"));
}

#[tokio::test]
async fn pressed_twice_it_pays_once() {
    let api = world(&json!({}), None);
    api.answers("POST /payments", 200, &json!({"paymentId": "p-1", "amount": 308_000, "paymentKey": KEY}));
    let form = "csrfToken=csrf-1&idempotencyKey=key-1&do=pay&total=308000";
    let window = format!("/sandbox/portone/window?paymentId={KEY}&returnUrl=%2Fpay%2F{ID}");
    for _ in 0..2 {
        let page = api.post(&format!("/pay/{ID}"), form).await;
        assert_eq!((page.status, page.location), (StatusCode::SEE_OTHER, window.clone()));
    }
    let calls = api.changes();
    assert_eq!(calls[0], calls[1], "the same call under the same key, which the API does once");
    assert_eq!(calls[0].body, json!({"reservationId": ID, "amount": 308_000, "paymentMethod": "CARD"}));
    assert_eq!((calls[0].key.as_deref(), calls[0].csrf.as_deref()), (Some("key-1"), Some("csrf-1")));
    // By another form, in another tab: the window of the one payment that there is.
    let api = world(&json!({}), Some(&json!({})));
    api.answers("POST /payments", 409, &json!({"code": "PAYMENT_ALREADY_EXISTS", "paymentId": "p-1"}));
    assert_eq!(api.post(&format!("/pay/{ID}"), "idempotencyKey=key-2&do=pay&total=308000").await.location, window);
}

#[tokio::test]
async fn a_coupon_is_taken_off_and_a_changed_amount_is_shown_first() {
    let api = world(&json!({}), None);
    let coupon = json!({"list": [{"couponId": "c-1", "name": "n", "discountAmount": 8_000, "payable": 300_000}]});
    api.answers(&format!("GET /reservations/{ID}/discounts"), 200, &coupon);
    api.answers("POST /payments", 200, &json!({"paymentId": "p-1", "amount": 300_000, "paymentKey": KEY}));
    api.post(&format!("/pay/{ID}"), "do=pay&total=308000&coupon=c-1").await;
    let body = json!({"reservationId": ID, "amount": 300_000, "paymentMethod": "CARD", "couponId": "c-1"});
    assert_eq!(api.changes()[0].body, body);
    for (form, words) in [
        ("do=pay&total=1", "금액이 바뀌었습니다"),
        ("do=pay", "금액이 바뀌었습니다"),
        ("do=pay&total=308000&coupon=x", "쿠폰은 지금"),
    ] {
        let page = api.post(&format!("/pay/{ID}"), form).await;
        assert!(page.status.is_client_error(), "{form}");
        has(&page.html, &[words, "<title>오류: ", "data-state=\"ready\""]);
    }
    assert_eq!(api.changes().len(), 1, "nothing was paid by any of them");
}

#[tokio::test]
async fn a_closed_window_opens_again_for_the_same_payment() {
    let api = world(&json!({}), Some(&json!({})));
    let page = api.get(&format!("/pay/{ID}?paymentId={KEY}&transactionId=t&code=USER_CANCEL")).await;
    has(&page.html, &["data-state=\"window\"", "결제 화면이 닫혔습니다", "value=\"window\"", "data-left-ms"]);
    assert!(
        !page.html.contains("value=\"extend\"") && !page.html.contains("value=\"release\""),
        "nothing else can be done under a payment"
    );
    let page = api.post(&format!("/pay/{ID}"), "do=window").await;
    assert!(page.location.contains(KEY), "{}", page.location);
    assert!(api.changes().is_empty(), "no second payment");
}

#[tokio::test]
async fn the_decision_is_asked_for_only_while_the_hold_runs() {
    let api = world(&json!({}), Some(&json!({})));
    let back = format!("/pay/{ID}?paymentId={KEY}&transactionId=t-1");
    let page = api.get(&back).await;
    has(
        &page.html,
        &["data-state=\"confirming\"", "data-transaction=\"t-1\"", "<noscript><form", "http-equiv=\"refresh\""],
    );
    api.answers("POST /payments/confirm", 502, &json!({"code": "PORTONE_API_ERROR"}));
    let page = api.post(&format!("/pay/{ID}"), "do=confirm&transaction=t-1&idempotencyKey=k").await;
    assert_eq!(page.location, back, "it may be asked again");
    let body =
        json!({"reservationId": ID, "paymentId": "p-1", "paymentKey": KEY, "transactionId": "t-1", "amount": 308_000});
    assert_eq!(api.changes()[0].body, body);
    let late = world(&json!({"holdExpiresInMs": 0}), Some(&json!({})));
    let page = late.get(&back).await;
    has(&page.html, &["data-state=\"unknown\"", "다시 결제하지 마십시오"]);
    late.post(&format!("/pay/{ID}"), "do=confirm&transaction=t-1").await;
    assert!(late.changes().is_empty());
    let away = world(&json!({"paymentId": "p-9"}), None);
    away.answers("GET /payments/p-9", 503, &json!({"code": "SERVICE_UNAVAILABLE"}));
    has(&away.get(&format!("/pay/{ID}")).await.html, &["data-state=\"unknown\""]);
}

#[tokio::test]
async fn after_the_end_the_same_seats_can_be_tried_at_once() {
    let of = json!({"status": "CANCELLED", "cancelReason": "PAYMENT_FAILED", "holdExpiresInMs": null});
    let api = world(&of, Some(&json!({"status": "FAILED", "failureReason": "NOT_PAID"})));
    let page = api.get(&format!("/pay/{ID}")).await;
    has(
        &page.html,
        &[
            "data-state=\"failed\"",
            "결제된 금액은 없습니다",
            "action=\"/seats/s-1\"",
            "name=\"seat\" value=\"13\"",
            "value=\"14\"",
            "value=\"hold\"",
        ],
    );
    let ticket = world(&json!({"status": "CONFIRMED"}), Some(&json!({"status": "SUCCESS"})));
    assert_eq!(ticket.get(&format!("/pay/{ID}")).await.location, format!("/me/tickets/{ID}"));
}

#[tokio::test]
async fn a_real_provider_opens_in_the_page_and_its_hosts_are_named() {
    let mut api = world(&json!({}), Some(&json!({})));
    api.settings.payment_sdk_url = "https://cdn.portone.io/v2/browser-sdk.js".to_owned();
    let page = api.get(&format!("/pay/{ID}?open=1")).await;
    has(
        &page.html,
        &[
            "data-sdk=\"https://cdn.portone.io/v2/browser-sdk.js\"",
            "data-store=\"store-1\"",
            "data-open=\"1\"",
            &format!("data-key=\"{KEY}\""),
        ],
    );
    assert!(
        page.policy.contains("https://cdn.portone.io") && !page.policy.contains("trusted-types"),
        "{}",
        page.policy
    );
    assert_eq!(api.post(&format!("/pay/{ID}"), "do=window").await.location, format!("/pay/{ID}?open=1"));
}

/// Needs node, as the tests of the waiting page do.
#[test]
fn the_script_tells_time_and_waits_by_its_rules() {
    let run = Command::new("node")
        .args(["--test-reporter=tap", concat!(env!("CARGO_MANIFEST_DIR"), "/src/pay/script_tests.mjs")])
        .env("ASSETS", concat!(env!("CARGO_MANIFEST_DIR"), "/../web/assets"))
        .output();
    let run = run.expect("node is installed");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("# fail 0"), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("# pass 1"), "{said}");
}
