//! The evening on one screen: `/console`.

mod labels;
mod needs;
mod rows;

pub(super) use labels::{campaign_of, label_of, night};
pub(super) use needs::Need;
pub(super) use rows::{CampaignRow, LineRow, address_of, campaign_row, kind_of, line_row, state_of};

use super::frame::{Frame, shell, show};
use super::model::{Campaign, Event, List, Sales, ScheduleSales, Stats, away};
use super::operator::Operator;
use super::words::{self, Say};
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use std::collections::BTreeMap;
use web::Shell;

/// Most lines on the screen: the busiest.
const LINES_MAX: usize = 40;
/// Most campaigns on the screen.
const CAMPAIGNS_MAX: usize = 12;
/// Most events whose sales are asked for.
const EVENTS_MAX: usize = 6;

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/console", get(evening))
}

/// A schedule of an event with its sales.
pub(super) struct SalesRow {
    pub schedule: String,
    pub event: String,
    pub label: String,
    pub sold: u64,
    pub held: Option<u64>,
    pub free: Option<u64>,
    pub total: u64,
}

#[derive(Template)]
#[template(path = "console/evening.html")]
struct EveningPage {
    shell: Shell,
    frame: Frame,
    at: String,
    waiting: Option<u64>,
    needs: Vec<Need>,
    lines: Option<Vec<LineRow>>,
    line_count: u64,
    campaigns: Option<Vec<CampaignRow>>,
    campaign_count: u64,
    sales: Option<Vec<SalesRow>>,
}

/// What a role said, or that it is away. A caller who may not look is a problem of the whole page.
fn or_away<T>(answer: Result<T, Problem>, role: &str, gone: &mut Vec<String>) -> Result<Option<T>, Problem> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(problem) if problem.status.is_server_error() => {
            gone.push(role.to_owned());
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}

async fn evening(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let (api, mut gone) = (&pages.api, Vec::new());
    let (stats, campaigns, letters, events) = tokio::join!(
        api.get::<Stats>(&operator, "/queue/admin/stats"),
        api.get::<List<Campaign>>(&operator, "/api/v1/admin/campaigns?size=100"),
        api.get::<List<serde::de::IgnoredAny>>(&operator, "/api/v1/admin/dead-letters?size=1"),
        api.get::<List<Event>>(&operator, "/events?status=OPEN&sort=startDate,asc&size=20"),
    );
    let stats = or_away(stats, "queue", &mut gone)?;
    let campaigns = or_away(campaigns, "coupon", &mut gone)?;
    let letters = or_away(letters, "gateway", &mut gone)?.unwrap_or_default();
    let events = or_away(events, "catalog", &mut gone)?;
    gone.extend(away(&letters.parts));
    let sales = match events {
        Some(events) => Some(sales(&pages, &operator, events.list, &mut gone).await?),
        None => None,
    };
    let t = operator.t();
    let line_count = stats.as_ref().map_or(0, |stats| stats.schedule_stats.len() as u64);
    let waiting = stats.as_ref().map(|stats| stats.total_waiting);
    let lines = match stats {
        Some(stats) => {
            let known = names(sales.as_deref().unwrap_or_default(), campaigns.as_ref());
            Some(lines(&pages, &operator, stats, &known).await)
        }
        None => None,
    };
    let frame = Frame::at("console-nav-evening", "evening").without(gone);
    let needs = needs::needs(t, &frame.away, letters.total_elements, lines.as_deref().unwrap_or_default());
    let campaign_count = campaigns.as_ref().map_or(0, |campaigns| campaigns.total_elements);
    let template = EveningPage {
        shell: shell(&operator, t.get("console-evening-title"))
            .script("console/evening.js")
            .texts("console-js-")
            .texts("console-role-")
            .texts("console-state-")
            .texts("console-status-"),
        at: words::second(t, clock::now()),
        waiting,
        needs,
        lines,
        line_count,
        campaigns: campaigns.map(|campaigns| busiest_campaigns(campaigns.list)),
        campaign_count,
        sales,
        frame,
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}

/// What the lines of these nights and campaigns are called, by their addresses.
fn names(sales: &[SalesRow], campaigns: Option<&List<Campaign>>) -> BTreeMap<String, String> {
    let nights = sales.iter().map(|row| (row.schedule.clone(), row.label.clone()));
    let campaigns = campaigns.map(|campaigns| campaigns.list.as_slice()).unwrap_or_default().iter();
    nights.chain(campaigns.map(|one| (format!("gate:{}", one.event_id), one.name.clone()))).collect()
}

async fn lines(pages: &Pages, operator: &Operator, mut stats: Stats, known: &BTreeMap<String, String>) -> Vec<LineRow> {
    stats
        .schedule_stats
        .sort_by(|a, b| b.waiting_count.cmp(&a.waiting_count).then_with(|| a.schedule_id.cmp(&b.schedule_id)));
    let mut rows = Vec::new();
    for stats in stats.schedule_stats.iter().take(LINES_MAX) {
        let address = address_of(&stats.schedule_id);
        let label = match known.get(&address) {
            Some(name) => Some(name.clone()),
            None => label_of(pages, operator, &address).await,
        };
        rows.push(line_row(pages, operator, stats, label).await);
    }
    rows
}

/// Those that are open or about to be come first.
fn busiest_campaigns(mut campaigns: Vec<Campaign>) -> Vec<CampaignRow> {
    let place = |campaign: &Campaign| match campaign.status.as_str() {
        "active" | "paused" => 0,
        "scheduled" => 1,
        "sold_out" => 2,
        _ => 3,
    };
    campaigns.sort_by_key(place);
    campaigns.truncate(CAMPAIGNS_MAX);
    campaigns.into_iter().map(campaign_row).collect()
}

async fn sales(
    pages: &Pages,
    operator: &Operator,
    events: Vec<Event>,
    gone: &mut Vec<String>,
) -> Result<Vec<SalesRow>, Problem> {
    let mut rows = Vec::new();
    for event in events.into_iter().take(EVENTS_MAX) {
        let path = format!("/api/v1/admin/sales?eventId={}", event.id);
        let Some(sales) = or_away(pages.api.get::<Sales>(operator, &path).await, "catalog", gone)? else { break };
        gone.extend(away(&sales.parts));
        let is_alive = |one: &&ScheduleSales| one.status != "ENDED" && one.status != "CANCELLED";
        rows.extend(sales.schedules.iter().filter(is_alive).map(|one| sales_row(operator, &event, one)));
    }
    Ok(rows)
}

fn sales_row(operator: &Operator, event: &Event, one: &ScheduleSales) -> SalesRow {
    let t = operator.t();
    SalesRow {
        schedule: one.schedule_id.clone(),
        event: event.id.clone(),
        label: night(t, &event.title, one.event_start_at),
        sold: one.sold,
        held: one.held,
        free: one.free,
        total: one.total,
    }
}
