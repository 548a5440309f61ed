//! 10, first half. What a person was told holds, by the person's own record: told paid means a ticket or the money back; told
//! that it is over means the money back and no ticket; told held means held to the end; a used ticket is not given back.

use super::Found;
use super::index::Index;
use crate::records::{History, PaymentRow, PaymentStatus, Remark, ReservationRow, ReservationStatus};
use crate::violation::Violation;
use domain::Timestamp;
use domain::id::{PaymentId, ReservationId};
use std::collections::{BTreeMap, BTreeSet};

/// Reasons of a cancellation, as in `reservations.cancel_reason`.
const USER_REQUEST: &str = "USER_REQUEST";
const EVENT_CANCELLED: &str = "EVENT_CANCELLED";
const HOLD_EXPIRED: &str = "HOLD_EXPIRED";
const PAYMENT_REFUNDED: &str = "PAYMENT_REFUNDED";

pub(super) fn check(index: &Index<'_>, found: &mut Found) {
    let (Some(reservations), Some(_)) = (index.reservation_book(), index.payment_book()) else {
        return found.unchecked(10);
    };
    let mut used: BTreeSet<ReservationId> =
        reservations.reservations.iter().filter(|row| row.used_at.is_some()).map(|row| row.id).collect();
    match &index.books.histories {
        Some(histories) => {
            for history in histories {
                check_history(index, history, &mut used, found);
            }
        }
        None => found.unchecked(10),
    }
    for reservation in used {
        check_used(index, reservation, found);
    }
    for row in reservations.reservations.iter().filter(|row| row.cancel_reason.as_deref() == Some(HOLD_EXPIRED)) {
        let (reservation, until) = (row.id, row.hold_expires_at);
        let is_at_end = row.cancelled_at.is_none_or(|at| at >= until);
        found.unless(is_at_end, || Violation::HoldEndedEarly { reservation, until });
    }
}

/// What one person knows of a reservation.
#[derive(Default)]
struct Known {
    paid: Option<PaymentId>,
    held_until: Option<Timestamp>,
    is_over: bool,
    is_gone: bool,
    has_asked: bool,
}

fn check_history(index: &Index<'_>, history: &History, used: &mut BTreeSet<ReservationId>, found: &mut Found) {
    let user = history.user.map_or_else(|| "a door".to_owned(), |user| format!("person {user}"));
    let mut known: BTreeMap<ReservationId, Known> = BTreeMap::new();
    for remark in &history.remarks {
        match remark {
            Remark::Held { reservation, until, .. } => {
                let about = known.entry(*reservation).or_default();
                about.held_until = about.held_until.max(Some(*until));
            }
            Remark::Gone { reservation } => known.entry(*reservation).or_default().is_gone = true,
            Remark::Paid { payment, reservation } => {
                known.entry(*reservation).or_default().paid = Some(*payment);
            }
            Remark::PaymentFailed { reservation, .. } | Remark::TooLate { reservation } => {
                known.entry(*reservation).or_default().is_over = true;
            }
            Remark::Cancelled { reservation } => {
                let about = known.entry(*reservation).or_default();
                (about.is_over, about.has_asked) = (true, true);
            }
            Remark::CancelAsked { reservation } => known.entry(*reservation).or_default().has_asked = true,
            Remark::LetIn { reservation } => {
                used.insert(*reservation);
            }
            Remark::Unlisted { route, status, code } => found.add(Violation::Unlisted {
                user: user.clone(),
                route: route.clone(),
                status: *status,
                code: code.clone(),
            }),
        }
    }
    for (reservation, known) in known {
        check_known(index, &user, reservation, &known, found);
    }
}

fn check_known(index: &Index<'_>, user: &str, reservation: ReservationId, known: &Known, found: &mut Found) {
    let user = || user.to_owned();
    let row = index.reservations.get(&reservation).copied();
    let is_ticket = row.is_some_and(|row| row.status == ReservationStatus::Confirmed);
    if let Some(payment) = known.paid {
        let paid = index.payments.get(&payment).copied();
        let holds = paid.is_some_and(|paid| holds_ticket(row, paid) || (!is_ticket && index.left(paid) == 0));
        found.unless(holds, || Violation::ToldPaid { user: user(), payment, reservation });
    }
    if !known.has_asked && row.is_some_and(|row| is_taken(index, row)) {
        found.add(Violation::TicketTaken { user: user(), reservation });
    }
    if known.is_over {
        found.unless(!is_ticket, || Violation::ToldOverTicket { user: user(), reservation });
        for payment in index.payments(reservation) {
            let left = index.left(payment);
            let payment = payment.id;
            found.unless(left == 0, || Violation::ToldOverMoney { user: user(), reservation, payment, left });
        }
    }
    let is_told_otherwise = known.is_over || known.is_gone;
    let Some(until) = known.held_until.filter(|_| !is_told_otherwise) else { return };
    let Some(row) = row else { return found.add(Violation::ToldHeld { user: user(), reservation }) };
    if row.hold_expires_at < until && row.status != ReservationStatus::Confirmed {
        found.add(Violation::HoldCut { user: user(), reservation, until });
    }
    if row.cancel_reason.as_deref() == Some(USER_REQUEST) && !known.has_asked {
        found.add(Violation::EndedUnasked { user: user(), reservation });
    }
}

/// Given back by payment although no operator gave its money back, and its event takes place: nobody else ends a ticket for
/// that reason.
fn is_taken(index: &Index<'_>, row: &ReservationRow) -> bool {
    let is_given_back = row.cancel_reason.as_deref() == Some(PAYMENT_REFUNDED) && !has_no_event(index, row);
    let by_hand: i64 = index.payments(row.id).iter().map(|payment| index.by_hand(payment)).sum();
    is_given_back && index.books.provider.is_some() && by_hand == 0
}

fn holds_ticket(row: Option<&ReservationRow>, payment: &PaymentRow) -> bool {
    let is_ticket =
        row.is_some_and(|row| row.status == ReservationStatus::Confirmed && row.payment == Some(payment.id));
    is_ticket && payment.status == PaymentStatus::Success
}

/// Whether its event was cancelled. A reservation that a database put back has forgotten hears only that the money was given
/// back; the refund says why.
fn has_no_event(index: &Index<'_>, row: &ReservationRow) -> bool {
    let refunds = index.books.payment.iter().flat_map(|book| &book.refunds);
    let mut own = refunds.filter(|refund| index.payments(row.id).iter().any(|payment| payment.id == refund.payment));
    row.cancel_reason.as_deref() == Some(EVENT_CANCELLED) || own.any(|refund| refund.reason == EVENT_CANCELLED)
}

/// Nobody of ours gives back the money of a used ticket, unless its event was cancelled.
fn check_used(index: &Index<'_>, reservation: ReservationId, found: &mut Found) {
    let row = index.reservations.get(&reservation);
    if row.is_some_and(|row| has_no_event(index, row)) {
        return;
    }
    for payment in index.payments(reservation).iter().filter(|payment| payment.status != PaymentStatus::Failed) {
        let refunded = payment.amount - index.left(payment) - index.by_hand(payment);
        found.unless(refunded <= 0, || Violation::UsedRefunded { reservation, payment: payment.id, refunded });
    }
}
