use super::bookings::{ID, detail, payment, site};
use super::support::{Browser, Page, demo};
use serde_json::{Value, json};

async fn ticket(changes: Value, paid: Value) -> Page {
    site(detail(changes), payment(paid)).get(&format!("/me/tickets/{ID}")).await
}

#[tokio::test]
async fn a_ticket_has_its_code_on_white_its_number_and_its_seats() {
    let page = ticket(json!({}), json!({})).await;
    assert_eq!((page.status.as_u16(), page.state()), (200, "good"));
    for part in [
        "<svg viewBox=\"0 0 ",
        "fill=\"#fff\"",
        "role=\"img\" aria-label=\"입장용 QR 코드. 티켓 번호 T20261224-8K3N5QX2M7\"",
        ">T20261224-8K3N5QX2M7<",
        "A열 1번 · VIP석",
        "2099년 12월 24일",
        "132,000원",
        "&#60;i&#62;봄밤",
        "data-kept hidden",
        "data-owner=\"",
        // The script shows it.
        "data-print hidden>인쇄하기</button>",
    ] {
        assert!(page.html.contains(part), "{part}: {}", page.html);
    }
    let policy = std::str::from_utf8(page.headers["content-security-policy"].as_bytes()).expect("text");
    assert!(policy.contains("require-trusted-types-for 'script'") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.html.contains("style=\"") && !page.html.contains("onclick"));
}

#[tokio::test]
async fn a_ticket_that_lets_nobody_in_shows_no_code() {
    for (changes, paid, state, words) in [
        (json!({"usedAt": "2026-12-24T09:31:00", "usedGate": "A문"}), json!({}), "used", "A문"),
        (json!({"scheduleDate": "2020-01-01T10:00:00"}), json!({}), "over", "끝난 공연"),
        (
            json!({"status": "PENDING", "holdExpiresInMs": 60000, "qrData": null}),
            json!({"status": "PENDING", "paidAt": null}),
            "pending",
            "/pay/",
        ),
        (
            json!({"status": "PENDING", "qrData": null}),
            json!({"status": "PENDING", "paidAt": null}),
            "waiting",
            "다시 결제하지 마십시오",
        ),
        (
            json!({"status": "CANCELLED", "cancelReason": "USER_REQUEST"}),
            json!({}),
            "cancelled",
            "132,000원을 돌려 드리고 있습니다",
        ),
        (
            json!({"status": "CANCELLED", "cancelReason": "EVENT_CANCELLED"}),
            json!({"status": "REFUNDED", "refundedAt": "2026-12-02T00:00:00"}),
            "cancelled",
            "132,000원을 돌려 드렸습니다",
        ),
        (
            json!({"status": "CANCELLED", "cancelReason": "HOLD_EXPIRED", "paymentId": null}),
            json!({}),
            "cancelled",
            "결제하지 않아 환불할 금액이 없습니다",
        ),
    ] {
        let page = ticket(changes, paid).await;
        assert_eq!((page.status.as_u16(), page.state()), (200, state));
        assert!(page.html.contains(words), "{words}: {}", page.html);
        assert!(!page.html.contains("id=\"qr\"") && !page.html.contains("data-print"), "{state} lets somebody in");
    }
}

#[tokio::test]
async fn a_ticket_is_good_without_its_payment() {
    let page = site(detail(json!({})), Value::Null).get(&format!("/me/tickets/{ID}")).await;
    assert!(page.state() == "good" && page.html.contains("id=\"qr\""), "{}", page.html);
    let gone = json!({"status": "CANCELLED", "cancelReason": "USER_REQUEST"});
    let page = site(detail(gone), Value::Null).get(&format!("/me/tickets/{ID}")).await;
    assert!(page.html.contains("모두 돌려 드립니다"), "{}", page.html);
}

#[tokio::test]
async fn the_worker_rules_over_my_pages_and_says_something_without_a_network() {
    let browser = Browser::over(demo(), |_| None);
    let worker = browser.get("/me/worker.js").await;
    assert_eq!(worker.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(worker.headers["cache-control"], "no-cache");
    let page = browser.get("/me/offline").await;
    assert!(page.html.contains(" data-list hidden") && page.html.contains("<!--kept-->"), "{}", page.html);
    for mark in [" data-kept hidden", " data-list hidden", "<!--kept-->", "/me/offline"] {
        assert!(worker.html.contains(mark), "the worker knows {mark}");
    }
}
