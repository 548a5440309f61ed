//! One member of one consumer group: a thread that polls the brokers, and a task that deals with what came.
//!
//! The thread never waits for the handler for long, so the brokers never take this member for dead: while the handler
//! is stuck (its database is away, or it tries again), the partitions are paused and the thread polls on.

use super::KafkaBusOptions;
use super::client::Brokers;
use super::inbox::{Inbox, Load, STUCK_AFTER};
use super::incoming::{headers_of, key_of};
use super::lag;
use super::rebalance::{Answer, GroupClient, Rebalancing, tell};
use crate::consumer::Consumer;
use crate::figures;
use crate::message::{Body, Delivery};
use crate::stop::Shutdown;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for a message before looking at everything else.
const POLL: Duration = Duration::from_millis(100);
/// Longest wait for room before looking at everything else.
const ROOM_POLL: Duration = Duration::from_millis(50);
/// Wait before a client that is beyond repair is made anew.
const RENEW_WAIT: Duration = Duration::from_secs(1);
/// How long an answer to a commit may take before the commit is made again.
const COMMIT_LIMIT: Duration = Duration::from_secs(15);
/// Wait after a commit that failed.
const COMMIT_RETRY_WAIT: Duration = Duration::from_secs(1);
/// The same complaint is not made more often.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// A member of a group.
pub(super) struct Member {
    pub brokers: Brokers,
    pub group: String,
    pub topics: Vec<Arc<str>>,
    pub inbox: Arc<Inbox>,
    pub options: KafkaBusOptions,
}

/// Deals with what comes until it is time to end.
pub(super) async fn deal(consumer: &Consumer, inbox: &Inbox, shutdown: &Shutdown) {
    let _end = EndOnDrop(inbox);
    while let Some(batch) = inbox.take(shutdown).await {
        if consumer.process(batch.deliveries).await.is_err() {
            return;
        }
        inbox.settle(batch.marks);
    }
}

/// The thread must not poll on for somebody who is gone, however that happened.
struct EndOnDrop<'a>(&'a Inbox);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Member {
    /// Polls until the inbox has ended, then commits and leaves the group.
    pub fn run(&self) {
        while !self.inbox.has_ended() {
            match self.join() {
                Ok(client) => {
                    self.poll(&client);
                    tell(&client, &self.inbox.take_untold(), CommitMode::Sync, &self.group);
                    drop(client);
                    self.inbox.forget_all();
                }
                Err(error) => tracing::error!(group = self.group, %error, "the kafka consumer can not be made"),
            }
            if !self.inbox.has_ended() {
                std::thread::sleep(RENEW_WAIT);
            }
        }
        figures::paused(&self.group, false);
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
            inbox: Arc::clone(&self.inbox),
            patience: self.options.revoke_patience,
            changed: AtomicBool::new(false),
            answer: Answer::default(),
        };
        let client = GroupClient::from_config_and_context(&config, context)?;
        let topics: Vec<&str> = self.topics.iter().map(AsRef::as_ref).collect();
        client.subscribe(&topics)?;
        Ok(client)
    }

    fn poll(&self, client: &GroupClient) {
        let mut pace = Pace::new(&self.group);
        let mut commits = Commits::default();
        let mut lag = lag::Watch::new(&self.group);
        let mut complaints = Complaints::default();
        while !self.inbox.has_ended() {
            commits.tell(client, &self.inbox, &self.group);
            lag.look(client);
            if !pace.may_poll(client, &self.inbox) {
                continue;
            }
            match client.poll(POLL) {
                None => {}
                Some(Ok(message)) => self.inbox.push(self.delivery(&message)),
                Some(Err(error)) => {
                    complaints.make(&self.group, &error);
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

/// Pauses and goes on.
struct Pace<'a> {
    group: &'a str,
    paused: bool,
    full_since: Option<Instant>,
}

impl<'a> Pace<'a> {
    fn new(group: &'a str) -> Self {
        figures::paused(group, false);
        Self { group, paused: false, full_since: None }
    }

    /// Whether to poll now; if not, it has waited a little.
    fn may_poll(&mut self, client: &GroupClient, inbox: &Inbox) -> bool {
        let changed = client.context().changed.swap(false, Ordering::Relaxed);
        let load = inbox.load();
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
            // Pausing throws away what was fetched ahead, so a short wait is tried first.
            Load::Full if self.full_since.get_or_insert_with(Instant::now).elapsed() < STUCK_AFTER => {
                inbox.wait_for_room(ROOM_POLL);
                return false;
            }
            Load::Full => self.pause(client, true),
        }
        true
    }

    fn pause(&mut self, client: &GroupClient, pause: bool) {
        let done = client.assignment().and_then(|ours| if pause { client.pause(&ours) } else { client.resume(&ours) });
        if let Err(error) = done {
            tracing::warn!(group = self.group, %error, pause, "partitions can not be paused or resumed");
            return;
        }
        if self.paused != pause {
            tracing::info!(group = self.group, paused = pause, "consumer paused or went on");
            figures::paused(self.group, pause);
        }
        self.paused = pause;
    }
}

/// Tells the brokers what was dealt with; one commit at a time, so the busier it is the more each one says.
#[derive(Default)]
struct Commits {
    not_before: Option<Instant>,
}

impl Commits {
    fn tell(&mut self, client: &GroupClient, inbox: &Inbox, group: &str) {
        match client.context().answer.take() {
            Some(true) => self.not_before = None,
            Some(false) => self.not_before = Some(Instant::now() + COMMIT_RETRY_WAIT),
            None => {}
        }
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        let untold = inbox.take_untold();
        if untold.is_empty() {
            return;
        }
        let asked = tell(client, &untold, CommitMode::Async, group);
        self.not_before = Some(Instant::now() + if asked { COMMIT_LIMIT } else { COMMIT_RETRY_WAIT });
    }
}

/// Says what is wrong, but not a hundred times a second.
#[derive(Default)]
struct Complaints {
    last: Option<Instant>,
}

impl Complaints {
    fn make(&mut self, group: &str, error: &KafkaError) {
        if self.last.is_none_or(|at| at.elapsed() > COMPLAINT_INTERVAL) {
            self.last = Some(Instant::now());
            tracing::warn!(group, %error, "nothing can be read from kafka now; check that its brokers run");
        }
    }
}
