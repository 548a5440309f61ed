//! Kafka, as configured.

use anyhow::Context;
use bus::kafka::{KafkaAddress, KafkaPublisher, KafkaReader};
use coupon::in_flight::InFlightOnKafka;
use ledger::Ledger;

pub(super) const CANNOT_USE: &str = "the brokers of bus.url cannot be used";

pub(super) fn publisher(brokers: &KafkaAddress) -> anyhow::Result<KafkaPublisher> {
    KafkaPublisher::connect(brokers).context(CANNOT_USE)
}

/// The messages between the topics and the rows of this database.
pub(super) fn in_flight(brokers: &KafkaAddress, ledger: &Ledger) -> anyhow::Result<InFlightOnKafka> {
    Ok(InFlightOnKafka::new(KafkaReader::connect(brokers).context(CANNOT_USE)?, ledger.clone()))
}
