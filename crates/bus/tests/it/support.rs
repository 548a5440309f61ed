//! Shared by the tests: messages, a scripted handler, a file of dead letters.

use async_trait::async_trait;
use bus::local::LocalDeadLetters;
use bus::{Body, DeadLetter, DeadLetters, Delivery, HandleError, Handler, Message};
use domain::Timestamp;
use domain::message::{Envelope, Place};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::time::Instant;
use uuid::Uuid;

pub const TOPIC: &str = "coupon.events";

pub fn envelope(id: u128) -> Envelope {
    Envelope::about_campaign(
        Uuid::from_u128(id),
        "CouponIssued",
        format!("sale{}", id % 3),
        Timestamp(1_700_000_000_000),
        None,
        &serde_json::json!({"n": id as u64}),
    )
}

pub fn envelopes(ids: impl IntoIterator<Item = u128>) -> Vec<Arc<Envelope>> {
    ids.into_iter().map(|id| Arc::new(envelope(id))).collect()
}

pub fn delivery(id: u128) -> Delivery {
    Delivery::of(&Arc::from(TOPIC), id as i64, &Arc::new(envelope(id)))
}

pub fn bytes(value: &[u8]) -> Delivery {
    Delivery { body: Body::Bytes(value.to_vec()), ..delivery(77) }
}

type Answer = Box<dyn Fn(&[u128]) -> Result<(), HandleError> + Send + Sync>;

/// A handler that records its calls and returns scripted answers.
pub struct Scripted {
    answer: Answer,
    /// The time of each call, and its messages.
    pub calls: Mutex<Vec<(Instant, Vec<u128>)>>,
    /// The messages that it has handled.
    pub handled: Mutex<Vec<u128>>,
    /// The places that it was told it is past, call by call.
    pub past: Mutex<Vec<Vec<Place>>>,
    pub group: &'static str,
}

impl Scripted {
    pub fn new(answer: impl Fn(&[u128]) -> Result<(), HandleError> + Send + Sync + 'static) -> Arc<Self> {
        Self::of_group("coupon-group", answer)
    }

    pub fn of_group(
        group: &'static str,
        answer: impl Fn(&[u128]) -> Result<(), HandleError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            calls: Mutex::default(),
            handled: Mutex::default(),
            past: Mutex::default(),
            group,
        })
    }

    pub fn handled(&self) -> Vec<u128> {
        self.handled.lock().expect("not poisoned").clone()
    }

    /// The seconds of each call after the first one.
    pub fn call_seconds(&self) -> Vec<u64> {
        let calls = self.calls.lock().expect("not poisoned");
        calls.iter().map(|(at, _)| at.duration_since(calls[0].0).as_secs()).collect()
    }
}

#[async_trait]
impl Handler for Scripted {
    fn group(&self) -> &str {
        self.group
    }

    fn topics(&self) -> &[&str] {
        &[TOPIC]
    }

    fn knows(&self, event_type: &str) -> bool {
        event_type == "CouponIssued"
    }

    async fn went_past(&self, reached: &[Place]) -> Result<(), HandleError> {
        self.past.lock().expect("not poisoned").push(reached.to_vec());
        Ok(())
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let ids: Vec<u128> = batch.iter().map(|message| message.envelope.event_id.as_u128()).collect();
        self.calls.lock().expect("not poisoned").push((Instant::now(), ids.clone()));
        let answer = (self.answer)(&ids);
        let failed = |index| matches!(&answer, Err(HandleError::Failed(list)) if list.iter().any(|f| f.index == index));
        let nothing = matches!(&answer, Err(HandleError::Unavailable(_) | HandleError::Batch(_)));
        let handled = ids.iter().enumerate().filter(|(index, _)| !nothing && !failed(*index)).map(|(_, id)| *id);
        self.handled.lock().expect("not poisoned").extend(handled);
        answer
    }
}

/// A file of dead letters in a temporary folder.
pub struct Store {
    pub dead_letters: LocalDeadLetters,
    pub path: PathBuf,
    _folder: TempDir,
}

impl Store {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(LocalDeadLetters::FILE);
        Self { dead_letters: LocalDeadLetters::open(&path).expect("opens"), path, _folder: folder }
    }

    pub async fn all(&self) -> Vec<DeadLetter> {
        self.dead_letters.list(0, 1_000).await.expect("listed")
    }

    /// The reason of each dead letter.
    pub async fn reasons(&self) -> Vec<&'static str> {
        self.all().await.iter().map(|letter| letter.reason.as_str()).collect()
    }
}

/// Waits until a condition holds; fails after a minute, of simulated time where time is simulated.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + std::time::Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
