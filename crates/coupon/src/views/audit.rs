//! The JSON of the audit log.

use call::Entry;
use domain::{Timestamp, ZonedTime};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// `user`, `key` or `command`.
    pub kind: String,
    /// The user's or the key's id, or the command.
    pub id: String,
}

/// One change by an operator.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The entry.
    pub id: Uuid,
    /// When.
    #[schema(value_type = String)]
    pub at: ZonedTime,
    /// Who.
    pub actor: AuditActor,
    /// What, such as `campaign.pause`.
    #[schema(example = "campaign.pause")]
    pub action: String,
    /// To what, such as `campaign:autumn_sale`.
    #[schema(example = "campaign:autumn_sale")]
    pub target: String,
    /// The fields that changed, before; null for something new.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The fields that changed, after.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The `X-Trace-Id` of the call.
    pub trace_id: String,
    /// The caller's network; null for commands.
    pub network: Option<String>,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let Entry { id, at_ms, actor_kind, actor_id, action, target, before, after, trace_id, network } = entry;
        let actor = AuditActor { kind: actor_kind, id: actor_id };
        Self { id, at: ZonedTime(Timestamp(at_ms)), actor, action, target, before, after, trace_id, network }
    }
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// Newest first.
    pub list: Vec<AuditEntry>,
    /// From 0.
    pub page: u64,
    /// Most entries of a page.
    pub size: u64,
    /// Entries of all pages.
    pub total_elements: u64,
}
