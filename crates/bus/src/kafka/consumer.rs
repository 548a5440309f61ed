//! One member of one consumer group: a thread that polls the brokers, and a task that handles the messages.
//!
//! The thread never waits long for the handler, so the brokers never expel this member: while the handler is stuck (its
//! database is unavailable, or it tries again), the partitions are paused and the thread polls on.

use super::KafkaBusOptions;
use super::client::Brokers;
use super::fetch_buffer::{FetchBuffer, Load, STUCK_AFTER};
use super::kept::Kept;
use super::lag;
use super::rebalance::{CommitResult, GroupClient, Rebalancing, commit};
use super::record::{headers_of, key_of};
use crate::consumer::Consumer;
use crate::message::{Body, Delivery};
use crate::metrics;
use crate::stop::Shutdown;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for a message before commits and pauses are due.
const POLL: Duration = Duration::from_millis(100);
/// Longest wait for room before commits and pauses are due.
const ROOM_POLL: Duration = Duration::from_millis(50);
/// Wait before a failed client is created again.
const RECREATE_WAIT: Duration = Duration::from_secs(1);
/// How long the result of a commit may take before the commit is repeated.
const COMMIT_LIMIT: Duration = Duration::from_secs(15);
/// Wait after a commit that failed.
const COMMIT_RETRY_WAIT: Duration = Duration::from_secs(1);
/// Read errors are logged at most once in this time.
const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// A member of a group.
pub(super) struct Member {
    pub brokers: Brokers,
    pub group: String,
    pub topics: Vec<Arc<str>>,
    pub buffer: Arc<FetchBuffer>,
    pub options: KafkaBusOptions,
    pub kept: Kept,
}

/// Handles batches until the shutdown.
pub(super) async fn process(consumer: &Consumer, buffer: &FetchBuffer, shutdown: &Shutdown) {
    let _end = EndOnDrop(buffer);
    while let Some(batch) = buffer.take(shutdown).await {
        if consumer.process(batch.deliveries).await.is_err() {
            return;
        }
        buffer.settle(batch.progress);
    }
}

/// Ends the polling thread when the task ends, for whatever reason.
struct EndOnDrop<'a>(&'a FetchBuffer);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Member {
    /// Polls until the buffer has ended, then commits and leaves the group.
    pub fn run(&self) {
        while !self.buffer.has_ended() {
            match self.join() {
                Ok(client) => {
                    self.poll(&client);
                    commit(&client, &self.buffer.take_uncommitted(), CommitMode::Sync, &self.group);
                    drop(client);
                    self.buffer.clear();
                }
                Err(error) => tracing::error!(group = self.group, %error, "the kafka consumer cannot be created"),
            }
            if !self.buffer.has_ended() {
                std::thread::sleep(RECREATE_WAIT);
            }
        }
        metrics::paused(&self.group, false);
    }

    fn join(&self) -> KafkaResult<GroupClient> {
        let mut config = self.brokers.consumer_config(&self.group);
        config
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", self.options.session_timeout.as_millis().to_string())
            .set("heartbeat.interval.ms", (self.options.session_timeout / 4).as_millis().to_string())
            .set("max.poll.interval.ms", self.options.poll_interval_max.as_millis().to_string());
        let context = Rebalancing {
            listener: self.brokers.listener(),
            group: self.group.clone(),
            topics: self.topics.clone(),
            buffer: Arc::clone(&self.buffer),
            kept: self.kept.clone(),
            gave_up: AtomicBool::new(false),
            patience: self.options.revoke_patience,
            changed: AtomicBool::new(false),
            commit_result: CommitResult::default(),
        };
        let client = GroupClient::from_config_and_context(&config, context)?;
        let topics: Vec<&str> = self.topics.iter().map(AsRef::as_ref).collect();
        client.subscribe(&topics)?;
        Ok(client)
    }

    fn poll(&self, client: &GroupClient) {
        let mut pace = Pace::new(&self.group);
        let mut commits = Commits::default();
        let mut lag = lag::LagMeter::new(&self.group);
        let mut errors = ErrorLog::default();
        while !self.buffer.has_ended() && !client.context().gave_up.load(Ordering::Relaxed) {
            commits.send(client, &self.buffer, &self.group);
            lag.measure(client);
            if !pace.may_poll(client, &self.buffer) {
                continue;
            }
            match client.poll(POLL) {
                None => {}
                Some(Ok(message)) => self.buffer.push(self.delivery(&message)),
                Some(Err(error)) => {
                    errors.log(&self.group, &error);
                    if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
                        return;
                    }
                }
            }
        }
    }

    fn delivery(&self, message: &BorrowedMessage<'_>) -> Delivery {
        let topic = self.topics.iter().find(|topic| topic.as_ref() == message.topic());
        Delivery {
            topic: topic.map_or_else(|| Arc::from(message.topic()), Arc::clone),
            partition: message.partition(),
            offset: message.offset(),
            key: key_of(message),
            headers: headers_of(message),
            body: Body::Bytes(message.payload().unwrap_or_default().to_vec()),
        }
    }
}

/// Pauses and resumes the partitions.
struct Pace<'a> {
    group: &'a str,
    paused: bool,
    full_since: Option<Instant>,
}

impl<'a> Pace<'a> {
    fn new(group: &'a str) -> Self {
        metrics::paused(group, false);
        Self { group, paused: false, full_since: None }
    }

    /// Returns whether to poll now. If not, it has waited a little for room.
    fn may_poll(&mut self, client: &GroupClient, buffer: &FetchBuffer) -> bool {
        let changed = client.context().changed.swap(false, Ordering::Relaxed);
        let load = buffer.load();
        if load != Load::Full {
            self.full_since = None;
        }
        match load {
            Load::Easy if self.paused => self.pause(client, false),
            Load::Easy => {}
            Load::Stuck if !self.paused || changed => self.pause(client, true),
            Load::Stuck => {}
            Load::Full if self.paused && changed => self.pause(client, true),
            Load::Full if self.paused => {}
            // A pause discards the messages that were fetched ahead, so a short wait is tried first.
            Load::Full if self.full_since.get_or_insert_with(Instant::now).elapsed() < STUCK_AFTER => {
                buffer.wait_for_room(ROOM_POLL);
                return false;
            }
            Load::Full => self.pause(client, true),
        }
        true
    }

    fn pause(&mut self, client: &GroupClient, pause: bool) {
        let done = client.assignment().and_then(|ours| if pause { client.pause(&ours) } else { client.resume(&ours) });
        if let Err(error) = done {
            tracing::warn!(group = self.group, %error, pause, "partitions cannot be paused or resumed");
            return;
        }
        if self.paused != pause {
            tracing::info!(group = self.group, paused = pause, "consumer paused or resumed");
            metrics::paused(self.group, pause);
        }
        self.paused = pause;
    }
}

/// Commits the handled offsets. One commit at a time, so under load each one covers more.
#[derive(Default)]
struct Commits {
    not_before: Option<Instant>,
}

impl Commits {
    fn send(&mut self, client: &GroupClient, buffer: &FetchBuffer, group: &str) {
        match client.context().commit_result.take() {
            Some(true) => self.not_before = None,
            Some(false) => self.not_before = Some(Instant::now() + COMMIT_RETRY_WAIT),
            None => {}
        }
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        let uncommitted = buffer.take_uncommitted();
        if uncommitted.is_empty() {
            return;
        }
        let sent = commit(client, &uncommitted, CommitMode::Async, group);
        self.not_before = Some(Instant::now() + if sent { COMMIT_LIMIT } else { COMMIT_RETRY_WAIT });
    }
}

/// Logs read errors at most once in [`ERROR_LOG_INTERVAL`].
#[derive(Default)]
struct ErrorLog {
    last: Option<Instant>,
}

impl ErrorLog {
    fn log(&mut self, group: &str, error: &KafkaError) {
        if self.last.is_none_or(|at| at.elapsed() > ERROR_LOG_INTERVAL) {
            self.last = Some(Instant::now());
            tracing::warn!(group, %error, "kafka cannot be read now; check that its brokers run");
        }
    }
}
