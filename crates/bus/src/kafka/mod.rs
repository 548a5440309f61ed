//! The bus of many processes: Apache Kafka, or what speaks its protocol (FCFS-006, FCFS-008, MSG-001).
//!
//! ```text
//! KafkaPublisher -> topic -> one thread a group polls -> inbox -> Consumer -> Handler
//!                              ^  commits what was dealt with       |
//!                              +------------------------------------+--> dlq.* <- KafkaDeadLetters
//! ```
//!
//! The only place that knows the client library. Nobody else names Kafka's types.

mod client;
mod error;
mod group;
mod inbox;
mod incoming;
mod lag;
mod letter;
mod letters;
mod outlet;
mod publisher;
mod reader;
mod rebalance;
mod rights;
mod session;
mod topics;

pub use error::BrokerError;
pub use letters::KafkaDeadLetters;
pub use publisher::KafkaPublisher;
pub use reader::{KafkaReader, ReadCount};
pub use rights::KafkaRights;
pub use topics::{Cluster, TopicState};

use crate::consumer::{Consumer, ConsumerOptions};
use crate::dead_letter::DeadLetters;
use crate::port::Handler;
use crate::stop::{Shutdown, Stop};
use client::Brokers;
use group::Member;
use inbox::Inbox;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use topics::Topics;

/// Wait before topics that could not be made are tried again.
const TOPICS_WAIT: Duration = Duration::from_secs(2);
/// How long leaving a group may take. The library waits without end for a coordinator that is gone; whoever ends does
/// not have to, for what was not committed comes again and the brokers notice the silence by themselves.
const LEAVE_LIMIT: Duration = Duration::from_secs(15);

/// How a member of a group behaves.
#[derive(Clone, Debug)]
pub struct KafkaBusOptions {
    /// Patience with messages and databases.
    pub consumer: ConsumerOptions,
    /// A member that the brokers do not hear of for so long has lost its partitions.
    pub session_timeout: Duration,
    /// A member that does not poll for so long has lost them too. It polls at least every few seconds.
    pub poll_interval_max: Duration,
    /// How long what is being dealt with may hold up the handing over of its partition.
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

/// The consumers of this process. Dropping it ends them too, but nobody waits for them then.
pub struct KafkaBus {
    stop: Stop,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl KafkaBus {
    /// Starts a member of its group for each handler. Brokers that are away are waited for; the topics that handlers
    /// listen to are made. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the text (`host:port,host:port`, with or without `kafka://`) names no brokers.
    pub fn start(
        bootstrap: &str,
        handlers: Vec<Arc<dyn Handler>>,
        letters: Arc<dyn DeadLetters>,
        options: KafkaBusOptions,
    ) -> Result<Self, BrokerError> {
        let brokers = Brokers::new(bootstrap)?;
        let topics = Topics::new(&brokers)?;
        let stop = Stop::default();
        let mut tasks = Vec::with_capacity(handlers.len());
        for handler in handlers {
            let member = Member {
                brokers: brokers.clone(),
                group: handler.group().to_owned(),
                topics: handler.topics().iter().map(|topic| Arc::from(*topic)).collect(),
                inbox: Arc::new(Inbox::default()),
                options: options.clone(),
            };
            let letters = Arc::clone(&letters);
            let consumer = Consumer::new(handler, letters, options.consumer.clone(), stop.shutdown());
            tasks.push(tokio::spawn(consume(member, topics.clone(), consumer, stop.shutdown())));
        }
        Ok(Self { stop, tasks: Mutex::new(tasks) })
    }

    /// Ends the consumers: what they are at is finished and committed, the partitions go to other members at once. With
    /// brokers that do not answer it gives up after fifteen seconds; what was not committed then comes again.
    pub async fn stop(&self) {
        self.stop.stop();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a consumer did not end well");
            }
        }
    }
}

async fn consume(member: Member, topics: Topics, consumer: Consumer, shutdown: Shutdown) {
    if !make_topics(&member, &topics, &shutdown).await {
        return;
    }
    let (inbox, group) = (Arc::clone(&member.inbox), member.group.clone());
    let (left, mut has_left) = oneshot::channel();
    let thread = std::thread::Builder::new().name(format!("kafka-{group}"));
    let started = thread.spawn(move || {
        member.run();
        let _ = left.send(());
    });
    if let Err(error) = started {
        tracing::error!(group, %error, "no thread for a consumer");
        return;
    }
    tokio::select! {
        () = group::deal(&consumer, &inbox, &shutdown) => {
            match tokio::time::timeout(LEAVE_LIMIT, has_left).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => tracing::error!(group, "a consumer's thread did not end well"),
                Err(_) => tracing::warn!(group, "the brokers did not hear that this member leaves; they will notice"),
            }
        }
        _ = &mut has_left => tracing::error!(group, "a consumer's thread ended; nothing is read any more"),
    }
}

/// Whether it may go on: the topics are there, or somebody else must make them.
async fn make_topics(member: &Member, topics: &Topics, shutdown: &Shutdown) -> bool {
    let names: Vec<&str> = member.topics.iter().map(AsRef::as_ref).collect();
    loop {
        match topics.ensure(&names).await {
            Ok(()) => return true,
            Err(refused @ BrokerError::Refused(_)) => {
                tracing::error!(group = member.group, %refused, "topics must be made by hand; reading what there is");
                return true;
            }
            Err(away) => {
                tracing::warn!(group = member.group, %away, "consumer waits for the brokers");
                if !shutdown.pause(TOPICS_WAIT).await {
                    return false;
                }
            }
        }
    }
}
