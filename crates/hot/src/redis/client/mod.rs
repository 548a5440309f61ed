//! Connections to Redis, single node or cluster, and how a script gets there.
//!
//! ```text
//! address    the URL, and clients for its nodes
//! topology   which node serves which slot; shared by all lanes
//! lane       connections that no other lane's calls wait behind: a link to each node
//! slot       the slot of a key
//! link       one connection, opened when needed, thrown away when it does not answer; few calls under way
//! health     whether each master takes writes
//! news       what servers tell each other, so that nobody waits for the next look
//! call       one call: redirections, new masters, tries until it is too late
//! ```
//!
//! The library keeps one connection and speaks the protocol; finding the node is ours
//! (`docs/decisions/0017-finding-the-node-of-a-key.md`). A script may be sent a second time, which is why every script
//! must bear being run again.

mod address;
mod call;
mod health;
mod lane;
mod link;
mod news;
pub(super) mod reply;
mod slot;
mod topology;

pub(super) use address::NodeAddress;
pub use address::RedisAddress;
pub(super) use health::key_in;
pub(super) use news::Heard;

use super::scripts::Script;
use crate::port::{HotError, HotHealth};
use futures::future::join_all;
use redis::{Pipeline, RedisError, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use topology::Topology;

/// How long a node waits for its replica before it says that it could not.
const WAIT_MS: u64 = 1_000;
/// Most questions in one pipeline: the node serves no other call meanwhile.
const ASKED_TOGETHER_MAX: usize = 256;

/// Whether a call waits until a replica has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Replica,
    Nobody,
}

/// Which connection a call takes. `WAIT` blocks its own connection: a call for a decision must not queue behind a relay,
/// nor the relay behind an admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// A caller waits for the answer.
    Decision,
    /// Messages are handed over in the background.
    Relay,
    /// People in line are admitted in the background.
    Admission,
    /// Everything else; nothing waits for a replica here.
    Other,
}

/// The reply of a script.
#[derive(Debug)]
pub(super) struct Reply {
    pub value: Value,
    /// Whether a replica has what was written, where that was asked for.
    pub is_durable: bool,
}

/// The connections of a process, on which its engines are opened: some for decisions, one each for the other lanes.
/// Cheap to clone.
#[derive(Clone)]
pub struct RedisConnections(Arc<Lanes>);

struct Lanes {
    address: RedisAddress,
    topology: Topology,
    decisions: Vec<lane::Lane>,
    relay: lane::Lane,
    admission: lane::Lane,
    others: lane::Lane,
    health: lane::Lane,
    monitor: health::Monitor,
    news: Arc<news::News>,
    /// Counts decisions: they take the lanes in turn.
    next: AtomicUsize,
}

impl Lanes {
    async fn open(address: &RedisAddress, decisions: usize) -> Result<Self, RedisError> {
        let lane = || lane::Lane::new(address.clone());
        Ok(Self {
            address: address.clone(),
            topology: Topology::open(address).await?,
            decisions: (0..decisions.max(1)).map(|_| lane()).collect(),
            relay: lane(),
            admission: lane(),
            others: lane(),
            health: lane(),
            monitor: health::Monitor::default(),
            news: Arc::default(),
            next: AtomicUsize::new(0),
        })
    }

    fn on(&self, lane: Lane) -> &lane::Lane {
        match lane {
            Lane::Decision => &self.decisions[self.next.fetch_add(1, Ordering::Relaxed) % self.decisions.len()],
            Lane::Relay => &self.relay,
            Lane::Admission => &self.admission,
            Lane::Other => &self.others,
        }
    }
}

fn unknown(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> HotError {
    HotError::unknown(format!("{what}: {error}")).because(error)
}

impl RedisConnections {
    /// Connects. `decisions`: connections for decisions, at least one: as many as batches may be under way, of all
    /// engines together.
    ///
    /// # Errors
    /// [`HotError::Unavailable`] when Redis cannot be reached.
    pub async fn open(address: &RedisAddress, decisions: usize) -> Result<Self, HotError> {
        let lanes = Lanes::open(address, decisions).await;
        let unavailable = |error| HotError::unavailable(format!("Redis cannot be reached: {error}")).because(error);
        let lanes = Arc::new(lanes.map_err(unavailable)?);
        tokio::spawn(health::watch(Arc::downgrade(&lanes)));
        tokio::spawn(news::watch(Arc::downgrade(&lanes)));
        Ok(Self(lanes))
    }

    /// Whether every master takes writes, as it was seen in the last seconds. `needs_replica`: decisions wait for one.
    pub fn health(&self, needs_replica: bool) -> HotHealth {
        self.0.monitor.health(needs_replica)
    }

    /// Has `listener` hear what servers publish on this channel, until the connections are dropped. It must not take long.
    pub(super) fn listen(&self, channel: String, listener: impl Fn(Heard<'_>) + Send + Sync + 'static) {
        self.0.news.listen(channel, Arc::new(listener));
    }

    /// Whether this process hears what servers publish.
    pub(super) fn hears_news(&self) -> bool {
        self.0.news.is_heard()
    }

    /// Runs a script at the master of its first key.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: it may have run.
    pub(super) async fn run(
        &self,
        script: &'static Script,
        keys: &[&str],
        arguments: &[&[u8]],
        (lane, wait): (Lane, Wait),
    ) -> Result<Reply, HotError> {
        let begun = Instant::now();
        let reply = self.run_on(self.0.on(lane), script, keys, arguments, wait).await;
        metrics::histogram!("onsale_hot_call_seconds", "call" => script.name).record(begun.elapsed().as_secs_f64());
        reply
    }

    /// Sends plain commands that belong to the slot of `key`.
    ///
    /// # Errors
    /// [`HotError::Unknown`]: they may have been carried out.
    pub(super) async fn send(&self, key: &str, commands: Pipeline) -> Result<Vec<Value>, HotError> {
        let values = call::send(&self.0.topology, &self.0.others, key, &commands).await?;
        values.into_iter().map(extracted).collect()
    }

    /// Asks many keys, each with commands that belong to its slot: in one pipeline for each node, so that hundreds of
    /// campaigns are a few round trips. One answer each, in order.
    pub(super) async fn send_each(&self, questions: Vec<(&str, Pipeline)>) -> Vec<Result<Vec<Value>, HotError>> {
        let mut by_node: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, (key, _)) in questions.iter().enumerate() {
            by_node.entry(self.0.topology.owner(slot::slot_of(key))).or_default().push(index);
        }
        let mut asking = Vec::new();
        for (node, indices) in &by_node {
            asking.push(async {
                let mut answers = Vec::with_capacity(indices.len());
                for some in indices.chunks(ASKED_TOGETHER_MAX) {
                    let together = match node {
                        Some(node) => self.send_together(node, some, &questions).await,
                        None => None,
                    };
                    match together {
                        Some(values) => answers.extend(values),
                        None => answers.extend(self.send_one_by_one(some, &questions).await),
                    }
                }
                answers
            });
        }
        let answered = join_all(asking).await;
        let lost = || Err(HotError::unknown("Redis gave no answer"));
        let mut answers: Vec<_> = questions.iter().map(|_| lost()).collect();
        for (indices, values) in by_node.values().zip(answered) {
            for (index, values) in indices.iter().zip(values) {
                answers[*index] = values;
            }
        }
        answers
    }

    /// `None` when a slot has moved or the node does not answer: each is found by itself then.
    async fn send_together(
        &self,
        node: &address::NodeAddress,
        indices: &[usize],
        questions: &[(&str, Pipeline)],
    ) -> Option<Vec<Result<Vec<Value>, HotError>>> {
        let mut together = Pipeline::new();
        for index in indices {
            for command in questions[*index].1.cmd_iter() {
                together.add_command(command.clone());
            }
        }
        let values = self.0.others.send(node, &together).await.ok()?;
        if values.len() != together.len() || !call::is_settled(&values, node) {
            return None;
        }
        let mut values = values.into_iter();
        let answer = |index: &usize| values.by_ref().take(questions[*index].1.len()).map(extracted).collect();
        Some(indices.iter().map(answer).collect())
    }

    /// One after the other, until one finds no node in time: those behind it would wait as long, each.
    async fn send_one_by_one(
        &self,
        indices: &[usize],
        questions: &[(&str, Pipeline)],
    ) -> Vec<Result<Vec<Value>, HotError>> {
        let mut answers: Vec<Result<Vec<Value>, HotError>> = Vec::with_capacity(indices.len());
        let mut failed: Option<HotError> = None;
        for index in indices {
            if let Some(error) = &failed {
                answers.push(Err(error.clone()));
                continue;
            }
            let (key, commands) = &questions[*index];
            let answer = self.send(key, commands.clone()).await;
            failed = answer.as_ref().err().cloned();
            answers.push(answer);
        }
        answers
    }

    async fn run_on(
        &self,
        lane: &lane::Lane,
        script: &'static Script,
        keys: &[&str],
        arguments: &[&[u8]],
        wait: Wait,
    ) -> Result<Reply, HotError> {
        let first = keys.first().copied().unwrap_or_default();
        for known in [true, false] {
            let commands = commands(script, known, keys, arguments, wait);
            let mut values = call::send(&self.0.topology, lane, first, &commands).await?.into_iter();
            let Some(value) = values.next() else { return Err(HotError::unknown("Redis gave no answer")) };
            match value.extract_error() {
                Ok(value) => {
                    let is_durable = match (wait, values.next()) {
                        (Wait::Nobody, _) => true,
                        (Wait::Replica, Some(Value::Int(replicas))) => replicas >= 1,
                        (Wait::Replica, _) => false,
                    };
                    return Ok(Reply { value, is_durable });
                }
                // A node that was promoted, restarted or flushed has no scripts: it gets the text.
                Err(error) if known && error.code() == Some("NOSCRIPT") => {}
                Err(error) => return Err(unknown(script.name, error)),
            }
        }
        Err(HotError::unknown(format!("{}: Redis does not take the script", script.name)))
    }
}

fn extracted(value: Value) -> Result<Value, HotError> {
    value.extract_error().map_err(|error| unknown("Redis", error))
}

fn commands(script: &Script, known: bool, keys: &[&str], arguments: &[&[u8]], wait: Wait) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(2);
    let (command, text) = if known { ("EVALSHA", script.digest()) } else { ("EVAL", script.text) };
    pipeline.cmd(command).arg(text).arg(keys.len()).arg(keys).arg(arguments);
    if wait == Wait::Replica {
        pipeline.cmd("WAIT").arg(1).arg(WAIT_MS);
    }
    pipeline
}

/// Milliseconds since this process began to use Redis: what is only this process's business does not depend on clocks
/// that can be set.
pub(super) fn uptime_ms() -> i64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGAN.elapsed().as_millis() as i64
}
