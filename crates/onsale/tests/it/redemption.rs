//! Reserving, confirming, cancelling and revoking coupons (GATE-010).

use domain::Timestamp;
use serde_json::{Value, json};
use std::cell::RefCell;
use testkit::http::{Client, Reply};
use testkit::onsale::{World, wait_until};

struct Sale {
    world: World,
    admin: Client,
}

impl Sale {
    /// An open campaign `sale` with these terms.
    fn open(terms: &Value) -> Self {
        Self::open_with(terms, &[])
    }

    fn open_with(terms: &Value, environment: &[(&str, &str)]) -> Self {
        Self::open_in(World::with(environment), terms)
    }

    /// One whose coupons expire so many seconds after the server was there, and that moment.
    fn expiring_in(seconds: i64) -> (Self, Timestamp) {
        let world = World::new();
        let end = clock::now().plus_seconds(seconds);
        (Self::open_in(world, &json!({"valid_until": format!("{end}Z")})), end)
    }

    fn open_in(world: World, terms: &Value) -> Self {
        let admin = world.admin();
        let mut body = json!({"event_id": "sale", "name": "Sale", "stock": 3});
        for (name, value) in terms.as_object().expect("an object") {
            body[name] = value.clone();
        }
        admin.make_campaign(&body);
        admin.post("/api/v1/admin/campaigns/sale/open").ok();
        Self { world, admin }
    }

    fn give(&self, user: &str) -> String {
        let given = self.world.anyone().issue(user, "sale").ok();
        assert_eq!(given["code"], "ISSUED", "{given}");
        given["coupon_id"].as_str().expect("an id").to_owned()
    }

    /// Asks until it is decided: on a busy machine the row of a coupon may be on its way for longer than a call waits.
    fn ask(&self, path: &str, body: &Value) -> Reply {
        let reply = RefCell::new(self.admin.post_json(path, body));
        wait_until("it is decided", || {
            let is_decided = reply.borrow().status != 503;
            if !is_decided {
                *reply.borrow_mut() = self.admin.post_json(path, body);
            }
            is_decided
        });
        reply.into_inner()
    }

    fn redeem(&self, coupon: &str, order: &str, amount: i64) -> Reply {
        let path = format!("/api/v1/coupons/{coupon}/redeem");
        self.ask(&path, &json!({"order_id": order, "amount": amount}))
    }

    fn step(&self, coupon: &str, step: &str, order: &str) -> Reply {
        self.ask(&format!("/api/v1/coupons/{coupon}/redeem/{step}"), &json!({"order_id": order}))
    }

    fn revoke(&self, coupon: &str, return_to_stock: bool) -> Reply {
        let path = format!("/api/v1/coupons/{coupon}/revoke");
        self.ask(&path, &json!({"return_to_stock": return_to_stock}))
    }

    fn status_of(&self, user: &str) -> Value {
        self.world.anyone().get(&format!("/api/v1/coupons/user/{user}/event/sale")).ok()["coupons"][0]["status"].clone()
    }

    fn status(&self) -> Value {
        self.world.anyone().get("/api/v1/coupons/status/sale").ok()
    }
}

#[track_caller]
fn not_applicable(answer: &Reply, reason: &str) {
    answer.is_error(422, "COUPON_NOT_APPLICABLE");
    assert_eq!(answer.field("reason"), reason);
}

#[test]
fn a_coupon_is_reserved_confirmed_and_then_used_up() {
    let sale = Sale::open(&json!({"discount": {"type": "percent", "value": 10, "max_amount": 500}}));
    let coupon = sale.give("ann");
    let reserved = sale.redeem(&coupon, "order-1", 2999).ok();
    let expected = json!({"coupon_id": coupon, "order_id": "order-1", "status": "RESERVED", "discount_amount": 299});
    assert_eq!(reserved, expected, "ten percent, rounded down");
    assert_eq!(sale.redeem(&coupon, "order-1", 2999).ok(), expected, "the same order hears the same");
    sale.redeem(&coupon, "order-2", 2999).is_error(409, "COUPON_RESERVED");
    sale.step(&coupon, "confirm", "order-2").is_error(409, "COUPON_RESERVED");
    sale.step(&coupon, "cancel", "order-2").is_error(409, "COUPON_RESERVED");
    assert_eq!(sale.status_of("ann"), "RESERVED");
    for _ in 0..2 {
        assert_eq!(sale.step(&coupon, "confirm", "order-1").ok()["status"], "REDEEMED");
    }
    assert_eq!(sale.status_of("ann"), "REDEEMED");
    sale.redeem(&coupon, "order-2", 2999).is_error(409, "COUPON_ALREADY_REDEEMED");
    sale.step(&coupon, "confirm", "order-2").is_error(409, "COUPON_ALREADY_REDEEMED");
    sale.step(&coupon, "cancel", "order-1").is_error(409, "COUPON_ALREADY_REDEEMED");
    sale.revoke(&coupon, true).is_error(409, "COUPON_ALREADY_REDEEMED");
}

#[test]
fn a_cancelled_reservation_frees_the_coupon() {
    let sale = Sale::open(&json!({"discount": {"type": "fixed", "value": 3000}}));
    let coupon = sale.give("ann");
    assert_eq!(sale.redeem(&coupon, "order-1", 1000).ok()["discount_amount"], 1000, "never more than the amount");
    for _ in 0..2 {
        let cancelled = sale.step(&coupon, "cancel", "order-1").ok();
        assert_eq!((&cancelled["status"], &cancelled["discount_amount"]), (&json!("ISSUED"), &Value::Null));
    }
    sale.step(&coupon, "confirm", "order-1").is_error(409, "COUPON_RESERVED");
    assert_eq!(sale.redeem(&coupon, "order-2", 9000).ok()["discount_amount"], 3000);
}

#[test]
fn a_percentage_stops_at_its_cap() {
    let sale = Sale::open(&json!({"discount": {"type": "percent", "value": 50, "max_amount": 700}}));
    let coupon = sale.give("ann");
    assert_eq!(sale.redeem(&coupon, "order-1", 1_000_000_000_000).ok()["discount_amount"], 700);
}

#[test]
fn a_reservation_that_is_not_confirmed_lapses() {
    let sale = Sale::open_with(&json!({}), &[("ONSALE__COUPON__REDEEM_HOLD_SECONDS", "1")]);
    let coupon = sale.give("ann");
    sale.redeem(&coupon, "order-1", 1).ok();
    wait_until("the reservation lapses, and another order takes the coupon", || {
        // This reservation is equally short: on a busy machine it may lapse before the confirmation.
        sale.redeem(&coupon, "order-2", 1).status == 200 && sale.step(&coupon, "confirm", "order-2").status == 200
    });
    sale.step(&coupon, "confirm", "order-1").is_error(409, "COUPON_ALREADY_REDEEMED");
}

#[test]
fn a_coupon_that_does_not_apply_gives_the_reason() {
    let small = Sale::open(&json!({"min_order_amount": 1000}));
    let coupon = small.give("ann");
    not_applicable(&small.redeem(&coupon, "order-1", 999), "MIN_ORDER_AMOUNT");
    small.redeem(&coupon, "order-1", 1000).ok();
    let (late, _) = Sale::expiring_in(12);
    let coupon = late.give("ann");
    wait_until("the coupon expires", || late.status_of("ann") == "EXPIRED");
    assert_eq!(late.world.anyone().issue("bob", "sale").code(), "CLOSED", "no coupon is issued that has expired");
    not_applicable(&late.redeem(&coupon, "order-1", 1), "EXPIRED");
    let early = Sale::open(&json!({"valid_from": "2090-01-01T00:00:00Z"}));
    let coupon = early.give("ann");
    not_applicable(&early.redeem(&coupon, "order-1", 1), "NOT_YET_VALID");
    early.revoke(&coupon, false).ok();
    not_applicable(&early.redeem(&coupon, "order-1", 1), "REVOKED");
    not_applicable(&early.step(&coupon, "confirm", "order-1"), "REVOKED");
}

#[test]
fn another_amount_for_the_same_order_is_worked_out_anew() {
    let discount = json!({"type": "fixed", "value": 5_000});
    let sale = Sale::open(&json!({"discount": discount, "min_order_amount": 1_000}));
    let coupon = sale.give("ann");
    let discount = |amount: i64| sale.redeem(&coupon, "order-1", amount).ok()["discount_amount"].clone();
    assert_eq!((discount(30_000), discount(1_200), discount(30_000)), (json!(5_000), json!(1_200), json!(5_000)));
    not_applicable(&sale.redeem(&coupon, "order-1", 100), "MIN_ORDER_AMOUNT");
    assert_eq!(sale.status_of("ann"), "ISSUED", "a refused amount ends the reservation: its discount was of another");
    sale.step(&coupon, "confirm", "order-1").is_error(409, "COUPON_RESERVED");
    assert_eq!(discount(30_000), json!(5_000), "and the order may reserve it anew");
    let path = format!("/api/v1/coupons/{coupon}/redeem");
    for amount in [json!(30_000.0), json!("30000"), Value::Null, json!(1e15), json!(u64::MAX)] {
        let refused = sale.admin.post_json(&path, &json!({"order_id": "order-1", "amount": amount}));
        refused.is_error(400, "INVALID_INPUT");
        assert!(refused.field("message").as_str().is_some_and(|text| text.contains("amount")), "{refused:?}");
    }
}

#[test]
fn a_coupon_is_not_used_up_for_a_discount_of_nothing() {
    let sale = Sale::open(&json!({"discount": {"type": "percent", "value": 1}}));
    let coupon = sale.give("ann");
    not_applicable(&sale.redeem(&coupon, "order-1", 50), "NO_DISCOUNT");
    assert_eq!(sale.status_of("ann"), "ISSUED");
}

#[test]
fn a_cancelled_order_gives_its_redeemed_coupon_back() {
    let sale = Sale::open(&json!({}));
    let coupon = sale.give("ann");
    sale.redeem(&coupon, "order-1", 1).ok();
    sale.step(&coupon, "confirm", "order-1").ok();
    sale.step(&coupon, "cancel", "order-1").is_error(409, "COUPON_ALREADY_REDEEMED");
    sale.step(&coupon, "undo", "order-2").is_error(409, "COUPON_ALREADY_REDEEMED");
    for _ in 0..2 {
        let undone = sale.step(&coupon, "undo", "order-1").ok();
        assert_eq!((&undone["status"], &undone["discount_amount"]), (&json!("ISSUED"), &Value::Null));
    }
    let unreserved = sale.step(&coupon, "confirm", "order-1");
    unreserved.is_error(409, "COUPON_RESERVED");
    assert!(unreserved.text().contains("this order has not reserved it"), "{}", unreserved.text());
    sale.redeem(&coupon, "order-2", 1).ok();
    sale.step(&coupon, "undo", "order-1").is_error(409, "COUPON_RESERVED");
    sale.step(&coupon, "confirm", "order-2").ok();
    sale.step("00000000-0000-4000-8000-000000000000", "undo", "order-1").is_error(404, "COUPON_NOT_FOUND");
}

#[test]
fn a_coupon_that_comes_back_after_its_end_is_expired() {
    let (sale, end) = Sale::expiring_in(15);
    let coupon = sale.give("ann");
    sale.redeem(&coupon, "order-1", 1).ok();
    sale.step(&coupon, "confirm", "order-1").ok();
    wait_until("the validity ends", || clock::now() >= end);
    for _ in 0..2 {
        let undone = sale.step(&coupon, "undo", "order-1").ok();
        assert_eq!((&undone["status"], &undone["discount_amount"]), (&json!("EXPIRED"), &Value::Null));
    }
    assert_eq!(sale.status_of("ann"), "EXPIRED");
}

#[test]
fn an_operator_sees_who_has_a_coupon() {
    let sale = Sale::open(&json!({}));
    let coupons: Vec<String> = ["cid", "ann", "bob"].iter().map(|user| sale.give(user)).collect();
    sale.redeem(&coupons[0], "order-1", 1).ok();
    sale.revoke(&coupons[1], true).ok();
    let path = "/api/v1/admin/campaigns/sale/coupons";
    wait_until("each coupon has its row", || sale.admin.get(path).ok()["totalElements"] == 3);
    let page = sale.admin.get(&format!("{path}?page=0&size=2")).ok();
    assert_eq!((&page["page"], &page["size"], &page["totalElements"]), (&json!(0), &json!(2), &json!(3)));
    let brief = |page: &Value| -> Vec<(String, Value, String)> {
        let list = page["list"].as_array().expect("a list").iter();
        let text = |one: &Value, name: &str| one[name].as_str().expect(name).to_owned();
        list.map(|one| (text(one, "user_id"), one["serial"].clone(), text(one, "status"))).collect()
    };
    let entry = |user: &str, serial: u32, status: &str| (user.to_owned(), json!(serial), status.to_owned());
    assert_eq!(brief(&page), [entry("ann", 2, "REVOKED"), entry("bob", 3, "ISSUED")]);
    let second = sale.admin.get(&format!("{path}?page=1&size=2")).ok();
    assert_eq!(brief(&second), [entry("cid", 1, "RESERVED")]);
    assert!(second["list"][0]["issued_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{second}");
    sale.admin.get(&format!("{path}?size=101")).is_error(400, "INVALID_INPUT");
    for page in [1_000, i64::MAX as u64 + 1, u64::MAX] {
        assert_eq!(sale.admin.get(&format!("{path}?page={page}&size=100")).ok()["list"], json!([]), "{page}");
    }
    sale.admin.get("/api/v1/admin/campaigns/nothing/coupons").is_error(404, "CAMPAIGN_NOT_FOUND");
    sale.world.anyone().get(path).is_error(401, "UNAUTHORIZED");

    let csv = sale.admin.with("Accept", "text/csv").get(path);
    assert!(csv.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")), "{csv:?}");
    let exported = sale.world.run(&["coupons", "export", "sale"]);
    assert_eq!(exported.status.code(), Some(0), "{exported:?}");
    for text in [csv.text(), String::from_utf8_lossy(&exported.stdout).into_owned()] {
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!((lines[0], lines.len()), ("coupon_id,user_id,serial,status,issued_at", 5), "{text}");
        assert!(lines[1].contains(",ann,2,REVOKED,") && lines[3].contains(",cid,1,RESERVED,"), "{text}");
    }
    assert_eq!(sale.world.run(&["coupons", "export", "nothing"]).status.code(), Some(2));
}

#[test]
fn a_revoked_coupon_stays_gone_or_goes_back_into_stock() {
    let sale = Sale::open(&json!({"stock": 2}));
    let (first, second) = (sale.give("ann"), sale.give("bob"));
    assert_eq!(sale.world.anyone().issue("cid", "sale").code(), "SOLD_OUT");
    for _ in 0..2 {
        let revoked = sale.revoke(&first, false).ok();
        assert_eq!(revoked, json!({"coupon_id": first, "status": "REVOKED", "returned_to_stock": false}));
    }
    assert_eq!(sale.status_of("ann"), "REVOKED");
    assert_eq!(sale.world.anyone().issue("cid", "sale").code(), "SOLD_OUT", "it did not go back");
    assert_eq!(sale.revoke(&second, true).ok()["returned_to_stock"], true);
    wait_until("it is back in stock", || sale.status()["remaining_stock"] == 1);
    let again = sale.world.anyone().issue("cid", "sale").ok();
    assert_eq!((&again["code"], &again["serial"]), (&json!("ISSUED"), &json!(2)), "its number is given again");
    assert_ne!(again["coupon_id"], json!(second));
    sale.redeem(&second, "order-1", 1).is_error(422, "COUPON_NOT_APPLICABLE");
}

#[test]
fn a_reserved_coupon_is_not_revoked() {
    let sale = Sale::open(&json!({}));
    let coupon = sale.give("ann");
    sale.redeem(&coupon, "order-1", 1).ok();
    sale.revoke(&coupon, false).is_error(409, "COUPON_RESERVED");
    sale.step(&coupon, "cancel", "order-1").ok();
    sale.revoke(&coupon, false).ok();
}

#[test]
fn unknown_coupons_and_bad_orders_are_refused() {
    let sale = Sale::open(&json!({}));
    let coupon = sale.give("ann");
    let unknown = "00000000-0000-4000-8000-000000000000";
    sale.redeem(unknown, "order-1", 1).is_error(404, "COUPON_NOT_FOUND");
    sale.step(unknown, "confirm", "order-1").is_error(404, "COUPON_NOT_FOUND");
    sale.step(unknown, "cancel", "order-1").is_error(404, "COUPON_NOT_FOUND");
    sale.revoke(unknown, false).is_error(404, "COUPON_NOT_FOUND");
    sale.redeem("no-uuid", "order-1", 1).is_error(400, "INVALID_INPUT");
    for order in ["", "a b", "o\u{0}", &"o".repeat(129)] {
        sale.redeem(&coupon, order, 1).is_error(400, "INVALID_INPUT");
    }
    for amount in [-1, 1_000_000_000_001, i64::MIN, i64::MAX] {
        sale.redeem(&coupon, "order-1", amount).is_error(400, "INVALID_INPUT");
    }
    let path = format!("/api/v1/coupons/{coupon}/redeem");
    for bad in [json!({"order_id": "o"}), json!({"amount": 1}), json!({"order_id": "o", "amount": 1.5}), json!([])] {
        sale.admin.post_json(&path, &bad).is_error(400, "INVALID_INPUT");
    }
}

/// Of many concurrent orders exactly one gets the coupon.
#[test]
fn one_coupon_serves_one_order() {
    let sale = Sale::open(&json!({}));
    let coupon = sale.give("ann");
    let rows = || sale.admin.get("/api/v1/admin/campaigns/sale/coupons").field("totalElements");
    wait_until("the coupon has its row", || rows() == 1);
    let orders: Vec<_> = (0..8)
        .map(|number| {
            let (admin, coupon) = (sale.admin.clone(), coupon.clone());
            std::thread::spawn(move || {
                let path = format!("/api/v1/coupons/{coupon}/redeem");
                admin.post_json(&path, &json!({"order_id": format!("order-{number}"), "amount": 1})).status
            })
        })
        .collect();
    let mut heard: Vec<u16> = orders.into_iter().map(|order| order.join().expect("runs")).collect();
    heard.sort_unstable();
    assert_eq!(heard, [200, 409, 409, 409, 409, 409, 409, 409]);
}
