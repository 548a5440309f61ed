//! `reservations`, `reservation_seats`, `hold_counter`.

use super::table::{Row, all, own, select, some};
use crate::records::{ReservationBook, ReservationRow, ReservationStatus, SeatRow};
use domain::id::{PaymentId, ReservationId};
use domain::{AccountId, ScheduleId, SeatId, Timestamp};
use ledger::moment::read;
use ledger::{Ledger, LedgerError};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use std::collections::HashMap;
use uuid::Uuid;

const RESERVATIONS: [&str; 13] = [
    "id",
    "user_id",
    "schedule_id",
    "status",
    "total_amount",
    "hold_expires_at",
    "hold_no",
    "payment_id",
    "secured_at",
    "cancel_reason",
    "cancelled_at",
    "ticket_number",
    "used_at",
];
const SEATS: [&str; 7] = ["reservation_id", "schedule_id", "seat_id", "user_id", "slot", "price", "live"];
/// Reservations whose seats are read by one statement.
const OWNERS_MAX: usize = 500;

/// Reads the book of reservations.
///
/// # Errors
/// [`LedgerError`].
pub async fn reservation(ledger: &Ledger) -> Result<ReservationBook, LedgerError> {
    let reservations = all(ledger, "reservations", &RESERVATIONS, reservation_row).await?;
    let mut seats = Vec::new();
    for owners in reservations.chunks(OWNERS_MAX) {
        let ids = owners.iter().map(|owner| owner.id.get());
        let mut of_these = select(own("reservation_seats"), &SEATS);
        of_these.and_where(Expr::col(Alias::new("reservation_id")).is_in(ids));
        seats.extend(some(ledger, "reservation_seats", &of_these, seat_row).await?);
    }
    seats.extend(without_reservation(ledger, &reservations).await?);
    let counter = select(own("hold_counter"), &["value"]);
    let counter = some(ledger, "hold_counter", &counter, |row| row.get::<i64>("value")).await?;
    Ok(ReservationBook { reservations, seats, counter: counter.first().copied() })
}

/// Taken seats whose reservation is not there: found by their count, since there are none.
async fn without_reservation(ledger: &Ledger, known: &[ReservationRow]) -> Result<Vec<SeatRow>, LedgerError> {
    let known: HashMap<ReservationId, ()> = known.iter().map(|row| (row.id, ())).collect();
    let mut owners = select(own("reservation_seats"), &["reservation_id"]);
    owners.distinct().and_where(Expr::col(Alias::new("live")).is_not_null());
    let owners = some(ledger, "reservation_seats", &owners, |row| row.id("reservation_id")).await?;
    let strange: Vec<Uuid> = owners.into_iter().filter(|id| !known.contains_key(&ReservationId(*id))).collect();
    let mut seats = Vec::new();
    for ids in strange.chunks(OWNERS_MAX) {
        let mut of_these = select(own("reservation_seats"), &SEATS);
        of_these.and_where(Expr::col(Alias::new("reservation_id")).is_in(ids.iter().copied()));
        seats.extend(some(ledger, "reservation_seats", &of_these, seat_row).await?);
    }
    Ok(seats)
}

fn moment(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, LedgerError> {
    Ok(row.get::<Option<DateTimeUtc>>(column)?.map(read))
}

fn reservation_row(row: &Row<'_>) -> Result<ReservationRow, LedgerError> {
    let status = row.word("status", ReservationStatus::parse)?;
    let is_secured = status == ReservationStatus::Pending && moment(row, "secured_at")?.is_some();
    Ok(ReservationRow {
        id: ReservationId(row.id("id")?),
        user: AccountId(row.id("user_id")?),
        schedule: ScheduleId(row.id("schedule_id")?),
        status,
        total_amount: row.get("total_amount")?,
        hold_expires_at: read(row.get("hold_expires_at")?),
        hold_no: row.get("hold_no")?,
        payment: row.id_if_any("payment_id")?.map(PaymentId),
        is_secured,
        cancel_reason: row.get("cancel_reason")?,
        cancelled_at: moment(row, "cancelled_at")?,
        ticket_number: row.get("ticket_number")?,
        used_at: moment(row, "used_at")?,
    })
}

fn seat_row(row: &Row<'_>) -> Result<SeatRow, LedgerError> {
    Ok(SeatRow {
        reservation: ReservationId(row.id("reservation_id")?),
        schedule: ScheduleId(row.id("schedule_id")?),
        seat: SeatId(row.id("seat_id")?),
        user: AccountId(row.id("user_id")?),
        slot: u8::try_from(row.get::<i16>("slot")?).ok(),
        price: row.get("price")?,
        is_live: row.get::<Option<i16>>("live")?.is_some(),
    })
}
