//! A line as the console lists it.

use super::super::model::{Campaign, LineStats, Serving};
use super::super::operator::Operator;
use super::super::words;
use crate::Pages;
use domain::Timestamp;

/// One line of a list.
#[derive(Clone, Debug)]
pub(in crate::console) struct LineRow {
    /// The name among all lines: `queue:shop`.
    pub line: String,
    /// As an address of the console has it.
    pub address: String,
    /// As people call it.
    pub label: String,
    /// Id of the text that says what it stands in front of.
    pub kind: &'static str,
    /// `OPEN`, `PAUSED` ...
    pub state: String,
    pub waiting: u64,
    pub inside: u64,
    pub measured: f64,
    /// People a second, as set.
    pub rate: u64,
    /// Seconds until all who wait are in; none while nobody is let in.
    pub clear: Option<u64>,
}

impl LineRow {
    /// Whether people wait and nobody is let in, though the line should.
    pub fn is_stuck(&self) -> bool {
        self.state == "OPEN" && self.waiting > 0 && self.rate > 0 && self.measured <= 0.0
    }
}

/// The name among all lines, of the name that statistics have.
fn full_name(name: &str) -> String {
    if name.starts_with("gate:") { name.to_owned() } else { format!("queue:{name}") }
}

/// The name as an address has it.
pub(in crate::console) fn address_of(name: &str) -> String {
    name.strip_prefix("queue:").unwrap_or(name).replace('/', "~")
}

/// Whether a name is that of a schedule's line.
fn is_schedule(name: &str) -> bool {
    name.len() == 36 && uuid::Uuid::try_parse(name).is_ok()
}

/// What a line stands in front of: the id of its text.
pub(in crate::console) fn kind_of(address: &str) -> &'static str {
    match address {
        gate if gate.starts_with("gate:") => "console-kind-gate",
        uuid if is_schedule(uuid) => "console-kind-schedule",
        _ => "console-kind-site",
    }
}

/// The state of a line: as people in it are told. A line of another tenant's campaign has no public document for us: then what
/// its figures say.
pub(in crate::console) async fn state_of(
    pages: &Pages,
    operator: &Operator,
    stats: &LineStats,
) -> (String, Option<Serving>) {
    let path = format!("/queue/serving/{}?ranges=1", address_of(&stats.schedule_id));
    match pages.api.get::<Serving>(operator, &path).await {
        Ok(serving) => (serving.state.clone(), Some(serving)),
        Err(_) if stats.paused || stats.rate_per_second == 0 => ("PAUSED".to_owned(), None),
        Err(_) => ("OPEN".to_owned(), None),
    }
}

/// A line with its figures.
pub(in crate::console) async fn line_row(
    pages: &Pages,
    operator: &Operator,
    stats: &LineStats,
    label: Option<String>,
) -> LineRow {
    let (state, _) = state_of(pages, operator, stats).await;
    let address = address_of(&stats.schedule_id);
    // While it is not measured yet, the rate as set tells the end best.
    let is_open = state == "OPEN" || state == "FULL";
    let pace =
        if stats.measured_per_second > 0.0 { stats.measured_per_second } else { f64::from(stats.rate_per_second) };
    LineRow {
        line: full_name(&stats.schedule_id),
        label: label.unwrap_or_else(|| address.strip_prefix("gate:").unwrap_or(&address).to_owned()),
        kind: kind_of(&address),
        address,
        clear: words::clear_seconds(stats.waiting_count, if is_open { pace } else { 0.0 }),
        state,
        waiting: stats.waiting_count,
        inside: stats.active_count,
        measured: stats.measured_per_second,
        rate: u64::from(stats.rate_per_second),
    }
}

/// A campaign of a list.
#[derive(Clone, Debug)]
pub(in crate::console) struct CampaignRow {
    pub id: String,
    pub name: String,
    pub status: String,
    pub issued: u64,
    pub left: u64,
    pub stock: u64,
    pub opens_at: Option<Timestamp>,
    pub is_gated: bool,
}

/// A campaign as lists have it.
pub(in crate::console) fn campaign_row(campaign: Campaign) -> CampaignRow {
    let Campaign { event_id, name, stock, gated, opens_at, status, remaining_stock } = campaign;
    CampaignRow {
        id: event_id,
        name,
        status,
        issued: u64::from(stock.saturating_sub(remaining_stock)),
        left: u64::from(remaining_stock),
        stock: u64::from(stock),
        opens_at,
        is_gated: gated,
    }
}
