//! The line before a campaign's coupons, and the pages of coupons.

use super::*;

const STATUS: &str = "GET /api/v1/coupons/status/shoes";
const ENQUEUE: &str = "POST /gate/events/shoes/enqueue";
const RANK: &str = "GET /gate/events/shoes/rank";
const ISSUE: &str = "POST /api/v1/coupons/issue";
const HELD: &str = "GET /api/v1/coupons/user/u-1/event/shoes";

fn campaign(status: &str, gated: bool) -> Value {
    json!({"event_id": "shoes", "name": "<운동화>", "remaining_stock": 1_234, "total_participants": 3, "status": status,
        "opens_at": "2026-12-01T11:00:00Z", "closes_at": null, "gated": gated, "per_user_limit": 1,
        "discount": {"type": "percent", "value": 20, "max_amount": 5_000}, "min_order_amount": 30_000, "now": 1_795_258_800_000_i64})
}

fn site(status: &str, gated: bool) -> Site {
    let site = Site::new();
    site.tells(STATUS, 200, campaign(status, gated));
    site.tells(HELD, 200, json!({"coupons": []}));
    site
}

#[tokio::test]
async fn the_page_of_a_coupon_is_the_same_for_everybody_in_every_state() {
    for (status, words) in [
        ("scheduled", "아직 열리지 않았습니다"),
        ("active", "쿠폰 받기"),
        ("paused", "잠시 멈추었습니다"),
        ("sold_out", "매진"),
        ("closed", "끝났습니다"),
    ] {
        let page = site(status, false).get("/coupons/shoes", PERSON).await;
        page.is(200, status);
        page.has(words);
        for part in ["&#60;운동화&#62;", "20% 할인(최대 5,000원)", "30,000원 이상", "id=\"act\""] {
            page.has(part);
        }
        assert!(page.header("cache-control").starts_with("public, max-age=5"), "{}", page.header("cache-control"));
        assert!(!page.text.contains("csrf-1") && !page.text.contains("method=\"post\""), "{}", page.text);
        assert_eq!(page.text.contains("aria-disabled=\"true\""), status != "active");
        assert_eq!(page.text.contains("data-until=\"1796122800000\""), status == "scheduled");
    }
}

#[tokio::test]
async fn a_press_without_script_gives_the_coupon_or_says_what_is_left_to_do() {
    let site = site("active", false);
    let page = site.get("/coupons/shoes?own=1", PERSON).await;
    page.is(200, "active");
    page.has("name=\"csrfToken\" value=\"csrf-1\"");
    page.has("name=\"idempotencyKey\"");
    assert_eq!(page.header("cache-control"), "private, no-cache");
    for (code, words) in [
        ("SOLD_OUT", "매진되었습니다"),
        ("PAUSED", "쿠폰은 남아 있습니다"),
        ("NOT_OPEN", "잃으신 것은 없습니다"),
        ("CLOSED", "쿠폰 나눔이 끝났습니다"),
        ("ALREADY_ISSUED", "이미 받으신"),
    ] {
        site.tells(ISSUE, 200, json!({"success": false, "code": code, "remaining_stock": 0}));
        let page = site.post("/coupons/shoes", "csrfToken=csrf-1&idempotencyKey=k-1").await;
        assert_eq!(page.status, 200);
        page.has(words);
        page.has(&format!("data-code=\"{code}\" tabindex=\"-1\" autofocus"));
    }
    site.tells(ISSUE, 200, json!({"success": true, "code": "ISSUED", "serial": 7}));
    site.tells(
        HELD,
        200,
        json!({"coupons": [{"coupon_id": SCHEDULE, "serial": 7, "status": "ISSUED", "issued_at":
        "2026-12-01T11:00:01Z", "expires_at": "2026-12-31T14:59:59Z"}]}),
    );
    site.post("/coupons/shoes", "csrfToken=csrf-1&idempotencyKey=k-1").await.leads_to(303, "/coupons/shoes?own=1");
    let page = site.get("/coupons/shoes?own=1", PERSON).await;
    for part in ["번호 7", "쓸 수 있음", "data-code=\"ALREADY_ISSUED\""] {
        page.has(part);
    }
    assert!(!page.text.contains("id=\"take\""), "what is over cannot be pressed");
    assert_eq!(site.asked(ISSUE)[0].csrf, "csrf-1");
}

#[tokio::test]
async fn nobody_knows_the_result_of_a_call_that_had_no_answer_and_the_page_says_so() {
    let site = site("active", false);
    site.tells(ISSUE, 503, json!({"code": "SERVICE_UNAVAILABLE"}));
    let page = site.post("/coupons/shoes", "csrfToken=csrf-1").await;
    page.has("data-code=\"AWAY\"");
    page.has("두 장이 되지 않");
    site.tells(ISSUE, 403, json!({"code": "CSRF_TOKEN_INVALID"}));
    assert_eq!(site.post("/coupons/shoes", "").await.status, 403);
}

#[tokio::test]
async fn a_gated_coupon_leads_to_its_line_and_back_with_the_pass() {
    let site = site("active", true);
    let page = site.get("/coupons/shoes", PERSON).await;
    page.has("id=\"take\" href=\"/wait/gate:shoes\"");
    for (rank, words) in [("UNKNOWN", "줄 서기"), ("WAITING", "줄로 돌아가기")] {
        site.tells(RANK, 200, json!({"status": rank, "rank": null}));
        site.get("/coupons/shoes?own=1", PERSON).await.has(words);
    }
    site.tells(RANK, 200, json!({"status": "ACTIVE", "rank": null}));
    let page = site.get("/coupons/shoes?own=1", PERSON).await;
    page.has("method=\"post\"");
    page.has("차례가 되었습니다");
}

#[tokio::test]
async fn the_line_before_a_coupon_is_entered_by_a_visit_and_leads_on() {
    let site = site("active", true);
    site.tells("GET /queue/serving/gate:shoes?ranges=32", 200, serving("gate:shoes", "OPEN"));
    site.tells(ENQUEUE, 200, json!({"status": "ENQUEUED", "rank": 34}));
    let page = site.get("/wait/gate:shoes", FROM_HERE).await;
    page.is(200, "waiting");
    page.has("data-kind=\"gate\"");
    page.has("data-rank=\"34\"");
    assert_eq!(site.asked(ENQUEUE)[0].csrf, "csrf-1");
    site.tells(ENQUEUE, 200, json!({"status": "ALREADY_ENQUEUED", "rank": 34, "ticket": 90}));
    site.get("/wait/gate:shoes", FROM_HERE).await.has("data-ticket=\"90\"");
    site.tells(ENQUEUE, 200, json!({"status": "ALREADY_ENQUEUED", "rank": 0}));
    for rank in ["ACTIVE", "ISSUED"] {
        site.tells(RANK, 200, json!({"status": rank, "rank": null}));
        site.get("/wait/gate:shoes", FROM_HERE).await.leads_to(303, "/coupons/shoes?own=1");
    }
    site.tells(RANK, 200, json!({"status": "PROCESSING", "rank": null}));
    site.get("/wait/gate:shoes", FROM_HERE).await.is(200, "processing");
    site.tells(RANK, 200, json!({"status": "UNKNOWN", "rank": null}));
    site.get("/wait/gate:shoes", FROM_ELSEWHERE).await.is(200, "join");
    site.tells(ENQUEUE, 200, json!({"status": "SOLD_OUT", "rank": null}));
    site.get("/wait/gate:shoes", FROM_HERE).await.is(200, "soldout");
    site.tells(ENQUEUE, 200, json!({"status": "ENQUEUED", "rank": null}));
    site.get("/wait/gate:shoes", FROM_HERE).await.is(200, "drawing");
    site.tells(ENQUEUE, 404, json!({"code": "NOT_FOUND"}));
    site.get("/wait/gate:shoes", FROM_HERE).await.leads_to(303, "/coupons/shoes");
    assert_eq!(site.get("/wait/gate:acme~shoes", FROM_HERE).await.status, 404);
}

#[tokio::test]
async fn another_tenants_coupon_is_shown_and_not_given_here() {
    let site = Site::new();
    site.tells("GET /api/v1/coupons/campaigns?tenant=acme", 200, json!({"list": [campaign("active", false)]}));
    let page = site.get("/coupons/acme~shoes", PERSON).await;
    page.is(200, "active");
    page.has("나누어 주는 곳의 화면");
    assert!(!page.text.contains("id=\"take\""), "{}", page.text);
    assert_eq!(site.get("/coupons/acme~hats", PERSON).await.status, 404);
    assert_eq!(site.get("/coupons/a~b~c", PERSON).await.status, 404);
}

#[tokio::test]
async fn the_list_says_what_can_be_got_and_when_it_is_away() {
    let site = Site::new();
    site.tells(
        "GET /api/v1/coupons/campaigns",
        200,
        json!({"list": [campaign("scheduled", true), campaign("active", false)]}),
    );
    let page = site.get("/coupons", &[]).await;
    page.is(200, "list");
    for part in ["href=\"/coupons/shoes\"", "20:00에 열립니다", "남은 수량 1,234장", "줄을 서서 받는"] {
        page.has(part);
    }
    for (status, body, state) in [(200, json!({"list": []}), "empty"), (503, json!({}), "away")] {
        let site = Site::new();
        site.tells("GET /api/v1/coupons/campaigns", status, body);
        site.get("/coupons", &[]).await.is(200, state);
    }
}
