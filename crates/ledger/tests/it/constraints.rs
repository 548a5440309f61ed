//! Past all of our code, straight at the file: the database itself refuses.

use crate::support::{Books, issued};
use rusqlite::Connection;

fn insert_coupon(
    raw: &Connection,
    id: u8,
    serial: Option<i64>,
    last_serial: i64,
    status: &str,
) -> Result<usize, String> {
    raw.execute(
        "INSERT INTO coupons (id, campaign_id, serial, last_serial, status, issued_at) VALUES (?, 1, ?, ?, ?, 'x')",
        (vec![id; 16], serial, last_serial, status),
    )
    .map_err(|refused| refused.to_string())
}

fn insert_user(raw: &Connection, coupon: u8, user: &str, nth: i64, limit: i64) -> Result<usize, String> {
    raw.execute(
        "INSERT INTO user_coupons (coupon_id, campaign_id, user_id, nth_of_user, per_user_limit) VALUES (?, 1, ?, ?, ?)",
        (vec![coupon; 16], user, nth, limit),
    )
    .map_err(|refused| refused.to_string())
}

#[track_caller]
fn refused(outcome: Result<usize, String>, by: &str) {
    let reason = outcome.expect_err("must be refused");
    assert!(reason.contains(by), "{reason}");
}

#[tokio::test]
async fn a_number_is_given_once_and_only_within_the_stock() {
    let (books, _) = Books::with_campaign(10, 1).await;
    let raw = books.raw();
    assert_eq!(insert_coupon(&raw, 1, Some(1), 10, "ISSUED"), Ok(1));
    assert_eq!(insert_coupon(&raw, 2, Some(10), 10, "ISSUED"), Ok(1));
    refused(insert_coupon(&raw, 3, Some(1), 10, "ISSUED"), "UNIQUE");
    refused(insert_coupon(&raw, 3, Some(11), 10, "ISSUED"), "ck_coupons_serial_within_stock");
    refused(insert_coupon(&raw, 3, Some(0), 10, "ISSUED"), "ck_coupons_serial_within_stock");
    refused(insert_coupon(&raw, 3, Some(11), 11, "ISSUED"), "FOREIGN KEY");
    refused(insert_coupon(&raw, 3, None, 10, "ISSUED"), "ck_coupons_live_has_serial");
    refused(insert_coupon(&raw, 3, Some(3), 10, "RESERVED"), "ck_coupons_reserved_for_order");
    refused(insert_coupon(&raw, 3, Some(3), 10, "LOST"), "ck_coupons_status");
    assert_eq!(insert_coupon(&raw, 3, None, 10, "REVOKED"), Ok(1));
    assert_eq!(insert_coupon(&raw, 4, None, 10, "REVOKED"), Ok(1), "numbers given back are no numbers");
}

#[tokio::test]
async fn a_user_gets_no_more_than_the_limit() {
    let (books, _) = Books::with_campaign(10, 2).await;
    let raw = books.raw();
    for id in 1..=4 {
        insert_coupon(&raw, id, Some(i64::from(id)), 10, "ISSUED").expect("kept");
    }
    assert_eq!(insert_user(&raw, 1, "kim", 1, 2), Ok(1));
    assert_eq!(insert_user(&raw, 2, "Kim", 1, 2), Ok(1), "another person");
    refused(insert_user(&raw, 3, "kim", 1, 2), "UNIQUE");
    refused(insert_user(&raw, 3, "kim", 3, 2), "ck_user_coupons_within_limit");
    refused(insert_user(&raw, 3, "kim", 0, 2), "ck_user_coupons_within_limit");
    assert_eq!(insert_user(&raw, 3, "kim", 2, 2), Ok(1));
    refused(insert_user(&raw, 9, "lee", 1, 2), "FOREIGN KEY");
}

#[tokio::test]
async fn grants_and_campaigns_with_coupons_stay() {
    let (books, sale) = Books::with_campaign(10, 1).await;
    books.keep(&[issued(&sale, 1)]).await;
    let raw = books.raw();
    for deletion in ["DELETE FROM stock_grants", "DELETE FROM events", "DELETE FROM coupons"] {
        let refused = raw.execute(deletion, []).expect_err("must be refused").to_string();
        assert!(refused.contains("FOREIGN KEY"), "{deletion}: {refused}");
    }
}
