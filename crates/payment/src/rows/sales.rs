//! Money counted, for operators.

use super::entities::payment::{Column, Entity};
use domain::ScheduleId;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// Payments read at a time.
const PAGE: u64 = 10_000;

/// What was taken and given back for a schedule, in won.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Taken.
    pub captured: i64,
    /// Given back.
    pub refunded: i64,
}

/// The money of a schedule: of all its payments, those that failed too. Read page by page: databases add up whole numbers
/// in types of their own.
///
/// # Errors
/// [`LedgerError`].
pub async fn money(ledger: &Ledger, schedule: ScheduleId) -> Result<Money, LedgerError> {
    let (mut money, mut after) = (Money::default(), StoredId(Uuid::nil()));
    loop {
        let rows: Vec<(StoredId, i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::CapturedAmount, Column::RefundedAmount])
            .filter(Column::ScheduleId.eq(schedule.get()))
            .filter(Column::CapturedAmount.gt(0))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(PAGE)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        for (_, captured, refunded) in &rows {
            money.captured = money.captured.saturating_add(*captured);
            money.refunded = money.refunded.saturating_add(*refunded);
        }
        match rows.last() {
            Some((last, ..)) if rows.len() as u64 == PAGE => after = *last,
            _ => return Ok(money),
        }
    }
}
