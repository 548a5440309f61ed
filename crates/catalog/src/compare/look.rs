//! One look at both sides.

use super::peer::{ReservationSeats, Sold};
use super::repair::Pauses;
use crate::rows::{schedules, seat_states};
use crate::service::CatalogService;
use access::PeerAway;
use domain::catalog::comparison::{SeatDifference, differences};
use domain::{ReservationId, ScheduleId, SeatId, ZonedTime};
use ledger::LedgerError;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Schedules that ended longer ago are not looked at: nothing of them is sold any more.
const ENDED_DAYS: i64 = 7;

/// Compares the catalog's seats with reservation's. Cheap to clone.
#[derive(Clone)]
pub struct SeatComparison {
    pub(super) catalog: CatalogService,
    pub(super) reservation: ReservationSeats,
    pub(super) pauses: Pauses,
}

/// A difference of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub schedule: ScheduleId,
    pub difference: SeatDifference,
    /// Whether something may still come for it: what it is sold to here stands at reservation.
    pub is_under_way: bool,
}

/// Why a comparison was not made.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The catalog's tables.
    #[error("the seats cannot be read")]
    Ledger(#[from] LedgerError),
    /// Reservation.
    #[error("reservation cannot be asked")]
    Away(#[from] PeerAway),
}

/// What a comparison has found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// `seats`.
    part: &'static str,
    /// When.
    #[schema(value_type = String)]
    checked_at: ZonedTime,
    /// Schedules that were compared.
    pub schedules: usize,
    /// Those that could not be compared: reservation did not answer for them, or has lost numbers and must be repaired first.
    pub not_compared: usize,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// A difference, for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// `SEAT_NOT_SOLD`, `SEAT_SOLD_FOR_NOBODY` or `SEAT_SOLD_TO_ANOTHER`.
    pub kind: &'static str,
    /// The seat.
    #[schema(value_type = String)]
    pub id: SeatId,
    /// What each side has.
    pub details: String,
    /// What a repair does.
    pub repair: &'static str,
    /// Whether it does anything.
    pub can_be_repaired: bool,
}

/// One look at all schedules.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub found: Vec<Found>,
    pub schedules: usize,
    pub not_compared: usize,
}

impl Found {
    /// Whether a repair would do anything now.
    pub(super) fn can_be_repaired(&self) -> bool {
        !self.is_under_way && self.difference.repair().is_some()
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.schedule == other.schedule && self.difference.is_same(&other.difference)
    }

    fn shown(&self) -> Difference {
        let SeatDifference { seat, here, there, .. } = self.difference;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "nobody".to_owned());
        let details = format!(
            "schedule {}: here {} to {} by hold {}, at reservation sold to {}",
            self.schedule,
            here.status.as_str(),
            or_none(here.sold_to.map(|to| to.to_string())),
            here.hold_no.map_or_else(|| "unknown".to_owned(), |number| number.to_string()),
            or_none(there.map(|there| format!("{} by hold {}", there.reservation, there.hold_no))),
        );
        let repair = match (self.difference.repair(), there) {
            _ if self.is_under_way => "none: its reservation stands, and its message is on its way",
            (None, _) => "none: what is known here is newer; reservation has lost something",
            (Some(_), Some(_)) => "sell it here to the reservation that has it",
            (Some(_), None) => "free it here",
        };
        Difference {
            kind: self.difference.kind().as_str(),
            id: seat,
            details,
            repair,
            can_be_repaired: self.can_be_repaired(),
        }
    }
}

impl Look {
    pub(super) fn shown(&self) -> Compared {
        Compared {
            part: "seats",
            checked_at: ZonedTime(clock::now()),
            schedules: self.schedules,
            not_compared: self.not_compared,
            differences: self.found.iter().map(Found::shown).collect(),
        }
    }
}

impl SeatComparison {
    /// Compares the seats of this catalog with what this reservation role says.
    pub fn new(catalog: CatalogService, reservation: ReservationSeats) -> Self {
        Self { catalog, reservation, pauses: Pauses::default() }
    }

    /// Compares the seats of all schedules whose sale has begun and which ended lately at most.
    ///
    /// # Errors
    /// [`CompareError`] when the catalog's tables cannot be read. A schedule for which reservation does not answer is counted.
    pub async fn compare(&self) -> Result<Compared, CompareError> {
        Ok(self.look().await?.shown())
    }

    pub(super) async fn look(&self) -> Result<Look, CompareError> {
        let now = clock::now();
        let ledger = self.catalog.ledger();
        // Before reservation is asked: one whose counter is below it has lost numbers.
        let greatest = schedules::greatest_hold_no(ledger).await?;
        let on_sale = schedules::on_sale(ledger, now, now.plus_seconds(-ENDED_DAYS * 86_400)).await?;
        let mut look = Look { schedules: on_sale.len(), ..Look::default() };
        for schedule in on_sale {
            match self.look_at(schedule, greatest).await {
                Ok(Some(found)) => look.found.extend(found),
                Ok(None) => look.not_compared += 1,
                Err(CompareError::Ledger(error)) => return Err(error.into()),
                Err(CompareError::Away(away)) => {
                    tracing::warn!(%away, %schedule, "the seats of a schedule cannot be compared now");
                    look.not_compared += 1;
                }
            }
        }
        Ok(look)
    }

    /// `None`: reservation's numbers are behind ours; it was restored, and says nothing that counts.
    async fn look_at(&self, schedule: ScheduleId, greatest: i64) -> Result<Option<Vec<Found>>, CompareError> {
        // Theirs first: what is heard here afterwards has a greater number, and is no difference.
        let Sold { counter, seats } = self.reservation.sold(schedule).await?;
        if counter < greatest {
            tracing::error!(%schedule, counter, greatest, "reservation has lost numbers of holds: no seats are compared");
            return Ok(None);
        }
        let named: BTreeSet<SeatId> = seats.iter().map(|sold| sold.seat).collect();
        let here = seat_states::known(self.catalog.ledger(), schedule, &named).await?;
        let mut found = Vec::new();
        let is_older = |difference: &SeatDifference| difference.here.hold_no.is_none_or(|number| number <= counter);
        for difference in differences(&here, &seats, counter).into_iter().filter(is_older) {
            let is_under_way = match (difference.there, difference.here.sold_to) {
                (None, Some(to)) => !self.reservation.is_over(ReservationId(to)).await?,
                _ => false,
            };
            found.push(Found { schedule, difference, is_under_way });
        }
        Ok(Some(found))
    }
}
