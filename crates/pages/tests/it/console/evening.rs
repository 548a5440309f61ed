use super::support::{Console, Page, with_shop};
use serde_json::{Value, json};

const LETTERS: &str = "GET /api/v1/admin/dead-letters?size=1";
const CAMPAIGNS: &str = "GET /api/v1/admin/campaigns?size=100";
const EVENTS: &str = "GET /events?status=OPEN&sort=startDate,asc&size=20";

fn list(list: Value, total: u64) -> Value {
    json!({"list": list, "totalElements": total, "page": 0, "size": 100})
}

/// The line `shop` where people wait, a campaign, a show.
fn evening() -> Console {
    let console = with_shop(10, 41_230);
    console.says(LETTERS, 200, list(json!([]), 0));
    let campaign = json!({"event_id": "autumn", "name": "가을 쿠폰", "stock": 1000, "gated": true,
        "opens_at": "2026-12-01T11:00:00Z", "status": "active", "remaining_stock": 960});
    console.says(CAMPAIGNS, 200, list(json!([campaign]), 1));
    let event = json!({"id": "e-1", "title": "겨울 콘서트", "venueName": "아레나", "city": "서울",
        "startDate": "2026-12-14T18:45:00", "saleStartAt": "2026-11-14T18:45:00", "status": "OPEN"});
    console.says(EVENTS, 200, list(json!([event]), 1));
    let schedule = json!({"scheduleId": "s-1", "sequence": 1, "eventStartAt": "2026-12-14T18:45:00", "status": "ONGOING",
        "total": 2000, "sold": 10, "held": 2, "free": 1988, "captured": 1, "refunded": 0, "byGrade": {}});
    let sales = json!({"schedules": [schedule], "parts": [{"role": "catalog"}]});
    console.says("GET /api/v1/admin/sales?eventId=e-1", 200, sales);
    console
}

/// What needs a hand: key and text.
fn needs(page: &Page) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in page.html.split("data-need=\"").skip(1) {
        let (key, rest) = part.split_once('"').expect("a key");
        let item = rest.split("</li>").next().unwrap_or_default();
        found.push((key.to_owned(), item.to_owned()));
    }
    found
}

#[tokio::test]
async fn the_evening_is_on_one_screen() {
    let page = evening().get("/console").await;
    page.is(200, "evening");
    page.has("<strong id=\"all-waiting\" data-waiting=\"41230\">41,230명</strong>");
    page.has("<a href=\"/console/lines/shop\">shop</a>");
    page.has("<a href=\"/console/campaigns/autumn\">가을 쿠폰</a>");
    page.has("<a href=\"/console/lines/gate:autumn\">");
    page.has("data-field=\"issued\">40</td>");
    page.has("data-field=\"free\">1,988</td>");
    assert_eq!(needs(&page)[0].0, "", "nothing needs a hand");
    // One stream for all of it, and no other script than the site's.
    page.has("console/evening.js");
    page.has_not("<script>");
}

#[tokio::test]
async fn what_needs_a_hand_is_told_with_the_way_to_it() {
    let console = evening();
    console.says(LETTERS, 200, list(json!([{}]), 37));
    let stuck = json!({"scheduleId": "shop", "waitingCount": 500, "activeCount": 0, "admittedCount": 0,
        "measuredPerSecond": 0.0, "ratePerSecond": 10, "paused": false});
    console.says("GET /queue/admin/stats", 200, json!({"totalWaiting": 500, "scheduleStats": [stuck]}));
    let page = console.get("/console").await;
    let needs = needs(&page);
    let keys: Vec<&str> = needs.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["stuck-queue:shop", "letters"]);
    assert!(needs[0].1.contains("href=\"/console/lines/shop\"") && needs[0].1.contains("500명"), "{needs:?}");
    assert!(needs[1].1.contains("href=\"/console/letters\"") && needs[1].1.contains("37건"), "{needs:?}");
}

/// A role that is away takes its own part with it, says so, and nothing else.
#[tokio::test]
async fn a_role_that_is_away_takes_only_its_part() {
    for (what, role, stays) in [
        ("GET /queue/admin/stats", "role-queue", "가을 쿠폰"),
        (CAMPAIGNS, "role-coupon", "/console/lines/shop"),
        (EVENTS, "role-catalog", "/console/lines/shop"),
    ] {
        let console = evening();
        console.refuses(what, 503, "SERVICE_UNAVAILABLE");
        let page = console.get("/console").await;
        page.is(200, "evening");
        page.has(stays);
        page.has("지금은 이 부분을 읽을 수 없습니다");
        assert_eq!(needs(&page)[0].0, role);
    }
    // Sales without payment: the rest of them is shown, and the part that is missing is named.
    let console = evening();
    let sales =
        json!({"schedules": [], "parts": [{"role": "catalog"}, {"role": "payment", "error": "SERVICE_UNAVAILABLE"}]});
    console.says("GET /api/v1/admin/sales?eventId=e-1", 200, sales);
    console.get("/console").await.has("결제 서비스가 응답하지 않아 그 부분이 빠져 있습니다");
}

#[tokio::test]
async fn there_is_an_evening_before_anything_is_made() {
    let console = Console::new();
    for what in [LETTERS, CAMPAIGNS, EVENTS] {
        console.says(what, 200, list(json!([]), 0));
    }
    let page = console.get("/console").await;
    page.is(200, "evening");
    page.has("아직 대기열이 없습니다");
    page.has("아직 캠페인이 없습니다");
    page.has("지금 판매 중인 회차가 없습니다");
}
