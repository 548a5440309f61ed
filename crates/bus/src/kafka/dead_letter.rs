//! Dead letters as records: written, read, and marked as finished.
//!
//! A topic only grows, so a dead letter that was replayed or dropped is marked by a later record without a value, which
//! names its partition and offset. A reader of the topic sees both.

use super::record::{Record, headers_of, key_of};
use crate::dead_letter::{DeadLetter, Reason};
use domain::Timestamp;
use rdkafka::message::{BorrowedMessage, Message};

const REASON: &str = "dlqReason";
const ERROR: &str = "dlqError";
const GROUP: &str = "dlqGroup";
const TRUNCATED: &str = "dlqTruncated";
const ORIGINAL_TOPIC: &str = "originalTopic";
const ORIGINAL_PARTITION: &str = "originalPartition";
const ORIGINAL_OFFSET: &str = "originalOffset";
const HANDLED: &str = "dlqHandled";
const HANDLED_PARTITION: &str = "dlqHandledPartition";
const HANDLED_OFFSET: &str = "dlqHandledOffset";

/// Dead-letter topics have one partition.
pub(super) const PARTITION: i32 = 0;

/// How a dead letter was finished.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Replayed,
    Dropped,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Dropped => "dropped",
        }
    }
}

/// The record of a dead letter; without its value when that is too large for the brokers.
pub(super) fn record_of(letter: &DeadLetter, whole: bool) -> Record {
    let mut headers = letter.wire_headers();
    headers.extend(letter.group.iter().map(|group| (GROUP.to_owned(), group.clone())));
    if !whole {
        headers.push((TRUNCATED.to_owned(), letter.value.len().to_string()));
    }
    Record {
        topic: letter.topic.clone(),
        partition: Some(PARTITION),
        key: Some(letter.key.clone()),
        headers,
        value: Some(if whole { letter.value.clone() } else { Vec::new() }),
    }
}

/// The record that marks a dead letter as finished.
pub(super) fn mark_of(letter: &DeadLetter, offset: i64, ending: Ending) -> Record {
    let header = |name: &str, value: String| (name.to_owned(), value);
    Record {
        topic: letter.topic.clone(),
        partition: Some(PARTITION),
        key: Some(letter.key.clone()),
        headers: vec![
            header(HANDLED, ending.as_str().to_owned()),
            header(HANDLED_PARTITION, PARTITION.to_string()),
            header(HANDLED_OFFSET, offset.to_string()),
        ],
        value: None,
    }
}

/// The message as it was before it became a dead letter. `None` when it was too large to be kept whole.
pub(super) fn original_of(letter: &DeadLetter) -> Option<Record> {
    let truncated = letter.headers.iter().any(|(name, _)| name == TRUNCATED);
    (!truncated).then(|| Record {
        topic: letter.original_topic.clone(),
        partition: None,
        key: Some(letter.key.clone()),
        headers: letter.replayed_headers(),
        value: Some(letter.value.clone()),
    })
}

/// The offset of the dead letter that this record marks as finished.
pub(super) fn marked_offset(message: &BorrowedMessage<'_>) -> Option<i64> {
    if message.payload().is_some() {
        return None;
    }
    let headers = headers_of(message);
    headers.iter().find(|(name, _)| name == HANDLED_OFFSET)?.1.parse().ok()
}

/// The dead letter of a record. A record of another program is shown as far as it can be read.
pub(super) fn dead_letter_of(id: i64, message: &BorrowedMessage<'_>) -> DeadLetter {
    let mut headers = headers_of(message);
    // The last header of a name is ours: a message may carry one of the same name from an earlier failure.
    let mut take = |name: &str| {
        let index = headers.iter().rposition(|(known, _)| known == name)?;
        Some(headers.remove(index).1)
    };
    let group = take(GROUP);
    let original_offset = take(ORIGINAL_OFFSET).and_then(|text| text.parse().ok()).unwrap_or(-1);
    let original_partition = take(ORIGINAL_PARTITION).and_then(|text| text.parse().ok()).unwrap_or(-1);
    let original_topic = take(ORIGINAL_TOPIC).unwrap_or_default();
    let error = take(ERROR).unwrap_or_default();
    let reason = take(REASON).and_then(|text| Reason::parse(&text)).unwrap_or(Reason::Invalid);
    DeadLetter {
        id,
        topic: message.topic().to_owned(),
        group,
        reason,
        error,
        original_topic,
        original_partition,
        original_offset,
        key: key_of(message),
        headers,
        value: message.payload().unwrap_or_default().to_vec(),
        stored_at: Timestamp(message.timestamp().to_millis().unwrap_or_default()),
        replay_requested: false,
    }
}
