//! The common part of every client of the brokers: settings, logs, errors.

use super::address::KafkaAddress;
use super::error::{BrokerError, is_refusal};
use crate::cause::Cause;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a broker may take to answer a request.
const SOCKET_TIMEOUT_MS: u32 = 5_000;
/// Longest wait between two tries to connect.
const RECONNECT_WAIT_MS_MAX: u32 = 2_000;
/// How long a broker may keep a request for messages open while there are none. It answers at the first byte
/// (`fetch.min.bytes`, 1), so that this is no delay of messages. It is the delay with which a consumer sees its partitions
/// change, and resumes paused ones, and it costs a request each time: four a second for each broker and group at rest.
const FETCH_WAIT_MS: u32 = 250;
/// A broker answers as soon as it has so much.
const FETCH_BYTES_MIN: u32 = 1;
/// The pause before a consumer whose local queue is full asks again.
const FETCH_PAUSE_MS: u32 = 10;
/// Longest time until new topics, partitions and leaders are noticed.
const METADATA_AGE_MS: u32 = 10_000;

/// The brokers and the last connection error. Cheap to clone; clones share the error.
#[derive(Clone)]
pub(super) struct Brokers {
    address: Arc<KafkaAddress>,
    last_error: Arc<Mutex<Option<String>>>,
}

impl Brokers {
    /// The brokers of an address.
    pub fn new(address: impl Into<KafkaAddress>) -> Result<Self, BrokerError> {
        let address = address.into();
        let list = address.brokers();
        if list.split(',').any(|broker| broker.trim().is_empty()) {
            let what = format!("{list:?} names no brokers; bus.url must read kafka://host:port,host:port");
            return Err(BrokerError::Refused { what, cause: None });
        }
        Ok(Self { address: Arc::new(address), last_error: Arc::default() })
    }

    /// Settings of any client.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        self.address.configure(&mut config);
        config
            .set("client.id", "onsale")
            .set("socket.timeout.ms", SOCKET_TIMEOUT_MS.to_string())
            .set("socket.connection.setup.timeout.ms", SOCKET_TIMEOUT_MS.to_string())
            .set("reconnect.backoff.max.ms", RECONNECT_WAIT_MS_MAX.to_string())
            .set("topic.metadata.refresh.interval.ms", METADATA_AGE_MS.to_string())
            .set("socket.keepalive.enable", "true");
        config
    }

    /// Settings of any consumer: no automatic commits, nothing is skipped, memory is bounded.
    pub fn consumer_config(&self, group: &str) -> ClientConfig {
        let mut config = self.config();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("queued.min.messages", "5000")
            .set("queued.max.messages.kbytes", "16384")
            .set("fetch.max.bytes", "16777216")
            .set("fetch.message.max.bytes", "2097152")
            .set("receive.message.max.bytes", "33554432")
            .set("fetch.min.bytes", FETCH_BYTES_MIN.to_string())
            .set("fetch.wait.max.ms", FETCH_WAIT_MS.to_string())
            .set("fetch.queue.backoff.ms", FETCH_PAUSE_MS.to_string());
        config
    }

    /// Receives a client's logs and errors.
    pub fn listener(&self) -> Listener {
        Listener { last_error: Arc::clone(&self.last_error) }
    }

    /// The error that operators read when the brokers cannot be reached: the request, the brokers, what to check.
    pub fn unavailable(&self, request: &str, cause: Option<Cause>) -> BrokerError {
        let last = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        let what = format!(
            "{request}: brokers {}{last}; check that they run, that bus.url names them and that a majority is up",
            self.address.brokers()
        );
        BrokerError::Unavailable { what, cause }
    }

    /// Unavailable or refused, by the error's code.
    pub fn failed(&self, request: &str, error: &KafkaError) -> BrokerError {
        let cause = Some(Cause::from(error.clone()));
        if is_refusal(error) {
            BrokerError::Refused { what: request.to_owned(), cause }
        } else {
            self.unavailable(request, cause)
        }
    }
}

/// Receives a client's logs and errors.
pub(super) struct Listener {
    last_error: Arc<Mutex<Option<String>>>,
}

impl Listener {
    fn remember(&self, text: &str) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
    }
}

impl ClientContext for Listener {
    /// The library repeats itself while a broker is down, so its messages go to the debug log. The caller that needs
    /// the broker logs the failure once.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "FAIL" {
            self.remember(message);
        }
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(facility, message, "kafka client");
            }
            _ => tracing::debug!(facility, message, "kafka client"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // "All are down" says less than the failure of the last one.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.remember(reason);
        }
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Listener {}
