//! Kafka, as configured.

use anyhow::Context;
use bus::kafka::{KafkaAddress, KafkaPublisher, KafkaReader};
use coupon::in_flight::InFlightOnKafka;

pub(super) const CANNOT_USE: &str = "the brokers of bus.url cannot be used";

pub(super) fn publisher(brokers: &KafkaAddress) -> anyhow::Result<KafkaPublisher> {
    KafkaPublisher::connect(brokers).context(CANNOT_USE)
}

/// The messages between the topics and the rows.
pub(super) fn in_flight(brokers: &KafkaAddress) -> anyhow::Result<InFlightOnKafka> {
    Ok(InFlightOnKafka(KafkaReader::connect(brokers).context(CANNOT_USE)?))
}
