//! The messages that steps owe.

use domain::catalog::PreciseTime;
use domain::message::event::ReservationCancelled;
use domain::message::{Envelope, Metadata, VERSION, event_type};
use domain::reservation::Told;
use uuid::Uuid;

/// What a step follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The trace id of the request that began the chain; without one a new UUID.
    pub correlation_id: Option<String>,
    /// The message that it follows from.
    pub causation_id: Option<Uuid>,
}

impl Cause {
    /// The call under way.
    pub fn of_call() -> Self {
        Self { correlation_id: call::current().map(|call| call.trace_id().to_owned()), causation_id: None }
    }

    /// A message.
    pub fn of_message(envelope: &Envelope) -> Self {
        let correlation_id = Some(envelope.metadata.correlation_id.clone());
        Self { correlation_id, causation_id: Some(envelope.event_id) }
    }
}

/// The envelope of a message, with an id of its own: one that is told again is a new message (hole 5).
pub(super) fn envelope(cause: Cause, told: Told) -> Envelope {
    let event_id = Uuid::now_v7();
    let correlation_id = cause.correlation_id.unwrap_or_else(|| event_id.to_string());
    let payload = ReservationCancelled {
        reservation_id: told.reservation.get(),
        schedule_id: told.schedule,
        seat_ids: told.seats,
        reason: told.reason.as_str().to_owned(),
        cancelled_at: PreciseTime(told.at),
        hold_no: told.hold_no,
    };
    let user_id = Some(told.user.to_string());
    Envelope {
        event_id,
        event_type: event_type::RESERVATION_CANCELLED.to_owned(),
        aggregate_id: told.reservation.to_string(),
        aggregate_type: "Reservation".to_owned(),
        version: VERSION.to_owned(),
        timestamp: told.at,
        metadata: Metadata { correlation_id, causation_id: cause.causation_id, user_id },
        // Ids, texts and numbers alone: it can be written.
        payload: serde_json::to_value(&payload).unwrap_or_default(),
    }
}
