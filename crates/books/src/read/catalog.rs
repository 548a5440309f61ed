//! The catalog's `seats`.

use super::table::{own, select, some};
use crate::records::{CatalogBook, CatalogSeatRow};
use domain::catalog::SeatStatus;
use domain::id::ReservationId;
use domain::{ScheduleId, SeatId};
use ledger::{Ledger, LedgerError};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};

const SEATS: [&str; 5] = ["id", "event_schedule_id", "status", "hold_no", "sold_to"];

/// Reads the seats that messages have told of; the others are free.
///
/// # Errors
/// [`LedgerError`].
pub async fn catalog(ledger: &Ledger) -> Result<CatalogBook, LedgerError> {
    let mut schedules = select(own("seats"), &["event_schedule_id"]);
    schedules.distinct();
    let schedules = some(ledger, "seats", &schedules, |row| row.id("event_schedule_id")).await?;
    let mut seats = Vec::new();
    for schedule in schedules {
        let mut of_one = select(own("seats"), &SEATS);
        of_one.and_where(Expr::col(Alias::new("event_schedule_id")).eq(schedule));
        let is_told = Expr::col(Alias::new("hold_no")).is_not_null().or(Expr::col(Alias::new("status")).eq("SOLD"));
        of_one.and_where(is_told);
        let found = some(ledger, "seats", &of_one, |row| {
            Ok(CatalogSeatRow {
                seat: SeatId(row.id("id")?),
                schedule: ScheduleId(row.id("event_schedule_id")?),
                is_sold: row.word("status", SeatStatus::parse)? == SeatStatus::Sold,
                hold_no: row.get("hold_no")?,
                sold_to: row.id_if_any("sold_to")?.map(ReservationId),
            })
        });
        seats.extend(found.await?);
    }
    Ok(CatalogBook { seats })
}
