//! Messages that could not be handled, kept for operators (MSG-001).

use crate::cause::Cause;
use crate::message::Delivery;
use async_trait::async_trait;
use domain::Timestamp;
use domain::message::topic::dead_letters_of;

/// Longest error text that is kept, in bytes.
const ERROR_LENGTH_MAX: usize = 2_000;

/// The header with the number of replays of a message, so that a dead letter says how often it has failed.
pub const REPLAYS_HEADER: &str = "replays";

/// Why a message became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It could not be decoded.
    Malformed,
    /// It was decoded and is not acceptable: unknown kind or version, wrong payload, refused by a constraint.
    Invalid,
    /// It failed too often.
    MaxRetryExceeded,
}

impl Reason {
    /// `dlqReason` on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "MALFORMED",
            Self::Invalid => "INVALID",
            Self::MaxRetryExceeded => "MAX_RETRY_EXCEEDED",
        }
    }

    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Malformed, Self::Invalid, Self::MaxRetryExceeded].into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A message that could not be handled, as it arrived, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number for operators; 0 until it is stored.
    pub id: i64,
    /// The dead-letter topic.
    pub topic: String,
    /// The group that could not handle it; `None` when a relay could not publish it.
    pub group: Option<String>,
    /// `dlqReason`.
    pub reason: Reason,
    /// `dlqError`.
    pub error: String,
    /// `originalTopic`.
    pub original_topic: String,
    /// `originalPartition`.
    pub original_partition: i32,
    /// `originalOffset`.
    pub original_offset: i64,
    /// The message's key.
    pub key: String,
    /// The message's own headers.
    pub headers: Vec<(String, String)>,
    /// The message's bytes.
    pub value: Vec<u8>,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Whether an operator requested that it is handled again.
    pub replay_requested: bool,
}

impl DeadLetter {
    /// The dead letter of a message that failed.
    pub fn of(delivery: &Delivery, group: Option<&str>, reason: Reason, error: &str) -> Self {
        Self {
            id: 0,
            topic: dead_letters_of(&delivery.topic),
            group: group.map(str::to_owned),
            reason,
            error: shortened(error),
            original_topic: delivery.topic.to_string(),
            original_partition: delivery.partition,
            original_offset: delivery.offset,
            key: delivery.key.clone(),
            headers: delivery.headers.clone(),
            value: delivery.value(),
            stored_at: clock::now(),
            replay_requested: false,
        }
    }

    /// The message's own headers for one more replay, which they count.
    pub fn replayed_headers(&self) -> Vec<(String, String)> {
        let is_count = |(name, _): &&(String, String)| name == REPLAYS_HEADER;
        let before: u32 = self.headers.iter().find(is_count).and_then(|(_, count)| count.parse().ok()).unwrap_or(0);
        let mut headers: Vec<_> = self.headers.iter().filter(|header| !is_count(header)).cloned().collect();
        headers.push((REPLAYS_HEADER.to_owned(), before.saturating_add(1).to_string()));
        headers
    }

    /// All headers that the contract wants on a dead-letter topic.
    pub fn wire_headers(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        headers.extend([
            ("dlqReason".to_owned(), self.reason.as_str().to_owned()),
            ("dlqError".to_owned(), self.error.clone()),
            ("originalTopic".to_owned(), self.original_topic.clone()),
            ("originalPartition".to_owned(), self.original_partition.to_string()),
            ("originalOffset".to_owned(), self.original_offset.to_string()),
        ]);
        headers
    }
}

fn shortened(error: &str) -> String {
    error.get(..error.floor_char_boundary(ERROR_LENGTH_MAX)).unwrap_or_default().to_owned()
}

/// Dead letters are unavailable; nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dead letters are unavailable")]
pub struct DeadLettersUnavailable(#[source] pub Cause);

/// A store of dead letters.
#[async_trait]
pub trait DeadLetters: Send + Sync + 'static {
    /// Stores dead letters. `Ok`: they cannot be lost any more.
    ///
    /// # Errors
    /// [`DeadLettersUnavailable`], as of every method.
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable>;

    /// Up to `limit` dead letters after the one with the id `after` (0: from the first), by id; those of one topic are
    /// oldest first. Empty: there are no more.
    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable>;

    /// One dead letter.
    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable>;

    /// Requests that a dead letter is handled again; it is removed when that is done. Returns whether it exists.
    async fn replay(&self, id: i64) -> Result<bool, DeadLettersUnavailable>;

    /// Removes a dead letter for good. Returns whether it existed.
    async fn remove(&self, id: i64) -> Result<bool, DeadLettersUnavailable>;
}

/// A shared store of dead letters is one as well.
#[async_trait]
impl<D: DeadLetters + ?Sized> DeadLetters for std::sync::Arc<D> {
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable> {
        self.as_ref().store(letters).await
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        self.as_ref().list(after, limit).await
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable> {
        self.as_ref().show(id).await
    }

    async fn replay(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        self.as_ref().replay(id).await
    }

    async fn remove(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        self.as_ref().remove(id).await
    }
}
