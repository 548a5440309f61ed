//! Reads who was told what.

use super::row::{Column, Entity, Model};
use crate::audit::time;
use domain::Timestamp;
use ledger::Ledger;
use ledger::moment::{read as moment, stored};
use onsale_http::ApiError;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most answers of one list.
const LIST_MAX: u64 = 500;

/// Whose, or of which call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppealQuery {
    trace_id: Option<String>,
    user_id: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// An answer that was given.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// When, with milliseconds.
    pub at: String,
    /// The role that answered.
    pub role: String,
    /// Such as `POST /reservations/hold`.
    pub route: String,
    /// The status.
    pub status: i32,
    /// The code of a refusal, or the word of a decision.
    pub code: Option<String>,
    /// What it was about.
    pub target: Option<String>,
    /// The call.
    pub trace_id: String,
    /// Who; null where nobody was known.
    pub user_id: Option<String>,
    /// How often the same was told within moments.
    pub times: i64,
}

/// What was told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppealPage {
    /// Newest first, at most 500.
    pub list: Vec<Told>,
    /// Whether there is more.
    pub is_more: bool,
    /// How long answers are kept, in days.
    pub kept_days: u32,
    /// Answers of that time that were given and not kept, because too many came at once: while this is above 0, what is not in the
    /// list may have been told.
    pub left_out: i64,
}

/// Reads what fits, newest first.
///
/// # Errors
/// `INVALID_INPUT` unless exactly one of trace id and user is given; `SERVICE_UNAVAILABLE`.
pub async fn read(ledger: &Ledger, query: AppealQuery, kept_days: u32) -> Result<AppealPage, ApiError> {
    let AppealQuery { trace_id, user_id, from, to } = query;
    let which = match (trace_id, user_id) {
        (Some(trace), None) if !trace.is_empty() => Column::TraceId.eq(trace),
        (None, Some(user)) if !user.is_empty() => Column::UserId.eq(user),
        _ => return Err(ApiError::invalid("give either traceId or userId")),
    };
    let kept_since = clock::now().plus_seconds(-i64::from(kept_days) * 86_400);
    let from = time("from", from)?.unwrap_or(kept_since).max(kept_since);
    let until = time("to", to)?;
    let when = Condition::all().add(Column::At.gte(stored(from)));
    let when = when.add_option(until.map(|to| Column::At.lt(stored(to))));
    let rows = Entity::find()
        .filter(Column::Route.ne(""))
        .filter(which)
        .filter(when.clone())
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(LIST_MAX + 1)
        .all(ledger.connection())
        .await
        .map_err(ledger::LedgerError::from)?;
    let counts: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Times)
        .filter(Column::TraceId.eq(""))
        .filter(Column::Route.eq(""))
        .filter(when)
        .into_tuple()
        .all(ledger.connection())
        .await
        .map_err(ledger::LedgerError::from)?;
    let is_more = rows.len() as u64 > LIST_MAX;
    let list = rows.into_iter().take(LIST_MAX as usize).map(Told::from).collect();
    Ok(AppealPage { list, is_more, kept_days, left_out: counts.into_iter().fold(0, i64::saturating_add) })
}

impl From<Model> for Told {
    fn from(row: Model) -> Self {
        let Model { at, role, route, status, code, target, trace_id, user_id, times, .. } = row;
        Self { at: with_millis(moment(at)), role, route, status, code, target, trace_id, user_id, times }
    }
}

/// People compare it with what their own screen said.
fn with_millis(at: Timestamp) -> String {
    format!("{at}.{:03}Z", at.millis().rem_euclid(1_000))
}
