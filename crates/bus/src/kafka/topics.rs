//! Topics are made here with the partitions and the keeping time of the contract, and looked at for `onsale doctor`.

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
/// Copies of each message, where there are so many brokers.
const REPLICATION_MAX: usize = 3;
/// Copies that must be written before a message counts as taken, where there are three.
const IN_SYNC_MIN: &str = "2";
/// Largest dead letter in bytes: any message that fits its own topic fits with its extra headers.
pub(super) const LETTER_BYTES_MAX: usize = 2_097_152;
/// Keeping time of a topic that is not the contract's.
const OTHER_KEPT_DAYS: i64 = 3;
/// Partitions of a topic that is not the contract's.
const OTHER_PARTITIONS: i32 = 3;
const DAY_MS: i64 = 86_400_000;

/// A cluster as `onsale doctor` looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Brokers that are up.
    pub brokers: usize,
    /// The topics of the contract.
    pub topics: Vec<TopicState>,
}

/// A topic as it stands on the brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// Its name.
    pub name: String,
    /// Its partitions; 0: there is no such topic.
    pub partitions: usize,
    /// Copies of the partition that has fewest.
    pub replication_factor: usize,
    /// Copies up to date of the partition that has fewest.
    pub in_sync: usize,
    /// `min.insync.replicas`, where the brokers tell.
    pub min_in_sync_replicas: Option<usize>,
    /// `retention.ms`, where the brokers tell; -1 is for ever.
    pub retention_ms: Option<i64>,
    /// `retention.bytes`, where the brokers tell; -1 is no limit.
    pub retention_bytes: Option<i64>,
    /// `cleanup.policy`, where the brokers tell.
    pub cleanup_policy: Option<String>,
    /// `unclean.leader.election.enable`, where the brokers tell.
    pub unclean_election: Option<bool>,
    /// `max.message.bytes`, where the brokers tell.
    pub message_bytes_max: Option<usize>,
}

/// Makes topics and looks at them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Topics {
    brokers: Brokers,
    admin: Arc<AdminClient<Listener>>,
    /// Seen on the brokers, so that nobody asks again.
    known: Arc<Mutex<HashSet<String>>>,
}

impl Topics {
    pub fn new(brokers: &Brokers) -> Result<Self, BrokerError> {
        let admin = AdminClient::from_config_and_context(&brokers.config(), brokers.listener());
        let admin = admin.map_err(|error| brokers.failed("the client can not be made", &error))?;
        Ok(Self { brokers: brokers.clone(), admin: Arc::new(admin), known: Arc::default() })
    }

    /// Makes those that are not there. What is there is left as it is; [`Topics::describe`] shows it.
    pub async fn ensure(&self, names: &[&str]) -> Result<(), BrokerError> {
        let unseen: Vec<&str> = {
            let known = self.known();
            names.iter().copied().filter(|name| !known.contains(*name)).collect()
        };
        if unseen.is_empty() {
            return Ok(());
        }
        let (brokers, there) = self
            .metadata(|metadata| {
                let there = metadata.topics().iter().map(|topic| topic.name().to_owned());
                (metadata.brokers().len(), there.collect::<HashSet<String>>())
            })
            .await?;
        let missing: Vec<&str> = unseen.iter().copied().filter(|name| !there.contains(*name)).collect();
        self.make(&missing, brokers).await?;
        self.known().extend(unseen.iter().map(|name| (*name).to_owned()));
        Ok(())
    }

    /// It was gone when somebody wrote to it: it is looked for again next time.
    pub fn forget(&self, name: &str) {
        self.known().remove(name);
    }

    /// Whether a broker answers. How many are up.
    pub async fn ping(&self) -> Result<usize, BrokerError> {
        self.metadata(|metadata| metadata.brokers().len()).await
    }

    /// How these topics stand.
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
        let question = [ResourceSpecifier::Topic(&topic.name)];
        let answer = self.admin.describe_configs(&question, &options()).await;
        let answer = answer.map_err(|error| self.brokers.failed("topics can not be looked at", &error))?;
        let Some(known) = answer.into_iter().find_map(Result::ok) else { return Ok(()) };
        let said = |name: &str| known.get(name).and_then(|entry| entry.value.clone());
        topic.min_in_sync_replicas = said("min.insync.replicas").and_then(|value| value.parse().ok());
        topic.retention_ms = said("retention.ms").and_then(|value| value.parse().ok());
        topic.retention_bytes = said("retention.bytes").and_then(|value| value.parse().ok());
        topic.cleanup_policy = said("cleanup.policy");
        topic.unclean_election = said("unclean.leader.election.enable").and_then(|value| value.parse().ok());
        topic.message_bytes_max = said("max.message.bytes").and_then(|value| value.parse().ok());
        Ok(())
    }

    /// Why these topics could not be made, if somebody tried; makes none.
    pub async fn why_not_made(&self, names: &[&str]) -> Result<Option<String>, BrokerError> {
        let brokers = self.ping().await?;
        let kept: Vec<String> = names.iter().map(|name| (plan_of(name).1 * DAY_MS).to_string()).collect();
        let largest = LETTER_BYTES_MAX.to_string();
        let new: Vec<NewTopic<'_>> =
            names.iter().zip(&kept).map(|(name, kept_ms)| new_topic(name, kept_ms, &largest, brokers)).collect();
        let answers = self.admin.create_topics(&new, &options().validate_only(true)).await;
        let answers = answers.map_err(|error| self.brokers.failed("topics can not be looked at", &error))?;
        let refused = answers.into_iter().find_map(Result::err);
        let refused = refused.filter(|(_, code)| *code != RDKafkaErrorCode::TopicAlreadyExists);
        Ok(refused.map(|(name, code)| format!("{name}: {code}")))
    }

    async fn make(&self, names: &[&str], brokers: usize) -> Result<(), BrokerError> {
        if names.is_empty() {
            return Ok(());
        }
        let kept: Vec<String> = names.iter().map(|name| (plan_of(name).1 * DAY_MS).to_string()).collect();
        let largest = LETTER_BYTES_MAX.to_string();
        let new: Vec<NewTopic<'_>> =
            names.iter().zip(&kept).map(|(name, kept_ms)| new_topic(name, kept_ms, &largest, brokers)).collect();
        let answers = self.admin.create_topics(&new, &options()).await;
        let answers = answers.map_err(|error| self.brokers.failed("topics can not be made", &error))?;
        for answer in answers {
            match answer {
                Ok(name) => tracing::info!(topic = name, brokers, "topic made"),
                // Another process was faster.
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    let what = format!("topic {name} can not be made");
                    return Err(self.brokers.failed(&what, &KafkaError::AdminOp(code)));
                }
            }
        }
        Ok(())
    }

    /// Asks the brokers where waiting harms nobody.
    async fn metadata<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Metadata) -> T + Send + 'static,
    ) -> Result<T, BrokerError> {
        let admin = Arc::clone(&self.admin);
        let asked = tokio::task::spawn_blocking(move || {
            admin.inner().fetch_metadata(None, LIMIT).map(|metadata| look(&metadata))
        });
        match asked.await {
            Ok(Ok(seen)) => Ok(seen),
            Ok(Err(error)) => Err(self.brokers.failed("no broker answers", &error)),
            Err(error) => Err(self.brokers.away(&error.to_string())),
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

fn new_topic<'a>(name: &'a str, kept_ms: &'a str, letter_bytes_max: &'a str, brokers: usize) -> NewTopic<'a> {
    let copies = brokers.clamp(1, REPLICATION_MAX);
    let replication = TopicReplication::Fixed(i32::try_from(copies).unwrap_or(1));
    let mut topic =
        NewTopic::new(name, plan_of(name).0, replication).set("cleanup.policy", "delete").set("retention.ms", kept_ms);
    if copies == REPLICATION_MAX {
        topic = topic.set("min.insync.replicas", IN_SYNC_MIN);
    }
    if name.starts_with("dlq.") {
        topic = topic.set("max.message.bytes", letter_bytes_max);
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
