//! Coupons in payments of tickets: the internal routes.

use super::{INTERNAL_KEY, Shop};
use crate::campaigns::open_with_stock;
use access::{Peer, PeerReply};
use axum::body::Body;
use domain::coupon::campaign::Discount;
use domain::{Campaign, CampaignId, CouponId, EventName, TenantName, Terms, Timestamp};
use http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

const KIM: &str = "00000000-0000-4000-8000-000000000001";
const LEE: &str = "00000000-0000-4000-8000-000000000002";

/// The role `coupon`, as the role `payment` calls it.
fn peer(shop: &Shop) -> Peer {
    let peer = Peer::in_process("coupon", INTERNAL_KEY, Duration::from_secs(60)).expect("a key");
    peer.connect(&shop.internal);
    peer
}

fn told(reply: &PeerReply) -> (u16, Value) {
    (reply.status.as_u16(), reply.read().expect("JSON"))
}

async fn get(shop: &Shop, path: &str) -> (u16, Value) {
    told(&peer(shop).get(path).await.expect("answered"))
}

async fn post(shop: &Shop, path: &str, body: Value) -> (u16, Value) {
    told(&peer(shop).post(path, &body).await.expect("answered"))
}

/// Gives a coupon of a campaign of this name and discount.
async fn give(shop: &Shop, name: &str, user: &str, value: i64) -> CouponId {
    let sale = CampaignId::new(TenantName::default_tenant(), EventName::new(name).expect("a name"));
    let terms = Terms { discount: Some(Discount::Fixed { value }), ..Terms::default() };
    let campaign = Campaign { terms, ..open_with_stock(sale.clone(), name, 10) };
    shop.service.create_campaign(campaign).await.expect("created");
    let coupon = shop.decide(&sale, user).await;
    shop.store(&sale, &coupon).await;
    coupon.coupon_id
}

fn redeem(coupon: CouponId) -> String {
    format!("/internal/coupons/{coupon}/redeem")
}

#[tokio::test]
async fn a_payment_reserves_confirms_and_gives_back_the_buyers_coupon() {
    let shop = Shop::open().await;
    let coupon = give(&shop, "spring", KIM, 3_000).await;
    let (order, other) = (Uuid::new_v4(), Uuid::new_v4());
    let reserve = |order: Uuid, user: &str| json!({"userId": user, "orderId": order, "amount": 50_000});
    let step = |order: Uuid| json!({"orderId": order});

    let (status, first) = post(&shop, &redeem(coupon), reserve(order, KIM)).await;
    assert_eq!((status, &first["status"], &first["discountAmount"]), (200, &json!("RESERVED"), &json!(3_000)));
    assert_eq!(post(&shop, &redeem(coupon), reserve(order, KIM)).await, (200, first), "again: the same");
    let (status, refused) = post(&shop, &redeem(coupon), reserve(other, KIM)).await;
    assert_eq!((status, &refused["code"]), (409, &json!("COUPON_RESERVED")));
    let (status, refused) = post(&shop, &redeem(coupon), reserve(other, LEE)).await;
    assert_eq!((status, &refused["code"]), (404, &json!("COUPON_NOT_FOUND")), "another person's");

    let confirm = format!("{}/confirm", redeem(coupon));
    for _ in 0..2 {
        let (status, done) = post(&shop, &confirm, step(order)).await;
        assert_eq!((status, &done["status"], &done["discountAmount"]), (200, &json!("REDEEMED"), &json!(3_000)));
    }
    let (status, again) = post(&shop, &redeem(coupon), reserve(order, KIM)).await;
    assert_eq!((status, &again["status"], &again["discountAmount"]), (200, &json!("REDEEMED"), &json!(3_000)));
    let undo = format!("{}/undo", redeem(coupon));
    let (status, refused) = post(&shop, &undo, step(other)).await;
    assert_eq!((status, &refused["code"]), (409, &json!("COUPON_ALREADY_REDEEMED")), "not another payment's");
    for _ in 0..2 {
        let (status, done) = post(&shop, &undo, step(order)).await;
        assert_eq!((status, &done["status"], &done["discountAmount"]), (200, &json!("ISSUED"), &Value::Null));
    }
    assert_eq!(post(&shop, &redeem(coupon), reserve(other, KIM)).await.0, 200, "it is free for another payment");
    let (status, released) = post(&shop, &format!("{}/cancel", redeem(coupon)), step(other)).await;
    assert_eq!((status, &released["status"]), (200, &json!("ISSUED")));
}

#[tokio::test]
async fn a_coupon_that_pays_everything_or_nothing_is_not_set_aside() {
    let shop = Shop::open().await;
    let coupon = give(&shop, "spring", KIM, 3_000).await;
    let plain = shop.give(KIM).await;
    let ask = |amount: i64, order: Uuid| json!({"userId": KIM, "orderId": order, "amount": amount});
    let (order, other) = (Uuid::new_v4(), Uuid::new_v4());
    for (id, amount, reason) in [(coupon, 3_000, "NOTHING_TO_PAY"), (plain, 3_000, "NO_DISCOUNT")] {
        let (status, refused) = post(&shop, &redeem(id), ask(amount, order)).await;
        assert_eq!((status, &refused["reason"]), (422, &json!(reason)));
    }
    assert_eq!(post(&shop, &redeem(coupon), ask(3_001, other)).await.0, 200, "no order holds it");
    // The same payment with a smaller amount: what it held goes, too.
    let (status, refused) = post(&shop, &redeem(coupon), ask(2_000, other)).await;
    assert_eq!((status, &refused["reason"]), (422, &json!("NOTHING_TO_PAY")));
    assert_eq!(post(&shop, &redeem(coupon), ask(5_000, order)).await.0, 200);
    assert_eq!(post(&shop, &redeem(coupon), ask(0, order)).await.0, 400);
    assert_eq!(post(&shop, "/internal/coupons/spring/redeem", ask(1, order)).await.0, 404);
}

/// Kind: a payment that holds nothing of the coupon took the discount from another one that was being paid.
#[tokio::test]
async fn another_payment_does_not_end_a_lapsed_reservation_that_can_still_be_confirmed() {
    let clock = clock::set(Timestamp(1_900_000_000_000));
    let shop = Shop::open().await;
    let coupon = give(&shop, "spring", KIM, 3_000).await;
    let (order, other) = (Uuid::new_v4(), Uuid::new_v4());
    let ask = |amount: i64, order: Uuid| json!({"userId": KIM, "orderId": order, "amount": amount});
    assert_eq!(post(&shop, &redeem(coupon), ask(50_000, order)).await.0, 200);
    let (status, refused) = post(&shop, &redeem(coupon), ask(3_000, other)).await;
    assert_eq!((status, &refused["code"]), (409, &json!("COUPON_RESERVED")), "while it stands");
    clock.advance(Duration::from_secs(901));
    let (status, refused) = post(&shop, &redeem(coupon), ask(3_000, other)).await;
    assert_eq!((status, &refused["reason"]), (422, &json!("NOTHING_TO_PAY")));
    for step in ["cancel", "undo"] {
        let path = format!("{}/{step}", redeem(coupon));
        let (status, unchanged) = post(&shop, &path, json!({"orderId": other})).await;
        let shown = (&unchanged["status"], &unchanged["discountAmount"]);
        assert_eq!((status, shown), (200, (&json!("ISSUED"), &Value::Null)), "{step}");
    }
    let (status, done) = post(&shop, &format!("{}/confirm", redeem(coupon)), json!({"orderId": order})).await;
    assert_eq!((status, &done["status"], &done["discountAmount"]), (200, &json!("REDEEMED"), &json!(3_000)));

    // One whose worth is the shop's affair, which no payment can use.
    let (plain, tenant) = (shop.give(KIM).await, TenantName::default_tenant());
    shop.service.reserve(&tenant, plain, "of-the-shop", 50_000).await.expect("reserved");
    clock.advance(Duration::from_secs(901));
    let (status, refused) = post(&shop, &redeem(plain), ask(50_000, other)).await;
    assert_eq!((status, &refused["reason"]), (422, &json!("NO_DISCOUNT")));
    shop.service.confirm(&tenant, plain, "of-the-shop").await.expect("confirmed");
}

#[tokio::test]
async fn what_can_be_used_is_listed_with_the_largest_discount_first() {
    let shop = Shop::open().await;
    let small = give(&shop, "small", KIM, 1_000).await;
    let large = give(&shop, "large", KIM, 5_000).await;
    let _whole = give(&shop, "whole", KIM, 50_000).await;
    let _other = give(&shop, "other", LEE, 2_000).await;
    let _plain = shop.give(KIM).await;
    let path = format!("/internal/coupons/of/{KIM}?amount=50000");
    let (status, list) = get(&shop, &path).await;
    let expected = json!({"list": [
        {"couponId": large, "name": "large", "discountAmount": 5_000, "payable": 45_000},
        {"couponId": small, "name": "small", "discountAmount": 1_000, "payable": 49_000},
    ]});
    assert_eq!((status, list), (200, expected));
    let order = json!({"userId": KIM, "orderId": Uuid::new_v4(), "amount": 50_000});
    assert_eq!(post(&shop, &redeem(large), order).await.0, 200);
    let (_, list) = get(&shop, &path).await;
    assert_eq!(list["list"].as_array().map(Vec::len), Some(1), "one is set aside");
    assert_eq!(get(&shop, &format!("/internal/coupons/of/{KIM}")).await.0, 400);
}

#[tokio::test]
async fn strangers_are_refused() {
    let shop = Shop::open().await;
    for path in [format!("/internal/coupons/of/{KIM}?amount=1"), redeem(CouponId(Uuid::nil()))] {
        let method = if path.contains("/of/") { Method::GET } else { Method::POST };
        let request = Request::builder().method(method).uri(&path).body(Body::empty()).expect("a request");
        let answer = shop.internal.clone().oneshot(request).await.expect("never fails");
        assert_eq!(answer.status().as_u16(), 401, "{path}");
    }
}
