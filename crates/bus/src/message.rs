//! A message on its way.

use domain::message::Envelope;
use std::sync::Arc;

/// The content of a message.
#[derive(Clone, Debug)]
pub enum Body {
    /// Bytes from the wire or from a dead letter.
    Bytes(Vec<u8>),
    /// An envelope that never left this process.
    Envelope(Arc<Envelope>),
}

/// A message as it arrives, not decoded yet.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The topic that it was published to.
    pub topic: Arc<str>,
    /// The topic's partition; 0 in the local bus.
    pub partition: i32,
    /// Its position in the partition.
    pub offset: i64,
    /// The aggregate's id.
    pub key: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Body,
}

/// A message that was decoded.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message as it arrived.
    pub delivery: Delivery,
    /// The decoded content.
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
