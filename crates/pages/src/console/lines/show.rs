//! One line: its figures, and the forms that change it.

use super::super::evening::{address_of, campaign_of, kind_of, night, state_of};
use super::super::fields::{Conflict, Field, Given, fault, shown};
use super::super::frame::{Frame, asked, plain, shell, show, with_query};
use super::super::model::{Campaign, EventDetail, LineStats, Notice, Sales, Schedule, Stats};
use super::super::operator::Operator;
use super::super::words::{self, Say};
use super::preview::Figures;
use super::specs;
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value as Json};
use web::{FieldError, Shell, Value};

/// How long "back to 10/s" stays.
const UNDO_MS: i64 = 60_000;
/// Fewer admissions than these say nothing about how much one person takes.
const ADMITTED_MIN: u64 = 20;
/// Most seats of one buyer that the average may come to.
const PER_PERSON_MAX: f64 = 10.0;

/// What is known of a line.
pub(super) struct Line {
    /// As an address has it.
    pub address: String,
    /// As people call it.
    pub label: String,
    /// The definition as the API has it.
    pub definition: Map<String, Json>,
    pub stats: LineStats,
    pub state: String,
    pub notice: Option<Notice>,
    pub figures: Figures,
    /// Where to read on: address and the id of its text.
    pub links: Vec<(String, &'static str)>,
}

impl Line {
    /// People a second, as set.
    pub fn rate(&self) -> u32 {
        let rate = self.definition.get("ratePerSecond").and_then(Json::as_u64);
        rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(self.stats.rate_per_second)
    }

    /// Whether an operator has paused it.
    pub fn is_paused(&self) -> bool {
        self.definition.get("paused").and_then(Json::as_bool).unwrap_or(self.stats.paused)
    }

    /// The name among all lines.
    pub fn full_name(&self) -> &str {
        self.definition.get("line").and_then(Json::as_str).unwrap_or(&self.address)
    }

    /// Whether it stands in front of a site.
    pub fn is_of_site(&self) -> bool {
        kind_of(&self.address) == "console-kind-site"
    }
}

/// Reads a line; none if there is no such.
///
/// # Errors
/// What the API refused.
pub(super) async fn line(pages: &Pages, operator: &Operator, name: &str) -> Result<Option<Line>, Problem> {
    let name = plain(operator, name)?;
    let path = format!("/queue/admin/lines/{name}");
    let definition = match pages.api.get::<Map<String, Json>>(operator, &path).await {
        Ok(definition) => definition,
        Err(problem) if problem.status == StatusCode::NOT_FOUND => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let stats = pages.api.get::<Stats>(operator, "/queue/admin/stats").await?;
    let mut of_line = stats.schedule_stats.into_iter().filter(|stats| address_of(&stats.schedule_id) == name);
    let stats = of_line.next().unwrap_or_else(|| LineStats { schedule_id: name.to_owned(), ..LineStats::default() });
    let (state, serving) = state_of(pages, operator, &stats).await;
    let mut line = Line {
        address: name.to_owned(),
        label: name.strip_prefix("gate:").unwrap_or(name).to_owned(),
        definition,
        figures: Figures { waiting: stats.waiting_count, stock: None, per_person: 1.0 },
        stats,
        state,
        notice: serving.and_then(|serving| serving.notice),
        links: Vec::new(),
    };
    learn_of_stock(pages, operator, &mut line).await;
    Ok(Some(line))
}

/// What stands behind the line: name, stock, pages. A role that is away leaves them out.
async fn learn_of_stock(pages: &Pages, operator: &Operator, line: &mut Line) {
    line.links.push((format!("/wait/{}", line.address), "console-line-public"));
    if let Some((tenant, campaign)) = campaign_of(&line.address) {
        let of_tenant = [("tenant", tenant)];
        let path = with_query(&format!("/api/v1/admin/campaigns/{campaign}"), &of_tenant);
        if let Ok(campaign) = pages.api.get::<Campaign>(operator, &path).await {
            line.figures.stock = Some(u64::from(campaign.remaining_stock));
            line.label = campaign.name;
            let page = with_query(&format!("/console/campaigns/{}", campaign.event_id), &of_tenant);
            line.links.push((page, "console-line-campaign"));
        }
    } else if kind_of(&line.address) == "console-kind-schedule" {
        let path = format!("/events/schedules/{}", line.address);
        let Ok(schedule) = pages.api.get::<Schedule>(operator, &path).await else { return };
        let path = format!("/events/{}", schedule.event_id);
        if let Ok(event) = pages.api.get::<EventDetail>(operator, &path).await {
            line.label = night(operator.t(), &event.title, schedule.event_start_at);
        }
        line.figures.stock = Some(schedule.left);
        line.figures.per_person = seats_per_person(pages, operator, &schedule, &line.stats).await;
        line.links.push((format!("/console/shows/{}", schedule.event_id), "console-line-show"));
    }
}

/// Seats that went to one person who was let in, so far.
async fn seats_per_person(pages: &Pages, operator: &Operator, schedule: &Schedule, stats: &LineStats) -> f64 {
    if stats.admitted_count < ADMITTED_MIN {
        return 1.0;
    }
    let path = format!("/api/v1/admin/sales?eventId={}", schedule.event_id);
    let Ok(sales) = pages.api.get::<Sales>(operator, &path).await else { return 1.0 };
    let of_line = sales.schedules.iter().find(|sales| sales.schedule_id == stats.schedule_id);
    let taken = of_line.map_or(0, |sales| sales.sold + sales.held.unwrap_or(0));
    (taken as f64 / stats.admitted_count as f64).clamp(0.1, PER_PERSON_MAX)
}

/// The undo of a rate: the rate before, and until when it is offered.
pub(super) struct Undo {
    pub was: u32,
    pub until_ms: i64,
}

/// Words for those who wait, in each language; the prefix is that of their fields.
struct Sentence {
    prefix: &'static str,
    /// Id of the text that says what leaving it empty does.
    hint: &'static str,
    ko: String,
    en: String,
}

/// The field of one language.
struct WordsField<'s> {
    id: String,
    language: &'static str,
    label: &'static str,
    value: &'s str,
    wrong: Option<&'s str>,
}

impl Sentence {
    /// The field of each language.
    fn fields<'s>(&'s self, errors: &'s [FieldError]) -> [WordsField<'s>; 2] {
        let field = |language: &'static str, label, value: &'s str| {
            let id = format!("{}{language}", self.prefix);
            WordsField { wrong: fault(errors, &id), id, language, label, value }
        };
        [field("ko", "console-pause-ko", &self.ko), field("en", "console-pause-en", &self.en)]
    }
}

#[derive(Template)]
#[template(path = "console/line.html")]
struct LinePage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    conflicts: Vec<Conflict>,
    line: Line,
    at: String,
    clear: String,
    measured: String,
    set: String,
    preview: String,
    wish: String,
    undo: Option<Undo>,
    schedule: Vec<Field>,
    settings: Vec<Field>,
    notice: Sentence,
    pause: Sentence,
}

/// What a form brings back to the line's page.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub errors: Vec<FieldError>,
    pub conflicts: Vec<Conflict>,
    pub given: Vec<(String, String)>,
}

pub(super) async fn show_line(
    State(pages): State<Pages>,
    operator: Operator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    match line(&pages, &operator, &name).await? {
        Some(line) => Ok(line_page(&operator, line, StatusCode::OK, Told::default())),
        None => Ok(missing(&operator)),
    }
}

/// The page of a line, with what a form brought.
pub(super) fn line_page(operator: &Operator, line: Line, status: StatusCode, told: Told) -> Response {
    let t = operator.t();
    let asked = asked(operator);
    let (done, undo) = done(operator, Given(&asked));
    let given = (!told.given.is_empty()).then_some(Given(&told.given));
    let set = if line.is_of_site() { &specs::SITE[..] } else { &specs::OTHER[..] };
    let schedule: &[_] = if line.is_of_site() { &specs::SCHEDULE } else { &[] };
    let measured = line.stats.measured_per_second;
    let pace = if measured > 0.0 { measured } else { f64::from(line.rate()) };
    let pace = if ["OPEN", "FULL"].contains(&line.state.as_str()) { pace } else { 0.0 };
    let notice = line.notice.clone().unwrap_or_default();
    let came = |name: &str, now: Option<String>| {
        given.and_then(|given| given.get(name)).map(str::to_owned).or(now).unwrap_or_default()
    };
    let title = t.with("console-line-title", &[("line", Value::from(line.label.clone()))]);
    let template = LinePage {
        shell: shell(operator, title)
            .errors(!told.errors.is_empty())
            .style("vendor/uPlot.min.css")
            .script("console/line.js")
            .texts("console-js-")
            .texts("console-state-"),
        frame: Frame::at("console-nav-lines", if told.conflicts.is_empty() { "line" } else { "conflict" }).done(done),
        at: words::second(t, clock::now()),
        clear: match (line.stats.waiting_count, words::clear_seconds(line.stats.waiting_count, pace)) {
            (0, _) => t.get("console-line-nobody").to_owned(),
            (_, Some(seconds)) => words::span(t, seconds),
            (_, None) => t.get("console-line-never").to_owned(),
        },
        measured: words::per_second(t, measured),
        set: t.figure(&u64::from(line.rate())),
        preview: line.figures.sentence(t, line.rate()),
        wish: came("ratePerSecond", Some(line.rate().to_string())),
        undo,
        schedule: shown(t, schedule, Some(&line.definition), given, &told.errors),
        settings: shown(t, set, Some(&line.definition), given, &told.errors),
        notice: Sentence {
            prefix: "",
            hint: "console-notice-hint",
            ko: came("ko", notice.ko),
            en: came("en", notice.en),
        },
        pause: Sentence {
            prefix: "pause-",
            hint: "console-pause-hint",
            ko: came("pause-ko", None),
            en: came("pause-en", None),
        },
        errors: told.errors,
        conflicts: told.conflicts,
        line,
    };
    show(status, &template.shell, &template)
}

/// The outcome of the form that led here, and the way back from a rate.
fn done(operator: &Operator, asked: Given<'_>) -> (Option<String>, Option<Undo>) {
    let t = operator.t();
    let plain = match asked.get("done") {
        Some("pause") => "console-pause-done",
        Some("resume") => "console-resume-done",
        Some("notice") => "console-notice-done",
        Some("made") => "console-line-made",
        Some("changed") => "console-changed",
        Some("unchanged") => "console-unchanged",
        Some("rate") => return rate_done(operator, asked),
        _ => return (None, None),
    };
    (Some(t.get(plain).to_owned()), None)
}

fn rate_done(operator: &Operator, asked: Given<'_>) -> (Option<String>, Option<Undo>) {
    let number = |name: &str| asked.get(name).and_then(|text| text.parse::<i64>().ok());
    let rates = (number("was"), number("to"), number("at"));
    let (Some(was), Some(to), Some(at)) = rates else { return (None, None) };
    let (Ok(was), Ok(to)) = (u32::try_from(was), u32::try_from(to)) else { return (None, None) };
    let t = operator.t();
    let done = t.with("console-rate-done", &[("was", Value::from(was)), ("rate", Value::from(to))]);
    let age = clock::now().millis().saturating_sub(at);
    // An address can say any time: no button outlives its minute by much.
    let undo = (0..UNDO_MS).contains(&age).then_some(Undo { was, until_ms: at + UNDO_MS });
    (Some(done), undo)
}

/// There is no such line.
pub(super) fn missing(operator: &Operator) -> Response {
    super::super::frame::missing(operator, "line", "console-nav-lines")
}
