use super::support::{Console, site_line, with_shop};
use serde_json::{Value, json};

#[tokio::test]
async fn a_pause_sends_the_words_for_people() {
    let console = with_shop(10, 100);
    console.says("POST /queue/admin/shop/pause", 204, Value::Null);
    let fields = [("pause-ko", "음향을 점검합니다.\r\n순서는 그대로입니다."), ("pause-en", "")];
    console.press("/console/lines/shop/pause", &fields).await.leads_to("/console/lines/shop?done=pause");
    let sent = console.only("POST /queue/admin/shop/pause");
    assert_eq!(sent, json!({"notice": {"ko": "음향을 점검합니다.\n순서는 그대로입니다."}}));
    console.get("/console/lines/shop?done=pause").await.has("대기열을 멈췄습니다");
}

/// 200 characters, not bytes; what is too long comes back as it was written, and the line goes on.
#[tokio::test]
async fn words_that_are_too_long_pause_nothing() {
    let console = with_shop(10, 100);
    console.says("POST /queue/admin/shop/pause", 204, Value::Null);
    console.says("PUT /queue/admin/shop/notice", 204, Value::Null);
    let (long, fits) = ("가".repeat(201), "가".repeat(200));
    for (address, field) in [("/console/lines/shop/pause", "pause-ko"), ("/console/lines/shop/notice", "ko")] {
        let page = console.press(address, &[(field, &long)]).await;
        page.is(400, "line");
        page.has_fault_at(field);
        page.has(&format!(">{long}</textarea>"));
    }
    console.told_nothing();
    console.press("/console/lines/shop/notice", &[("ko", &fits)]).await.leads_to("/console/lines/shop?done=notice");
}

#[tokio::test]
async fn a_line_that_is_paused_shows_its_words_and_can_go_on() {
    let console = with_shop(10, 100);
    let mut paused = site_line(10);
    paused["paused"] = json!(true);
    console.says("GET /queue/admin/lines/shop", 200, paused);
    let serving = json!({"state": "PAUSED", "notice": {"ko": "<곧> 다시", "en": null}});
    console.says("GET /queue/serving/shop?ranges=1", 200, serving);
    console.says("POST /queue/admin/shop/resume", 204, Value::Null);
    let page = console.get("/console/lines/shop").await;
    page.has("<blockquote lang=\"ko\">&#60;곧&#62; 다시</blockquote>");
    page.has("id=\"resume-form\"");
    page.has_not("id=\"pause-form\"");
    console.press("/console/lines/shop/resume", &[]).await.leads_to("/console/lines/shop?done=resume");
    assert_eq!(console.only("POST /queue/admin/shop/resume"), Value::Null);
}

#[tokio::test]
async fn a_new_line_has_what_was_filled_in_and_nothing_else() {
    let console = Console::new();
    console.get("/console/lines/new").await.is(200, "line-new");
    console.says("POST /queue/admin/lines", 201, site_line(10));
    let fields = [
        ("name", "shop"),
        ("ratePerSecond", "10"),
        ("opensAt", "2026-12-24T20:00"),
        ("capacity", ""),
        ("exceptions", "network 203.0.113.0/24\r\nlink"),
    ];
    console.press("/console/lines/new", &fields).await.leads_to("/console/lines/shop?done=made");
    let wanted = json!({"name": "shop", "ratePerSecond": 10, "opensAt": "2026-12-24T20:00:00+09:00",
        "exceptions": [{"network": "203.0.113.0/24"}, {"signedLink": true}]});
    assert_eq!(console.only("POST /queue/admin/lines"), wanted);
}

#[tokio::test]
async fn faults_of_a_new_line_are_told_at_their_fields_and_nothing_is_lost() {
    let console = Console::new();
    let fields =
        [("name", ""), ("ratePerSecond", "many"), ("opensAt", "2026-12-24T"), ("exceptions", "link\nnonsense")];
    let page = console.press("/console/lines/new", &fields).await;
    page.is(400, "line-new");
    for field in ["name", "ratePerSecond", "opensAt", "exceptions"] {
        page.has_fault_at(field);
    }
    page.has("value=\"many\"");
    page.has(">link\nnonsense</textarea>");
    console.told_nothing();
    console.refuses("POST /queue/admin/lines", 409, "LINE_EXISTS");
    let page = console.press("/console/lines/new", &[("name", "shop")]).await;
    page.is(409, "line-new");
    page.has_fault_at("name");
}

/// What differs from what the operator saw is sent; what somebody else has changed is told.
#[tokio::test]
async fn settings_are_compared_with_what_the_operator_saw() {
    let console = with_shop(10, 0);
    console.says("PATCH /queue/admin/lines/shop", 200, site_line(10));
    let page = console.get("/console/lines/shop").await;
    assert_eq!(page.hidden("was-capacity"), "50000");
    let fields = [("capacity", "60000"), ("was-capacity", "50000"), ("maxInside", "7"), ("was-maxInside", "5")];
    let page = console.press("/console/lines/shop/change", &fields).await;
    page.is(409, "conflict");
    page.has("동시 입장 한도: 보고 계시던 값 ‘5’, 지금 값 ‘0’, 적으신 값 ‘7’");
    console.told_nothing();
    let fields = [("capacity", "60000"), ("was-capacity", "50000"), ("maxInside", "0"), ("was-maxInside", "0")];
    console.press("/console/lines/shop/change", &fields).await.leads_to("/console/lines/shop?done=changed");
    assert_eq!(console.only("PATCH /queue/admin/lines/shop"), json!({"capacity": 60000}));
    let same = [("capacity", "50000"), ("was-capacity", "50000")];
    console.press("/console/lines/shop/change", &same).await.leads_to("/console/lines/shop?done=unchanged");
    assert_eq!(console.told().len(), 1);
}

#[tokio::test]
async fn a_line_ends_only_by_its_name() {
    let console = with_shop(10, 41_230);
    console.says("DELETE /queue/admin/lines/shop", 204, Value::Null);
    console.get("/console/lines/shop/end").await.has("지금 기다리는 41,230명의 자리가 모두 없어집니다");
    for typed in ["", "Shop", "shop2"] {
        let page = console.press("/console/lines/shop/end", &[("typed", typed)]).await;
        page.is(400, "line-end");
        page.has_fault_at("typed");
    }
    console.told_nothing();
    console.press("/console/lines/shop/end", &[("typed", "shop")]).await.leads_to("/console/lines?ended=shop");
    console.only("DELETE /queue/admin/lines/shop");
}

#[tokio::test]
async fn there_is_no_such_line() {
    let console = Console::new();
    for address in ["/console/lines/nothing", "/console/lines/nothing/end", "/console/lines/nothing/rate?to=1"] {
        let page = console.get(address).await;
        page.is(404, "missing");
        page.has("class=\"trace\"");
    }
    // A name that no line has is asked of nobody.
    assert_eq!(console.get("/console/lines/..%2Fusers%3Fx").await.status, 404);
}

/// Lines of shows and campaigns are called by what they stand in front of.
#[tokio::test]
async fn lines_are_listed_by_the_names_that_people_know() {
    let console = with_shop(10, 3);
    let id = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
    let stats = |line: &str| {
        json!({"scheduleId": line, "waitingCount": 1, "activeCount": 0, "admittedCount": 0,
        "measuredPerSecond": 0.0, "ratePerSecond": 5, "paused": false})
    };
    let all = json!({"totalWaiting": 3, "scheduleStats": [stats("shop"), stats("gate:autumn"), stats(id)]});
    console.says("GET /queue/admin/stats", 200, all);
    let named = |name: &str, line: &str| json!({"name": name, "line": line});
    let list = [named("shop", "queue:shop"), named("gate:autumn", "gate:autumn"), named(id, &format!("queue:{id}"))];
    console.says("GET /queue/admin/lines?page=0&size=50", 200, json!({"list": list, "totalElements": 3}));
    let campaign = json!({"event_id": "autumn", "name": "가을 <쿠폰>", "stock": 10, "gated": true, "opens_at": null,
        "status": "active", "remaining_stock": 4});
    console.says("GET /api/v1/admin/campaigns/autumn", 200, campaign);
    let schedule = json!({"eventId": "e-1", "eventStartAt": "2026-12-14T09:45:00", "left": 9});
    console.says(&format!("GET /events/schedules/{id}"), 200, schedule);
    let event = json!({"id": "e-1", "title": "겨울 콘서트", "artist": "별", "status": "OPEN"});
    console.says("GET /events/e-1", 200, event);
    let page = console.get("/console/lines").await;
    page.is(200, "lines");
    page.has("<a href=\"/console/lines/shop\">shop</a>");
    page.has("<a href=\"/console/lines/gate:autumn\">가을 &#60;쿠폰&#62;</a>");
    page.has(&format!("<a href=\"/console/lines/{id}\">겨울 콘서트 · 2026년 12월 14일 (월)"));
}
