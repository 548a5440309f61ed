//! Reconciliation, audit, appeal.

use super::support::Console;
use serde_json::{Value, json};

fn differing() -> Console {
    let console = Console::new();
    let differences = json!([
        {"kind": "SOLD_HERE_ONLY", "id": "d-1", "details": "seat <7> is sold here only", "repair": "tells catalog"},
        {"kind": "PAID_TWICE", "id": "d-2", "details": "paid twice", "repair": null}]);
    let found =
        json!({"part": "seats", "checkedAt": "2026-12-01T11:00:00Z", "differences": differences, "isMore": false});
    console.says("GET /api/v1/admin/reconcile?part=seats", 200, found);
    console
}

/// Looking repairs nothing; what a repair does is said beside it; what nobody can repair has no box.
#[tokio::test]
async fn differences_say_what_a_repair_would_do() {
    let console = differing();
    console.get("/console/reconcile").await.is(200, "reconcile");
    let page = console.get("/console/reconcile?part=seats").await;
    page.is(200, "compared");
    page.has("name=\"ids\" value=\"d-1\"");
    page.has("tells catalog");
    page.has("seat &#60;7&#62; is sold here only");
    page.has_not("value=\"d-2\"");
    page.has("저절로 고칠 수 없습니다");
    console.told_nothing();
}

#[tokio::test]
async fn only_what_was_chosen_is_repaired() {
    let console = differing();
    let page = console.press("/console/reconcile", &[("part", "seats")]).await;
    page.is(400, "compared");
    page.has("<a href=\"#differences\">고칠 것을 먼저 고르십시오.</a>");
    console.told_nothing();
    let what = "POST /api/v1/admin/reconcile?part=seats";
    let left = json!({"part": "seats", "differences": [], "repaired": [], "notRepaired": [{"id": "d-1", "reason": "STILL_MOVING"}]});
    console.says(what, 200, left);
    let page = console.press("/console/reconcile", &[("part", "seats"), ("ids", "d-1")]).await;
    assert_eq!(console.only(what), json!({"ids": ["d-1"]}));
    let page = console.get(page.location()).await;
    page.is(200, "compared");
    page.has("1분 뒤에 다시 고치십시오");
}

#[tokio::test]
async fn books_that_cannot_be_read_now_are_told_and_others_can_be_chosen() {
    let console = Console::new();
    console.refuses("GET /api/v1/admin/reconcile?part=payments", 503, "SERVICE_UNAVAILABLE");
    let page = console.get("/console/reconcile?part=payments").await;
    page.is(503, "reconcile");
    page.has("지금은 이 부분을 읽을 수 없습니다");
    page.has("/console/reconcile?part=seats");
    let balanced = json!({"checkedAt": "2026-12-01T11:00:00Z", "differences": [], "isMore": false});
    console.says("GET /api/v1/admin/reconcile?part=coupons", 200, balanced);
    console.get("/console/reconcile?part=coupons").await.has("id=\"balances\"");
}

fn entry(fields: usize) -> Value {
    let after: serde_json::Map<String, Value> = (0..fields).map(|n| (format!("f{n}"), json!(n))).collect();
    json!({"list": [{"id": "e", "at": "2026-12-01T11:00:00Z", "actor": {"kind": "user", "id": "op-1"}, "action": "line.rate",
        "target": "queue:shop", "before": null, "after": after, "traceId": "t-1", "network": "203.0.113.7", "role": "queue"}],
        "page": 0, "size": 50, "totalElements": 120, "parts": [{"role": "queue"}, {"role": "payment", "error": "SERVICE_UNAVAILABLE"}]})
}

/// Times of the form are Korean; the API hears them with their zone.
#[tokio::test]
async fn the_audit_log_is_searched_by_korean_time() {
    let console = Console::new();
    let query = "actor=op-1&from=2026-12-01T20%3A00%3A00%2B09%3A00&page=1&size=50";
    console.says(&format!("GET /api/v1/admin/audit?{query}"), 200, entry(2));
    let page = console.get("/console/audit?actor=op-1&action=&from=2026-12-01T20:00&page=1").await;
    page.is(200, "audit");
    page.has("2026-12-01 20:00:00");
    page.has("결제 서비스가 응답하지 않아");
    page.has("/console/audit?actor=op-1&#38;from=2026-12-01T20%3A00&#38;page=2");
    page.has("2 / 3쪽");
    page.has("<ins>1</ins>");
    page.has_not("<details>");
    console.says("GET /api/v1/admin/audit?page=0&size=50", 200, entry(5));
    console.get("/console/audit").await.has("값 5개 보기");
}

#[tokio::test]
async fn a_time_that_is_none_is_asked_of_nobody() {
    let console = Console::new();
    for address in ["/console/audit?from=2026-13-01T20:00", "/console/appeal?traceId=t-1&from=yesterday"] {
        let page = console.get(address).await;
        assert_eq!(page.status, 400, "{address}");
        page.has_fault_at("from");
    }
}

#[tokio::test]
async fn an_appeal_is_by_the_trace_or_by_the_person() {
    let console = Console::new();
    console.get("/console/appeal").await.is(200, "appeal");
    for query in ["traceId=&userId=", "traceId=t-1&userId=kim"] {
        let page = console.get(&format!("/console/appeal?{query}")).await;
        page.is(400, "appeal");
        page.has_fault_at("traceId");
    }
    let answer = json!({"at": "2026-12-01T11:00:00.123Z", "role": "reservation", "route": "POST /reservations/hold", "status": 409,
        "code": "SEAT_ALREADY_HELD", "target": "s-1", "traceId": "t-1", "userId": "kim <b>", "times": 3});
    let found =
        json!({"list": [answer], "isMore": false, "keptDays": 30, "leftOut": 7, "parts": [{"role": "reservation"}]});
    console.says("GET /api/v1/admin/appeal?traceId=t-1", 200, found);
    let page = console.get("/console/appeal?traceId=t-1&userId=").await;
    page.is(200, "found");
    page.has("<strong>409</strong> <code>SEAT_ALREADY_HELD</code> ×3");
    page.has("kim &#60;b&#62;");
    // Not in the list is not "was not told".
    page.has("id=\"left-out\"");
    page.has("7건");
}
