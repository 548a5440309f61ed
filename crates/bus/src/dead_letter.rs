//! Messages that nobody could deal with, laid aside for people (MSG-001).

use crate::message::Delivery;
use async_trait::async_trait;
use domain::Timestamp;
use domain::message::topic::dead_letters_of;

/// Longest error text that is kept, in bytes.
const ERROR_LENGTH_MAX: usize = 2_000;

/// Why it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It could not be read.
    Malformed,
    /// It was read and can not be: unknown kind or version, wrong payload, refused by a constraint.
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

/// A message that nobody could deal with, as it came, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What people name it by; 0 until it is laid aside.
    pub id: i64,
    /// The dead-letter topic.
    pub topic: String,
    /// Which group could not deal with it; none when a relay could not publish it.
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
    /// When it was laid aside.
    pub buried_at: Timestamp,
    /// Whether somebody asked for it to be tried again.
    pub replay_requested: bool,
}

impl DeadLetter {
    /// The letter for a message that failed.
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
            buried_at: clock::now(),
            replay_requested: false,
        }
    }

    /// All headers as the contract has them on a dead-letter topic.
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

/// The place of dead letters can not be reached; nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dead letters can not be reached: {0}")]
pub struct LettersAway(pub String);

/// Where dead letters lie.
#[async_trait]
pub trait DeadLetters: Send + Sync + 'static {
    /// Lays letters aside. `Ok`: they can not be lost any more.
    async fn bury(&self, letters: &[DeadLetter]) -> Result<(), LettersAway>;

    /// At most `limit` letters after the one with the id `after` (0: from the first), by id; those of one topic are
    /// oldest first. None: there are no more.
    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, LettersAway>;

    /// One letter.
    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, LettersAway>;

    /// Asks for a letter to be dealt with again; it leaves when that is done. Whether there is such a letter.
    async fn replay(&self, id: i64) -> Result<bool, LettersAway>;

    /// Throws a letter away. Whether there was such a letter.
    async fn remove(&self, id: i64) -> Result<bool, LettersAway>;
}

/// A shared place of dead letters is one as well.
#[async_trait]
impl<L: DeadLetters + ?Sized> DeadLetters for std::sync::Arc<L> {
    async fn bury(&self, letters: &[DeadLetter]) -> Result<(), LettersAway> {
        self.as_ref().bury(letters).await
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, LettersAway> {
        self.as_ref().list(after, limit).await
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, LettersAway> {
        self.as_ref().show(id).await
    }

    async fn replay(&self, id: i64) -> Result<bool, LettersAway> {
        self.as_ref().replay(id).await
    }

    async fn remove(&self, id: i64) -> Result<bool, LettersAway> {
        self.as_ref().remove(id).await
    }
}
