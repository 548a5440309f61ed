//! The bus of one process: nothing beside it, the same promises.
//!
//! Publishing returns when every group that listens has dealt with the messages or laid them with the dead letters, so
//! the outbox they came from is the queue: it is durable, and nothing is kept twice. Dead letters lie in a file of
//! their own, which `onsale dead-letters` reads from another process.

mod letters;
mod replay;

pub use letters::{LocalDeadLetters, OpenError};

use crate::consumer::{Consumer, ConsumerOptions};
use crate::figures::Lag;
use crate::message::Delivery;
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
    /// The next place in each topic. Counts from 0 at each start: it names a message in logs and letters only.
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

/// A batch, and somebody who waits for it. Dropped unanswered: the bus was stopped.
struct Job {
    batch: Vec<Delivery>,
    done: oneshot::Sender<()>,
    _lag: Lag,
}

impl LocalBus {
    /// Starts a consumer for each handler, and the replay of dead letters somebody asked for. Needs a tokio runtime.
    pub fn start(handlers: Vec<Arc<dyn Handler>>, letters: LocalDeadLetters, options: ConsumerOptions) -> Self {
        let stop = Stop::default();
        let (mut groups, mut tasks) = (Vec::new(), Vec::new());
        for handler in handlers {
            let (queue, jobs) = mpsc::channel(QUEUE_MAX);
            groups.push(Group {
                name: handler.group().to_owned(),
                topics: handler.topics().iter().map(|topic| (*topic).to_owned()).collect(),
                queue,
            });
            let aside: Arc<dyn DeadLetters> = Arc::new(letters.clone());
            let consumer = Consumer::new(handler, aside, options.clone(), stop.shutdown());
            tasks.push(tokio::spawn(consume(consumer, jobs, stop.shutdown())));
        }
        let shutdown = stop.shutdown();
        let shared = Arc::new(Shared { groups, offsets: Mutex::default(), stop, tasks: Mutex::default() });
        // It holds the bus weakly: dropping the last clone ends everything.
        tasks.push(tokio::spawn(replay::run(Arc::downgrade(&shared), letters, shutdown)));
        *lock(&shared.tasks) = tasks;
        Self { shared }
    }

    /// Ends the consumers: what they are at is finished, what waits is left to its outbox. Stop the relays first.
    pub async fn stop(&self) {
        self.shared.stop.stop();
        let tasks = std::mem::take(&mut *lock(&self.shared.tasks));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a consumer did not end well");
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
                .map_err(|Ended| PublishError::Away("the bus was stopped".to_owned()))?;
        }
        Ok(())
    }
}

/// The bus was stopped before everybody had dealt with it.
struct Ended;

impl Shared {
    fn take_offsets(&self, topic: &Arc<str>, count: usize) -> i64 {
        let mut offsets = lock(&self.offsets);
        let next = offsets.entry(Arc::clone(topic)).or_default();
        let first = *next;
        *next += count as i64;
        first
    }

    fn listens(group: &Group, only: Option<&str>, topic: &str) -> bool {
        only.is_none_or(|only| only == group.name) && group.topics.iter().any(|known| known == topic)
    }

    /// Brings a batch to every group that listens (or the one named), and waits for them.
    async fn deliver(&self, only: Option<&str>, topic: &str, batch: Vec<Delivery>) -> Result<(), Ended> {
        let mut answers = Vec::new();
        for group in self.groups.iter().filter(|group| Self::listens(group, only, topic)) {
            let (done, answer) = oneshot::channel();
            let job = Job { _lag: Lag::of(&group.name, batch.len()), batch: batch.clone(), done };
            group.queue.send(job).await.map_err(|_| Ended)?;
            answers.push(answer);
        }
        for answer in answers {
            answer.await.map_err(|_| Ended)?;
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
        // Nobody may be waiting any more; it is dealt with all the same.
        let _ = done.send(());
    }
}

/// What these locks guard is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
