//! A message on its way.

use domain::message::Envelope;
use std::sync::Arc;

/// What a message says: bytes from outside, or what never left this process.
#[derive(Clone, Debug)]
pub enum Body {
    /// As it came over the wire or out of a dead letter.
    Bytes(Vec<u8>),
    /// As it was published in this process.
    Envelope(Arc<Envelope>),
}

/// A message as it arrives, read or not.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it was published.
    pub topic: Arc<str>,
    /// Which part of the topic; 0 in process.
    pub partition: i32,
    /// Its place in that part.
    pub offset: i64,
    /// The aggregate's id.
    pub key: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What it says.
    pub body: Body,
}

/// A message that was read.
#[derive(Clone, Debug)]
pub struct Message {
    /// As it arrived.
    pub delivery: Delivery,
    /// What it says.
    pub envelope: Arc<Envelope>,
}

impl Delivery {
    /// A message as its publisher sends it, with the headers of the contract.
    pub fn of(topic: &Arc<str>, offset: i64, envelope: &Arc<Envelope>) -> Self {
        Self {
            topic: Arc::clone(topic),
            partition: 0,
            offset,
            key: envelope.aggregate_id.clone(),
            headers: headers_of(envelope),
            body: Body::Envelope(Arc::clone(envelope)),
        }
    }

    /// The bytes on the wire.
    pub fn value(&self) -> Vec<u8> {
        match &self.body {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Envelope(envelope) => serde_json::to_vec(envelope.as_ref()).unwrap_or_default(),
        }
    }
}

/// `eventType`, `aggregateType` and `traceId` (`contract.md`, Messages).
pub(crate) fn headers_of(envelope: &Envelope) -> Vec<(String, String)> {
    vec![
        ("eventType".to_owned(), envelope.event_type.clone()),
        ("aggregateType".to_owned(), envelope.aggregate_type.clone()),
        ("traceId".to_owned(), envelope.metadata.correlation_id.clone()),
    ]
}
