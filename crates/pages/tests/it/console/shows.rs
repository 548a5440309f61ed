use super::support::Console;
use serde_json::{Value, json};

fn with_show(status: &str) -> Console {
    let console = Console::new();
    let event = json!({"id": "e-1", "title": "겨울 <콘서트>", "artist": "별", "status": status});
    console.says("GET /events/e-1", 200, event);
    let grade = |price: i64| json!({"price": price, "total": 10, "sold": 1, "held": null, "free": null});
    let schedule = json!({"scheduleId": "s-1", "sequence": 1, "eventStartAt": "2026-12-14T09:45:00", "status": "ONGOING",
        "total": 2000, "sold": 13, "held": null, "free": null, "captured": 1_320_000, "refunded": null,
        "byGrade": {"A": grade(121_000), "S": grade(143_000), "VIP": grade(165_000)}});
    let parts = json!([{"role": "catalog"}, {"role": "reservation", "error": "SERVICE_UNAVAILABLE"}]);
    console.says("GET /api/v1/admin/sales?eventId=e-1", 200, json!({"schedules": [schedule], "parts": parts}));
    console
}

/// What a role that is away would say is a dash, never a nought.
#[tokio::test]
async fn sales_that_nobody_knows_are_no_noughts() {
    let page = with_show("OPEN").get("/console/shows/e-1").await;
    page.is(200, "show");
    page.has("예매 서비스가 응답하지 않아 그 부분이 빠져 있습니다");
    page.has("data-label=\"결제 중\">–</td>");
    page.has("1,320,000원");
    page.has("겨울 &#60;콘서트&#62;");
    let at = |grade: &str| page.html.find(&format!(">{grade}</td>")).expect("a grade");
    assert!(at("VIP") < at("S") && at("S") < at("A"), "the dearest first");
}

#[tokio::test]
async fn a_show_is_published_while_it_is_prepared() {
    with_show("OPEN").get("/console/shows/e-1").await.has_not("id=\"open-form\"");
    let console = with_show("PREPARING");
    console.get("/console/shows/e-1").await.has("id=\"open-form\"");
    console.refuses("POST /events/e-1/open", 409, "INVALID_STATE");
    let page = console.press("/console/shows/e-1/open", &[]).await;
    page.is(409, "show");
    page.has("refused: INVALID_STATE");
    let console = with_show("PREPARING");
    console.says("POST /events/e-1/open", 200, Value::Null);
    console.press("/console/shows/e-1/open", &[]).await.leads_to("/console/shows/e-1?done=open");
    console.only("POST /events/e-1/open");
}

#[tokio::test]
async fn a_show_is_cancelled_only_by_its_title_and_with_a_reason() {
    let console = with_show("OPEN");
    console.says("POST /events/e-1/cancel", 200, Value::Null);
    console.get("/console/shows/e-1/cancel").await.has("판매한 13석이 모두 환불됩니다");
    let page = console.press("/console/shows/e-1/cancel", &[("reason", ""), ("typed", "겨울")]).await;
    page.is(400, "show-cancel");
    page.has_fault_at("reason");
    page.has_fault_at("typed");
    let long = "가".repeat(501);
    let page = console.press("/console/shows/e-1/cancel", &[("reason", &long), ("typed", "겨울 <콘서트>")]).await;
    page.has_fault_at("reason");
    page.has(&long);
    console.told_nothing();
    let fields = [("reason", "태풍"), ("typed", "겨울 <콘서트>")];
    console.press("/console/shows/e-1/cancel", &fields).await.leads_to("/console/shows/e-1?done=cancel");
    assert_eq!(console.only("POST /events/e-1/cancel"), json!({"reason": "태풍"}));
}

#[tokio::test]
async fn there_is_no_such_show() {
    let console = Console::new();
    console.get("/console/shows/e-9").await.is(404, "missing");
    console.get("/console/shows/e-9/cancel").await.is(404, "missing");
}
