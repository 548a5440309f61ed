//! Changes of a coupon's use, together with their message (FCFS-007, GATE-010).

use crate::audit;
use crate::rows::entities::{campaign, coupon};
use domain::coupon::redemption::Use;
use domain::message::Envelope;
use domain::{CouponId, TenantName};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction, calls, outbox};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter};

/// One step in a coupon's life, decided by the rules of `domain::coupon::redemption` on the stored state.
#[derive(Clone, Debug)]
pub struct UseChange<'a> {
    /// The tenant of the coupon's campaign.
    pub tenant: &'a TenantName,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The state that was read.
    pub before: &'a Use,
    /// The state to store.
    pub after: &'a Use,
    /// Whether the number goes back into stock, to be given again with another coupon.
    pub return_to_stock: bool,
    /// Topic and message to be written in the same transaction.
    pub message: Option<(&'a str, &'a Envelope)>,
}

/// Stores the step, with its message, if the coupon is still in the state that was read. Returns whether it was; false
/// also when the tenant has no such coupon. After false: read again and decide again.
///
/// # Errors
/// [`LedgerError::Unavailable`] before the commit was answered: the step may or may not have been stored; the rules make
/// it safe to try again. [`LedgerError::Conflict`] when the tables refuse the step.
pub async fn change_use(ledger: &Ledger, step: &UseChange<'_>) -> Result<bool, LedgerError> {
    ledger.change(|change| change_use_in(change, step)).await
}

async fn change_use_in(change: Transaction, step: &UseChange<'_>) -> Result<bool, LedgerError> {
    let after = step.after;
    let of_tenant = Query::select()
        .column(campaign::Column::Id)
        .from(campaign::Entity)
        .and_where(campaign::Column::Tenant.eq(step.tenant.as_str()))
        .take();
    let mut update = coupon::Entity::update_many()
        .col_expr(coupon::Column::Status, Expr::value(after.status.as_str()))
        .col_expr(coupon::Column::OrderId, Expr::value(after.order_id.clone()))
        .col_expr(coupon::Column::ReservedUntil, Expr::value(after.reserved_until.map(stored)))
        .col_expr(coupon::Column::DiscountAmount, Expr::value(after.discount_amount));
    if step.return_to_stock {
        // In this order: MySQL reads what an earlier assignment wrote.
        update = update
            .col_expr(coupon::Column::FormerSerial, Expr::col(coupon::Column::Serial))
            .col_expr(coupon::Column::Serial, Expr::value(None::<i32>));
    }
    let changed = update
        .filter(coupon::Column::Id.eq(step.coupon_id.get()))
        .filter(coupon::Column::CampaignId.in_subquery(of_tenant))
        .filter(is_in_state(step.before))
        .exec(change.connection())
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    if let Some((topic, message)) = step.message {
        outbox::append(&change, topic, message).await?;
    }
    calls::settle(&change, audit::used(step).as_ref()).await?;
    change.commit().await?;
    Ok(true)
}

fn is_in_state(before: &Use) -> Expr {
    let order = match &before.order_id {
        Some(order_id) => coupon::Column::OrderId.eq(order_id.as_str()),
        None => coupon::Column::OrderId.is_null(),
    };
    let until = match before.reserved_until {
        Some(until) => coupon::Column::ReservedUntil.eq(stored(until)),
        None => coupon::Column::ReservedUntil.is_null(),
    };
    coupon::Column::Status.eq(before.status.as_str()).and(order).and(until)
}
