//! The operators' API as it answers.

use domain::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    pub list: Vec<T>,
    #[serde(default)]
    pub total_elements: u64,
    #[serde(default)]
    pub is_more: bool,
    pub at: Option<Timestamp>,
    #[serde(default)]
    pub parts: Vec<Part>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { list: Vec::new(), total_elements: 0, is_more: false, at: None, parts: Vec::new() }
    }
}

/// A role that was asked.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Part {
    pub role: String,
    pub error: Option<String>,
}

/// The roles that gave no answer.
pub(super) fn away(parts: &[Part]) -> Vec<String> {
    parts.iter().filter(|part| part.error.is_some()).map(|part| part.role.clone()).collect()
}

/// `GET /queue/admin/stats`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stats {
    pub total_waiting: u64,
    pub schedule_stats: Vec<LineStats>,
}

/// One line of [`Stats`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineStats {
    pub schedule_id: String,
    pub waiting_count: u64,
    pub active_count: u64,
    pub admitted_count: u64,
    pub measured_per_second: f64,
    pub rate_per_second: u32,
    pub paused: bool,
}

/// `GET /queue/serving/{line}`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Serving {
    pub state: String,
    pub notice: Option<Notice>,
}

/// The operator's words to people in a line.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Notice {
    pub ko: Option<String>,
    pub en: Option<String>,
}

/// A campaign.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Campaign {
    pub event_id: String,
    pub name: String,
    pub stock: u32,
    pub gated: bool,
    pub opens_at: Option<Timestamp>,
    pub status: String,
    pub remaining_stock: u32,
}

/// `GET /api/v1/admin/campaigns/{id}/sales`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CampaignSales {
    pub issued: u64,
    pub held: u64,
    pub redeemed: u64,
    pub revoked: u64,
}

/// An event of `GET /events`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub id: String,
    pub title: String,
    pub venue_name: String,
    pub city: String,
    pub start_date: Timestamp,
    pub sale_start_at: Timestamp,
    pub status: String,
}

/// What the console needs of `GET /events/{id}`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventDetail {
    pub id: String,
    pub title: String,
    pub artist: String,
    pub status: String,
}

/// What the console needs of `GET /events/schedules/{id}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schedule {
    pub event_id: String,
    pub event_start_at: Timestamp,
    pub left: u64,
}

/// `GET /api/v1/admin/sales?eventId=`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sales {
    pub schedules: Vec<ScheduleSales>,
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// The sales of one schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleSales {
    pub schedule_id: String,
    pub sequence: u32,
    pub event_start_at: Timestamp,
    pub status: String,
    pub total: u64,
    pub sold: u64,
    pub held: Option<u64>,
    pub free: Option<u64>,
    pub captured: Option<i64>,
    pub refunded: Option<i64>,
    #[serde(default)]
    pub by_grade: BTreeMap<String, GradeSales>,
}

/// The sales of one grade.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GradeSales {
    pub price: Option<i64>,
    pub total: u64,
    pub sold: u64,
    pub held: Option<u64>,
    pub free: Option<u64>,
}

/// A dead letter.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Letter {
    pub id: String,
    pub topic: String,
    pub reason: String,
    pub error: Option<String>,
    pub original_topic: Option<String>,
    pub original_partition: Option<i64>,
    pub original_offset: Option<i64>,
    pub key: Option<String>,
    pub event_type: Option<String>,
    pub trace_id: Option<String>,
    #[serde(default)]
    pub failures: u64,
    pub at: Option<Timestamp>,
    pub group: Option<String>,
    #[serde(default)]
    pub replay_requested: bool,
    pub value: Option<Value>,
    pub headers: Option<BTreeMap<String, Value>>,
}

/// `GET /api/v1/admin/reconcile?part=`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comparison {
    pub checked_at: Option<Timestamp>,
    #[serde(default)]
    pub differences: Vec<Difference>,
    #[serde(default)]
    pub is_more: bool,
}

/// Where two books differ.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Difference {
    pub kind: String,
    pub id: String,
    pub details: String,
    pub repair: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub at: Timestamp,
    pub actor: Actor,
    pub action: String,
    pub target: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub trace_id: Option<String>,
    pub network: Option<String>,
}

/// Who changed something.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Actor {
    pub kind: String,
    pub id: String,
}

/// `GET /api/v1/admin/appeal`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Appeal {
    pub list: Vec<Answer>,
    #[serde(default)]
    pub is_more: bool,
    #[serde(default)]
    pub kept_days: u64,
    #[serde(default)]
    pub left_out: u64,
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// An answer that somebody was told.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub at: Timestamp,
    pub role: String,
    pub route: String,
    pub status: u16,
    pub code: Option<String>,
    pub target: Option<String>,
    pub trace_id: Option<String>,
    pub user_id: Option<String>,
    #[serde(default)]
    pub times: u64,
}

/// A look.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Look {
    #[serde(default)]
    pub name: String,
    pub logo: Option<String>,
    pub colors: Option<Value>,
    pub words: Option<Notice>,
}
