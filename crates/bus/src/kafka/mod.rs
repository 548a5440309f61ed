//! The bus of many processes: Apache Kafka, or what speaks its protocol (FCFS-006, FCFS-008, MSG-001).
//!
//! ```text
//! KafkaPublisher -> topic -> one thread a group polls -> FetchBuffer -> Consumer -> Handler
//!                              ^  commits handled offsets                |
//!                              +-----------------------------------------+--> dlq.* <- KafkaDeadLetters
//! ```
//!
//! The only module that uses the client library. No other module names its types.

mod acl;
mod address;
mod client;
mod consumer;
mod dead_letter;
mod dead_letters;
mod error;
mod fetch_buffer;
mod kept;
mod lag;
mod producer;
mod publisher;
mod reader;
mod rebalance;
mod record;
mod session;
mod topics;

pub use acl::KafkaAcl;
pub use address::{KafkaAddress, SASL_MECHANISMS};
pub use dead_letters::KafkaDeadLetters;
pub use error::BrokerError;
pub use publisher::KafkaPublisher;
pub use reader::{KafkaReader, ReadCount};
pub use topics::{Cluster, TopicState};

use crate::cause::chain;
use crate::consumer::{Consumer, ConsumerOptions};
use crate::dead_letter::DeadLetters;
use crate::port::Handler;
use crate::stop::{Shutdown, Stop};
use crate::until_available::{Backoff, until_available};
use client::Brokers;
use consumer::Member;
use fetch_buffer::FetchBuffer;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use topics::Topics;

/// Waits before topics that could not be created are tried again.
const TOPICS_BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(2) };
/// How long leaving a group may take. The library waits without end for a coordinator that is gone. This process need
/// not: uncommitted messages come again, and the brokers notice the silence by themselves.
const LEAVE_LIMIT: Duration = Duration::from_secs(15);

/// The behaviour of a group member.
#[derive(Clone, Debug)]
pub struct KafkaBusOptions {
    /// Patience with messages and databases.
    pub consumer: ConsumerOptions,
    /// A member without a heartbeat for so long loses its partitions.
    pub session_timeout: Duration,
    /// A member that does not poll for so long loses them too. It polls at least every few seconds.
    pub poll_interval_max: Duration,
    /// How long a batch in progress may delay the revocation of its partitions.
    pub revoke_patience: Duration,
}

impl Default for KafkaBusOptions {
    fn default() -> Self {
        Self {
            consumer: ConsumerOptions::default(),
            session_timeout: Duration::from_secs(10),
            poll_interval_max: Duration::from_secs(60),
            revoke_patience: Duration::from_secs(5),
        }
    }
}

/// The consumers of this process. Dropping it stops them too, but without waiting for them.
pub struct KafkaBus {
    stop: Stop,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl KafkaBus {
    /// Starts a member of its group for each handler. Waits in the background for brokers that are unavailable, and
    /// creates the topics of the handlers. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the text (`host:port,host:port`, with or without `kafka://`) names no brokers.
    pub fn start(
        address: impl Into<KafkaAddress>,
        handlers: Vec<Arc<dyn Handler>>,
        dead_letters: Arc<dyn DeadLetters>,
        options: KafkaBusOptions,
    ) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(address)?;
        let topics = Topics::new(&brokers)?;
        let stop = Stop::default();
        let mut tasks = Vec::with_capacity(handlers.len());
        for handler in handlers {
            let member = Member {
                brokers: brokers.clone(),
                group: handler.group().to_owned(),
                topics: handler.topics().iter().map(|topic| Arc::from(*topic)).collect(),
                buffer: Arc::new(FetchBuffer::default()),
                options: options.clone(),
                kept: kept::Kept::of(&handler),
            };
            let dead_letters = Arc::clone(&dead_letters);
            let consumer = Consumer::new(handler, dead_letters, options.consumer.clone(), stop.shutdown());
            tasks.push(tokio::spawn(consume(member, topics.clone(), consumer, stop.shutdown())));
        }
        Ok(Self { stop, tasks: Mutex::new(tasks) })
    }

    /// Whether a consumer has ended although the bus was not stopped: it panicked, and its group lags.
    pub fn has_failed(&self) -> bool {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().any(JoinHandle::is_finished)
    }

    /// Stops the consumers. They finish and commit their batches, and the partitions go to other members at once. If the
    /// brokers do not answer it gives up after fifteen seconds; uncommitted messages come again.
    pub async fn stop(&self) {
        self.stop.stop();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a consumer task failed");
            }
        }
    }
}

async fn consume(member: Member, topics: Topics, consumer: Consumer, shutdown: Shutdown) {
    if !create_topics(&member, &topics, &shutdown).await {
        return;
    }
    let (buffer, group) = (Arc::clone(&member.buffer), member.group.clone());
    let (left, mut has_left) = oneshot::channel();
    let thread = std::thread::Builder::new().name(format!("kafka-{group}"));
    let started = thread.spawn(move || {
        member.run();
        let _ = left.send(());
    });
    if let Err(error) = started {
        tracing::error!(group, %error, "the consumer thread cannot be started");
        return;
    }
    tokio::select! {
        () = consumer::process(&consumer, &buffer, &shutdown) => {
            match tokio::time::timeout(LEAVE_LIMIT, has_left).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => tracing::error!(group, "the consumer thread failed"),
                Err(_) => tracing::warn!(group, "the member could not leave its group in time; the brokers will notice"),
            }
        }
        _ = &mut has_left => tracing::error!(group, "the consumer thread ended; the group reads nothing any more"),
    }
}

/// Creates the topics of a member, or leaves that to an operator. Returns false when it was stopped.
async fn create_topics(member: &Member, topics: &Topics, shutdown: &Shutdown) -> bool {
    let names: Vec<&str> = member.topics.iter().map(AsRef::as_ref).collect();
    let create = async || match topics.ensure(&names).await {
        Err(refusal @ BrokerError::Refused { .. }) => {
            let error = chain(&refusal);
            tracing::error!(group = member.group, error, "an operator must create the topics; existing ones are read");
            Ok(())
        }
        done => done,
    };
    let on_failure = |error: BrokerError, _| {
        tracing::warn!(group = member.group, error = chain(&error), "consumer waits for the brokers");
    };
    until_available(TOPICS_BACKOFF, shutdown, create, on_failure).await.is_ok()
}
