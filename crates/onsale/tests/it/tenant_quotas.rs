//! A tenant cannot exhaust what is there for all (B10): quotas, bounded metrics, and campaigns that are deleted.

use serde_json::json;
use testkit::http::{Client, Reply};
use testkit::onsale::{CAMPAIGNS, World, wait_until};

#[track_caller]
fn over(reply: &Reply, quota: &str) {
    reply.is_error(409, "TENANT_QUOTA_EXCEEDED");
    assert_eq!(reply.field("quota"), quota);
}

fn campaign(client: &Client, name: &str, stock: u32, gated: bool) -> Reply {
    client.post_json(CAMPAIGNS, &json!({"event_id": name, "name": "Sale", "stock": stock, "gated": gated}))
}

#[test]
fn a_tenant_gets_what_it_may_have_and_another_does_not_feel_it() {
    let world = World::with(&[
        ("ONSALE__TENANT__MAX_CAMPAIGNS", "3"),
        ("ONSALE__TENANT__MAX_LINES", "1"),
        ("ONSALE__TENANT__MAX_COUPONS", "100"),
        ("ONSALE__TENANT__MAX_KEYS", "2"),
        ("ONSALE__DEMO__ENABLED", "false"),
    ]);
    let (acme, bolt) = (world.keyed(&["--tenant", "acme"]), world.keyed(&["--tenant", "bolt"]));
    assert_eq!(campaign(&acme, "one", 60, true).status, 201);
    over(&campaign(&acme, "two", 1, true), "lines");
    over(&campaign(&acme, "two", 41, false), "coupons");
    assert_eq!(campaign(&acme, "two", 30, false).status, 201);
    over(&acme.post_json(&format!("{CAMPAIGNS}/two/stock"), &json!({"add": 11})), "coupons");
    over(&acme.patch(&format!("{CAMPAIGNS}/two"), &json!({"stock": 41})), "coupons");
    over(&acme.patch(&format!("{CAMPAIGNS}/two"), &json!({"gated": true})), "lines");
    acme.post_json(&format!("{CAMPAIGNS}/two/stock"), &json!({"add": 9})).ok();
    assert_eq!(campaign(&acme, "three", 1, false).status, 201);
    over(&campaign(&acme, "four", 1, false), "campaigns");
    // A caller whose first answer was lost hears what happened, and not that there is no room.
    campaign(&acme, "three", 1, false).is_error(409, "CAMPAIGN_EXISTS");
    assert_eq!(campaign(&bolt, "one", 100, true).status, 201);
    assert_eq!(acme.get(CAMPAIGNS).field("totalElements"), 3);
    let create = ["admin", "keys", "create", "--tenant", "acme"];
    // Commands go by the configuration of their own shell: the default of 100 here.
    assert!(world.run(&create).status.success());
    assert!(
        world
            .run(&[
                "admin",
                "tenants",
                "set",
                "--tenant",
                "acme",
                "--max-campaigns",
                "4",
                "--max-coupons",
                "101",
                "--max-keys",
                "2"
            ])
            .status
            .success()
    );
    let refused = world.run(&create);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("may have 2 keys"), "{refused:?}");
    assert_eq!(campaign(&acme, "four", 1, false).status, 201, "values of its own count at once");
    let listed = String::from_utf8(world.run(&["admin", "tenants", "list"]).stdout).expect("text");
    assert!(listed.starts_with("acme  max_campaigns 4*  max_lines 100  max_keys 2*"), "{listed}");
}

#[test]
fn a_tenants_requests_are_limited() {
    let world = World::with(&[("ONSALE__TENANT__REQUESTS_PER_SECOND", "1")]);
    let (acme, bolt) = (world.keyed(&["--tenant", "acme"]), world.keyed(&["--tenant", "bolt"]));
    for call in [
        |client: &Client| client.get(CAMPAIGNS),
        |client: &Client| client.issue("ann", "nothing"),
        |client: &Client| client.get("/gate/events/nothing/rank?userId=ann"),
        |client: &Client| client.get("/api/v1/coupons/status/nothing"),
    ] {
        let flood: Vec<Reply> = (0..20).map(|_| call(&acme)).collect();
        let refused = flood.iter().find(|reply| reply.status == 429).expect("one was too many");
        refused.is_error(429, "RATE_LIMIT_EXCEEDED");
        assert_eq!((refused.field("quota"), refused.header("retry-after")), (json!("requests"), Some("1")));
    }
    wait_until("another tenant is served", || bolt.get(CAMPAIGNS).status == 200);
    assert!((0..20).all(|_| world.admin().get(CAMPAIGNS).status == 200), "an administrator has no such limit");
}

/// 1,500 gated campaigns of one tenant: most are refused; where an operator allows them, metrics stay bounded.
#[test]
fn fifteen_hundred_gated_campaigns_are_refused_or_bounded() {
    let world = World::new();
    let (acme, bolt) = (world.keyed(&["--tenant", "acme"]), world.keyed(&["--tenant", "bolt"]));
    let make = |from: usize, to: usize| {
        (from..to).filter(|number| campaign(&acme, &format!("sale-{number}"), 1, true).status == 201).count()
    };
    assert_eq!(make(0, 150), 100, "the default of lines");
    over(&campaign(&acme, "more", 1, true), "lines");
    let allowed = ["admin", "tenants", "set", "--tenant", "acme", "--max-campaigns", "5000", "--max-lines", "5000"];
    assert!(world.run(&allowed).status.success());
    assert_eq!(make(100, 1_500), 1_400);
    assert_eq!(campaign(&bolt, "sale", 1, true).status, 201);
    let metrics = || world.anyone().get("/metrics").text();
    wait_until("all lines are counted, and another tenant's is shown", || {
        let text = metrics();
        text.contains("onsale_lines 1501") && text.contains("line=\"gate:bolt/sale\"")
    });
    let text = metrics();
    let named: std::collections::HashSet<&str> =
        text.lines().filter_map(|line| line.split_once("line=\"gate:acme/")?.1.split('"').next()).collect();
    assert!((1..=50).contains(&named.len()), "{}", named.len());
    assert!(text.contains("onsale_line_waiting{line=\"other\"} 0"), "the others are shown together");
    assert!(text.len() < 200_000, "{} bytes", text.len());
}

#[test]
fn a_campaign_that_is_over_can_be_deleted_and_nothing_of_it_is_followed() {
    let mut world = World::with(&[("ONSALE__TENANT__MAX_CAMPAIGNS", "1")]);
    let acme = world.keyed(&["--tenant", "acme"]);
    let of = |path: &str| format!("{CAMPAIGNS}/sale{path}");
    assert_eq!(campaign(&acme, "sale", 2, false).status, 201);
    acme.post(&of("/open")).ok();
    let coupon = acme.issue("ann", "sale").ok()["coupon_id"].as_str().expect("an id").to_owned();
    let delete = |client: &Client, path: &str| client.call("DELETE", path, None);
    delete(&acme, &of("")).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    acme.post(&of("/close")).ok();
    wait_until("the coupon is stored", || delete(&acme, &of("")).status == 409);
    delete(&acme, &of("")).is_error(409, "CAMPAIGN_NOT_MODIFIABLE");
    acme.post_json(&format!("/api/v1/coupons/{coupon}/revoke"), &json!({})).ok();
    let bolt = world.keyed(&["--tenant", "bolt"]);
    delete(&bolt, &of("")).is_error(404, "CAMPAIGN_NOT_FOUND");
    let deleted = delete(&acme, &of(""));
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    let is_gone = |acme: &Client| {
        delete(acme, &of("")).is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.get(&of("")).is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.get(&of("/coupons")).is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.get("/api/v1/coupons/status/sale").is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.issue("ann", "sale").is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.issue("bob", "sale").is_error(404, "CAMPAIGN_NOT_FOUND");
        acme.post(&of("/open")).is_error(404, "CAMPAIGN_NOT_FOUND");
        assert_eq!(acme.get(CAMPAIGNS).field("totalElements"), 0);
        // Its name stays taken: coupons in people's hands bear it.
        campaign(acme, "sale", 1, false).is_error(409, "CAMPAIGN_EXISTS");
    };
    is_gone(&acme);
    assert_eq!(world.server.terminate(), Some(0));
    world.server = testkit::onsale::Server::start(world.folder.path(), &[("ONSALE__TENANT__MAX_CAMPAIGNS", "1")]);
    let key = testkit::onsale::make_key(world.folder.path(), &["--tenant", "acme"]);
    let acme = world.anyone().with("X-Api-Key", &key);
    wait_until("the key is known", || acme.get(CAMPAIGNS).status == 200);
    is_gone(&acme);
    world.admin().get("/api/v1/admin/reconcile").ok();
    assert_eq!(campaign(&acme, "next", 1, true).status, 201, "there is room for another");
    let gate = || world.admin().get("/queue/serving/gate:acme~next").status;
    wait_until("its gate is there", || gate() == 200);
    acme.post(&format!("{CAMPAIGNS}/next/close")).ok();
    assert_eq!(delete(&acme, &format!("{CAMPAIGNS}/next")).status, 204);
    wait_until("its gate has ended", || gate() == 404);
}
