//! The messages that reservation hears: of payments and of cancelled events (RSV-004, EVT-022, PAY-011, PAY-012).
//!
//! Of a batch all that can be decided is stored in one transaction, with the record that it was (MSG-001) and the group's own
//! place in the partition (hole 8). No order is relied on, whichever relay is first (holes 3, 25): see
//! [`domain::reservation::hear`]. Nothing calls another role here (hole 14). The catalog tells of a deleted event as of a
//! cancelled one (hole 23).

use crate::rows::{cancelled, counter};
use crate::steps::{Cause, Outcome, Wished, decide_all};
use crate::workers::{Workers, new_ticket_number};
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message, Places};
use domain::id::PaymentId;
use domain::message::event::{EventCancelled, PaymentFailed, PaymentRefunded, PaymentSuccess};
use domain::message::{Envelope, Place, event_type, topic};
use domain::reservation::{HeardOf, PaymentNews, Refusal, Step, StepAnswer};
use domain::{ReservationId, ScheduleId, Timestamp};
use ledger::{LedgerError, Transaction, places, processed};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The consumer of payments.
pub struct PaymentGroup {
    workers: Workers,
    places: Places,
}

/// The consumer of cancelled events.
pub struct EventGroup {
    workers: Workers,
    places: Places,
}

impl PaymentGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "reservation-payment-consumer";

    /// A group that decides with these.
    pub fn new(workers: Workers, places: Places) -> Self {
        Self { workers, places }
    }
}

impl EventGroup {
    /// The group's name (`contract-ticketing.md`, Messages).
    pub const NAME: &str = "reservation-event-consumer";

    /// A group that decides with these.
    pub fn new(workers: Workers, places: Places) -> Self {
        Self { workers, places }
    }
}

/// What a message tells of a payment.
struct Told {
    reservation: ReservationId,
    payment: PaymentId,
    news: PaymentNews,
    /// When it was paid, for the number of the ticket.
    at: Timestamp,
}

/// A message that can be read.
struct Read<'a, T> {
    index: usize,
    envelope: &'a Envelope,
    told: T,
}

fn payload<P: DeserializeOwned>(envelope: &Envelope) -> Result<P, String> {
    P::deserialize(&envelope.payload).map_err(|error| format!("payload: {error}"))
}

fn invalid(index: usize, error: String) -> Failure {
    Failure { index, kind: FailureKind::Invalid, error }
}

fn read_payment(envelope: &Envelope) -> Result<Told, String> {
    let payment: PaymentId = envelope.aggregate_id.parse().map_err(|_| "aggregateId: is no payment's id".to_owned())?;
    let told = |reservation: Uuid, news, at| Told { reservation: ReservationId(reservation), payment, news, at };
    match envelope.event_type.as_str() {
        event_type::PAYMENT_SUCCESS => {
            let paid: PaymentSuccess = payload(envelope)?;
            let news = PaymentNews::Success { amount: paid.amount, hold_no: paid.hold_no, seats: paid.seat_ids };
            Ok(told(paid.reservation_id, news, paid.paid_at.into()))
        }
        event_type::PAYMENT_FAILED => {
            let failed: PaymentFailed = payload(envelope)?;
            Ok(told(failed.reservation_id, PaymentNews::Failed, failed.failed_at.into()))
        }
        event_type::PAYMENT_REFUNDED => {
            let refunded: PaymentRefunded = payload(envelope)?;
            Ok(told(refunded.reservation_id, PaymentNews::Refunded, refunded.refunded_at.into()))
        }
        other => Err(format!("unknown eventType {other:?}")),
    }
}

fn read_event(envelope: &Envelope) -> Result<Vec<ScheduleId>, String> {
    payload::<EventCancelled>(envelope).map(|cancelled| cancelled.schedule_ids)
}

/// Reads a batch. What cannot be read is invalid.
fn read_all<'a, T>(
    batch: &'a [Message],
    read: impl Fn(&Envelope) -> Result<T, String>,
) -> (Vec<Read<'a, T>>, Vec<Failure>) {
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for (index, message) in batch.iter().enumerate() {
        let envelope = message.envelope.as_ref();
        match read(envelope) {
            Ok(told) => all.push(Read { index, envelope, told }),
            Err(error) => failures.push(invalid(index, error)),
        }
    }
    (all, failures)
}

/// How a batch that was not stored is handled again: what is the database's fault does not count (hole 6).
fn failed(error: LedgerError) -> HandleError {
    match error {
        error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
        other => HandleError::Batch(other.into()),
    }
}

/// The database is behind what others have stored (hole 7): messages wait, and are not dead letters.
#[derive(Debug, thiserror::Error)]
#[error("the database of reservations was put back to an older copy and has to be repaired first")]
struct Behind;

#[async_trait]
impl Handler for PaymentGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::PAYMENT_EVENTS]
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(self.workers.ledger(), Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(self.workers.ledger(), Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let (mut read, mut unreadable) = read_all(batch, read_payment);
        let mut heard = self.hear_all(batch, &read, &unreadable).await?;
        if heard.is_none() {
            unreadable.extend(self.never_drawn(&mut read).await?);
            heard = self.hear_all(batch, &read, &unreadable).await?;
        }
        let Some(Heard { failures, answers }) = heard else { return Err(HandleError::Unavailable(Behind.into())) };
        cut::at("reservation-heard");
        answers.iter().for_each(|answer| self.workers.news().tell(answer));
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// What has come of a batch.
struct Heard {
    failures: Vec<Failure>,
    answers: Vec<StepAnswer>,
}

impl PaymentGroup {
    /// See [`PaymentGroup::hear`].
    async fn hear_all(
        &self,
        batch: &[Message],
        read: &[Read<'_, Told>],
        unreadable: &[Failure],
    ) -> Result<Option<Heard>, HandleError> {
        let hear = async |change: Transaction| self.hear(change, batch, read, unreadable).await;
        self.workers.ledger().change(hear).await.map_err(failed)
    }

    /// Takes out what names a hold that was never drawn: nobody has stored such a number, so it is no sign of a copy (hole 7).
    ///
    /// # Errors
    /// Unavailable while the others do not say what they have stored, and where the database was put back to a copy.
    async fn never_drawn(&self, read: &mut Vec<Read<'_, Told>>) -> Result<Vec<Failure>, HandleError> {
        if self.workers.has_lost_numbers().await.map_err(failed)? != Some(false) {
            return Err(HandleError::Unavailable(Behind.into()));
        }
        let drawn_last = counter::last(self.workers.ledger().connection()).await.map_err(failed)?;
        let mut failures = Vec::new();
        read.retain(|one| match one.told.news {
            PaymentNews::Success { hold_no: Some(named), .. } if named > drawn_last => {
                failures.push(invalid(one.index, format!("payload: holdNo {named} was never given")));
                false
            }
            _ => true,
        });
        Ok(failures)
    }

    /// None: nothing was stored, because the database is behind.
    async fn hear(
        &self,
        change: Transaction,
        batch: &[Message],
        read: &[Read<'_, Told>],
        unreadable: &[Failure],
    ) -> Result<Option<Heard>, LedgerError> {
        let ids: Vec<Uuid> = read.iter().map(|one| one.envelope.event_id).collect();
        let mut unseen = processed::unseen(&change, Self::NAME, &ids).await?;
        // Of a message that is twice in one batch the first counts.
        let new: Vec<&Read<'_, Told>> = read.iter().filter(|one| unseen.remove(&one.envelope.event_id)).collect();
        let steps: Vec<(Step, Cause)> = new.iter().map(|one| step(one)).collect();
        let wished: Vec<Wished<'_>> =
            steps.iter().map(|(step, cause)| Wished { step, cause, is_done: false }).collect();
        let outcomes = decide_all(&change, &wished, self.workers.terms()).await?;
        if outcomes.contains(&Err(Refusal::Behind)) {
            return Ok(None);
        }
        let mut failures = unreadable.to_vec();
        let mut recorded = Vec::new();
        let mut answers = Vec::new();
        for (one, outcome) in new.iter().zip(outcomes) {
            match heard(outcome) {
                Ok(answer) => {
                    recorded.push(one.envelope);
                    answers.push(answer);
                }
                Err(error) => failures.push(invalid(one.index, error)),
            }
        }
        processed::record_unseen(&change, Self::NAME, &recorded).await?;
        places::note(&change, Self::NAME, &self.places.after(batch)).await?;
        change.commit().await?;
        Ok(Some(Heard { failures, answers }))
    }
}

fn step(read: &Read<'_, Told>) -> (Step, Cause) {
    let Told { reservation, payment, ref news, at } = read.told;
    let heard = HeardOf { reservation, payment, news: news.clone(), ticket_number: new_ticket_number(at) };
    (Step::Hear(heard), Cause::of_message(read.envelope))
}

fn heard(outcome: Outcome) -> Result<StepAnswer, String> {
    outcome.map_err(|refusal| match refusal {
        Refusal::NotFound => "the reservation does not exist".to_owned(),
        other => format!("refused: {other:?}"),
    })
}

#[async_trait]
impl Handler for EventGroup {
    fn group(&self) -> &str {
        Self::NAME
    }

    fn topics(&self) -> &[&str] {
        &[topic::EVENT_EVENTS]
    }

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.places.begin(places::begin(self.workers.ledger(), Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(self.workers.ledger(), Self::NAME, reached)).await
    }

    /// Only remembers the schedules: the sweep ends their reservations, in transactions of its own (hole 6).
    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let (read, failures) = read_all(batch, read_event);
        let remember = async |change: Transaction| {
            let envelopes: Vec<&Envelope> = read.iter().map(|one| one.envelope).collect();
            let new = processed::record(&change, Self::NAME, &envelopes).await?;
            let told = read.iter().filter(|one| new.contains(&one.envelope.event_id));
            let mut schedules: BTreeMap<ScheduleId, Cause> = BTreeMap::new();
            for (schedule, one) in told.flat_map(|one| one.told.iter().map(move |schedule| (*schedule, one))) {
                schedules.entry(schedule).or_insert_with(|| Cause::of_message(one.envelope));
            }
            cancelled::remember(&change, &schedules).await?;
            places::note(&change, Self::NAME, &self.places.after(batch)).await?;
            change.commit().await
        };
        self.workers.ledger().change(remember).await.map_err(failed)?;
        self.workers.sweep_soon();
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}
