//! The JSON of dead letters.

use super::masking::{masked, masked_text};
use bus::DeadLetter;
use domain::ZonedTime;
use onsale_http::RequestBody;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How often a replayed message has failed before, counted up by the bus at each replay.
const REPLAYS_HEADER: &str = bus::REPLAYS_HEADER;
/// Most ids of one call.
pub const IDS_MAX: usize = 500;

/// A message that could not be handled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LetterView {
    /// Its number, as a text.
    pub id: String,
    /// The dead-letter topic.
    pub topic: String,
    /// `MALFORMED`, `INVALID` or `MAX_RETRY_EXCEEDED`.
    pub reason: &'static str,
    /// Why, for operators.
    pub error: String,
    /// Where it came from.
    pub original_topic: String,
    /// Its partition there.
    pub original_partition: i32,
    /// Its offset there.
    pub original_offset: i64,
    /// The message's key.
    pub key: String,
    /// Such as `PaymentSuccess`.
    pub event_type: Option<String>,
    /// The trace id of the request that began the chain.
    pub trace_id: Option<String>,
    /// How often this message has become a dead letter: more than once when a replay failed.
    pub failures: u32,
    /// When it became one.
    #[schema(value_type = String)]
    pub at: ZonedTime,
    /// The group that could not handle it; null when a relay could not publish it.
    pub group: Option<String>,
    /// Whether somebody has asked that it be handled again, and it was not yet.
    pub replay_requested: bool,
}

/// A dead letter with its message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeLetterView {
    /// The letter.
    #[serde(flatten)]
    pub letter: LetterView,
    /// The message's own headers.
    #[schema(value_type = Object)]
    pub headers: Map<String, Value>,
    /// The message, personal data masked; a text where it is no JSON.
    #[schema(value_type = Object)]
    pub value: Value,
}

impl From<&DeadLetter> for LetterView {
    fn from(letter: &DeadLetter) -> Self {
        let header =
            |name: &str| letter.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let replays: u32 = header(REPLAYS_HEADER).and_then(|count| count.parse().ok()).unwrap_or_default();
        Self {
            id: letter.id.to_string(),
            topic: letter.topic.clone(),
            reason: letter.reason.as_str(),
            error: masked_text(&letter.error),
            original_topic: letter.original_topic.clone(),
            original_partition: letter.original_partition,
            original_offset: letter.original_offset,
            key: masked_text(&letter.key),
            event_type: header("eventType"),
            trace_id: header("traceId"),
            failures: replays.saturating_add(1),
            at: ZonedTime(letter.stored_at),
            group: letter.group.clone(),
            replay_requested: letter.replay_requested,
        }
    }
}

impl From<&DeadLetter> for WholeLetterView {
    fn from(letter: &DeadLetter) -> Self {
        let headers = letter.headers.iter().map(|(name, value)| (name.clone(), masked_text(value).into())).collect();
        let value = match serde_json::from_slice(&letter.value) {
            Ok(value) => masked(value),
            Err(_) => Value::String(masked_text(&String::from_utf8_lossy(&letter.value))),
        };
        Self { letter: letter.into(), headers, value }
    }
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LetterPage {
    /// Newest first.
    pub list: Vec<LetterView>,
    /// From 0.
    pub page: u64,
    /// Most of a page.
    pub size: u64,
    /// Of all pages, of those that were looked through.
    pub total_elements: u64,
    /// Whether there are more than are looked through.
    pub is_more: bool,
    /// The moment of the list: what came later is not in it.
    #[schema(value_type = String)]
    pub at: ZonedTime,
}

/// Which dead letters an operator acts on: those that were listed, never "all".
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterIds {
    /// 1 to 500.
    pub ids: Vec<LetterId>,
}

/// An id as it was listed: a text, or the number in it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LetterId {
    /// As listed.
    Text(String),
    /// Its number.
    Number(i64),
}

impl LetterId {
    /// The number; none for what can be no letter's.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
        }
    }

    /// As it was sent.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Five hundred numbers of twenty digits.
impl RequestBody for LetterIds {
    const LIMIT_BYTES: usize = 16 * 1_024;
}

/// What became of each letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterResults {
    /// In the order of the ids.
    pub results: Vec<LetterResult>,
}

/// What became of one letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterResult {
    /// As sent.
    pub id: String,
    /// `REPLAYED`, `DROPPED`, `FAILED`, or `GONE`: there is no such letter any more.
    pub outcome: &'static str,
    /// Why, of one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
