//! The tables' own constraints, without the queries: the database itself refuses.

use crate::support::{Books, issued};
use ledger_testkit::{Engine, Raw, Site, on_every_database};

on_every_database!(
    a_number_is_stored_once_and_only_within_the_stock,
    a_user_has_no_more_coupons_than_the_limit,
    grants_and_campaigns_with_coupons_cannot_be_deleted,
);

/// The kind of constraint that refuses.
enum Rule {
    Unique,
    ForeignKey,
    Check(&'static str),
}

impl Rule {
    /// A part of the database's error text.
    fn error_text(&self, engine: Engine) -> &'static str {
        match (self, engine) {
            (Self::Unique, Engine::MariaDb) => "duplicate entry",
            (Self::Unique, _) => "unique constraint",
            (Self::ForeignKey, _) => "foreign key constraint",
            (Self::Check(name), _) => name,
        }
    }
}

async fn insert_coupon(
    raw: &Raw,
    id: u128,
    serial: Option<i64>,
    last_serial: i64,
    status: &str,
) -> Result<u64, String> {
    let (id, serial) = (raw.engine().uuid(id), serial.map_or("NULL".to_owned(), |serial| serial.to_string()));
    raw.run(&format!(
        "INSERT INTO coupons (id, campaign_id, serial, last_serial, status, issued_at) \
         VALUES ({id}, 1, {serial}, {last_serial}, '{status}', '2026-11-21 00:00:00')"
    ))
    .await
}

async fn insert_user(raw: &Raw, coupon: u128, user: &str, nth: i64, limit: i64) -> Result<u64, String> {
    let coupon = raw.engine().uuid(coupon);
    raw.run(&format!(
        "INSERT INTO user_coupons (coupon_id, campaign_id, user_id, nth_of_user, per_user_limit) \
         VALUES ({coupon}, 1, '{user}', {nth}, {limit})"
    ))
    .await
}

#[track_caller]
fn refused(raw: &Raw, outcome: Result<u64, String>, by: Rule) {
    let reason = outcome.expect_err("must be refused").to_lowercase();
    assert!(reason.contains(by.error_text(raw.engine())), "{:?}: {reason}", raw.engine());
}

async fn a_number_is_stored_once_and_only_within_the_stock(site: Site) {
    let (books, _) = Books::with_campaign(site, 10, 1).await;
    let raw = books.raw().await;
    assert_eq!(insert_coupon(&raw, 1, Some(1), 10, "ISSUED").await, Ok(1));
    assert_eq!(insert_coupon(&raw, 2, Some(10), 10, "ISSUED").await, Ok(1));
    refused(&raw, insert_coupon(&raw, 3, Some(1), 10, "ISSUED").await, Rule::Unique);
    refused(&raw, insert_coupon(&raw, 3, Some(11), 10, "ISSUED").await, Rule::Check("ck_coupons_serial_within_stock"));
    refused(&raw, insert_coupon(&raw, 3, Some(0), 10, "ISSUED").await, Rule::Check("ck_coupons_serial_within_stock"));
    refused(&raw, insert_coupon(&raw, 3, Some(11), 11, "ISSUED").await, Rule::ForeignKey);
    refused(&raw, insert_coupon(&raw, 3, None, 10, "ISSUED").await, Rule::Check("ck_coupons_live_has_serial"));
    refused(&raw, insert_coupon(&raw, 3, Some(3), 10, "RESERVED").await, Rule::Check("ck_coupons_reserved_for_order"));
    refused(&raw, insert_coupon(&raw, 3, Some(3), 10, "LOST").await, Rule::Check("ck_coupons_status"));
    assert_eq!(insert_coupon(&raw, 3, None, 10, "REVOKED").await, Ok(1));
    assert_eq!(insert_coupon(&raw, 4, None, 10, "REVOKED").await, Ok(1), "numbers given back are no numbers");
}

async fn a_user_has_no_more_coupons_than_the_limit(site: Site) {
    let (books, _) = Books::with_campaign(site, 10, 2).await;
    let raw = books.raw().await;
    for id in 1..=4 {
        insert_coupon(&raw, id, Some(id as i64), 10, "ISSUED").await.expect("kept");
    }
    assert_eq!(insert_user(&raw, 1, "kim", 1, 2).await, Ok(1));
    assert_eq!(insert_user(&raw, 2, "Kim", 1, 2).await, Ok(1), "another person");
    refused(&raw, insert_user(&raw, 3, "kim", 1, 2).await, Rule::Unique);
    refused(&raw, insert_user(&raw, 3, "kim", 3, 2).await, Rule::Check("ck_user_coupons_within_limit"));
    refused(&raw, insert_user(&raw, 3, "kim", 0, 2).await, Rule::Check("ck_user_coupons_within_limit"));
    assert_eq!(insert_user(&raw, 3, "kim", 2, 2).await, Ok(1));
    refused(&raw, insert_user(&raw, 9, "lee", 1, 2).await, Rule::ForeignKey);
}

async fn grants_and_campaigns_with_coupons_cannot_be_deleted(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    books.keep(&[issued(&sale, 1)]).await;
    let raw = books.raw().await;
    for deletion in ["DELETE FROM stock_grants", "DELETE FROM events", "DELETE FROM coupons"] {
        refused(&raw, raw.run(deletion).await, Rule::ForeignKey);
    }
}
