//! The rule of message ids: an id follows from the decision that the message tells of, so that the same message sent
//! twice, by whichever way, is the same message to a consumer.
//!
//! A decision that has no id of its own to start from (the stock is exhausted; a redemption) has a random message id,
//! which is written with the decision.

use uuid::Uuid;

/// The id of the message of kind `event_type` about the decision with the id `decision` (for an issued coupon: the
/// coupon's id).
pub fn of_decision(decision: Uuid, event_type: &str) -> Uuid {
    Uuid::new_v5(&decision, event_type.as_bytes())
}

/// The id of the message about a decision that is known by `text` alone, which must be unique to the decision.
pub fn of_text(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_messages_never_change() {
        let id = of_decision(Uuid::from_u128(1), "CouponIssued");
        assert_eq!(id.to_string(), "33a47bc7-2815-553b-beaf-84ae5fc20409");
        assert_eq!(of_text("default/sample|u1|1").to_string(), "a8eba4f7-8b0e-5438-bb81-91d4723ae0b1");
    }
}
