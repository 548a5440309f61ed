//! What is known of any line: its public document, and what it is before.

use crate::Pages;
use crate::visitor::Visitor;
use domain::Timestamp;
use domain::line::LineState;
use moka::future::Cache;
use serde::Deserialize;
use std::sync::LazyLock;
use std::time::Duration;
use uuid::Uuid;
use web::texts::read_time;
use web::wait::{Kind, Line, Place, Standing};
use web::{Language, Texts};

/// What a show is called changes rarely, and its line's page is loaded by everybody.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// Most shows whose titles are kept.
const KEPT_MAX: u64 = 1_000;

/// A line's public document, as far as the page needs it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Serving {
    pub state: LineState,
    pub opens_at: Option<String>,
    pub serving: u64,
    pub waiting: u64,
    pub rate_per_second: f64,
    pub tickets_per_second: f64,
    pub notice: Option<Words>,
}

/// The operator's words.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Words {
    ko: Option<String>,
    en: Option<String>,
}

impl Serving {
    /// Seconds until who has this rank and ticket goes in; none while nobody does. `number` 0: no ticket is known.
    pub fn wait_seconds(&self, rank: u64, number: u64) -> Option<u64> {
        if self.rate_per_second <= 0.0 {
            return None;
        }
        let ahead = number.saturating_sub(self.serving);
        let by_rank = rank as f64 / self.rate_per_second;
        let is_by_ticket = ahead > 0 && self.tickets_per_second > 0.0;
        let by_ticket = if is_by_ticket { ahead as f64 / self.tickets_per_second } else { f64::INFINITY };
        Some(by_rank.min(by_ticket).ceil() as u64)
    }
}

/// A place with what the line's document adds. `number` 0: the line tells ranks alone; `rank` 0: before a draw.
pub(super) fn place_of(document: Option<Serving>, number: u64, rank: u64, language: Language) -> Place {
    let Some(document) = document else {
        let standing = if rank == 0 { Standing::Drawing } else { Standing::Waiting };
        return Place::new(standing, number, rank);
    };
    let standing = match number {
        _ if rank == 0 => Standing::Drawing,
        0 => Standing::of(document.state, 0, 1),
        number => Standing::of(document.state, document.serving, number),
    };
    Place {
        wait_seconds: document.wait_seconds(rank, number),
        waiting: Some(document.waiting),
        rate_per_second: document.rate_per_second,
        opens_at: document.opens_at.as_deref().and_then(read_time),
        notice: document.notice.and_then(|words| match language {
            Language::Ko => words.ko.or(words.en),
            Language::En => words.en.or(words.ko),
        }),
        ..Place::new(standing, number, rank)
    }
}

/// The line of a schedule, or of a campaign: its page's address is the plain one.
pub(super) fn line(kind: Kind, name: String, about: Option<String>) -> Line {
    Line { kind, here: format!("/wait/{name}"), name, about }
}

/// What people wait for seats of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Show {
    pub event_id: Uuid,
    pub title: String,
    pub starts_at: Option<Timestamp>,
    pub sale_starts_at: Option<Timestamp>,
}

impl Show {
    /// Title and time, in a line.
    pub fn words(&self, t: Texts) -> String {
        let Some(starts_at) = self.starts_at else { return self.title.clone() };
        let (title, moment) = (self.title.as_str().into(), t.moment(starts_at).into());
        t.with("wait-of-show", &[("title", title), ("moment", moment)])
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    event_id: Uuid,
    event_start_at: String,
    sale_start_at: String,
}

#[derive(Deserialize)]
struct Event {
    title: String,
}

static SHOWS: LazyLock<Cache<Uuid, Show>> =
    LazyLock::new(|| Cache::builder().max_capacity(KEPT_MAX).time_to_live(KEPT_FOR).build());

/// The show of a schedule; none while the catalog does not answer: the page goes without.
pub(super) async fn show(pages: &Pages, visitor: &Visitor, id: Uuid) -> Option<Show> {
    let read = async {
        let schedule: Schedule = pages.api.get(visitor, &format!("/events/schedules/{id}")).await?;
        let event: Event = pages.api.get(visitor, &format!("/events/{}", schedule.event_id)).await?;
        Ok::<_, crate::Problem>(Show {
            event_id: schedule.event_id,
            title: event.title,
            starts_at: read_time(&schedule.event_start_at),
            sale_starts_at: read_time(&schedule.sale_start_at),
        })
    };
    SHOWS.try_get_with(id, read).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: serde_json::Value) -> Serving {
        serde_json::from_value(json).expect("the API's form")
    }

    fn open() -> serde_json::Value {
        serde_json::json!({"line": "queue:x", "state": "OPEN", "opensAt": null, "serving": 100, "last": 200, "waiting": 80,
            "ratePerSecond": 2.0, "ticketsPerSecond": 4.0, "left": [[110, 119]], "notice": {"ko": "잠시만요", "en": null},
            "at": "2026-11-21T20:00:00", "now": 1})
    }

    #[test]
    fn a_place_has_what_the_document_says() {
        let place = place_of(Some(document(open())), 150, 40, Language::En);
        assert_eq!((place.standing, place.wait_seconds, place.waiting), (Standing::Waiting, Some(13), Some(80)));
        assert_eq!(place.notice.as_deref(), Some("잠시만요"), "the words that there are");
        assert_eq!(place_of(Some(document(open())), 90, 1, Language::Ko).standing, Standing::Passed);
        assert_eq!(
            place_of(Some(document(open())), 0, 9, Language::Ko).standing,
            Standing::Waiting,
            "a gate tells no ticket"
        );
        assert_eq!(place_of(Some(document(open())), 7, 0, Language::Ko).standing, Standing::Drawing);
        assert_eq!(place_of(None, 7, 3, Language::Ko).standing, Standing::Waiting);
    }

    #[test]
    fn while_nobody_goes_in_no_wait_is_told() {
        let mut paused = open();
        paused["state"] = "PAUSED".into();
        paused["ratePerSecond"] = 0.0.into();
        let place = place_of(Some(document(paused)), 150, 40, Language::Ko);
        assert_eq!((place.standing, place.wait_seconds), (Standing::Paused, None));
    }
}
