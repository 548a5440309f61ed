//! What operators change, in the built program: coupons put right by their ids, looks tried without being kept.

use crate::operators::{Evening, evening};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::onsale::{World, wait_until};

fn table(world: &World) -> Connection {
    let file = Connection::open(world.folder.path().join("coupon_service.sqlite")).expect("the tables");
    file.busy_timeout(Duration::from_secs(10)).expect("patience");
    file
}

fn kept(world: &World) -> i64 {
    let count =
        "SELECT count(*) FROM user_coupons u JOIN events e ON e.id = u.campaign_id WHERE e.event_id = 'sample_event'";
    table(world).query_row(count, [], |row| row.get(0)).expect("counted")
}

fn ids(report: &Value) -> Vec<String> {
    let list = report["differences"].as_array().expect("differences");
    list.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn exactly_the_named_coupons_are_put_right() {
    let Evening { world, admin, .. } = evening();
    for user in ["ann", "bob", "cho"] {
        assert_eq!(world.anyone().issue(user, "sample_event").code(), "ISSUED");
    }
    wait_until("all are in the tables", || kept(&world) == 3);
    lose(&world, &["ann", "bob"]);
    let path = "/api/v1/admin/reconcile?part=coupons&event_id=sample_event";
    let report = admin.get(path).ok();
    let found = ids(&report);
    assert_eq!((found.len(), &report["part"]), (2, &json!("coupons")), "{report}");
    for difference in report["differences"].as_array().expect("differences") {
        assert_eq!(
            (&difference["kind"], &difference["repair"]),
            (&json!("COUPON_NOT_KEPT"), &json!("stores it in the tables"))
        );
    }
    assert_eq!(ids(&admin.get(path).ok()), found, "an id is the same in every comparison");
    let repaired = admin.post_json(path, &json!({"ids": [found[0], "COUPON_NOT_KEPT:sample_event:none"]})).ok();
    assert_eq!(repaired["repaired"], json!([found[0]]));
    assert_eq!(repaired["notRepaired"], json!([{"id": "COUPON_NOT_KEPT:sample_event:none", "reason": "GONE"}]));
    assert_eq!((ids(&repaired), kept(&world)), (vec![found[1].clone()], 2));
    let sales = admin.get("/api/v1/admin/campaigns/sample_event/sales").ok();
    assert_eq!((&sales["issued"], &sales["redeemed"], &sales["revoked"]), (&json!(2), &json!(0), &json!(0)));
    let stock = sales["total"].as_i64().expect("a number");
    assert_eq!(sales["free"].as_i64(), Some(stock - 3), "hot state has given three");
    admin.post(path).ok();
    assert_eq!(kept(&world), 3, "all without a body, as before");
    let audit = admin.get("/api/v1/admin/audit?action=reconcile.repair").ok();
    assert_eq!(audit["totalElements"], 2);
}

/// The rows are gone, as after a table that was put back to an older copy.
fn lose(world: &World, users: &[&str]) {
    let file = table(world);
    for user in users {
        let of = "SELECT coupon_id FROM user_coupons WHERE user_id = ?1";
        let coupon: String = file.query_row(of, [user], |row| row.get(0)).expect("a coupon");
        file.execute("DELETE FROM user_coupons WHERE coupon_id = ?1", [&coupon]).expect("lost");
        file.execute("DELETE FROM coupons WHERE id = ?1", [&coupon]).expect("lost");
    }
}

#[test]
fn a_look_is_tried_and_nothing_is_kept() {
    let Evening { world, admin, .. } = evening();
    let preview = |body: &Value| admin.post_json("/api/v1/admin/looks/queue:shop/preview", body);
    let shown = preview(&json!({"name": "A shop", "colors": {"act": "#00407a"}})).ok();
    assert!(shown["css"].as_str().expect("a style").contains("--act:#00407a"), "{shown}");
    assert_eq!(shown["pairs"], json!([]));
    let pale = preview(&json!({"name": "A shop", "colors": {"dark": {"ink": "#222222"}}}));
    pale.is_error(422, "CONTRAST_TOO_LOW");
    let pairs = pale.field("pairs");
    let on: Vec<&Value> = pairs.as_array().expect("pairs").iter().map(|pair| &pair["on"]).collect();
    assert_eq!((json!(on), &pairs[0]["scheme"]), (json!(["card", "paper"]), &json!("dark")));
    preview(&json!({"name": "<b>", "css": "body{}"})).is_error(400, "INVALID_INPUT");
    world.anyone().get("/api/v1/admin/looks/queue:shop").is_error(404, "NOT_FOUND");
    assert_eq!(admin.get("/api/v1/admin/audit?action=look.set").ok()["totalElements"], 0);
    for wrong in ["UPPER", "gate:..", "queue:a%2Fb", "x".repeat(200).as_str()] {
        let reply = world.anyone().get(&format!("/api/v1/admin/looks/{wrong}"));
        assert!([400, 404].contains(&reply.status), "{wrong}: {}", reply.text());
    }
}
