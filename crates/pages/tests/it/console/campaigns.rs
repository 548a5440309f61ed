use super::support::Console;
use serde_json::{Value, json};

const ONE: &str = "/api/v1/admin/campaigns/autumn";

fn campaign(status: &str) -> Value {
    json!({"event_id": "autumn", "name": "가을 쿠폰", "stock": 1000, "per_user_limit": 1, "gated": true, "opens_at": null,
        "closes_at": null, "discount": {"type": "percent", "value": 10, "max_amount": 5000}, "min_order_amount": 0,
        "valid_from": null, "valid_until": null, "valid_days_after_issue": null, "status": status, "remaining_stock": 960})
}

fn with_autumn(status: &str) -> Console {
    let console = Console::new();
    console.says(&format!("GET {ONE}"), 200, campaign(status));
    let sales = json!({"issued": 40, "held": 1, "redeemed": 10, "revoked": 2});
    console.says(&format!("GET {ONE}/sales"), 200, sales);
    console
}

#[tokio::test]
async fn a_campaign_is_made_with_its_discount_as_one() {
    let console = Console::new();
    console.get("/console/campaigns/new").await.is(200, "campaign-new");
    console.says("POST /api/v1/admin/campaigns", 201, campaign("scheduled"));
    let fields = [
        ("event_id", "autumn"),
        ("name", "가을 쿠폰"),
        ("stock", "1000"),
        ("gated", "on"),
        ("discount", "percent"),
        ("discount_value", "10"),
        ("max_amount", "5000"),
        ("closes_at", ""),
    ];
    console.press("/console/campaigns/new", &fields).await.leads_to("/console/campaigns/autumn?done=made");
    let wanted = json!({"event_id": "autumn", "name": "가을 쿠폰", "stock": 1000, "gated": true,
        "discount": {"type": "percent", "value": 10, "max_amount": 5000}});
    assert_eq!(console.only("POST /api/v1/admin/campaigns"), wanted);
}

#[tokio::test]
async fn faults_of_a_new_campaign_are_told_at_their_fields() {
    let console = Console::new();
    let page = console.press("/console/campaigns/new", &[("event_id", "a"), ("name", ""), ("stock", "0")]).await;
    page.is(400, "campaign-new");
    page.has_fault_at("name");
    page.has_fault_at("stock");
    let fields = [("event_id", "a"), ("name", "b"), ("stock", "5"), ("discount", "fixed"), ("discount_value", "")];
    console.press("/console/campaigns/new", &fields).await.has_fault_at("discount_value");
    console.told_nothing();
    console.refuses("POST /api/v1/admin/campaigns", 409, "CAMPAIGN_EXISTS");
    let page = console.press("/console/campaigns/new", &[("event_id", "a"), ("name", "b"), ("stock", "5")]).await;
    assert_eq!(page.status, 409);
    page.has_fault_at("event_id");
}

/// Only what can be done in its state is offered, and what has become impossible meanwhile is told.
#[tokio::test]
async fn issuing_is_opened_paused_and_resumed() {
    for (status, act) in [("scheduled", "open"), ("active", "pause"), ("paused", "resume")] {
        let console = with_autumn(status);
        let page = console.get("/console/campaigns/autumn").await;
        page.is(200, "campaign");
        page.has(&format!("name=\"act\" value=\"{act}\""));
        let what = format!("POST {ONE}/{act}");
        console.says(&what, 200, campaign(status));
        let to = format!("/console/campaigns/autumn?done={act}");
        console.press("/console/campaigns/autumn/run", &[("act", act)]).await.leads_to(&to);
        console.only(&what);
    }
    let console = with_autumn("closed");
    let page = console.get("/console/campaigns/autumn").await;
    page.has_not("id=\"run-form\"");
    page.has_not("id=\"stock-form\"");
    console.refuses(&format!("POST {ONE}/pause"), 409, "CAMPAIGN_CLOSED");
    let page = console.press("/console/campaigns/autumn/run", &[("act", "pause")]).await;
    page.is(409, "campaign");
    page.has("refused: CAMPAIGN_CLOSED");
    assert_eq!(console.press("/console/campaigns/autumn/run", &[("act", "delete")]).await.status, 404);
}

#[tokio::test]
async fn stock_only_grows() {
    let console = with_autumn("active");
    console.says(&format!("POST {ONE}/stock"), 200, campaign("active"));
    for wrong in ["", "0", "-5", "100000001", "1.5"] {
        let page = console.press("/console/campaigns/autumn/stock", &[("add", wrong)]).await;
        page.is(400, "campaign");
        page.has_fault_at("add");
    }
    console.told_nothing();
    let page = console.press("/console/campaigns/autumn/stock", &[("add", "50")]).await;
    page.leads_to("/console/campaigns/autumn?done=stock&add=50");
    assert_eq!(console.only(&format!("POST {ONE}/stock")), json!({"add": 50}));
}

#[tokio::test]
async fn terms_that_another_operator_changed_are_a_conflict() {
    let console = with_autumn("active");
    console.says(&format!("PATCH {ONE}"), 200, campaign("active"));
    let page = console.get("/console/campaigns/autumn").await;
    assert_eq!(page.hidden("was-discount_value"), "10");
    let page = console
        .press("/console/campaigns/autumn/change", &[("per_user_limit", "3"), ("was-per_user_limit", "2")])
        .await;
    page.is(409, "conflict");
    console.told_nothing();
    let fields = [
        ("discount", "fixed"),
        ("was-discount", "percent"),
        ("discount_value", "3000"),
        ("was-discount_value", "10"),
        ("max_amount", ""),
        ("was-max_amount", "5000"),
    ];
    let page = console.press("/console/campaigns/autumn/change", &fields).await;
    page.leads_to("/console/campaigns/autumn?done=changed");
    let wanted = json!({"discount": {"type": "fixed", "value": 3000}});
    assert_eq!(console.only(&format!("PATCH {ONE}")), wanted);
}

#[tokio::test]
async fn a_campaign_is_closed_only_by_its_id() {
    let console = with_autumn("active");
    console.says(&format!("POST {ONE}/close"), 200, campaign("closed"));
    let page = console.press("/console/campaigns/autumn/close", &[("typed", "Autumn")]).await;
    page.is(400, "campaign-close");
    page.has_fault_at("typed");
    console.told_nothing();
    let page = console.press("/console/campaigns/autumn/close", &[("typed", "autumn")]).await;
    page.leads_to("/console/campaigns/autumn?done=close");
    console.only(&format!("POST {ONE}/close"));
}

/// Another tenant's: its name stays in every address.
#[tokio::test]
async fn a_campaign_of_another_tenant_stays_with_it() {
    let console = Console::new();
    console.says(&format!("GET {ONE}?tenant=acme"), 200, campaign("active"));
    console.says(&format!("POST {ONE}/pause?tenant=acme"), 200, campaign("paused"));
    let page = console.get("/console/campaigns/autumn?tenant=acme").await;
    page.is(200, "campaign");
    page.has("action=\"/console/campaigns/autumn/run?tenant=acme\"");
    page.has("/console/lines/gate:acme~autumn");
    let page = console.press("/console/campaigns/autumn/run?tenant=acme", &[("act", "pause")]).await;
    page.leads_to("/console/campaigns/autumn?done=pause&tenant=acme");
    console.only(&format!("POST {ONE}/pause?tenant=acme"));
    console.get("/console/campaigns/autumn").await.is(404, "missing");
}
