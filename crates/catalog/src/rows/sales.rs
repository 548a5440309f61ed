//! Sums over the seats of schedules, for operators.

use super::entities::{schedule, seat};
use domain::catalog::SeatStatus;
use domain::{ScheduleId, Timestamp};
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

/// Most schedules that are counted.
const COUNTED_MAX: u64 = 1_000;

/// Seats of one grade of a schedule, of one price and one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The grade.
    pub grade: String,
    /// The price of each.
    pub price: i64,
    /// Whether they are sold.
    pub is_sold: bool,
    /// How many.
    pub count: i64,
}

/// A schedule that is on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnSale {
    /// The schedule.
    pub schedule: ScheduleId,
    /// Its seats for sale.
    pub total: i32,
    /// Those that are sold.
    pub sold: i32,
}

/// The seats of these schedules, counted.
///
/// # Errors
/// [`LedgerError`].
pub async fn seats(ledger: &Ledger, schedules: &[ScheduleId]) -> Result<Vec<Seats>, LedgerError> {
    use seat::{Column, Entity};
    let rows: Vec<(StoredId, String, i64, String, i64)> = Entity::find()
        .select_only()
        .column(Column::EventScheduleId)
        .column(Column::Grade)
        .column(Column::Price)
        .column(Column::Status)
        .column_as(Expr::col(Column::Id).count(), "count")
        .filter(Column::EventScheduleId.is_in(schedules.iter().map(|id| id.get())))
        .group_by(Column::EventScheduleId)
        .group_by(Column::Grade)
        .group_by(Column::Price)
        .group_by(Column::Status)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let seats = |(schedule, grade, price, status, count): (StoredId, String, i64, String, i64)| {
        let is_sold = status == SeatStatus::Sold.as_str();
        Seats { schedule: ScheduleId(schedule.0), grade, price, is_sold, count }
    };
    Ok(rows.into_iter().map(seats).collect())
}

/// Schedules whose sale is open now, those with the most sold seats first; and how many there are in all.
///
/// # Errors
/// [`LedgerError`].
pub async fn busiest(ledger: &Ledger, now: Timestamp, most: usize) -> Result<(Vec<OnSale>, usize), LedgerError> {
    use schedule::{Column, Entity};
    let rows: Vec<(StoredId, i32, i32)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::Seats)
        .column(Column::Sold)
        .filter(Column::SaleStartAt.lte(stored(now)))
        .filter(Column::SaleEndAt.gt(stored(now)))
        .filter(Column::Status.ne("CANCELLED"))
        .order_by_desc(Column::Sold)
        .order_by_asc(Column::Id)
        .limit(COUNTED_MAX)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let all = rows.len();
    let on_sale =
        |(schedule, total, sold): (StoredId, i32, i32)| OnSale { schedule: ScheduleId(schedule.0), total, sold };
    Ok((rows.into_iter().take(most).map(on_sale).collect(), all))
}
