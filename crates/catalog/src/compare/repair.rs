//! Puts right what two looks have found alike.

use super::look::{CompareError, Compared, Found, SeatComparison};
use crate::messages::{Told, shown, store_all};
use crate::model::Schedule;
use crate::rows::{schedules, seat_states};
use call::{Entry, Facts};
use domain::catalog::comparison::LOOKS_APART_SECONDS;
use domain::{ScheduleId, SeatId};
use ledger::{LedgerError, Transaction, calls};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use utoipa::ToSchema;

/// The pauses between two looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// Where nothing is put right: what is on its way has arrived by then.
    settle: Duration,
    /// Before a repair.
    apart: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { settle: Duration::from_secs(5), apart: Duration::from_secs(LOOKS_APART_SECONDS as u64) }
    }
}

/// What a repair has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Repaired {
    /// Seats that are as reservation has them now.
    pub seats: usize,
    /// Differences that were left: nothing puts them right, or the seat has changed since.
    pub left: usize,
}

impl SeatComparison {
    /// Waits until what is on its way has arrived.
    pub(super) async fn settle(&self) {
        tokio::time::sleep(self.pauses.settle).await;
    }

    /// The same, with other pauses between two looks: for tests.
    #[must_use]
    pub fn with_pauses(self, settle: Duration, apart: Duration) -> Self {
        Self { pauses: Pauses { settle, apart }, ..self }
    }

    /// For an operator: compares twice, so that what is only on its way is no difference, and puts right what can be. A repair
    /// takes a minute longer.
    ///
    /// # Errors
    /// [`CompareError`].
    pub async fn reconcile(&self, repair: bool) -> Result<(Compared, Option<Repaired>), CompareError> {
        let first = self.look().await?;
        if first.found.is_empty() {
            return Ok((first.shown(), repair.then(Repaired::default)));
        }
        tokio::time::sleep(if repair { self.pauses.apart } else { self.pauses.settle }).await;
        let mut second = self.look().await?;
        second.found.retain(|found| first.found.iter().any(|before| before.is_same(found)));
        let repaired = if repair { Some(self.repair(&second.found).await?) } else { None };
        Ok((second.shown(), repaired))
    }

    /// Puts right what these differences say, each as far as its seat is still as it was found.
    ///
    /// # Errors
    /// [`LedgerError`]; schedules before the one at fault are put right.
    pub(super) async fn repair(&self, found: &[Found]) -> Result<Repaired, LedgerError> {
        let mut repaired = Repaired { left: found.len(), ..Repaired::default() };
        let mut of_schedules: BTreeMap<ScheduleId, Vec<&Found>> = BTreeMap::new();
        for one in found.iter().filter(|one| one.can_be_repaired()) {
            of_schedules.entry(one.schedule).or_default().push(one);
        }
        for (schedule, found) in of_schedules {
            let change = async |change: Transaction| repair_in(change, schedule, &found).await;
            let (seats, changed) = self.catalog.ledger().change(change).await?;
            repaired.seats += seats;
            repaired.left -= seats;
            self.catalog.cache.renew_soon(changed.iter().flat_map(shown));
        }
        Ok(repaired)
    }
}

/// Returns how many seats were put right, and the schedule if any was.
async fn repair_in(
    change: Transaction,
    schedule: ScheduleId,
    found: &[&Found],
) -> Result<(usize, Vec<Schedule>), LedgerError> {
    let known = schedules::locked(&change, &[schedule]).await?;
    let mut known: BTreeMap<ScheduleId, Schedule> = known.into_iter().map(|one| (one.id, one)).collect();
    let named: BTreeSet<SeatId> = found.iter().map(|one| one.difference.seat).collect();
    let now = seat_states::locked(&change, &named).await?;
    // What has changed since the looks was heard of: it says nothing about that any more.
    let stands = |one: &&&Found| now.get(&one.difference.seat).is_some_and(|(_, state)| *state == one.difference.here);
    let told: Vec<Told> = found
        .iter()
        .filter(stands)
        .filter_map(|one| Some(Told { schedule, seats: vec![one.difference.seat], news: one.difference.repair()? }))
        .collect();
    let told: Vec<&Told> = told.iter().collect();
    let changed = store_all(&change, &told, &mut known).await?;
    let seats: Vec<SeatId> = told.iter().flat_map(|told| told.seats.clone()).collect();
    if !seats.is_empty() {
        tracing::warn!(%schedule, ?seats, "seats were put right by reservation's");
    }
    let facts = Facts {
        action: "seats.repair",
        target: format!("schedule:{schedule}"),
        before: None,
        after: Some(serde_json::json!({"seats": seats.len()})),
    };
    calls::settle(&change, Entry::of(facts).filter(|_| !seats.is_empty()).as_ref()).await?;
    change.commit().await?;
    Ok((seats.len(), changed))
}
