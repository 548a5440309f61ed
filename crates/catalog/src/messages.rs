//! The messages that the catalog hears: seats are sold by payments and free again by cancellations (EVT-008, EVT-016).
//!
//! Of a batch all that can be applied is stored in one transaction, with the record that it was and the group's own place in the
//! partition (hole 8): a message that comes twice changes nothing, and what a seat becomes is decided by the domain's rule, so no
//! order matters either.

use crate::cache::Name;
use crate::model::Schedule;
use crate::rows::{schedules, seat_states};
use crate::service::CatalogService;
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message, Places};
use domain::catalog::{SeatNews, SeatState, SeatStatus};
use domain::message::event::{PaymentSuccess, ReservationCancelled};
use domain::message::{Envelope, Place, topic};
use domain::{ScheduleId, SeatId};
use ledger::{LedgerError, Transaction, places, processed};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The consumer of payments.
pub struct PaymentGroup {
    catalog: CatalogService,
    places: Places,
}

/// The consumer of reservations.
pub struct ReservationGroup {
    catalog: CatalogService,
    places: Places,
}

impl PaymentGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "event-payment-consumer";

    /// A group that tells this catalog.
    pub fn new(catalog: CatalogService, places: Places) -> Self {
        Self { catalog, places }
    }
}

impl ReservationGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "event-reservation-consumer";

    /// A group that tells this catalog.
    pub fn new(catalog: CatalogService, places: Places) -> Self {
        Self { catalog, places }
    }
}

#[async_trait]
impl Handler for PaymentGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::PAYMENT_EVENTS]
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(&self.catalog.ledger, Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(&self.catalog.ledger, Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.catalog.hear(Self::NAME, batch, self.places).await
    }
}

#[async_trait]
impl Handler for ReservationGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::RESERVATION_EVENTS]
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(&self.catalog.ledger, Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(&self.catalog.ledger, Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        self.catalog.hear(Self::NAME, batch, self.places).await
    }
}

/// What a message tells of the seats of a schedule.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) schedule: ScheduleId,
    pub(crate) seats: Vec<SeatId>,
    pub(crate) news: SeatNews,
}

/// A message that can be read; without anything told it is only recorded.
struct Heard<'a> {
    index: usize,
    envelope: &'a Envelope,
    told: Option<Told>,
}

fn payload<P: DeserializeOwned>(envelope: &Envelope) -> Result<P, String> {
    P::deserialize(&envelope.payload).map_err(|error| format!("payload: {error}"))
}

fn read(envelope: &Envelope) -> Result<Option<Told>, String> {
    match envelope.event_type.as_str() {
        "PaymentSuccess" => {
            let PaymentSuccess { reservation_id, schedule_id, seat_ids, hold_no, .. } = payload(envelope)?;
            let news = SeatNews { status: SeatStatus::Sold, hold_no, reservation: reservation_id };
            Ok(Some(Told { schedule: schedule_id, seats: seat_ids, news }))
        }
        "ReservationCancelled" => {
            let ReservationCancelled { reservation_id, schedule_id, seat_ids, hold_no, .. } = payload(envelope)?;
            let news = SeatNews { status: SeatStatus::Available, hold_no, reservation: reservation_id };
            Ok(Some(Told { schedule: schedule_id, seats: seat_ids, news }))
        }
        // Of a refund the reservation's cancellation tells.
        _ => Ok(None),
    }
}

fn invalid(index: usize, error: String) -> Failure {
    Failure { index, kind: FailureKind::Invalid, error }
}

impl CatalogService {
    async fn hear(&self, group: &'static str, batch: &[Message], places: Places) -> Result<(), HandleError> {
        let (mut failures, mut heard) = (Vec::new(), Vec::new());
        for (index, message) in batch.iter().enumerate() {
            let envelope = message.envelope.as_ref();
            match read(envelope) {
                Ok(told) => heard.push(Heard { index, envelope, told }),
                Err(error) => failures.push(invalid(index, error)),
            }
        }
        let reached = places.after(batch);
        let store = async |change: Transaction| apply(change, group, &heard, &reached).await;
        let applied = self.ledger.change(store).await;
        let applied = applied.map_err(|error| match error {
            error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
            other => HandleError::Batch(other.into()),
        })?;
        failures.extend(applied.unknown.into_iter().map(|index| invalid(index, "the schedule does not exist".into())));
        self.cache.renew_soon(applied.changed.iter().flat_map(shown));
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// What shows the seats of a schedule.
pub(crate) fn shown(schedule: &Schedule) -> [Name; 3] {
    let (id, event) = (schedule.id, schedule.event);
    [Name::Seats(id), Name::Schedule(id), Name::Event(event)]
}

/// What has come of a batch.
#[derive(Debug, Default)]
struct Applied {
    /// Schedules whose seats have changed.
    changed: Vec<Schedule>,
    /// Messages about schedules that do not exist.
    unknown: Vec<usize>,
}

async fn apply(
    change: Transaction,
    group: &str,
    heard: &[Heard<'_>],
    reached: &[Place],
) -> Result<Applied, LedgerError> {
    let named: BTreeSet<ScheduleId> = heard.iter().filter_map(|one| Some(one.told.as_ref()?.schedule)).collect();
    let named: Vec<ScheduleId> = named.into_iter().collect();
    // Schedules first, then seats, each in the order of their ids: two batches never wait for each other in a circle.
    let known = schedules::locked(&change, &named).await?;
    let mut known: BTreeMap<ScheduleId, Schedule> = known.into_iter().map(|one| (one.id, one)).collect();
    let is_known = |one: &&Heard<'_>| one.told.as_ref().is_none_or(|told| known.contains_key(&told.schedule));
    let (valid, strange): (Vec<&Heard<'_>>, Vec<&Heard<'_>>) = heard.iter().partition(is_known);
    let unknown = strange.iter().map(|one| one.index).collect();
    let envelopes: Vec<&Envelope> = valid.iter().map(|one| one.envelope).collect();
    let mut new = processed::record(&change, group, &envelopes).await?;
    // Of a message that is twice in one batch the first counts.
    let fresh = valid.iter().filter(|one| new.remove(&one.envelope.event_id));
    let told: Vec<&Told> = fresh.filter_map(|one| one.told.as_ref()).collect();
    let changed = store_all(&change, &told, &mut known).await?;
    places::note(&change, group, reached).await?;
    change.commit().await?;
    cut::at("catalog-heard");
    Ok(Applied { changed, unknown })
}

/// Applies what is told, by the domain's rule. The schedules are locked. Returns those whose seats have changed.
pub(crate) async fn store_all(
    change: &Transaction,
    told: &[&Told],
    of_told: &mut BTreeMap<ScheduleId, Schedule>,
) -> Result<Vec<Schedule>, LedgerError> {
    let named = told.iter().flat_map(|told| told.seats.iter().copied()).collect();
    let mut states = seat_states::locked(change, &named).await?;
    let mut after: BTreeMap<SeatId, SeatState> = BTreeMap::new();
    let mut changed: BTreeSet<ScheduleId> = BTreeSet::new();
    for told in told {
        for seat in &told.seats {
            let Some((of, state)) = states.get_mut(seat) else { continue };
            let Some(next) = in_schedule(*of, told).then(|| state.after(told.news)).flatten() else { continue };
            if let Some(schedule) = of_told.get_mut(&told.schedule) {
                schedule.sold = sold_after(schedule.sold, state.status, next.status);
                schedule.hold_no = schedule.hold_no.max(next.hold_no);
                changed.insert(schedule.id);
            }
            *state = next;
            after.insert(*seat, next);
        }
    }
    seat_states::store(change, &after).await?;
    let changed: Vec<Schedule> = changed.iter().filter_map(|id| of_told.get(id).cloned()).collect();
    for schedule in &changed {
        schedules::store_counts(change, schedule).await?;
    }
    Ok(changed)
}

/// A seat of another schedule than the message names is nothing that the catalog has.
fn in_schedule(of: Uuid, told: &Told) -> bool {
    of == told.schedule.get()
}

fn sold_after(sold: u32, before: SeatStatus, after: SeatStatus) -> u32 {
    match (before, after) {
        (SeatStatus::Available, SeatStatus::Sold) => sold + 1,
        (SeatStatus::Sold, SeatStatus::Available) => sold.saturating_sub(1),
        _ => sold,
    }
}
