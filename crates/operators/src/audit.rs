//! One schema's audit log, as the gateway joins it with the others'.

use call::Entry;
use domain::{Timestamp, ZonedTime};
use ledger::Ledger;
use ledger::calls::audit::{Filter, PAGE_MAX, list};
use onsale_http::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who acted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// `user`, `key` or `command`.
    pub kind: String,
    /// The user's or the key's id, or the command.
    pub id: String,
}

/// One change by an operator.
#[derive(Clone, Debug, Serialize, ToSchema)]
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

/// Which entries, as they stand in a query. All that is given must fit.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl AuditQuery {
    /// The query as it is read in tables.
    ///
    /// # Errors
    /// `INVALID_INPUT` for what is no time.
    pub fn filter(self) -> Result<Filter, ApiError> {
        let Self { actor, action, target, from, to } = self;
        Ok(Filter { actor, action, target, from: time("from", from)?, to: time("to", to)? })
    }
}

/// A time of a query.
pub(crate) fn time(name: &str, text: Option<String>) -> Result<Option<Timestamp>, ApiError> {
    let at = text.map(|text| ZonedTime::parse(&text)).transpose();
    at.map(|at| at.map(Into::into)).map_err(|error| ApiError::invalid(format!("{name} {error}")))
}

/// An entry with what it is put in order by: the written time has no milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dated {
    at_ms: i64,
    entry: AuditEntry,
}

/// The newest entries of one log.
#[derive(Debug, Serialize)]
pub(crate) struct Newest {
    /// Newest first.
    list: Vec<Dated>,
    /// Of all that fit.
    total: u64,
}

/// The newest `count` entries that fit.
pub(crate) async fn newest(ledger: &Ledger, filter: &Filter, count: u64) -> Result<Newest, ApiError> {
    let (mut dated, mut total, mut page) = (Vec::new(), 0, 0);
    loop {
        let (entries, all) = list(ledger, filter, page, PAGE_MAX).await?;
        total = all.max(total);
        let is_last = (entries.len() as u64) < PAGE_MAX;
        dated.extend(entries.into_iter().map(|entry| Dated { at_ms: entry.at_ms, entry: entry.into() }));
        page += 1;
        if is_last || dated.len() as u64 >= count {
            dated.truncate(usize::try_from(count).unwrap_or(usize::MAX));
            return Ok(Newest { list: dated, total });
        }
    }
}
