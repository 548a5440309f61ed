//! `/internal/admin/...`: what the queue role shows to operators, through the gateway.

use super::QueueApi;
use access::{InternalCaller, InternalKeys};
use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use lines::operation::LineStats;
use onsale_http::{ApiError, Json};
use serde::Serialize;

/// Lines in the list of the busiest.
const BUSIEST: usize = 8;

#[derive(Clone)]
struct Operators {
    api: QueueApi,
    keys: InternalKeys,
}

impl FromRef<Operators> for InternalKeys {
    fn from_ref(operators: &Operators) -> Self {
        operators.keys.clone()
    }
}

/// The routes, for the gateway.
pub fn operator_routes(api: QueueApi, keys: InternalKeys) -> Router {
    Router::new().route("/internal/admin/lines/busiest", get(busiest)).with_state(Operators { api, keys })
}

/// The lines with the most people.
#[derive(Debug, Serialize)]
struct BusiestLines {
    list: Vec<BusyLine>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct BusyLine {
    line: String,
    waiting: u64,
    inside: u64,
    rate: u32,
    measured: f64,
    paused: bool,
}

impl From<LineStats> for BusyLine {
    fn from(stats: LineStats) -> Self {
        let is_whole = stats.schedule_id.starts_with("gate:");
        Self {
            line: if is_whole { stats.schedule_id } else { format!("queue:{}", stats.schedule_id) },
            waiting: stats.waiting_count,
            inside: stats.active_count,
            rate: stats.rate_per_second,
            measured: (stats.measured_per_second * 10.0).round() / 10.0,
            paused: stats.paused,
        }
    }
}

async fn busiest(
    State(Operators { api, .. }): State<Operators>,
    _: InternalCaller,
) -> Result<Json<impl Serialize>, ApiError> {
    let mut lines = api.lines.stats(&api.cache, api.defaults).await?.schedule_stats;
    let all = lines.len();
    lines.sort_by_key(|line| std::cmp::Reverse((line.waiting_count, line.active_count)));
    lines.truncate(BUSIEST);
    let list: Vec<BusyLine> = lines.into_iter().map(BusyLine::from).collect();
    Ok(Json(BusiestLines { more: all - list.len(), list }))
}
