//! Seats that the catalog shows as sold leave hot state. Until then they are kept there: from payment to SOLD a seat is never free.

use super::Workers;
use crate::rows::{counter, upkeep};
use ::hot::line::Clock;
use access::PeerReply;
use domain::reservation::Reservation;
use domain::seat::Holding;
use domain::{ReservationId, ScheduleId, SeatId};
use ledger::LedgerError;
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Most tickets of one look.
const TICKETS_AT_ONCE: u64 = 1_000;

/// What the catalog says of a schedule's seats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldJson {
    sold_seat_ids: HashSet<SeatId>,
}

impl Workers {
    /// Follows the catalog until the process ends.
    pub async fn run_sold(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = self.follow_sold().await {
                tracing::warn!(%error, "sold seats cannot be looked up now");
            }
        }
    }

    /// Asks the catalog about tickets that it did not show as sold, and takes those that it does out of hot state. Returns their
    /// number.
    ///
    /// # Errors
    /// [`LedgerError`]; a catalog that is away is asked again by the next look.
    pub async fn follow_sold(&self) -> Result<usize, LedgerError> {
        let parts = &self.0.parts;
        let mut shown = 0;
        for (schedule, tickets) in upkeep::not_shown_sold(&parts.ledger, TICKETS_AT_ONCE).await? {
            let Some(sold) = self.sold_in_catalog(schedule).await else { continue };
            let is_shown = |ticket: &&Reservation| ticket.live_seats().iter().all(|seat| sold.contains(seat));
            let mut done = Vec::new();
            for ticket in tickets.iter().filter(is_shown) {
                done.extend(self.let_go(ticket).await);
            }
            let now = counter::moment(parts.ledger.connection(), parts.steps.terms().time).await?.now;
            upkeep::shown_sold(&parts.ledger, &done, now).await?;
            shown += done.len();
        }
        Ok(shown)
    }

    async fn sold_in_catalog(&self, schedule: ScheduleId) -> Option<HashSet<SeatId>> {
        let parts = &self.0.parts;
        let reply = parts.catalog.get(&format!("/internal/seats/status/{schedule}")).await;
        let reply: PeerReply =
            reply.inspect_err(|away| tracing::debug!(%away, "sold seats are asked for again")).ok()?;
        parts.steps.terms().fence.saw(reply.hold_no);
        let sold: Option<SoldJson> = reply.status.is_success().then(|| reply.read().ok()).flatten();
        sold.map(|sold| sold.sold_seat_ids)
    }

    /// None: hot state is asked again by the next look.
    async fn let_go(&self, ticket: &Reservation) -> Option<ReservationId> {
        let of = Holding {
            schedule: ticket.schedule,
            reservation: ticket.id,
            user: ticket.user,
            seats: ticket.live_seats(),
        };
        match self.0.parts.seats.sold(&of, Clock::Engine).await {
            Ok(_) => Some(ticket.id),
            Err(error) => {
                tracing::debug!(%error, ticket = %ticket.id, "sold seats leave hot state by the next look");
                None
            }
        }
    }
}
