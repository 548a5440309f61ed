use super::support::{Console, with_shop};
use serde_json::json;

/// Every page, and every address of a form.
const PAGES: [&str; 12] = [
    "/console",
    "/console/lines",
    "/console/lines/new",
    "/console/lines/shop",
    "/console/campaigns",
    "/console/campaigns/new",
    "/console/shows",
    "/console/letters",
    "/console/reconcile",
    "/console/audit",
    "/console/appeal",
    "/console/looks/default",
];
const FORMS: [&str; 16] = [
    "/console/lines/new",
    "/console/lines/shop/rate",
    "/console/lines/shop/pause",
    "/console/lines/shop/resume",
    "/console/lines/shop/notice",
    "/console/lines/shop/change",
    "/console/lines/shop/end",
    "/console/campaigns/new",
    "/console/campaigns/autumn/run",
    "/console/campaigns/autumn/stock",
    "/console/campaigns/autumn/close",
    "/console/shows/e-1/open",
    "/console/shows/e-1/cancel",
    "/console/letters",
    "/console/reconcile",
    "/console/looks/default",
];

#[tokio::test]
async fn nobody_is_led_to_the_log_in_and_back() {
    let console = Console::new();
    console.says("GET /session", 200, json!({"user": null}));
    for address in PAGES {
        let page = console.with("").get(address).await;
        let back = address.replace('/', "%2F");
        assert_eq!((page.status, page.location()), (302, format!("/login?returnUrl={back}").as_str()));
        let page = console.with("csrfToken=proof").get(address).await;
        assert_eq!(page.location(), format!("/session/renew?returnUrl={back}"));
    }
}

/// Who is logged in and no operator reads why not, and nothing of the evening.
#[tokio::test]
async fn people_who_are_no_operators_stay_out() {
    let console = with_shop(10, 41_230);
    console.says("GET /session", 200, json!({"user": {"id": "u-1", "name": "김민수", "role": "USER"}}));
    for address in PAGES {
        let page = console.get(address).await;
        assert_eq!(page.status, 403, "{address}");
        page.has("data-state=\"forbidden\"");
        page.has_not("41,230");
    }
    for address in FORMS {
        assert_eq!(console.press(address, &[("act", "pause"), ("typed", "shop")]).await.status, 403, "{address}");
    }
    console.told_nothing();
}

/// A form of somebody whose session is over changes nothing, and the page that comes after the log-in says so.
#[tokio::test]
async fn a_form_that_was_lost_at_the_log_in_is_told() {
    let console = with_shop(10, 0);
    console.says("GET /session", 200, json!({"user": null}));
    for address in FORMS {
        let page = console.press(address, &[("act", "pause")]).await;
        let back = address.replace('/', "%2F");
        let to = format!("/session/renew?returnUrl={back}%3Funsent%3D1");
        assert_eq!((page.status, page.location()), (302, to.as_str()), "{address}");
    }
    console.told_nothing();
    console.says("GET /session", 200, json!({"user": {"id": "op-1", "name": "운영자", "role": "ADMIN"}}));
    for act in ["pause", "resume", "notice", "change", "rate"] {
        let page = console.get(&format!("/console/lines/shop/{act}?unsent=1")).await;
        page.leads_to("/console/lines/shop?unsent=1");
    }
    let page = console.get("/console/lines/shop?unsent=1").await;
    page.is(200, "line");
    page.has("id=\"unsent\" role=\"alert\"");
    console.get("/console/lines/shop").await.has_not("id=\"unsent\"");
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let console = with_shop(10, 0);
    for fields in [vec![], vec![("csrfToken", "guessed")]] {
        let page = console.post("/console/lines/shop/resume", &fields).await;
        assert_eq!(page.status, 403);
        page.has("처리하지 않았습니다");
    }
    console.told_nothing();
}

#[tokio::test]
async fn pages_of_the_console_are_kept_nowhere_and_have_the_policy() {
    let page = with_shop(10, 0).get("/console/lines/shop").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let policy = std::str::from_utf8(page.headers["content-security-policy"].as_bytes()).expect("text").to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    page.has("<meta name=\"robots\" content=\"noindex\">");
}
