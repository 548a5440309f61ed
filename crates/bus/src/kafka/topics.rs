//! Creates topics with the partitions and the retention of the contract, and describes them for `onsale doctor`.

use super::client::{Brokers, Listener};
use super::error::BrokerError;
use domain::message::topic::{DEAD_LETTERS_KEPT_DAYS, PLANS};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long the brokers may take to answer about topics.
const LIMIT: Duration = Duration::from_secs(5);
/// Replicas of each message, where there are so many brokers.
const REPLICATION_MAX: usize = 3;
/// Replicas that must be written before a message counts as accepted, where there are three.
const IN_SYNC_MIN: &str = "2";
/// Largest dead letter in bytes: any message that fits its own topic fits with its extra headers.
pub(super) const DEAD_LETTER_BYTES_MAX: usize = 2_097_152;
/// Retention of a topic that is not in the contract.
const OTHER_KEPT_DAYS: i64 = 3;
/// Partitions of a topic that is not in the contract.
const OTHER_PARTITIONS: i32 = 3;
const DAY_MS: i64 = 86_400_000;

/// The state of a cluster, for `onsale doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Brokers that are up.
    pub brokers: usize,
    /// The topics of the contract.
    pub topics: Vec<TopicState>,
}

/// The state of a topic on the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// Its name.
    pub name: String,
    /// Its partitions; 0: the topic does not exist.
    pub partitions: usize,
    /// Replicas of the partition that has fewest.
    pub replication_factor: usize,
    /// In-sync replicas of the partition that has fewest.
    pub in_sync: usize,
    /// `min.insync.replicas`, if the brokers report it.
    pub min_in_sync_replicas: Option<usize>,
    /// `retention.ms`, if the brokers report it; -1 is for ever.
    pub retention_ms: Option<i64>,
    /// `retention.bytes`, if the brokers report it; -1 is no limit.
    pub retention_bytes: Option<i64>,
    /// `cleanup.policy`, if the brokers report it.
    pub cleanup_policy: Option<String>,
    /// `unclean.leader.election.enable`, if the brokers report it.
    pub unclean_election: Option<bool>,
    /// `max.message.bytes`, if the brokers report it.
    pub message_bytes_max: Option<usize>,
}

/// Creates and describes topics. Cheap to clone.
#[derive(Clone)]
pub(super) struct Topics {
    brokers: Brokers,
    admin: Arc<AdminClient<Listener>>,
    /// Topics that exist on the brokers, so that they are not looked up again.
    known: Arc<Mutex<HashSet<String>>>,
}

impl Topics {
    pub fn new(brokers: &Brokers) -> Result<Self, BrokerError> {
        let admin = AdminClient::from_config_and_context(&brokers.config(), brokers.listener());
        let admin = admin.map_err(|error| brokers.failed("the client cannot be created", &error))?;
        Ok(Self { brokers: brokers.clone(), admin: Arc::new(admin), known: Arc::default() })
    }

    /// Creates missing topics. Existing topics are left as they are; [`Topics::describe`] shows them.
    pub async fn ensure(&self, names: &[&str]) -> Result<(), BrokerError> {
        let unknown: Vec<&str> = {
            let known = self.known();
            names.iter().copied().filter(|name| !known.contains(*name)).collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let (brokers, existing) = self
            .metadata(|metadata| {
                let existing = metadata.topics().iter().map(|topic| topic.name().to_owned());
                (metadata.brokers().len(), existing.collect::<HashSet<String>>())
            })
            .await?;
        let missing: Vec<&str> = unknown.iter().copied().filter(|name| !existing.contains(*name)).collect();
        self.create(&missing, brokers).await?;
        self.known().extend(unknown.iter().map(|name| (*name).to_owned()));
        Ok(())
    }

    /// The topic was missing at a write: it is looked up again next time.
    pub fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// The number of brokers that are up, as one of them answers.
    pub async fn ping(&self) -> Result<usize, BrokerError> {
        self.metadata(|metadata| metadata.brokers().len()).await
    }

    /// The state of these topics.
    pub async fn describe(&self, names: &[&str]) -> Result<Cluster, BrokerError> {
        let wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let (brokers, mut topics) = self
            .metadata(move |metadata| {
                let states = wanted.iter().map(|name| state_of(metadata, name)).collect::<Vec<_>>();
                (metadata.brokers().len(), states)
            })
            .await?;
        for topic in topics.iter_mut().filter(|topic| topic.partitions > 0) {
            self.describe_settings(topic).await?;
        }
        Ok(Cluster { brokers, topics })
    }

    async fn describe_settings(&self, topic: &mut TopicState) -> Result<(), BrokerError> {
        let request = [ResourceSpecifier::Topic(&topic.name)];
        let answer = self.admin.describe_configs(&request, &options()).await;
        let answer = answer.map_err(|error| self.brokers.failed("topics cannot be described", &error))?;
        let Some(known) = answer.into_iter().find_map(Result::ok) else { return Ok(()) };
        let value_of = |name: &str| known.get(name).and_then(|entry| entry.value.clone());
        topic.min_in_sync_replicas = value_of("min.insync.replicas").and_then(|value| value.parse().ok());
        topic.retention_ms = value_of("retention.ms").and_then(|value| value.parse().ok());
        topic.retention_bytes = value_of("retention.bytes").and_then(|value| value.parse().ok());
        topic.cleanup_policy = value_of("cleanup.policy");
        topic.unclean_election = value_of("unclean.leader.election.enable").and_then(|value| value.parse().ok());
        topic.message_bytes_max = value_of("max.message.bytes").and_then(|value| value.parse().ok());
        Ok(())
    }

    /// Why these topics could not be created; `None`: they could be. Creates none.
    pub async fn creation_problem(&self, names: &[&str]) -> Result<Option<String>, BrokerError> {
        let brokers = self.ping().await?;
        let kept: Vec<String> = names.iter().map(|name| (plan_of(name).1 * DAY_MS).to_string()).collect();
        let largest = DEAD_LETTER_BYTES_MAX.to_string();
        let new: Vec<NewTopic<'_>> =
            names.iter().zip(&kept).map(|(name, kept_ms)| new_topic(name, kept_ms, &largest, brokers)).collect();
        let answers = self.admin.create_topics(&new, &options().validate_only(true)).await;
        let answers = answers.map_err(|error| self.brokers.failed("topics cannot be described", &error))?;
        let refused = answers.into_iter().find_map(Result::err);
        let refused = refused.filter(|(_, code)| *code != RDKafkaErrorCode::TopicAlreadyExists);
        Ok(refused.map(|(name, code)| format!("{name}: {code}")))
    }

    async fn create(&self, names: &[&str], brokers: usize) -> Result<(), BrokerError> {
        if names.is_empty() {
            return Ok(());
        }
        let kept: Vec<String> = names.iter().map(|name| (plan_of(name).1 * DAY_MS).to_string()).collect();
        let largest = DEAD_LETTER_BYTES_MAX.to_string();
        let new: Vec<NewTopic<'_>> =
            names.iter().zip(&kept).map(|(name, kept_ms)| new_topic(name, kept_ms, &largest, brokers)).collect();
        let answers = self.admin.create_topics(&new, &options()).await;
        let answers = answers.map_err(|error| self.brokers.failed("topics cannot be created", &error))?;
        for answer in answers {
            match answer {
                Ok(name) => tracing::info!(topic = name, brokers, "topic created"),
                // Another process created it first.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    let what = format!("topic {name} cannot be created");
                    return Err(self.brokers.failed(&what, &KafkaError::AdminOp(code)));
                }
            }
        }
        Ok(())
    }

    /// Reads the brokers' metadata on a thread that may block.
    async fn metadata<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Metadata) -> T + Send + 'static,
    ) -> Result<T, BrokerError> {
        let admin = Arc::clone(&self.admin);
        let reply = tokio::task::spawn_blocking(move || {
            admin.inner().fetch_metadata(None, LIMIT).map(|metadata| read(&metadata))
        });
        match reply.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.brokers.failed("no broker answers", &error)),
            Err(error) => Err(self.brokers.unavailable("no broker answers", Some(error.into()))),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(LIMIT)).operation_timeout(Some(LIMIT))
}

/// Partitions and days of a topic.
fn plan_of(name: &str) -> (i32, i64) {
    match PLANS.iter().find(|plan| plan.name == name) {
        Some(plan) => (plan.partitions, plan.kept_days),
        None if name.starts_with("dlq.") => (1, DEAD_LETTERS_KEPT_DAYS),
        None => (OTHER_PARTITIONS, OTHER_KEPT_DAYS),
    }
}

fn new_topic<'a>(name: &'a str, kept_ms: &'a str, dead_letter_bytes_max: &'a str, brokers: usize) -> NewTopic<'a> {
    let copies = brokers.clamp(1, REPLICATION_MAX);
    let replication = TopicReplication::Fixed(i32::try_from(copies).unwrap_or(1));
    let mut topic =
        NewTopic::new(name, plan_of(name).0, replication).set("cleanup.policy", "delete").set("retention.ms", kept_ms);
    if copies == REPLICATION_MAX {
        topic = topic.set("min.insync.replicas", IN_SYNC_MIN);
    }
    if name.starts_with("dlq.") {
        topic = topic.set("max.message.bytes", dead_letter_bytes_max);
    }
    topic
}

fn state_of(metadata: &Metadata, name: &str) -> TopicState {
    let topic = metadata.topics().iter().find(|topic| topic.name() == name);
    let partitions = topic.map(|topic| topic.partitions()).unwrap_or_default();
    TopicState {
        name: name.to_owned(),
        partitions: partitions.len(),
        replication_factor: partitions.iter().map(|part| part.replicas().len()).min().unwrap_or(0),
        in_sync: partitions.iter().map(|part| part.isr().len()).min().unwrap_or(0),
        min_in_sync_replicas: None,
        retention_ms: None,
        retention_bytes: None,
        cleanup_policy: None,
        unclean_election: None,
        message_bytes_max: None,
    }
}
