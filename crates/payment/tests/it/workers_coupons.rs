//! Coupons in payments: confirmed with SUCCESS, given back with everything else (hole 21).

use crate::workers_roles::Coupons;
use crate::workers_world::{AMOUNT, World, kind};
use domain::CouponStatus;
use domain::id::CouponId;
use domain::payment::{CouponState, FailureReason, Payment, PaymentStatus};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;
use uuid::Uuid;

on_every_database!(a_coupon_is_given_back_once_by_one_of_two_processes);

/// A payment with a coupon that is reserved for it.
async fn with_coupon(world: &World) -> (Payment, CouponId) {
    let coupon = CouponId(Uuid::new_v4());
    let payment = world.pending_with(Some((coupon, Coupons::DISCOUNT))).await;
    world.coupons.give(coupon, payment.user);
    world.coupons.reserve(coupon, &payment.id.to_string()).expect("reserved");
    (payment, coupon)
}

async fn settled(world: &World, payment: &Payment) {
    world.notice(payment).await;
    world.rounds(2).await;
}

#[tokio::test]
async fn a_payment_redeems_its_coupon_and_gives_it_back_with_its_money() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    assert_eq!(payment.amount, AMOUNT - Coupons::DISCOUNT);
    world.pay(&payment, json!({})).await;
    settled(&world, &payment).await;
    world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Redeemed, Some(payment.id.to_string())));
    let message = world.messages(&payment).await.remove(0).payload;
    assert_eq!((&message["couponId"], &message["discountAmount"]), (&json!(coupon), &json!(Coupons::DISCOUNT)));
    world.cancelled(&payment, "USER_REQUEST").await;
    world.rounds(2).await;
    world.demand(&payment, PaymentStatus::Refunded).await;
    assert_eq!(world.books(payment.key).await, (payment.amount, payment.amount, 1), "what was paid, not the total");
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Issued, None));
}

#[tokio::test]
async fn a_payment_that_fails_gives_its_coupon_back() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    world.pass(310);
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!(after.coupon.map(|coupon| coupon.state), Some(CouponState::Released));
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Issued, None));
}

/// Kind: a hold of five minutes and an outage are longer than the fifteen minutes of a coupon's reservation.
#[tokio::test]
async fn a_coupon_that_has_lapsed_is_redeemed_if_nobody_took_it() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    world.pay(&payment, json!({})).await;
    world.pass(1_000);
    settled(&world, &payment).await;
    world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!(world.coupons.read(coupon).0, CouponStatus::Redeemed);
    // Another order took it and let it go again: it is reserved anew.
    let (payment, coupon) = with_coupon(&world).await;
    world.pay(&payment, json!({})).await;
    world.pass(1_000);
    world.coupons.reserve(coupon, "another").expect("it had lapsed");
    world.coupons.let_go(coupon, "another");
    settled(&world, &payment).await;
    world.demand(&payment, PaymentStatus::Success).await;
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Redeemed, Some(payment.id.to_string())));
}

#[tokio::test]
async fn a_coupon_that_another_order_has_fails_the_payment_whose_money_goes_back() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    world.pay(&payment, json!({})).await;
    world.pass(1_000);
    world.coupons.reserve(coupon, "another").expect("it had lapsed");
    settled(&world, &payment).await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!(after.failure, Some(FailureReason::CouponGone));
    assert_eq!(world.books(payment.key).await, (payment.amount, payment.amount, 1));
    assert_eq!(world.told(&payment).await, [kind::FAILED]);
    let standing = (CouponStatus::Reserved, Some("another".to_owned()));
    assert_eq!(world.coupons.read(coupon), standing, "the other order keeps it");
    assert_eq!(after.coupon.map(|coupon| coupon.state), Some(CouponState::Released));
}

#[tokio::test]
async fn while_coupon_is_away_nothing_is_decided_and_what_is_owed_stays_owed() {
    let world = World::new().await;
    let (paid, redeemed) = with_coupon(&world).await;
    let (unpaid, reserved) = with_coupon(&world).await;
    world.pay(&paid, json!({})).await;
    world.coupons.set_away(true);
    world.pass(310);
    for _ in 0..6 {
        world.round().await;
        world.pass(61);
    }
    world.demand(&paid, PaymentStatus::Pending).await;
    let after = world.demand(&unpaid, PaymentStatus::Failed).await;
    assert_eq!(after.coupon.map(|coupon| coupon.state), Some(CouponState::Releasing));
    assert!(after.coupon.is_some_and(|coupon| coupon.tries >= 4));
    world.coupons.set_away(false);
    world.pass(601);
    world.rounds(2).await;
    world.demand(&paid, PaymentStatus::Success).await;
    assert_eq!(world.coupons.read(redeemed).0, CouponStatus::Redeemed);
    assert_eq!(world.coupons.read(reserved), (CouponStatus::Issued, None));
}

#[tokio::test]
async fn a_coupon_that_is_gone_counts_as_given_back() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    world.coupons.forget(coupon);
    world.pass(310);
    world.rounds(2).await;
    let after = world.demand(&payment, PaymentStatus::Failed).await;
    assert_eq!(after.coupon.map(|coupon| coupon.state), Some(CouponState::Released));
}

/// Kind: a call of a try that had lapsed reaches coupon after the coupon was given back.
#[tokio::test]
async fn a_coupon_that_a_late_call_took_is_given_back_a_day_later() {
    let world = World::new().await;
    let (payment, coupon) = with_coupon(&world).await;
    world.pass(310);
    world.rounds(2).await;
    world.coupons.reserve(coupon, &payment.id.to_string()).expect("late");
    world.pass(25 * 3_600);
    world.rounds(2).await;
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Issued, None));
}

async fn a_coupon_is_given_back_once_by_one_of_two_processes(site: Site) {
    let world = World::on(site).await;
    let (payment, coupon) = with_coupon(&world).await;
    world.pass(310);
    world.service.look_at_due().await.expect("looked");
    world.demand(&payment, PaymentStatus::Failed).await;
    let (before, another) = (world.coupons.calls(), world.another());
    let (one, two) = futures::join!(world.service.release_due_coupons(), another.release_due_coupons());
    assert_eq!(one.expect("released") + two.expect("released"), 1);
    assert_eq!(world.coupons.calls() - before, 1);
    assert_eq!(world.coupons.read(coupon), (CouponStatus::Issued, None));
}
