//! The topics: name, partitions, retention, dead letters, and the kinds of message that each carries.

use super::kind::{KINDS, Kind};

/// What happened to coupons.
pub const COUPON_EVENTS: &str = "coupon.events";
/// Coupons that the gate asks for.
pub const COUPON_REQUESTS: &str = "coupon.requests";
/// What happened to reservations.
pub const RESERVATION_EVENTS: &str = "reservation.events";
/// What happened to payments.
pub const PAYMENT_EVENTS: &str = "payment.events";
/// What happened to events of the catalog.
pub const EVENT_EVENTS: &str = "event.events";
/// Dead letters of the coupon topics.
pub const DLQ_COUPON: &str = "dlq.coupon";
/// Dead letters of the reservation topics.
pub const DLQ_RESERVATION: &str = "dlq.reservation";
/// Dead letters of the payment topics.
pub const DLQ_PAYMENT: &str = "dlq.payment";
/// Dead letters of the catalog's topic.
pub const DLQ_EVENT: &str = "dlq.event";

/// How a topic is made on a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The topic.
    pub name: &'static str,
    /// Into how many parts it is split. Never changed later: a key would move to another part.
    pub partitions: i32,
    /// How long its messages are kept.
    pub kept_days: i64,
}

/// Every topic there is (`contract.md`, Messages).
pub const PLANS: [Plan; 9] = [
    Plan { name: COUPON_EVENTS, partitions: 6, kept_days: 7 },
    Plan { name: COUPON_REQUESTS, partitions: 6, kept_days: 3 },
    Plan { name: RESERVATION_EVENTS, partitions: 3, kept_days: 3 },
    Plan { name: PAYMENT_EVENTS, partitions: 3, kept_days: 3 },
    Plan { name: EVENT_EVENTS, partitions: 3, kept_days: 3 },
    Plan { name: DLQ_COUPON, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
    Plan { name: DLQ_RESERVATION, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
    Plan { name: DLQ_PAYMENT, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
    Plan { name: DLQ_EVENT, partitions: 1, kept_days: DEAD_LETTERS_KEPT_DAYS },
];

/// Where messages about a kind of thing travel: its `aggregateType`, and the topic. An outbox row that names no topic travels by this
/// (`contract-ticketing.md`, Messages).
const AGGREGATES: [(&str, &str); 4] = [
    ("Campaign", COUPON_EVENTS),
    ("Reservation", RESERVATION_EVENTS),
    ("Payment", PAYMENT_EVENTS),
    ("Event", EVENT_EVENTS),
];

/// How long dead letters are kept.
pub const DEAD_LETTERS_KEPT_DAYS: i64 = 7;

/// The dead-letter topic of a topic.
pub fn dead_letters_of(topic: &str) -> String {
    let family = topic.split('.').next().unwrap_or(topic);
    format!("dlq.{family}")
}

/// The kinds of message that travel on `topic`. A consumer group of a topic must know each of them, even one that it
/// does nothing about: a message of an unknown kind becomes a dead letter.
pub fn kinds_of(topic: &str) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(move |kind| kind.topic == topic)
}

/// Whether messages of the kind named `kind` travel on `topic`.
pub fn carries(topic: &str, kind: &str) -> bool {
    kinds_of(topic).any(|known| known.name == kind)
}

/// The topic of the kind of message named `kind`; `None` for an unknown kind.
pub fn topic_of(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|known| known.name == kind).map(|known| known.topic)
}

/// The topic of messages about things of this kind; `None` for an unknown kind.
pub fn topic_of_aggregate(aggregate_type: &str) -> Option<&'static str> {
    AGGREGATES.iter().find(|(known, _)| *known == aggregate_type).map(|(_, topic)| *topic)
}

/// The kinds of thing whose messages travel on these topics.
pub fn aggregates_on(topics: &[&str]) -> impl Iterator<Item = &'static str> {
    AGGREGATES.iter().filter(|(_, topic)| topics.contains(topic)).map(|(known, _)| *known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_has_one_topic() {
        for (aggregate, topic) in AGGREGATES {
            assert_eq!(topic_of_aggregate(aggregate), Some(topic));
            assert_eq!(aggregates_on(&[topic]).collect::<Vec<_>>(), [aggregate]);
        }
        assert_eq!((topic_of_aggregate("payment"), aggregates_on(&["toy.events"]).next()), (None, None));
    }

    #[test]
    fn every_kind_of_message_travels_on_one_planned_topic() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1, "{} is unique", kind.name);
            assert!(PLANS.iter().any(|plan| plan.name == kind.topic), "{} is planned", kind.topic);
            assert_eq!(topic_of(kind.name), Some(kind.topic));
            assert!(carries(kind.topic, kind.name));
        }
        assert_eq!(topic_of("Unheard"), None);
        assert!(!carries(COUPON_EVENTS, "CouponRequested"));
    }

    #[test]
    fn every_topic_has_a_planned_topic_for_its_dead_letters() {
        for plan in PLANS.iter().filter(|plan| !plan.name.starts_with("dlq.")) {
            assert!(PLANS.iter().any(|other| other.name == dead_letters_of(plan.name)), "{}", plan.name);
        }
    }
}
