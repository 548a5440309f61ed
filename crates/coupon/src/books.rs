//! The two books of a campaign, the hot state's coupons and the ledger's rows, as entries that can be compared.

use crate::CouponService;
use crate::rows::coupons::{self, KeptCoupon};
use domain::coupon::Coupon;
use domain::coupon::reconcile::Entry;
use domain::{CampaignId, CouponStatus, UserId};
use onsale_http::ApiError;

/// Rows read at a time.
const PAGE: usize = 5_000;

/// Reads all of a campaign's rows.
pub(super) async fn ledger_book(service: &CouponService, id: &CampaignId) -> Result<Vec<Entry>, ApiError> {
    let mut book: Vec<Entry> = Vec::new();
    loop {
        let page = coupons::entries(&service.ledger, id, book.last(), PAGE as u64).await?;
        let last = page.len() < PAGE;
        book.extend(page);
        if last {
            for entry in book.iter_mut().filter(|entry| entry.revoked) {
                entry.serial = None;
            }
            return Ok(book);
        }
    }
}

/// The entry of a coupon in the hot state. A revoked coupon has no number, which may be another coupon's by now.
pub(super) fn entry_of(coupon: &Coupon) -> Entry {
    Entry {
        coupon_id: coupon.coupon_id,
        serial: (!coupon.revoked).then_some(coupon.serial),
        user_id: coupon.user.to_string(),
        nth_of_user: coupon.nth_of_user,
        revoked: coupon.revoked,
    }
}

/// The entry of a row.
pub(super) fn entry_of_row(row: &KeptCoupon) -> Entry {
    let revoked = row.usage.status == CouponStatus::Revoked;
    Entry {
        coupon_id: row.coupon_id,
        serial: row.serial.filter(|_| !revoked),
        user_id: row.user_id.clone(),
        nth_of_user: row.nth_of_user,
        revoked,
    }
}

/// The coupon of a row as the hot state would have it. A coupon that was returned to stock has the number 0.
pub(super) fn coupon_of_row(row: &KeptCoupon) -> Result<Coupon, ApiError> {
    Ok(Coupon {
        coupon_id: row.coupon_id,
        serial: row.serial.unwrap_or(0),
        user: UserId::stored(&row.user_id).map_err(ApiError::internal)?,
        nth_of_user: row.nth_of_user,
        issued_at: row.usage.issued_at,
        revoked: row.usage.status == CouponStatus::Revoked,
    })
}
