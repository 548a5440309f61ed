//! Messages, and the tables of them that every database has: outbox, processed messages, the places of consumers.

use domain::ScheduleId;
use domain::message::event::{PaymentFailed, PaymentRefunded, PaymentSuccess};
use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS, RESERVATION_EVENTS};
use domain::reservation::Told;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// What is told.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    PaymentSuccess(PaymentSuccess),
    PaymentFailed(PaymentFailed),
    PaymentRefunded(PaymentRefunded),
    ReservationCancelled(Told),
    EventCancelled(Vec<ScheduleId>),
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    /// The payment, reservation or event that it is about.
    pub(crate) aggregate: Uuid,
    pub(crate) body: Body,
}

impl Message {
    pub(crate) fn kind(&self) -> &'static str {
        match self.body {
            Body::PaymentSuccess(_) => "PaymentSuccess",
            Body::PaymentFailed(_) => "PaymentFailed",
            Body::PaymentRefunded(_) => "PaymentRefunded",
            Body::ReservationCancelled(_) => "ReservationCancelled",
            Body::EventCancelled(_) => "EventCancelled",
        }
    }

    pub(crate) fn topic(&self) -> &'static str {
        match self.body {
            Body::PaymentSuccess(_) | Body::PaymentFailed(_) | Body::PaymentRefunded(_) => PAYMENT_EVENTS,
            Body::ReservationCancelled(_) => RESERVATION_EVENTS,
            Body::EventCancelled(_) => EVENT_EVENTS,
        }
    }
}

/// A row of an outbox.
#[derive(Clone, Debug)]
pub(crate) struct OutboxRow {
    pub(crate) message: Rc<Message>,
    pub(crate) is_published: bool,
    /// Refused three times: never told again.
    pub(crate) is_given_up: bool,
}

/// The tables of messages of one database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    pub(crate) outbox: Vec<OutboxRow>,
    /// What a group has had.
    pub(crate) processed: BTreeSet<(&'static str, Uuid)>,
    /// What a group reads next (hole 8).
    pub(crate) places: BTreeMap<&'static str, usize>,
}

impl Messages {
    /// In the transaction of its change.
    pub(crate) fn append(&mut self, message: Message) {
        self.outbox.push(OutboxRow { message: Rc::new(message), is_published: false, is_given_up: false });
    }

    pub(crate) fn waiting(&self, most: usize) -> Vec<Rc<Message>> {
        let waits = self.outbox.iter().filter(|row| !row.is_published && !row.is_given_up);
        waits.take(most).map(|row| Rc::clone(&row.message)).collect()
    }

    pub(crate) fn mark(&mut self, id: Uuid, is_published: bool) {
        for row in self.outbox.iter_mut().filter(|row| row.message.id == id) {
            (row.is_published, row.is_given_up) = (is_published, !is_published);
        }
    }

    pub(crate) fn place(&self, group: &'static str) -> usize {
        self.places.get(group).copied().unwrap_or(0)
    }
}

/// A database with tables of messages.
pub(crate) trait Rows: Clone + 'static {
    fn messages(&self) -> &Messages;
    fn messages_mut(&mut self) -> &mut Messages;
}
