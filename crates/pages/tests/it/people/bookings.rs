use super::support::{Browser, demo, refused};
use domain::Timestamp;
use domain::ticket::DayZone;
use pages::Settings;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const ID: &str = "0190a1b2-0000-7000-8000-00000000000a";
pub const PAYMENT: &str = "0190a1b2-0000-7000-8000-00000000000b";

pub fn detail(changes: Value) -> Value {
    let mut all = json!({"reservationId": ID, "eventId": ID, "eventTitle": "<i>봄밤</i>", "artist": "김", "venueName": "예술의전당",
        "hallName": "콘서트홀", "scheduleId": ID, "scheduleDate": "2099-12-24T10:00:00", "status": "CONFIRMED",
        "seats": [{"seatId": ID, "seatNumber": "A-1", "grade": "VIP", "price": 150000}], "totalAmount": 150000,
        "holdExpiresAt": "2026-12-01T00:00:00", "holdExpiresInMs": null, "paymentId": PAYMENT,
        "ticketNumber": "T20261224-8K3N5QX2M7", "qrData": "http://127.0.0.1:8080/tickets/verify/abc.def",
        "cancelReason": null, "createdAt": "2026-12-01T00:00:00", "usedAt": null});
    for (name, value) in changes.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all
}

pub fn payment(changes: Value) -> Value {
    let mut all = json!({"paymentId": PAYMENT, "reservationId": ID, "amount": 132000, "status": "SUCCESS", "method": "CARD",
        "paidAt": "2026-12-01T00:01:00", "failureReason": null, "refundedAt": null, "cardName": "국민",
        "cardNumber": "1234-****-****-5678", "couponId": null, "discountAmount": 18000});
    for (name, value) in changes.as_object().expect("an object") {
        all[name] = value.clone();
    }
    all
}

/// A site with one booking.
pub fn site(booking: Value, paid: Value) -> Browser {
    site_with(demo(), booking, paid)
}

fn site_with(settings: Settings, booking: Value, paid: Value) -> Browser {
    Browser::over(settings, move |told| {
        let path = told.path.as_str();
        match told.method.as_str() {
            "GET" if path == format!("/reservations/{ID}") => Some((200, booking.clone(), vec![])),
            "GET" if path == format!("/payments/{PAYMENT}") && paid.is_null() => refused(503, "SERVICE_UNAVAILABLE"),
            "GET" if path == format!("/payments/{PAYMENT}") => Some((200, paid.clone(), vec![])),
            _ => None,
        }
    })
    .known()
}

#[tokio::test]
async fn the_refund_is_said_before_anything_is_cancelled() {
    let browser = site(detail(json!({})), payment(json!({})));
    let page = browser.get(&format!("/me/reservations/{ID}/cancel")).await;
    assert_eq!((page.status.as_u16(), page.state()), (200, "ask"));
    for said in ["132,000원 환불받고 취소", "국민 1234-****-****-5678", "쿠폰은 다시", "&#60;i&#62;봄밤"]
    {
        assert!(page.html.contains(said), "{said}: {}", page.html);
    }
    assert!(browser.told("DELETE", &format!("/reservations/{ID}")).is_empty());
    let unpaid = json!({"status": "PENDING", "paymentId": null, "holdExpiresInMs": 1000});
    let page = site(detail(unpaid), Value::Null).get(&format!("/me/reservations/{ID}/cancel")).await;
    assert!(page.html.contains("아직 결제하지 않으셨습니다") && page.html.contains(">0원<"), "{}", page.html);
}

#[tokio::test]
async fn what_cannot_be_cancelled_has_no_button() {
    for (changes, words) in [
        (json!({"scheduleDate": "2026-01-01T10:00:00"}), "공연 당일에는 취소할 수 없습니다"),
        (json!({"usedAt": "2026-01-01T10:00:00"}), "이미 입장에 쓴 티켓"),
    ] {
        let page = site(detail(changes), payment(json!({}))).get(&format!("/me/reservations/{ID}/cancel")).await;
        assert!(page.state() == "impossible" && page.html.contains(words), "{}", page.html);
        assert!(!page.html.contains("<form"), "{}", page.html);
    }
    let gone = site(detail(json!({"status": "CANCELLED"})), payment(json!({})));
    let page = gone.get(&format!("/me/reservations/{ID}/cancel")).await;
    assert_eq!(page.location(), format!("/me/tickets/{ID}"));
}

#[tokio::test]
async fn the_day_of_the_show_begins_in_the_zone_of_the_configuration() {
    // The day of the show begins in Seoul at this moment, and nine hours later where the clocks show UTC.
    let show = json!({"scheduleDate": "2026-12-24T10:00:00"});
    let clock = clock::set(Timestamp::parse("2026-12-23T15:00:00Z").expect("a time"));
    let elsewhere = || Settings { day_zone: DayZone::named("UTC").expect("a zone"), ..demo() };
    let page = async |settings| {
        let browser = site_with(settings, detail(show.clone()), payment(json!({})));
        browser.get(&format!("/me/reservations/{ID}/cancel")).await
    };
    assert_eq!(page(demo()).await.state(), "impossible");
    let open = page(elsewhere()).await;
    assert_eq!(open.state(), "ask");
    assert!(open.html.contains("09:00까지 취소하실 수 있습니다"), "midnight there, told in Korean time: {}", open.html);
    clock.advance(Duration::from_secs(9 * 3_600));
    assert_eq!(page(elsewhere()).await.state(), "impossible");
}

#[tokio::test]
async fn a_booking_is_cancelled_once_however_often_it_is_pressed() {
    let presses = AtomicU32::new(0);
    let browser = Browser::over(demo(), move |told| {
        let path = told.path.as_str();
        match told.method.as_str() {
            "GET" if path == format!("/reservations/{ID}") => Some((200, detail(json!({})), vec![])),
            "GET" if path == format!("/payments/{PAYMENT}") => Some((200, payment(json!({})), vec![])),
            "DELETE" if path == format!("/reservations/{ID}") => match presses.fetch_add(1, Ordering::Relaxed) {
                0 => Some((200, json!({"id": ID, "status": "CANCELLED", "refundAmount": 132000}), vec![])),
                1 => refused(409, "RESERVATION_ALREADY_CANCELLED"),
                2 => refused(409, "RESERVATION_IN_PROGRESS"),
                3 => refused(422, "CANCELLATION_NOT_ALLOWED"),
                _ => refused(503, "SERVICE_UNAVAILABLE"),
            },
            _ => None,
        }
    })
    .known();
    let address = format!("/me/reservations/{ID}/cancel");
    let page = browser.get(&address).await;
    let (csrf, key) = (page.hidden("csrfToken").expect("a token"), page.hidden("idempotencyKey").expect("a key"));
    assert_eq!(browser.post(&address, &[("idempotencyKey", &key)]).await.status.as_u16(), 403, "without the token");
    let fields = [("csrfToken", csrf.as_str()), ("idempotencyKey", key.as_str())];
    for _ in 0..2 {
        assert_eq!(browser.post(&address, &fields).await.location(), format!("/me/tickets/{ID}?done=cancelled"));
    }
    let told = browser.told("DELETE", &format!("/reservations/{ID}"));
    assert!(told.iter().all(|told| told.headers["idempotency-key"] == key.as_str()), "{told:?}");
    for words in ["결제를 확인하고 있어", "공연 당일에는", "다시 시도해 주십시오"] {
        let page = browser.post(&address, &fields).await;
        assert!(page.status.is_client_error() || page.status.is_server_error(), "{words}");
        assert!(page.html.contains(words) && page.html.contains("id=\"errors\""), "{words}: {}", page.html);
    }
}

#[tokio::test]
async fn my_page_says_what_is_safe_when_bookings_are_away() {
    let browser = Browser::over(demo(), |told| match told.path.as_str() {
        "/reservations?page=0&size=50" => refused(503, "SERVICE_UNAVAILABLE"),
        "/api/v1/coupons/mine" => refused(504, "GATEWAY_TIMEOUT"),
        _ => None,
    })
    .known();
    let page = browser.get("/me").await;
    assert!(page.status.as_u16() == 503 && page.html.contains("예매하신 내용은 그대로 있습니다"), "{}", page.html);
    assert!(page.html.contains("class=\"trace\""), "{}", page.html);
    let page = browser.get("/me/coupons").await;
    assert!(page.status.as_u16() == 504 && page.html.contains("받으신 쿠폰은 그대로 있습니다"), "{}", page.html);
    assert_eq!(browser.get("/me/tickets/not-an-id").await.status.as_u16(), 404);
}

#[tokio::test]
async fn coupons_say_what_they_take_off_and_until_when() {
    let browser = Browser::over(demo(), |told| {
        let coupon = |status: &str, discount: Value| {
            json!({"coupon_id": ID, "event_id": "spring", "name": "봄 쿠폰", "serial": 7, "status": status,
                "issued_at": "2026-12-01T00:00:00Z", "expires_at": "2026-12-31T14:59:59Z", "discount": discount,
                "min_order_amount": 50000})
        };
        let list = json!([
            coupon("REDEEMED", json!({"type": "fixed", "value": 5000})),
            coupon("ISSUED", json!({"type": "percent", "value": 10, "max_amount": 20000})),
            coupon("EXPIRED", Value::Null)
        ]);
        (told.path == "/api/v1/coupons/mine").then(|| (200, json!({"list": list}), vec![]))
    })
    .known();
    let page = browser.get("/me/coupons").await;
    let at = |text: &str| page.html.find(text).unwrap_or_else(|| panic!("{text}: {}", page.html));
    assert!(at("10% 할인(최대 20,000원)") < at("5,000원 할인"), "what can be used stands first");
    assert!(
        page.html.contains("2026년 12월 31일 (목) 23:59까지") && page.html.contains("50,000원 이상"),
        "{}",
        page.html
    );
}
