//! The bus of one process: it needs no server and keeps the same promises.
//!
//! Publishing returns when every subscribed group has handled the messages or stored them as dead letters. So the
//! outbox that they came from is the queue: it is durable, and nothing is kept twice. Dead letters are in a file of
//! their own, which `onsale dead-letters` reads from another process.

mod dead_letters;
mod replay;

pub use dead_letters::{LocalDeadLetters, OpenError};

use crate::consumer::{Consumer, ConsumerOptions};
use crate::message::Delivery;
use crate::metrics::Lag;
use crate::port::{Handler, PublishError, Publisher};
use crate::stop::{Shutdown, Stop};
use crate::{BATCH_MAX, dead_letter::DeadLetters};
use async_trait::async_trait;
use domain::message::Envelope;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Batches that may wait for a group; publishers wait beyond that.
const QUEUE_MAX: usize = 4;

/// The bus of one process. Cheap to clone; all clones are the same bus.
#[derive(Clone)]
pub struct LocalBus {
    shared: Arc<Shared>,
}

struct Shared {
    groups: Vec<Group>,
    /// The next offset of each topic. Counts from 0 at each start: it only names a message in logs and dead letters.
    offsets: Mutex<HashMap<Arc<str>, i64>>,
    stop: Stop,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// The way to one group's consumer.
struct Group {
    name: String,
    topics: Vec<String>,
    queue: mpsc::Sender<Job>,
}

/// A batch for one group. `done` answers the publisher; dropped unanswered, the bus was stopped.
struct Job {
    batch: Vec<Delivery>,
    done: oneshot::Sender<()>,
    _lag: Lag,
}

impl LocalBus {
    /// Starts a consumer for each handler, and the replay of dead letters on request. Needs a tokio runtime.
    pub fn start(handlers: Vec<Arc<dyn Handler>>, dead_letters: LocalDeadLetters, options: ConsumerOptions) -> Self {
        let stop = Stop::default();
        let (mut groups, mut tasks) = (Vec::new(), Vec::new());
        for handler in handlers {
            let (queue, jobs) = mpsc::channel(QUEUE_MAX);
            groups.push(Group {
                name: handler.group().to_owned(),
                topics: handler.topics().iter().map(|topic| (*topic).to_owned()).collect(),
                queue,
            });
            let store: Arc<dyn DeadLetters> = Arc::new(dead_letters.clone());
            let consumer = Consumer::new(handler, store, options.clone(), stop.shutdown());
            tasks.push(tokio::spawn(consume(consumer, jobs, stop.shutdown())));
        }
        let shutdown = stop.shutdown();
        let shared = Arc::new(Shared { groups, offsets: Mutex::default(), stop, tasks: Mutex::default() });
        // The task holds the bus weakly: dropping the last clone ends everything.
        tasks.push(tokio::spawn(replay::run(Arc::downgrade(&shared), dead_letters, shutdown)));
        *lock(&shared.tasks) = tasks;
        Self { shared }
    }

    /// Whether a task has ended although the bus was not stopped: it panicked, and its group handles nothing any more.
    pub fn has_failed(&self) -> bool {
        lock(&self.shared.tasks).iter().any(JoinHandle::is_finished)
    }

    /// Stops the consumers. They finish their batches; batches that wait are left to their outbox. Stop the relays first.
    pub async fn stop(&self) {
        self.shared.stop.stop();
        let tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a consumer task failed");
            }
        }
    }
}

#[async_trait]
impl Publisher for LocalBus {
    async fn publish(&self, topic: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError> {
        let topic: Arc<str> = topic.into();
        for part in batch.chunks(BATCH_MAX) {
            let first = self.shared.take_offsets(&topic, part.len());
            let deliveries: Vec<Delivery> =
                (first..).zip(part).map(|(offset, envelope)| Delivery::of(&topic, offset, envelope)).collect();
            self.shared
                .deliver(None, &topic, deliveries)
                .await
                .map_err(|stopped| PublishError::Unavailable(stopped.into()))?;
        }
        Ok(())
    }
}

/// The bus was stopped before every group had handled the batch.
#[derive(Debug, thiserror::Error)]
#[error("the bus was stopped")]
struct BusStopped;

impl Shared {
    fn take_offsets(&self, topic: &Arc<str>, count: usize) -> i64 {
        let mut offsets = lock(&self.offsets);
        let next = offsets.entry(Arc::clone(topic)).or_default();
        let first = *next;
        *next += count as i64;
        first
    }

    fn subscribes(group: &Group, only: Option<&str>, topic: &str) -> bool {
        only.is_none_or(|only| only == group.name) && group.topics.iter().any(|known| known == topic)
    }

    /// Brings a batch to every subscribed group (or to the named one) and waits until all have handled it.
    async fn deliver(&self, only: Option<&str>, topic: &str, batch: Vec<Delivery>) -> Result<(), BusStopped> {
        let mut answers = Vec::new();
        for group in self.groups.iter().filter(|group| Self::subscribes(group, only, topic)) {
            let (done, answer) = oneshot::channel();
            let job = Job { _lag: Lag::of(&group.name, batch.len()), batch: batch.clone(), done };
            group.queue.send(job).await.map_err(|_| BusStopped)?;
            answers.push(answer);
        }
        for answer in answers {
            answer.await.map_err(|_| BusStopped)?;
        }
        Ok(())
    }
}

async fn consume(consumer: Consumer, mut jobs: mpsc::Receiver<Job>, shutdown: Shutdown) {
    loop {
        let job = tokio::select! {
            biased;
            () = shutdown.stopped() => return,
            job = jobs.recv() => job,
        };
        let Some(Job { batch, done, _lag }) = job else { return };
        if consumer.process(batch).await.is_err() {
            return;
        }
        // The publisher may be gone; the batch is handled all the same.
        let _ = done.send(());
    }
}

/// Every statement under these locks leaves the data valid, so a panic elsewhere does no harm.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
