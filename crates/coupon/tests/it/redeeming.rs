//! The steps of a coupon: stored with their message if the coupon is still in the state that was read.

use crate::support::{Books, issued, message, tenant};
use coupon::rows::coupons::{self, KeptCoupon, UseChange, change_use};
use domain::coupon::redemption::{Step, Use};
use domain::message::{CouponIssued, topic};
use domain::{Campaign, CouponId, CouponStatus, Terms, Timestamp};
use ledger::{LedgerError, outbox};
use ledger_testkit::{Site, on_every_database};
use uuid::Uuid;

on_every_database!(
    steps_are_stored_with_their_message,
    a_message_that_cannot_be_written_undoes_the_step,
    only_one_of_many_concurrent_orders_reserves_the_coupon,
    a_step_from_an_older_reservation_changes_nothing,
    another_tenant_changes_nothing,
    a_returned_number_is_given_again_but_not_to_the_same_user,
);

const COUPON: CouponId = CouponId(Uuid::from_u128(1));
const HOLD_SECONDS: i64 = 900;

async fn one_coupon(site: Site) -> (Books, Campaign) {
    let (books, sale) = Books::with_campaign(site, 10, 2).await;
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
    (books, sale)
}

async fn read(books: &Books, sale: &Campaign) -> KeptCoupon {
    coupons::find(&books.ledger, &sale.id.tenant, COUPON).await.expect("read").expect("there")
}

fn next(step: Result<Step, domain::coupon::redemption::Refusal>) -> Use {
    match step.expect("allowed") {
        Step::Change(next) => next,
        Step::Unchanged(_) => panic!("expected a change"),
    }
}

fn step<'a>(sale: &'a Campaign, before: &'a Use, after: &'a Use) -> UseChange<'a> {
    UseChange { tenant: &sale.id.tenant, coupon_id: COUPON, before, after, return_to_stock: false, message: None }
}

async fn steps_are_stored_with_their_message(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let given = read(&books, &sale).await.usage;
    assert_eq!(given, Use::issued(Timestamp(1_700_000_000_001)));
    let now = Timestamp(1_700_000_100_789);
    let reserved = next(given.reserve(&Terms::default(), "order-1", 5_000, now, HOLD_SECONDS));
    assert_eq!(change_use(&books.ledger, &step(&sale, &given, &reserved)).await, Ok(true));
    assert_eq!(read(&books, &sale).await.usage, reserved, "to the millisecond");
    let redeemed = next(reserved.confirm("order-1"));
    let message = message(42);
    let with_message =
        UseChange { message: Some((topic::COUPON_EVENTS, &message)), ..step(&sale, &reserved, &redeemed) };
    assert_eq!(change_use(&books.ledger, &with_message).await, Ok(true));
    assert_eq!(read(&books, &sale).await.usage, redeemed);
    assert_eq!(change_use(&books.ledger, &with_message).await, Ok(false), "the state has changed");
    let waiting = outbox::next(&books.ledger, 10).await.expect("read");
    assert_eq!(waiting.len(), 1, "written once");
    assert_eq!((waiting[0].topic.as_str(), &waiting[0].envelope), (topic::COUPON_EVENTS, &message));
}

async fn a_message_that_cannot_be_written_undoes_the_step(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let message = message(42);
    let change = books.ledger.begin().await.expect("begins");
    outbox::append(&change, topic::COUPON_EVENTS, &message).await.expect("written");
    change.commit().await.expect("commits");
    let given = read(&books, &sale).await.usage;
    let revoked = next(given.revoke(Timestamp(0)));
    let with_message = UseChange { message: Some((topic::COUPON_EVENTS, &message)), ..step(&sale, &given, &revoked) };
    let outcome = change_use(&books.ledger, &with_message).await;
    assert!(matches!(outcome, Err(LedgerError::Conflict(_))), "{outcome:?}");
    assert_eq!(read(&books, &sale).await.usage, given);
}

async fn only_one_of_many_concurrent_orders_reserves_the_coupon(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let given = read(&books, &sale).await.usage;
    let orders = (0..8).map(|n| {
        let (ledger, sale, given) = (books.ledger.clone(), sale.clone(), given.clone());
        tokio::spawn(async move {
            let now = Timestamp(1_700_000_100_000);
            let mine = next(given.reserve(&Terms::default(), &format!("order-{n}"), 1, now, HOLD_SECONDS));
            change_use(&ledger, &step(&sale, &given, &mine)).await.expect("answered")
        })
    });
    let mut got = 0;
    for order in orders.collect::<Vec<_>>() {
        got += u32::from(order.await.expect("ran"));
    }
    assert_eq!(got, 1);
}

async fn a_step_from_an_older_reservation_changes_nothing(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let given = read(&books, &sale).await.usage;
    let reserve = |now| next(given.reserve(&Terms::default(), "order-1", 1, Timestamp(now), HOLD_SECONDS));
    let (first, second) = (reserve(1_700_000_000_000), reserve(1_700_000_000_001));
    assert_eq!(change_use(&books.ledger, &step(&sale, &given, &second)).await, Ok(true));
    let confirmed = next(first.confirm("order-1"));
    assert_eq!(change_use(&books.ledger, &step(&sale, &first, &confirmed)).await, Ok(false), "another reservation");
}

async fn another_tenant_changes_nothing(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let given = read(&books, &sale).await.usage;
    let (stranger, revoked) = (tenant("other"), next(given.revoke(Timestamp(0))));
    let foreign = UseChange { tenant: &stranger, ..step(&sale, &given, &revoked) };
    assert_eq!(change_use(&books.ledger, &foreign).await, Ok(false));
    assert_eq!(read(&books, &sale).await.usage, given);
}

async fn a_returned_number_is_given_again_but_not_to_the_same_user(site: Site) {
    let (books, sale) = one_coupon(site).await;
    let given = read(&books, &sale).await.usage;
    let revoked = next(given.revoke(Timestamp(0)));
    let back = UseChange { return_to_stock: true, ..step(&sale, &given, &revoked) };
    assert_eq!(change_use(&books.ledger, &back).await, Ok(true));
    let row = read(&books, &sale).await;
    assert_eq!((row.serial, row.former_serial, row.usage.status), (None, Some(1), CouponStatus::Revoked));
    let (event_id, coupon) = issued(&sale, 2);
    let again = CouponIssued { serial: 1, ..coupon };
    let same_user = CouponIssued { user_id: "u1".into(), coupon_id: CouponId(Uuid::from_u128(3)), ..again.clone() };
    assert_eq!(books.keep(&[(event_id, same_user)]).await.len(), 1, "a revoked coupon still counts for its holder");
    assert_eq!(books.keep(&[(event_id, again)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, [], "the first message again: kept already, as revoked");
    let counts = coupons::counts(&books.ledger, &sale.id).await.expect("counted");
    assert_eq!((counts.issued, counts.revoked, counts.kept()), (1, 1, 2));
}
