//! One example of each unsafe operation of the API document.

use crate::draw::{in_seconds, make_opening, serving};
use serde_json::{Value, json};
use testkit::onsale::{CAMPAIGNS, World, wait_until};

/// A request.
pub struct Shown {
    pub path: String,
    pub body: Option<Value>,
}

/// An operation, a request that succeeds, and its action in the audit log; none where it is no operator's change.
pub struct Example {
    pub operation: &'static str,
    pub action: Option<&'static str>,
    /// Makes what the request needs, under this name.
    pub prepare: fn(&World, &str) -> Shown,
}

impl Example {
    pub fn method(&self) -> &'static str {
        self.operation.split(' ').next().unwrap_or_default()
    }
}

/// Operations at which the header is ignored, or has a rule of its own (contract, amendment 1).
pub const EXEMPT: [&str; 10] = [
    "POST /api/v1/coupons/issue",
    "POST /enqueue",
    "POST /gate/events/{event_id}/enqueue",
    "POST /gate/events/{event_id}/processing/complete",
    "POST /issue/events/{event_id}",
    // Letters are made by what fails; looks change nothing that is counted. Their entries: tests of operators' routes.
    "POST /api/v1/admin/dead-letters/drop",
    "POST /api/v1/admin/dead-letters/replay",
    "POST /api/v1/admin/looks/{name}/preview",
    "PUT /api/v1/admin/looks/{name}",
    // A visitor's form, without a key of the API.
    "POST /wait/{line}",
];

const fn example(operation: &'static str, action: Option<&'static str>, prepare: fn(&World, &str) -> Shown) -> Example {
    Example { operation, action, prepare }
}

pub const EXAMPLES: &[Example] = &[
    example("POST /api/v1/admin/campaigns", Some("campaign.create"), |_, name| {
        shown(CAMPAIGNS, Some(json!({"event_id": name, "name": "Sale", "stock": 5})))
    }),
    example("PATCH /api/v1/admin/campaigns/{event_id}", Some("campaign.change"), |world, name| {
        made(world, name);
        shown(&format!("{CAMPAIGNS}/{name}"), Some(json!({"name": "Another name"})))
    }),
    example("POST /api/v1/admin/campaigns/{event_id}/open", Some("campaign.open"), |world, name| {
        made(world, name);
        shown(&format!("{CAMPAIGNS}/{name}/open"), None)
    }),
    example("POST /api/v1/admin/campaigns/{event_id}/pause", Some("campaign.pause"), |world, name| {
        made(world, name);
        shown(&format!("{CAMPAIGNS}/{name}/pause"), None)
    }),
    example("POST /api/v1/admin/campaigns/{event_id}/resume", Some("campaign.resume"), |world, name| {
        made(world, name);
        world.admin().post(&format!("{CAMPAIGNS}/{name}/pause")).ok();
        shown(&format!("{CAMPAIGNS}/{name}/resume"), None)
    }),
    example("POST /api/v1/admin/campaigns/{event_id}/close", Some("campaign.close"), |world, name| {
        made(world, name);
        shown(&format!("{CAMPAIGNS}/{name}/close"), None)
    }),
    example("DELETE /api/v1/admin/campaigns/{event_id}", Some("campaign.delete"), |world, name| {
        made(world, name);
        world.admin().post(&format!("{CAMPAIGNS}/{name}/close")).ok();
        shown(&format!("{CAMPAIGNS}/{name}"), None)
    }),
    example("POST /api/v1/admin/campaigns/{event_id}/stock", Some("campaign.stock"), |world, name| {
        made(world, name);
        shown(&format!("{CAMPAIGNS}/{name}/stock"), Some(json!({"add": 10})))
    }),
    example("POST /api/v1/admin/events/{event_id}/stock", Some("campaign.create"), |_, name| {
        shown(&format!("/api/v1/admin/events/{name}/stock?initial_stock=3"), None)
    }),
    example("POST /api/v1/admin/reconcile", Some("reconcile.repair"), |world, name| {
        made(world, name);
        shown(&format!("/api/v1/admin/reconcile?event_id={name}"), None)
    }),
    example("POST /api/v1/coupons/{coupon_id}/redeem", None, |world, name| {
        let coupon = given(world, name);
        shown(&format!("{coupon}/redeem"), Some(json!({"order_id": "o", "amount": 5_000})))
    }),
    example("POST /api/v1/coupons/{coupon_id}/redeem/confirm", None, |world, name| {
        shown(&format!("{}/redeem/confirm", reserved(world, name)), order())
    }),
    example("POST /api/v1/coupons/{coupon_id}/redeem/cancel", None, |world, name| {
        shown(&format!("{}/redeem/cancel", reserved(world, name)), order())
    }),
    example("POST /api/v1/coupons/{coupon_id}/redeem/undo", None, |world, name| {
        let coupon = reserved(world, name);
        world.admin().post_json(&format!("{coupon}/redeem/confirm"), &order().expect("an order")).ok();
        shown(&format!("{coupon}/redeem/undo"), order())
    }),
    example("POST /api/v1/coupons/{coupon_id}/revoke", Some("coupon.revoke"), |world, name| {
        shown(&format!("{}/revoke", given(world, name)), Some(json!({"return_to_stock": true})))
    }),
    example("POST /tickets/verify", None, |_, name| {
        shown("/tickets/verify", Some(json!({"qrData": "forged", "gate": name})))
    }),
    example("POST /tickets/verify/batch", None, |_, name| {
        let marks = json!([{"qrData": "forged", "at": "2026-12-01T20:00:00"}]);
        shown("/tickets/verify/batch", Some(json!({"gate": name, "list": marks})))
    }),
    example("PUT /queue/admin/{line}/rate", Some("line.rate"), |world, name| {
        shown(&format!("{}/rate", line(world, name)), Some(json!({"ratePerSecond": 7})))
    }),
    example("POST /queue/admin/{line}/pause", Some("line.pause"), |world, name| {
        shown(&format!("{}/pause", line(world, name)), None)
    }),
    example("POST /queue/admin/{line}/resume", Some("line.resume"), |world, name| {
        let line = line(world, name);
        assert!(world.admin().post(&format!("{line}/pause")).status < 300);
        shown(&format!("{line}/resume"), None)
    }),
    example("PUT /queue/admin/{line}/draw", Some("line.draw"), |world, name| {
        make_opening(world, name, Some(&in_seconds(3_600)));
        shown(&format!("/queue/admin/gate:{name}/draw"), None)
    }),
    example("POST /queue/admin/{line}/draw/value", Some("line.draw.value"), |world, name| {
        make_opening(world, name, Some(&in_seconds(12)));
        let manual = json!({"randomness": {"kind": "manual", "source": "a lottery"}}).to_string();
        let client = world.admin().with("Content-Type", "application/json");
        assert_eq!(client.call("PUT", &format!("/queue/admin/gate:{name}/draw"), Some(manual.as_bytes())).status, 204);
        wait_until("the entries are closed", || serving(world, name)["draw"]["root"].is_string());
        shown(&format!("/queue/admin/gate:{name}/draw/value"), Some(json!({"value": "1 2 3"})))
    }),
    example("PUT /queue/admin/{line}/notice", Some("line.notice"), |world, name| {
        shown(&format!("{}/notice", line(world, name)), Some(json!({"ko": "곧", "en": "soon"})))
    }),
    example("POST /queue/admin/lines", Some("line.create"), |_, name| {
        shown("/queue/admin/lines", Some(json!({"name": name, "capacity": 5})))
    }),
    example("PATCH /queue/admin/lines/{name}", Some("line.change"), |world, name| {
        shown(&site_line(world, name), Some(json!({"capacity": 6})))
    }),
    example("DELETE /queue/admin/lines/{name}", Some("line.end"), |world, name| shown(&site_line(world, name), None)),
    example("POST /queue/admin/lines/{name}/links", Some("line.link"), |world, name| {
        shown(&format!("{}/links", site_line(world, name)), Some(json!({"seconds": 60})))
    }),
];

/// The path of a line before a site that is there.
fn site_line(world: &World, name: &str) -> String {
    let definition = json!({"name": name, "exceptions": [{"signedLink": true}]});
    assert_eq!(world.admin().post_json("/queue/admin/lines", &definition).status, 201);
    format!("/queue/admin/lines/{name}")
}

fn shown(path: &str, body: Option<Value>) -> Shown {
    Shown { path: path.to_owned(), body }
}

fn order() -> Option<Value> {
    Some(json!({"order_id": "o"}))
}

fn made(world: &World, name: &str) {
    let discount = json!({"type": "fixed", "value": 1_000});
    world.admin().make_campaign(&json!({"event_id": name, "name": "Sale", "stock": 5, "discount": discount}));
}

/// The path of a coupon that has a row.
fn given(world: &World, name: &str) -> String {
    made(world, name);
    world.admin().open_campaign(name);
    let given = world.anyone().issue("ann", name).ok();
    let rows = || world.admin().get(&format!("{CAMPAIGNS}/{name}/coupons")).ok()["totalElements"].clone();
    wait_until("the coupon has its row", || rows() == 1);
    format!("/api/v1/coupons/{}", given["coupon_id"].as_str().expect("an id"))
}

fn reserved(world: &World, name: &str) -> String {
    let coupon = given(world, name);
    world.admin().post_json(&format!("{coupon}/redeem"), &json!({"order_id": "o", "amount": 5_000})).ok();
    coupon
}

/// The path of a line that is there.
fn line(world: &World, name: &str) -> String {
    make_opening(world, name, None);
    format!("/queue/admin/gate:{name}")
}
