//! Takes over what payment knows and this database has lost (hole 7).

use super::counter::{self, moment};
use super::lock::{Wanted, in_the_way, locked};
use crate::steps::{Cause, Opened, Terms};
use domain::ReservationId;
use domain::reservation::{NotTakenOver, PaidReservation};
use ledger::{Ledger, LedgerError, Transaction};
use std::collections::BTreeSet;

/// Most reservations of one transaction.
const TAKEN_AT_ONCE: usize = 100;

/// Makes paid reservations again, as payment has them. Returns those that could not be: the others are stored. May be repeated.
///
/// # Errors
/// [`LedgerError`].
pub async fn take_over(
    ledger: &Ledger,
    terms: &Terms,
    paid: &[PaidReservation],
) -> Result<Vec<(ReservationId, NotTakenOver)>, LedgerError> {
    let mut refused = Vec::new();
    for part in paid.chunks(TAKEN_AT_ONCE) {
        refused.extend(ledger.change(async |change: Transaction| take_part(change, terms, part).await).await?);
    }
    Ok(refused)
}

/// Puts the counter above all numbers that others have stored: from its commit on the database is not behind any more. To be
/// called when all that payment has as paid is taken over.
///
/// # Errors
/// [`LedgerError`].
pub async fn raise_hold_no(ledger: &Ledger, above: i64) -> Result<(), LedgerError> {
    let raise = async |change: Transaction| {
        let last = counter::lock(&change).await?;
        counter::store(&change, last.max(above)).await?;
        change.commit().await
    };
    ledger.change(raise).await
}

async fn take_part(
    change: Transaction,
    terms: &Terms,
    part: &[PaidReservation],
) -> Result<Vec<(ReservationId, NotTakenOver)>, LedgerError> {
    let named: BTreeSet<ReservationId> = part.iter().map(|one| one.reservation).collect();
    let rows = locked(&change, &named).await?;
    let moment = moment(change.connection(), terms.time).await?;
    let mut opened = Opened::new(rows, 0, moment.hold_no, moment.now);
    let seats = part.iter().flat_map(|one| one.seats.iter().map(|wish| (one.schedule, wish.seat)));
    let wanted = Wanted { seats: seats.collect(), people: part.iter().map(|one| (one.schedule, one.user)).collect() };
    let others = in_the_way(&change, &wanted, opened.now).await?;
    let over = others.over.difference(&named).copied().collect();
    opened.add(locked(&change, &over).await?);
    for live in others.live.into_iter().filter(|live| !named.contains(&live.reservation)) {
        opened.book.put_live(live);
    }
    let now = opened.now;
    let taken = part.iter().map(|one| (one.reservation, opened.book.take_over(one, now)));
    let refused = taken.filter_map(|(id, taken)| Some((id, taken.err()?))).collect();
    let messages = opened.take_messages(&Cause::default());
    opened.store(&change, &messages).await?;
    change.commit().await?;
    Ok(refused)
}
