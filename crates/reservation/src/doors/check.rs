//! A ticket is shown.

use super::Door;
use crate::metrics;
use crate::rows::read;
use crate::service::ReservationService;
use crate::views::ticket::{Shown, TicketView};
use domain::reservation::{Refusal, Reservation, ReservationStatus, UseWish};
use domain::ticket::{TicketCode, TicketStatus, code_in};
use onsale_http::ApiError;

/// What is known of a code of ours.
pub(super) struct Known {
    pub code: TicketCode,
    /// Its row; none where there is no such reservation of the schedule.
    pub reservation: Option<Reservation>,
    pub status: TicketStatus,
}

impl ReservationService {
    /// Checks a ticket. The first check that finds it valid marks it as used, all its seats at once, unless it only looks.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(crate) async fn verify(&self, door: Door, shown: Shown) -> Result<TicketView, ApiError> {
        let Some(mut known) = self.known(&shown.scanned, |code| door.is_for(code.schedule, shown.schedule)).await?
        else {
            metrics::checked(TicketStatus::Forged);
            return Ok(TicketView::forged());
        };
        if known.status == TicketStatus::Valid && !shown.is_peek {
            self.mark(&mut known, shown.gate).await?;
        }
        metrics::checked(known.status);
        let show = self.catalog().show(known.code.schedule).await;
        Ok(TicketView::of(known.status, known.code.number.to_string(), known.reservation.as_ref(), show.as_deref()))
    }

    /// What is known of a scanned text; `None`: it is no code of ours.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(super) async fn known(
        &self,
        scanned: &str,
        is_here: impl FnOnce(&TicketCode) -> bool,
    ) -> Result<Option<Known>, ApiError> {
        let Ok(code) = TicketCode::read(code_in(scanned), self.tickets().public()) else { return Ok(None) };
        let reservation = read::one(self.ledger(), code.reservation).await?;
        let reservation = reservation.filter(|reservation| reservation.schedule == code.schedule);
        let status = if is_here(&code) { status_of(&code, reservation.as_ref()) } else { TicketStatus::WrongSchedule };
        Ok(Some(Known { code, reservation, status }))
    }

    /// Marks the ticket as used. Somebody may have been faster, or it was cancelled a moment ago.
    async fn mark(&self, known: &mut Known, gate: Option<String>) -> Result<(), ApiError> {
        let TicketCode { reservation, number, .. } = known.code;
        let marked = self.steps().mark_used(UseWish { reservation, number, gate, at: None }).await?;
        match marked {
            Ok(answer) => known.reservation = Some(answer.reservation),
            Err(Refusal::Used { .. } | Refusal::NoTicket | Refusal::AlreadyCancelled | Refusal::NotFound) => {
                // What stands now is told.
                known.reservation = read::one(self.ledger(), reservation).await?;
                known.status = match status_of(&known.code, known.reservation.as_ref()) {
                    TicketStatus::Valid => return Err(ApiError::unavailable()),
                    status => status,
                };
            }
            Err(refusal) => {
                tracing::error!(?refusal, "a ticket could not be marked");
                return Err(ApiError::unavailable());
            }
        }
        Ok(())
    }
}

/// Number and reservation of the code must both be the ticket's (part 2, 19).
fn status_of(code: &TicketCode, reservation: Option<&Reservation>) -> TicketStatus {
    match reservation {
        Some(ticket) if ticket.ticket_number == Some(code.number) => match (ticket.status, &ticket.used) {
            (ReservationStatus::Confirmed, None) => TicketStatus::Valid,
            (ReservationStatus::Confirmed, Some(_)) => TicketStatus::Used,
            _ => TicketStatus::Cancelled,
        },
        _ => TicketStatus::Cancelled,
    }
}
