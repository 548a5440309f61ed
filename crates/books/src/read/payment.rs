//! `payments`, `refunds`.

use super::table::{Row, all};
use crate::records::{PaymentBook, PaymentRow, PaymentStatus, RefundKind, RefundRow};
use domain::id::{PaymentId, PaymentKey, RefundId, ReservationId};
use domain::payment::RefundStatus;
use domain::{AccountId, CouponId};
use ledger::moment::read;
use ledger::{Ledger, LedgerError};
use sea_orm::prelude::DateTimeUtc;

const PAYMENTS: [&str; 12] = [
    "id",
    "payment_key",
    "reservation_id",
    "user_id",
    "status",
    "amount",
    "discount",
    "coupon_id",
    "hold_no",
    "captured_amount",
    "refunded_amount",
    "paid_at",
];
const REFUNDS: [&str; 5] = ["id", "payment_id", "kind", "reason", "status"];

/// Reads the book of payments.
///
/// # Errors
/// [`LedgerError`].
pub async fn payment(ledger: &Ledger) -> Result<PaymentBook, LedgerError> {
    let payments = all(ledger, "payments", &PAYMENTS, payment_row).await?;
    let refunds = all(ledger, "refunds", &REFUNDS, refund_row).await?;
    Ok(PaymentBook { payments, refunds })
}

fn payment_row(row: &Row<'_>) -> Result<PaymentRow, LedgerError> {
    Ok(PaymentRow {
        id: PaymentId(row.id("id")?),
        key: PaymentKey(row.id("payment_key")?),
        reservation: ReservationId(row.id("reservation_id")?),
        user: AccountId(row.id("user_id")?),
        status: row.word("status", PaymentStatus::parse)?,
        amount: row.get("amount")?,
        discount: row.get("discount")?,
        coupon: row.id_if_any("coupon_id")?.map(CouponId),
        hold_no: row.get("hold_no")?,
        captured: row.get("captured_amount")?,
        refunded: row.get("refunded_amount")?,
        paid_at: row.get::<Option<DateTimeUtc>>("paid_at")?.map(read),
    })
}

fn refund_row(row: &Row<'_>) -> Result<RefundRow, LedgerError> {
    Ok(RefundRow {
        id: RefundId(row.id("id")?),
        payment: PaymentId(row.id("payment_id")?),
        kind: row.word("kind", RefundKind::parse)?,
        reason: row.get("reason")?,
        is_done: row.word("status", RefundStatus::parse)? == RefundStatus::Done,
    })
}
