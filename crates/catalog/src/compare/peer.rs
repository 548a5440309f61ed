//! What reservation says of seats.

use crate::service::HeldSeats;
use access::{Peer, PeerAway, PeerReply};
use async_trait::async_trait;
use domain::catalog::comparison::SoldSeat;
use domain::{ReservationId, ScheduleId, SeatId};
use onsale_http::ApiError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// Reservation, asked by its internal routes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReservationSeats(Peer);

/// The sold seats of a schedule by reservation's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sold {
    /// The number that was drawn last before the rows were read.
    pub counter: i64,
    pub seats: Vec<SoldSeat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldBody {
    counter: i64,
    seats: Vec<SoldSeatBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldSeatBody {
    seat_id: SeatId,
    reservation_id: ReservationId,
    hold_no: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeldBody {
    held: u64,
    /// Where they were asked for; none of a server of an earlier version.
    #[serde(default)]
    seat_ids: Option<HashSet<SeatId>>,
}

#[derive(Deserialize)]
struct ReservationBody {
    status: String,
}

impl ReservationSeats {
    /// Asks this peer.
    pub fn new(peer: Peer) -> Self {
        Self(peer)
    }

    fn away(&self, why: impl ToString) -> PeerAway {
        PeerAway { role: self.0.role(), why: why.to_string() }
    }

    fn read<T: DeserializeOwned>(&self, reply: &PeerReply) -> Result<T, PeerAway> {
        if !reply.status.is_success() {
            return Err(self.away(format!("{} {}", reply.status, reply.code())));
        }
        reply.read().map_err(|error| self.away(error))
    }

    /// The sold seats of a schedule.
    pub(super) async fn sold(&self, schedule: ScheduleId) -> Result<Sold, PeerAway> {
        let reply = self.0.get(&format!("/internal/reservations/sold/{schedule}")).await?;
        let SoldBody { counter, seats } = self.read(&reply)?;
        let seat = |SoldSeatBody { seat_id, reservation_id, hold_no }| SoldSeat {
            seat: seat_id,
            reservation: reservation_id,
            hold_no,
        };
        Ok(Sold { counter, seats: seats.into_iter().map(seat).collect() })
    }

    /// Whether nothing can come any more for a reservation: it was cancelled, or is not there.
    pub(super) async fn is_over(&self, reservation: ReservationId) -> Result<bool, PeerAway> {
        let reply = self.0.get(&format!("/internal/reservations/{reservation}")).await?;
        if reply.status.as_u16() == 404 {
            return Ok(true);
        }
        Ok(self.read::<ReservationBody>(&reply)?.status == "CANCELLED")
    }
}

impl ReservationSeats {
    async fn ask_held(&self, schedule: ScheduleId, query: &str) -> Result<HeldBody, ApiError> {
        let held = async {
            let reply = self.0.get(&format!("/internal/reservations/held/{schedule}{query}")).await?;
            self.read::<HeldBody>(&reply)
        };
        held.await.map_err(|away| {
            tracing::debug!(%away, %schedule, "whether seats are held cannot be asked");
            ApiError::unavailable()
        })
    }
}

#[async_trait]
impl HeldSeats for ReservationSeats {
    async fn held(&self, schedule: ScheduleId) -> Result<u64, ApiError> {
        Ok(self.ask_held(schedule, "").await?.held)
    }

    async fn held_seats(&self, schedule: ScheduleId) -> Result<HashSet<SeatId>, ApiError> {
        self.ask_held(schedule, "?seats=true").await?.seat_ids.ok_or_else(ApiError::unavailable)
    }
}
