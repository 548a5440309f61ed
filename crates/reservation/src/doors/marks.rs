//! Marks that a door without the network hands in later: of each ticket the earliest counts (amendment 30, part 2, 19).

use super::Door;
use crate::service::ReservationService;
use crate::views::ticket::{MarkView, Marked, Marks, MarksView};
use domain::Timestamp;
use domain::reservation::{Mark, Refusal, UseWish};
use domain::ticket::{TicketCode, TicketStatus, code_in};
use futures::StreamExt;
use futures::stream;
use onsale_http::ApiError;

/// Marks that are decided at the same time.
const AT_ONCE: usize = 64;

impl ReservationService {
    /// Takes marks. The same batch may be handed in again, and so its `Idempotency-Key` is not stored with them: they are stored in
    /// several transactions, of which one key could stand for the first alone.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; some marks may have been taken.
    pub(crate) async fn take_marks(&self, door: Door, marks: Marks) -> Result<MarksView, ApiError> {
        let take = self.take_all(door, marks);
        match call::current() {
            Some(call) => call::within(call.without_key(), take).await,
            None => take.await,
        }
    }

    async fn take_all(&self, door: Door, marks: Marks) -> Result<MarksView, ApiError> {
        // The clock of a device may be ahead: nobody came in later than now.
        let now = self.now().await?;
        let (gate, schedule) = (marks.gate, marks.schedule);
        let taken = stream::iter(marks.list).map(|mark| {
            let gate = gate.clone();
            async move { self.take_mark(door, schedule, gate, mark, now).await }
        });
        let list: Vec<Result<MarkView, ApiError>> = taken.buffered(AT_ONCE).collect().await;
        Ok(MarksView { list: list.into_iter().collect::<Result<_, _>>()? })
    }

    async fn take_mark(
        &self,
        door: Door,
        schedule: Option<domain::ScheduleId>,
        gate: String,
        mark: Marked,
        now: Timestamp,
    ) -> Result<MarkView, ApiError> {
        let Ok(code) = TicketCode::read(code_in(&mark.scanned), self.tickets().public()) else {
            return Ok(view(TicketStatus::Forged, None, None));
        };
        if !door.is_for(code.schedule, schedule) {
            return Ok(view(TicketStatus::WrongSchedule, Some(&code), None));
        }
        let (at, gate) = (mark.at.min(now), Some(gate));
        let TicketCode { reservation, number, .. } = code;
        let wish = UseWish { reservation, number, gate: gate.clone(), at: Some(at) };
        let own = Mark { at, gate };
        Ok(match self.steps().mark_used(wish).await? {
            Ok(answer) if answer.reservation.schedule == code.schedule => {
                view(TicketStatus::Valid, Some(&code), answer.reservation.used)
            }
            Err(Refusal::Used { at, gate }) => {
                let standing = Mark { at, gate };
                // The same mark again: its reply was lost.
                let status = if standing == own { TicketStatus::Valid } else { TicketStatus::Used };
                view(status, Some(&code), Some(standing))
            }
            Ok(_) | Err(Refusal::NoTicket | Refusal::AlreadyCancelled | Refusal::NotFound) => {
                view(TicketStatus::Cancelled, Some(&code), None)
            }
            Err(refusal) => {
                tracing::error!(?refusal, "a mark of a ticket could not be taken");
                return Err(ApiError::unavailable());
            }
        })
    }
}

fn view(status: TicketStatus, code: Option<&TicketCode>, mark: Option<Mark>) -> MarkView {
    let (used_at, gate) = mark.map_or((None, None), |mark| (Some(mark.at), mark.gate));
    MarkView { ticket_number: code.map(|code| code.number.to_string()), status: status.as_str(), used_at, gate }
}
