//! Endpoints and commands for operators and load balancers.

use serde_json::json;
use testkit::onsale::{World, wait_until};

#[test]
fn health_reports_to_operators_and_load_balancers() {
    let world = World::new();
    let people = world.anyone();
    for path in ["/health", "/actuator/health"] {
        let health = world.admin().get(path).ok();
        assert_eq!((&health["status"], &health["parts"]["hot"]["ok"]), (&json!("UP"), &json!(true)), "{health}");
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(people.get(path).status, 200);
    }
}

#[test]
fn the_api_documents_exist_and_name_every_route() {
    let world = World::new();
    let document = world.anyone().get("/openapi.json").ok();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = document["paths"].as_object().expect("paths");
    for path in [
        "/api/v1/coupons/issue",
        "/api/v1/coupons/status/{event_id}",
        "/api/v1/coupons/user/{user_id}/event/{event_id}",
        "/api/v1/coupons/{coupon_id}/redeem",
        "/api/v1/coupons/{coupon_id}/redeem/confirm",
        "/api/v1/coupons/{coupon_id}/redeem/cancel",
        "/api/v1/coupons/{coupon_id}/revoke",
        "/api/v1/admin/campaigns",
        "/api/v1/admin/campaigns/{event_id}",
        "/api/v1/admin/campaigns/{event_id}/open",
        "/api/v1/admin/campaigns/{event_id}/pause",
        "/api/v1/admin/campaigns/{event_id}/resume",
        "/api/v1/admin/campaigns/{event_id}/close",
        "/api/v1/admin/campaigns/{event_id}/stock",
        "/api/v1/admin/events/{event_id}/stock",
        "/api/v1/admin/cache/stats",
        "/gate/events/{event_id}/enqueue",
        "/gate/events/{event_id}/rank",
        "/enqueue",
        "/rank",
        "/issue/events/{event_id}",
        "/queue/serving/{line}",
        "/queue/admin/stats",
        "/queue/admin/{line}/rate",
        "/queue/admin/{line}/pause",
        "/queue/admin/{line}/resume",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let mut page = world.anyone().get("/docs");
    if let Some(location) = page.header("location").map(str::to_owned) {
        page = world.anyone().get(&location);
    }
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("https://"), "works without the internet");
}

#[test]
fn metrics_are_reported() {
    let world = World::new();
    world.anyone().issue("ann", "sample_event");
    world.anyone().issue("ann", "sample_event");
    let stats = world.admin().get("/api/v1/admin/cache/stats").ok();
    assert_eq!((&stats["engine"], &stats["coupons"]), (&json!("embedded"), &json!(1)), "{stats}");
    assert!(stats["timestamp"].is_string());
    world.anyone().get("/api/v1/coupons/status/sample_event");
    let metrics = || world.anyone().get("/metrics").text();
    wait_until("the figures count the decisions", || {
        let text = metrics();
        text.contains("ALREADY_ISSUED") && text.contains("/api/v1/coupons/status/{event_id}")
    });
}

#[test]
fn lines_are_shown_by_name() {
    let world = World::with(&[("ONSALE__GATE__DISPATCH_PER_SECOND", "0")]);
    crate::gate::make(&world, "shown", 5);
    for user in ["ann", "bob"] {
        crate::gate::enqueue(&world, "shown", user);
    }
    let shows = |figure: &str| {
        wait_until(figure, || world.anyone().get("/metrics").text().lines().any(|line| line == figure));
    };
    shows("onsale_lines 1");
    shows("onsale_line_waiting{line=\"gate:shown\"} 2");
    shows("onsale_line_inside{line=\"gate:shown\"} 0");
    crate::gate::open_the_gate(&world, "shown", 1_000);
    shows("onsale_line_waiting{line=\"gate:shown\"} 0");
    shows("onsale_line_inside{line=\"gate:shown\"} 2");
    shows("onsale_line_processing{line=\"gate:shown\"} 0");
}

/// Reconciliation works while a server runs, by command and by HTTP.
#[test]
fn the_books_can_be_compared_while_serving() {
    let world = World::new();
    for number in 0..50 {
        assert_eq!(world.anyone().issue(&format!("user-{number}"), "sample_event").code(), "ISSUED");
    }
    for method in ["GET", "POST"] {
        let report = world.admin().call(method, "/api/v1/admin/reconcile", None).ok();
        assert_eq!((&report["balances"], &report["campaigns"][0]["hot_count"]), (&json!(true), &json!(50)), "{report}");
    }
    let output = world.run(&["reconcile"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(world.run(&["reconcile", "--repair"]).status.code(), Some(2), "that is the server's own business");
}

#[test]
fn configuration_is_shown_with_its_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = testkit::onsale::onsale(folder.path(), &["config"]).env("ONSALE__HTTP__WORKERS", "3").output();
    let output = output.expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.contains("workers")).expect("shown");
    assert!(line.contains('3') && line.contains("ONSALE__HTTP__WORKERS"), "{line}");
    assert!(testkit::onsale::run(folder.path(), &["migrate"]).status.success());
    let output = testkit::onsale::run(folder.path(), &["doctor"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("data folder"));
}
