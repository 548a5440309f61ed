//! What every client of the brokers has in common: its settings, where its logs go, how it tells of trouble.

use super::error::BrokerError;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a broker may take to answer a request.
const SOCKET_TIMEOUT_MS: u32 = 5_000;
/// Longest wait between two tries to connect.
const RECONNECT_WAIT_MS_MAX: u32 = 2_000;
/// How long it may take at most to notice new topics, partitions and leaders.
const METADATA_AGE_MS: u32 = 10_000;

/// The brokers, and the last trouble that was had with them. Cheap to clone; clones share the trouble.
#[derive(Clone)]
pub(super) struct Brokers {
    bootstrap: Arc<str>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Brokers {
    /// `host:port,host:port`; the `kafka://` of `bus.url` may stand before it.
    pub fn new(bootstrap: &str) -> Result<Self, BrokerError> {
        let list = bootstrap.strip_prefix("kafka://").unwrap_or(bootstrap).trim().trim_end_matches('/');
        if list.split(',').any(|broker| broker.trim().is_empty()) {
            let text = format!("{bootstrap:?} names no brokers; bus.url must read kafka://host:port,host:port");
            return Err(BrokerError::Refused(text));
        }
        Ok(Self { bootstrap: list.into(), trouble: Arc::default() })
    }

    /// Settings of any client.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.bootstrap.as_ref())
            .set("client.id", "onsale")
            .set("socket.timeout.ms", SOCKET_TIMEOUT_MS.to_string())
            .set("socket.connection.setup.timeout.ms", SOCKET_TIMEOUT_MS.to_string())
            .set("reconnect.backoff.max.ms", RECONNECT_WAIT_MS_MAX.to_string())
            .set("topic.metadata.refresh.interval.ms", METADATA_AGE_MS.to_string())
            .set("socket.keepalive.enable", "true");
        config
    }

    /// Settings of any consumer: nothing is committed unasked, nothing is skipped, memory is bounded.
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
            .set("fetch.wait.max.ms", "250")
            .set("fetch.queue.backoff.ms", "10");
        config
    }

    /// Hears a client's logs and errors.
    pub fn listener(&self) -> Listener {
        Listener { trouble: Arc::clone(&self.trouble) }
    }

    /// What operators read when the brokers can not be reached: which, why, what to check.
    pub fn away(&self, what: &str) -> BrokerError {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = trouble.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        BrokerError::Away(format!(
            "{what}: brokers {}{trouble}; check that they run, that bus.url names them and that a majority is up",
            self.bootstrap
        ))
    }

    /// Away or refused, by the code; `what` was tried.
    pub fn failed(&self, what: &str, error: &KafkaError) -> BrokerError {
        match super::error::refusal(error) {
            Some(reason) => BrokerError::Refused(format!("{what}: {reason}")),
            None => self.away(&format!("{what}: {error}")),
        }
    }
}

/// Hears a client's logs and errors.
pub(super) struct Listener {
    trouble: Arc<Mutex<Option<String>>>,
}

impl Listener {
    fn remember(&self, text: &str) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
    }
}

impl ClientContext for Listener {
    /// The library repeats itself while a broker is away; whoever needs the broker says so, once, where it matters.
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
        self.remember(reason);
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Listener {}
