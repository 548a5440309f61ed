//! What messages have told of seats (table `seats`).

use super::entities::seat::{Column, Entity, Model};
use domain::catalog::{SeatState, SeatStatus};
use domain::{ScheduleId, SeatId};
use ledger::moment::now;
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Most seats named in one statement.
const NAMED_MAX: usize = 500;

/// The states of those of these seats that exist, locked until the change ends, each with its schedule. The schedules must
/// be locked already.
///
/// # Errors
/// [`LedgerError`].
pub async fn locked(
    change: &Transaction,
    ids: &BTreeSet<SeatId>,
) -> Result<BTreeMap<SeatId, (Uuid, SeatState)>, LedgerError> {
    let mut states = BTreeMap::new();
    let ids: Vec<SeatId> = ids.iter().copied().collect();
    for part in ids.chunks(NAMED_MAX) {
        let named = Entity::find().filter(Column::Id.is_in(part.iter().map(|id| id.get())));
        for row in named.order_by_asc(Column::Id).lock_exclusive().all(change.connection()).await? {
            states.insert(SeatId(row.id.0), (row.event_schedule_id.0, state(&row)?));
        }
    }
    Ok(states)
}

/// The states of the sold seats of a schedule, and of those of these seats that are its.
///
/// # Errors
/// [`LedgerError`].
pub async fn known(
    ledger: &Ledger,
    schedule: ScheduleId,
    named: &BTreeSet<SeatId>,
) -> Result<BTreeMap<SeatId, SeatState>, LedgerError> {
    let of_schedule = || Entity::find().filter(Column::EventScheduleId.eq(schedule.get()));
    let mut states = BTreeMap::new();
    let sold = of_schedule().filter(Column::Status.eq(SeatStatus::Sold.as_str()));
    for row in sold.all(ledger.connection()).await? {
        states.insert(SeatId(row.id.0), state(&row)?);
    }
    let others: Vec<SeatId> = named.iter().filter(|seat| !states.contains_key(seat)).copied().collect();
    for part in others.chunks(NAMED_MAX) {
        let named = of_schedule().filter(Column::Id.is_in(part.iter().map(|id| id.get())));
        for row in named.all(ledger.connection()).await? {
            states.insert(SeatId(row.id.0), state(&row)?);
        }
    }
    Ok(states)
}

fn state(row: &Model) -> Result<SeatState, LedgerError> {
    let status = SeatStatus::parse(&row.status).ok_or_else(|| LedgerError::damaged("a seat's status"))?;
    Ok(SeatState { status, hold_no: row.hold_no, sold_to: row.sold_to.map(Uuid::from) })
}

/// Stores states. Seats that have the same one share a statement.
///
/// # Errors
/// [`LedgerError`].
pub async fn store(change: &Transaction, states: &BTreeMap<SeatId, SeatState>) -> Result<(), LedgerError> {
    let mut alike: BTreeMap<(SeatStatus, Option<i64>, Option<Uuid>), Vec<Uuid>> = BTreeMap::new();
    for (id, state) in states {
        alike.entry((state.status, state.hold_no, state.sold_to)).or_default().push(id.get());
    }
    for ((status, hold_no, sold_to), ids) in alike {
        for part in ids.chunks(NAMED_MAX) {
            Entity::update_many()
                .col_expr(Column::Status, Expr::value(status.as_str()))
                .col_expr(Column::HoldNo, Expr::value(hold_no))
                .col_expr(Column::SoldTo, Expr::value(sold_to))
                .col_expr(Column::UpdatedAt, Expr::value(now()))
                .filter(Column::Id.is_in(part.iter().copied()))
                .exec(change.connection())
                .await?;
        }
    }
    Ok(())
}
