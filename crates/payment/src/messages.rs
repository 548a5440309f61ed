//! The messages that payment hears: reservations that have ended (PAY-012). They are only noted: workers ask PortOne
//! (hole 14), so no partition stands while PortOne is slow, and nothing of its silence makes a dead letter. What is noted stands
//! with the group's own place in the partition (hole 8): payments that are put back to an older copy hear again what they have
//! lost, and give the money back.

use crate::rows::payments;
use crate::service::PaymentService;
use crate::steps::{Cause, Round};
use async_trait::async_trait;
use bus::{Failure, FailureKind, HandleError, Handler, Message, Places};
use domain::ReservationId;
use domain::message::event::ReservationCancelled;
use domain::message::{Envelope, Place, topic};
use domain::payment::Refusal;
use ledger::{LedgerError, Transaction, places, processed};
use serde::Deserialize;

/// The consumer of reservations.
pub struct ReservationGroup {
    payments: PaymentService,
    places: Places,
}

impl ReservationGroup {
    /// The group's name (`contract.md`, Messages).
    pub const NAME: &str = "payment-reservation-consumer";

    /// A group that tells this service.
    pub fn new(payments: PaymentService, places: Places) -> Self {
        Self { payments, places }
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
        self.places.begin(places::begin(&self.payments.ledger, Self::NAME, counted)).await
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.places.pass(places::pass(&self.payments.ledger, Self::NAME, reached)).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let (mut failures, mut heard) = (Vec::new(), Vec::new());
        for (index, message) in batch.iter().enumerate() {
            let envelope = message.envelope.as_ref();
            match read(envelope) {
                Ok(ended) => heard.push((envelope, ended)),
                Err(error) => failures.push(Failure { index, kind: FailureKind::Invalid, error }),
            }
        }
        let reached = self.places.after(batch);
        let noted = self.payments.ledger.change(async |change: Transaction| note(change, &heard, &reached).await).await;
        noted.map_err(|error| match error {
            error @ LedgerError::Unavailable(_) => HandleError::Unavailable(error.into()),
            other => HandleError::Batch(other.into()),
        })?;
        if failures.is_empty() { Ok(()) } else { Err(HandleError::Failed(failures)) }
    }
}

/// What has ended; `None` of a kind that means nothing to a payment.
fn read(envelope: &Envelope) -> Result<Option<ReservationCancelled>, String> {
    if envelope.event_type != "ReservationCancelled" {
        return Ok(None);
    }
    ReservationCancelled::deserialize(&envelope.payload).map(Some).map_err(|error| format!("payload: {error}"))
}

/// Notes what has ended, with the record that it was heard and how far the group has read. What payment has nothing of is recorded
/// alone.
async fn note(
    change: Transaction,
    heard: &[(&Envelope, Option<ReservationCancelled>)],
    reached: &[Place],
) -> Result<(), LedgerError> {
    let named = heard.iter().filter_map(|(_, ended)| ended.as_ref()).map(|ended| ReservationId(ended.reservation_id));
    let ids = payments::ids_of(change.connection(), named).await?;
    let mut round = Round::begin(&change, ids.values().copied()).await?;
    let envelopes: Vec<&Envelope> = heard.iter().map(|(envelope, _)| *envelope).collect();
    let mut new = processed::record(&change, ReservationGroup::NAME, &envelopes).await?;
    for (envelope, ended) in heard {
        // Of a message that is twice in one batch the first counts.
        let (true, Some(ended)) = (new.remove(&envelope.event_id), ended) else { continue };
        let Some(id) = ids.get(&ReservationId(ended.reservation_id)) else { continue };
        let cause =
            Cause { correlation_id: envelope.metadata.correlation_id.clone(), causation_id: Some(envelope.event_id) };
        round.change(*id, Some(&cause), |payment, now| {
            let noted = payment.reservation_cancelled(&ended.reason, ended.hold_no, now);
            noted.ok_or(Refusal::Decided(payment.status))
        });
    }
    round.store(&change).await?;
    places::note(&change, ReservationGroup::NAME, reached).await?;
    change.commit().await
}
