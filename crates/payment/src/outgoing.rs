//! The envelopes of what payments tell (contract, Messages).

use crate::rows::payments::Stored;
use domain::Timestamp;
use domain::message::{Envelope, Metadata, VERSION, id};
use domain::payment::Outgoing;
use serde_json::Value;

/// The message of a decision. Its id follows from the decision, so that the same decision, made again after its database was
/// put back, is the same message to everybody; one about another hold is another.
pub(crate) fn envelope(row: &Stored, told: &Outgoing, now: Timestamp) -> Envelope {
    let (kind, payload) = match told {
        Outgoing::Success(payload) => ("PaymentSuccess", serde_json::to_value(payload)),
        Outgoing::Failed(payload) => ("PaymentFailed", serde_json::to_value(payload)),
        Outgoing::Refunded(payload) => ("PaymentRefunded", serde_json::to_value(payload)),
    };
    let payment = &row.payment;
    Envelope {
        event_id: id::of_text(&format!("{kind}|{}|{}", payment.id, payment.hold_no)),
        event_type: kind.to_owned(),
        aggregate_id: payment.id.to_string(),
        aggregate_type: "Payment".to_owned(),
        version: VERSION.to_owned(),
        timestamp: now,
        metadata: Metadata {
            correlation_id: row.correlation_id.clone(),
            causation_id: row.causation_id,
            user_id: Some(payment.user.to_string()),
        },
        // Numbers, texts and lists of them: it can be written.
        payload: payload.unwrap_or(Value::Null),
    }
}
