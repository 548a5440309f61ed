//! The line before a schedule's seats.

use super::arrival::{Answer, Arrival};
use super::line::{Show, line, place_of, show as show_of};
use super::{answering, reasons, serving};
use crate::api::Reply;
use crate::forms::see_other;
use crate::problem::Problem;
use crate::visitor::Visitor;
use crate::{Fields, Nothing, Pages, Proof};
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::wait::{Kind, Line, Place};

/// A person's place, as `enter` and `status` tell it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OwnPlace {
    status: String,
    rank: u64,
    ticket: u64,
    estimated_wait_time: Option<u64>,
    behind: Option<u64>,
    outlook: Option<String>,
    returned: Option<String>,
}

/// What the page is about.
struct About<'a> {
    pages: &'a Pages,
    visitor: &'a Visitor,
    id: Uuid,
    show: Option<Show>,
    line: Line,
}

impl<'a> About<'a> {
    async fn of(pages: &'a Pages, visitor: &'a Visitor, id: Uuid) -> Self {
        let show = show_of(pages, visitor, id).await;
        let words = show.as_ref().map(|show| show.words(visitor.t()));
        Self { pages, visitor, id, line: line(Kind::Schedule, id.to_string(), words), show }
    }

    fn back(&self) -> Option<String> {
        self.show.as_ref().map(|show| format!("/shows/{}", show.event_id))
    }

    /// Enters; whoever has a place keeps it.
    async fn enter(&self, visitor: &Visitor, proof: &Proof) -> Result<Reply<OwnPlace>, Problem> {
        let body = json!({ "scheduleId": self.id });
        let entered = self.pages.api.send(visitor, Method::POST, "/queue/enter", &body, proof).await;
        match entered {
            // Nobody waits, so the pass is there already; or it was there before.
            Ok(Reply { body: OwnPlace { rank: 0 | 1, estimated_wait_time: Some(0), .. }, .. }) => self.look().await,
            Err(problem) if problem.code == "ALREADY_APPROVED" => self.look().await,
            entered => entered,
        }
    }

    async fn look(&self) -> Result<Reply<OwnPlace>, Problem> {
        let path = format!("/queue/status?scheduleId={}", self.id);
        self.pages.api.send(self.visitor, Method::GET, &path, &(), &Proof::default()).await
    }

    fn why(&self, problem: Problem) -> Result<Response, Problem> {
        reasons::page(self.pages, self.visitor, &self.line, self.show.as_ref(), problem)
    }

    async fn page(&self, reply: Reply<OwnPlace>, arrival: &Arrival) -> Response {
        let own = &reply.body;
        let mut response = if own.status == "ACTIVE" {
            see_other(&format!("/seats/{}", self.id))
        } else {
            web::wait::waiting(self.visitor, &self.line, &self.place(own, arrival).await)
        };
        reply.put_cookies(&mut response);
        response
    }

    async fn place(&self, own: &OwnPlace, arrival: &Arrival) -> Place {
        let document = serving(&self.pages.api, self.visitor, &self.id.to_string()).await;
        let place = place_of(document, own.ticket, own.rank, self.visitor.lang);
        let waiting = own.behind.map(|behind| behind + own.rank).or(place.waiting);
        // The API's own word is by the rate that is set where none is measured yet.
        let wait_seconds = match place.standing {
            web::wait::Standing::Paused => None,
            _ => place.wait_seconds.or(own.estimated_wait_time),
        };
        Place {
            wait_seconds,
            waiting,
            from_rank: arrival.first_rank(own.rank),
            outlook: own.outlook.as_deref().and_then(outlook),
            is_late: own.returned.is_some() || arrival.query.returned == "LATE",
            ..place
        }
    }
}

fn outlook(word: &str) -> Option<&'static str> {
    ["good", "uncertain", "poor", "none"].into_iter().find(|known| word.eq_ignore_ascii_case(known))
}

/// The page.
pub(super) async fn show(pages: &Pages, visitor: &Visitor, id: Uuid, arrival: &Arrival) -> Result<Response, Problem> {
    let about = About::of(pages, visitor, id).await;
    let line = &about.line;
    let notice = match (arrival.query.leave.as_str(), arrival.query.lapsed.as_str()) {
        ("", "1") => Some(reasons::joining(line, "lapsed", "wait-rejoin")),
        ("", _) => None,
        ("done", _) => Some(reasons::left(line, about.back())),
        _ => Some(reasons::leaving(line)),
    };
    if let Some(notice) = notice {
        return Ok(web::wait::notice(visitor, line, &notice));
    }
    let found = match arrival.enters() {
        true => about.enter(visitor, &Proof::by_visit(visitor)).await,
        false => about.look().await,
    };
    match found {
        Ok(reply) => Ok(about.page(reply, arrival).await),
        // Another site has led here: the person is asked.
        Err(problem) if problem.code == "NOT_IN_QUEUE" && !arrival.may_enter => {
            Ok(web::wait::notice(visitor, line, &reasons::joining(line, "join", "wait-join")))
        }
        Err(problem) => about.why(problem),
    }
}

/// A form of the page: joins, answers what the line asks for, or leaves.
pub(super) async fn send(
    pages: &Pages,
    visitor: &Visitor,
    id: Uuid,
    form: &Fields<Answer>,
) -> Result<Response, Problem> {
    let here = format!("/wait/{id}");
    if !form.value.leave.is_empty() {
        let path = format!("/queue/leave?scheduleId={id}");
        let left = pages.api.send::<Nothing>(visitor, Method::DELETE, &path, &(), &form.proof).await;
        return match left {
            Err(problem) if problem.code != "NOT_IN_QUEUE" => Err(problem),
            _ => Ok(see_other(&format!("{here}?leave=done"))),
        };
    }
    let about = About::of(pages, visitor, id).await;
    match about.enter(&answering(visitor, &form.value), &form.proof).await {
        Ok(reply) => {
            let mut response = see_other(&here);
            reply.put_cookies(&mut response);
            Ok(response)
        }
        Err(problem) if problem.code == "CSRF_TOKEN_INVALID" => Err(problem),
        Err(problem) => about.why(problem),
    }
}
