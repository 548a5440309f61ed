//! The page of a person who has a place.

use super::Line;
use crate::page::{Caching, Policy, page};
use crate::shell::Shell;
use crate::texts::Texts;
use crate::visit::Visit;
use askama::Template;
use axum::response::Response;
use domain::Timestamp;
use domain::line::LineState;
use http::StatusCode;

/// Reload interval without script: short enough for a prompt admission, long enough for a crowd.
const REFRESH_SECONDS: std::ops::RangeInclusive<u64> = 5..=30;

/// How a person stands in a line. The script goes on from here, and knows these words, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// People go in, in order.
    Waiting,
    /// Nobody goes in for now.
    Paused,
    /// The line has not opened; the order is known already.
    Scheduled,
    /// The order is drawn when the line opens.
    Drawing,
    /// Was away at the own turn, and is in front now.
    Passed,
    /// Nothing is left for now.
    SoldOut,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Paused, Self::Scheduled, Self::Drawing, Self::Passed, Self::SoldOut];

    /// The word in `data-state`, and in the ids of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Scheduled => "scheduled",
            Self::Drawing => "drawing",
            Self::Passed => "passed",
            Self::SoldOut => "soldout",
        }
    }

    /// What follows from the state that the line's public document tells, for who has this ticket. The same rule as
    /// `stateOf` of `assets/wait/model.js`.
    pub fn of(line: LineState, serving: u64, number: u64) -> Self {
        match line {
            LineState::SoldOut => Self::SoldOut,
            LineState::Scheduled => Self::Scheduled,
            LineState::Paused => Self::Paused,
            _ if number <= serving => Self::Passed,
            LineState::Drawing | LineState::Open | LineState::Full | LineState::Ended => Self::Waiting,
        }
    }
}

/// A person's place, and what is known of the line.
#[derive(Clone, Debug)]
pub struct Place {
    /// How the person stands.
    pub standing: Standing,
    /// The ticket, or the number of the entry in a draw; 0 where the line tells ranks alone.
    pub number: u64,
    /// From 1; 0 before a draw.
    pub rank: u64,
    /// The first rank that the page has shown, at which the bar begins.
    pub from_rank: u64,
    /// Seconds until the turn; none while nobody goes in.
    pub wait_seconds: Option<u64>,
    /// People in the line, as far as known.
    pub waiting: Option<u64>,
    /// People who go in each second, as measured.
    pub rate_per_second: f64,
    /// What the operator says to everybody.
    pub notice: Option<String>,
    /// The chances of a seat: `good`, `uncertain`, `poor`, `none`.
    pub outlook: Option<&'static str>,
    /// When the line opens.
    pub opens_at: Option<Timestamp>,
    /// Whether the person was away for too long, and has a new place.
    pub is_late: bool,
    /// Whether the requested address could not be kept.
    pub is_lost: bool,
}

impl Place {
    /// A place of which nothing else is known.
    pub fn new(standing: Standing, number: u64, rank: u64) -> Self {
        Self {
            standing,
            number,
            rank,
            from_rank: rank,
            wait_seconds: None,
            waiting: None,
            rate_per_second: 0.0,
            notice: None,
            outlook: None,
            opens_at: None,
            is_late: false,
            is_lost: false,
        }
    }

    fn is_ranked(&self) -> bool {
        self.standing != Standing::Drawing
    }
}

#[derive(Template)]
#[template(path = "wait.html")]
struct WaitingPage<'a> {
    shell: Shell,
    line: &'a Line,
    place: &'a Place,
    here: String,
    leave: Option<String>,
    from_rank: u64,
    now: i64,
    opens_ms: Option<i64>,
    title: &'a str,
    lead: &'a str,
    label: &'a str,
    shown: String,
    is_ranked: bool,
    percent: u64,
    estimate: String,
    ahead: String,
    behind: String,
    speed: String,
    outlook: &'a str,
    refresh_seconds: u64,
}

/// The page of a person who has a place.
pub fn waiting(visitor: &impl AsRef<Visit>, line: &Line, place: &Place) -> Response {
    let visit = visitor.as_ref();
    let t = visit.t();
    let word = place.standing.word();
    // The script has the texts of all states that it can show.
    let of = |part: &str| {
        let found = t.find(&format!("wait-js-{part}-{word}"));
        found.or_else(|| t.find(&format!("wait-{part}-{word}"))).unwrap_or_default()
    };
    let shown = t.number(if place.is_ranked() { place.rank } else { place.number });
    let title = of("title");
    let from_rank = place.from_rank.max(place.rank);
    let mut shell = Shell::new(visit, format!("{shown} · {title}")).texts("wait-js-");
    if line.kind == super::Kind::Schedule {
        shell = shell.texts("wait-seats-");
    }
    let template = WaitingPage {
        here: if place.is_ranked() { line.here_with(&format!("from={from_rank}")) } else { line.here.clone() },
        // A gate's line is left by going away.
        leave: (line.kind != super::Kind::Gate).then(|| line.here_with("leave=1")),
        from_rank,
        now: clock::now().millis(),
        opens_ms: place.opens_at.map(Timestamp::millis),
        title,
        lead: of("lead"),
        label: t.get(if place.is_ranked() { "wait-rank" } else { "wait-number" }),
        shown,
        is_ranked: place.is_ranked(),
        percent: (from_rank - place.rank) * 100 / from_rank.max(1),
        estimate: estimate(t, place),
        ahead: t.number(place.rank.saturating_sub(1)),
        behind: place.waiting.map_or_else(|| "–".to_owned(), |all| t.number(all.saturating_sub(place.rank))),
        speed: speed(t, place.rate_per_second),
        outlook: place.outlook.and_then(|word| t.find(&format!("wait-seats-{word}"))).unwrap_or_default(),
        refresh_seconds: refresh_seconds(place.wait_seconds),
        line,
        place,
        shell,
    };
    page(StatusCode::OK, &template.shell, &Policy::Common, Caching::Private, &template)
}

/// The wait in words, rounded up so that it never promises too short a wait.
fn estimate(t: Texts, place: &Place) -> String {
    match place.standing {
        Standing::SoldOut => return String::new(),
        Standing::Drawing | Standing::Scheduled => {
            return place
                .opens_at
                .map_or_else(String::new, |opens_at| t.fill("wait-opens-at", "moment", t.moment(opens_at)));
        }
        _ => {}
    }
    let Some(seconds) = place.wait_seconds else { return t.get("wait-js-stopped").to_owned() };
    let minutes = seconds.div_ceil(60);
    if seconds < 60 {
        t.get("wait-js-soon").to_owned()
    } else if minutes < 60 {
        t.with("wait-js-minutes", &[("n", minutes.into())])
    } else {
        t.with("wait-js-hours", &[("h", (minutes / 60).into()), ("m", (minutes % 60).into())])
    }
}

fn speed(t: Texts, rate_per_second: f64) -> String {
    if rate_per_second <= 0.0 {
        return String::new();
    }
    let (id, rate) = match rate_per_second < 1.0 {
        true => ("wait-js-speed-minute", rate_per_second * 60.0),
        false => ("wait-js-speed", rate_per_second),
    };
    t.with(id, &[("n", rate.round().into())])
}

fn refresh_seconds(wait_seconds: Option<u64>) -> u64 {
    wait_seconds.map_or(*REFRESH_SECONDS.end(), |wait| wait / 4).clamp(*REFRESH_SECONDS.start(), *REFRESH_SECONDS.end())
}
