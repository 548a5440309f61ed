//! Tenants see only their own campaigns (GATE-009).

use serde_json::json;
use testkit::onsale::{CAMPAIGNS, World, wait_until};

#[test]
fn tenants_are_isolated() {
    let world = World::new();
    let (acme, bolt) = (world.keyed(&["--tenant", "acme"]), world.keyed(&["--tenant", "bolt"]));
    let body = |stock: u32| json!({"event_id": "sale", "name": "Sale", "stock": stock});
    assert_eq!(acme.post_json(CAMPAIGNS, &body(1)).status, 201);
    bolt.get(&format!("{CAMPAIGNS}/sale")).is_error(404, "CAMPAIGN_NOT_FOUND");
    bolt.issue("ann", "sale").is_error(404, "CAMPAIGN_NOT_FOUND");
    assert_eq!(bolt.post_json(CAMPAIGNS, &body(2)).status, 201, "the same name is free for another tenant");
    for tenant in [&acme, &bolt] {
        tenant.post(&format!("{CAMPAIGNS}/sale/open")).ok();
        assert_eq!(tenant.get(CAMPAIGNS).field("totalElements"), 1);
    }
    let given = acme.issue("ann", "sale").ok();
    assert_eq!((&given["code"], &given["remaining_stock"]), (&json!("ISSUED"), &json!(0)));
    assert_eq!(bolt.issue("ann", "sale").code(), "ISSUED", "another tenant's user of the same name");
    assert_eq!(acme.issue("bob", "sale").code(), "SOLD_OUT");
    assert_eq!(bolt.issue("bob", "sale").code(), "ISSUED");
    world.anyone().get("/api/v1/coupons/status/sale").is_error(404, "CAMPAIGN_NOT_FOUND");
    let coupon = given["coupon_id"].as_str().expect("an id");
    let rows = || acme.get(&format!("{CAMPAIGNS}/sale/coupons")).field("totalElements");
    wait_until("the coupon has its row", || rows() == 1);
    let order = json!({"order_id": "order-1", "amount": 1});
    bolt.post_json(&format!("/api/v1/coupons/{coupon}/redeem"), &order).is_error(404, "COUPON_NOT_FOUND");
    bolt.post_json(&format!("/api/v1/coupons/{coupon}/revoke"), &json!({})).is_error(404, "COUPON_NOT_FOUND");
    acme.post_json(&format!("/api/v1/coupons/{coupon}/redeem"), &order).ok();
}

#[test]
fn only_administrators_act_for_others() {
    let world = World::new();
    let (acme, admin) = (world.keyed(&["--tenant", "acme"]), world.admin());
    let body = json!({"event_id": "sale", "name": "Sale", "stock": 1});
    assert_eq!(admin.post_json(&format!("{CAMPAIGNS}?tenant=acme"), &body).status, 201);
    assert_eq!(acme.get(&format!("{CAMPAIGNS}/sale")).status, 200);
    assert_eq!(acme.get(&format!("{CAMPAIGNS}/sale?tenant=acme")).status, 200);
    acme.get(&format!("{CAMPAIGNS}/sale?tenant=default")).is_error(403, "FORBIDDEN");
    acme.get("/api/v1/admin/cache/stats").is_error(403, "FORBIDDEN");
    acme.get("/api/v1/admin/reconcile").is_error(403, "FORBIDDEN");
    acme.get("/api/v1/admin/reconcile?event_id=sale").ok();
    admin.get(&format!("{CAMPAIGNS}?tenant=a%20b")).is_error(400, "INVALID_INPUT");
}

#[test]
fn a_revoked_key_stops_working() {
    let world = World::new();
    let acme = world.keyed(&["--tenant", "acme"]);
    let listed = String::from_utf8(world.run(&["admin", "keys", "list"]).stdout).expect("text");
    let line = listed.lines().find(|line| line.contains("acme")).expect("listed");
    let id = line.split(' ').next().expect("an id");
    assert!(world.run(&["admin", "keys", "revoke", id]).status.success());
    wait_until("the key is refused", || acme.get(CAMPAIGNS).status == 401);
    assert_eq!(world.run(&["admin", "keys", "revoke", id]).status.code(), Some(1), "it is not in force any more");
}
