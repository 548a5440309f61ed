//! What a refused hold is told beside its code: which seats are not free, and a whole new choice (amendment 19).

use super::attempt::{NotGiven, Wanted};
use super::refusal::taken;
use crate::service::ReservationService;
use domain::SeatId;
use onsale_http::ApiError;
use std::time::Duration;

/// Longest wait for what stands: the refusal is known already.
const READ_TIMEOUT: Duration = Duration::from_millis(500);

impl ReservationService {
    /// The answer with `taken` and `instead`. `own`: seats that the person holds and would give up, which count as free.
    pub(super) async fn with_instead(&self, wanted: &Wanted, own: &[SeatId], refusal: NotGiven) -> ApiError {
        let NotGiven::Taken { is_any_sold, seats } = refusal else { return refusal.answer() };
        let id = wanted.schedule.show.id;
        let read = match tokio::time::timeout(READ_TIMEOUT, self.live().at(id)).await {
            Ok(Ok(at)) => Some(at),
            // A choice is no promise: in a crowd a picture of a moment ago is better than none.
            _ => self.live().latest(id),
        };
        let Some(at) = read else { return taken(is_any_sold, &seats).with_json("instead", &[(); 0]) };
        let is_free = |seat: &SeatId| !seats.contains(seat) && (own.contains(seat) || at.is_free(*seat, wanted.ticket));
        let not_free: Vec<SeatId> = wanted.seats.iter().copied().filter(|seat| !is_free(seat)).collect();
        let is_any_sold = is_any_sold || not_free.iter().any(|seat| at.sold.contains(seat));
        let instead = at.instead(&wanted.schedule, &wanted.seats, wanted.ticket, own, &not_free);
        taken(is_any_sold, &not_free).with_json("instead", &instead)
    }
}
