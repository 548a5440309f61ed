//! One entry of the audit log.

use crate::current;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// One change by an operator, as it is kept: who, when, what, to what, and what it was before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Made with the entry: an entry that arrives twice is kept once. In order of time.
    pub id: Uuid,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `user`, `key` or `command`.
    pub actor_kind: String,
    /// The actor's id.
    pub actor_id: String,
    /// What was done, such as `campaign.pause`.
    pub action: String,
    /// To what: `campaign:<name>`, `coupon:<id>`, `key:<id>`, `gate:<campaign>`, `queue:<name>`.
    pub target: String,
    /// What it was; none for something new.
    pub before: Option<Value>,
    /// What it became; none for something that was removed.
    pub after: Option<Value>,
    /// The id of the call.
    pub trace_id: String,
    /// From where.
    pub network: Option<String>,
}

/// What a change says about itself. Secrets never stand in `before` or `after`.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// See [`Entry::action`].
    pub action: &'static str,
    /// See [`Entry::target`].
    pub target: String,
    /// See [`Entry::before`].
    pub before: Option<Value>,
    /// See [`Entry::after`].
    pub after: Option<Value>,
}

impl Entry {
    /// The entry of a change by the call under way; `None` where none is: background work is not an operator's.
    pub fn of(facts: Facts) -> Option<Self> {
        let call = current()?;
        let Facts { action, target, before, after } = facts;
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => {
                let (before, after) = changed(before, after);
                (Some(before), Some(after))
            }
            one_sided => one_sided,
        };
        Some(Self {
            id: Uuid::now_v7(),
            at_ms: clock::now().millis(),
            actor_kind: call.actor().kind.as_str().to_owned(),
            actor_id: call.actor().id.clone(),
            action: action.to_owned(),
            target,
            before,
            after,
            trace_id: call.trace_id().to_owned(),
            network: call.network().map(str::to_owned),
        })
    }

    /// As hot state keeps it.
    pub fn bytes(&self) -> Vec<u8> {
        // Texts and JSON only: it can be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Entry::bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Both sides without the fields that are the same.
pub(crate) fn changed(before: Value, after: Value) -> (Value, Value) {
    let (Value::Object(before), Value::Object(after)) = (&before, &after) else { return (before, after) };
    let differing = |one: &Map<String, Value>, other: &Map<String, Value>| {
        let fields = one.iter().filter(|(name, value)| other.get(*name) != Some(*value));
        Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    (differing(before, after), differing(after, before))
}
