//! The book of messages: tables `outbox_events`, `processed_events`, and the dead letters.

use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS, RESERVATION_EVENTS};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A group of consumers, and what it listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, as in `processed_events.consumer_service`.
    pub name: &'static str,
    /// The topic.
    pub topic: &'static str,
}

/// The groups of tickets (`contract.md`, Messages). A group that does not run is left out of [`MessageBook::groups`].
pub const GROUPS: [Group; 6] = [
    Group { name: "reservation-payment-consumer", topic: PAYMENT_EVENTS },
    Group { name: "event-payment-consumer", topic: PAYMENT_EVENTS },
    Group { name: "event-reservation-consumer", topic: RESERVATION_EVENTS },
    Group { name: "payment-reservation-consumer", topic: RESERVATION_EVENTS },
    Group { name: "user-reservation-consumer", topic: RESERVATION_EVENTS },
    Group { name: "reservation-event-consumer", topic: EVENT_EVENTS },
];

/// The book of messages.
#[derive(Clone, Debug, Default)]
pub struct MessageBook {
    /// What was written to the outboxes.
    pub messages: Vec<MessageRow>,
    /// The names of the groups whose records were read.
    pub groups: HashSet<String>,
    /// Which groups have had a message.
    pub processed: HashMap<Uuid, HashSet<String>>,
    /// What lies among the dead letters.
    pub dead_letters: Vec<DeadLetterRow>,
    /// Dead letters that are known and explained.
    pub named_dead_letters: HashSet<Uuid>,
}

/// A message of an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its `eventId`.
    pub id: Uuid,
    /// Its kind, such as `PaymentSuccess`.
    pub kind: String,
    /// What it is about: the id of a payment, a reservation, an event.
    pub aggregate: String,
    /// Its topic.
    pub topic: String,
    /// Whether the relay has handed it over.
    pub is_published: bool,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// The message's id; none when it cannot be read.
    pub message: Option<Uuid>,
    /// Where it lies.
    pub topic: String,
    /// Why.
    pub reason: String,
}
