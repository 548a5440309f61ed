//! Coupons that payments have set aside or redeemed: `coupons` of the coupon schema, whose `order_id` is a payment.

use super::table::{own, select, some};
use crate::records::CouponRow;
use domain::CouponId;
use domain::id::PaymentId;
use ledger::{Ledger, LedgerError};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use std::collections::HashSet;

/// Orders named in one statement.
const NAMED_MAX: usize = 500;

/// Reads what these payments have of coupons. Orders of others are not asked about: a shop may redeem coupons, too.
///
/// # Errors
/// [`LedgerError`].
pub async fn coupons(
    ledger: &Ledger,
    payments: impl IntoIterator<Item = PaymentId>,
) -> Result<Vec<CouponRow>, LedgerError> {
    let orders: HashSet<PaymentId> = payments.into_iter().collect();
    let orders: Vec<String> = orders.into_iter().map(|id| id.to_string()).collect();
    let mut rows = Vec::new();
    for named in orders.chunks(NAMED_MAX) {
        let mut used = select(own("coupons"), &["id", "status", "order_id"]);
        used.and_where(Expr::col(Alias::new("order_id")).is_in(named.iter().map(String::as_str)));
        used.and_where(Expr::col(Alias::new("status")).is_in(["RESERVED", "REDEEMED"]));
        let found = some(ledger, "coupons", &used, |row| {
            Ok(CouponRow {
                coupon: CouponId(row.id("id")?),
                payment: row.word("order_id", |text| text.parse().ok())?,
                is_redeemed: row.get::<String>("status")? == "REDEEMED",
            })
        });
        rows.extend(found.await?);
    }
    Ok(rows)
}
