//! Why somebody has no place, as a page.

use super::line::Show;
use crate::Pages;
use crate::problem::Problem;
use crate::visitor::Visitor;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Deserialize;
use web::wait::{Form, Kind, Line, Notice, Question};

/// A full line is tried again after this time; one that does not answer after a shorter one.
const FULL_SECONDS: u64 = 30;
const AWAY_SECONDS: u64 = 5;
const BUSY_SECONDS: u64 = 15;

/// The challenge of a `CHALLENGE_REQUIRED`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Challenge {
    kind: String,
    nonce: String,
    bits: u8,
    site_key: Option<String>,
}

/// The page that says why, or the problem itself where there is no such line.
pub(super) fn page(
    pages: &Pages,
    visitor: &Visitor,
    line: &Line,
    show: Option<&Show>,
    problem: Problem,
) -> Result<Response, Problem> {
    if problem.code == "CHALLENGE_REQUIRED" {
        return ask(pages, visitor, line, problem);
    }
    let Some(mut notice) = notice_of(line, show, &problem) else { return Err(problem) };
    notice.trace = (!notice.status.is_success()).then(|| problem.trace.clone());
    Ok(web::wait::notice(visitor, line, &notice))
}

fn ask(pages: &Pages, visitor: &Visitor, line: &Line, problem: Problem) -> Result<Response, Problem> {
    let Ok(Challenge { kind, nonce, bits, site_key }) = serde_json::from_value(problem.body["challenge"].clone())
    else {
        return Err(problem);
    };
    let question = Question { kind, nonce, bits, site_key };
    let script = Some(pages.settings.recaptcha_script_url.as_str());
    // A wrong answer is a refusal; a first visit is none.
    let status = if visitor.method == Method::GET { StatusCode::OK } else { StatusCode::FORBIDDEN };
    Ok(web::wait::ask(visitor, line, &question, script, status))
}

fn notice_of(line: &Line, show: Option<&Show>, problem: &Problem) -> Option<Notice> {
    let ok = |state| Notice::new(StatusCode::OK, state);
    let with_show = |notice: Notice| match show {
        Some(show) => notice.action("wait-back", format!("/shows/{}", show.event_id), false),
        None => notice,
    };
    let retry = |seconds: u64| problem.retry_after.map_or(seconds, u64::from).max(1);
    Some(match problem.code.as_str() {
        "ALREADY_IN_QUEUE" => elsewhere(problem.body["scheduleId"].as_str()),
        "QUEUE_FULL" => Notice::new(StatusCode::SERVICE_UNAVAILABLE, "full").again_after(FULL_SECONDS),
        "TOO_MANY_POSITIONS" => Notice::new(StatusCode::TOO_MANY_REQUESTS, "toomany").again_after(FULL_SECONDS),
        "TICKET_SALE_NOT_STARTED" => with_show(not_yet(show)),
        "TICKET_SALE_ENDED" => with_show(ok("ended")),
        "EVENT_CANCELLED" => with_show(ok("cancelled")),
        "NOT_IN_QUEUE" => joining(line, "gone", "wait-rejoin"),
        _ if problem.status == StatusCode::TOO_MANY_REQUESTS => {
            Notice::new(StatusCode::TOO_MANY_REQUESTS, "busy").again_after(retry(BUSY_SECONDS))
        }
        _ if problem.status.is_server_error() => {
            Notice::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").again_after(retry(AWAY_SECONDS))
        }
        _ => return None,
    })
}

fn elsewhere(other: Option<&str>) -> Notice {
    let notice = Notice::new(StatusCode::OK, "elsewhere");
    match other {
        Some(other) => notice.action("wait-elsewhere-go", format!("/wait/{other}"), true).action(
            "wait-elsewhere-leave",
            format!("/wait/{other}?leave=1"),
            false,
        ),
        None => notice.again_after(0),
    }
}

fn not_yet(show: Option<&Show>) -> Notice {
    let mut notice = Notice::new(StatusCode::OK, "notyet");
    notice.opens_at = show.and_then(|show| show.sale_starts_at);
    match notice.opens_at {
        Some(_) => notice,
        None => notice.again_after(FULL_SECONDS),
    }
}

/// A page from which one joins by a press.
pub(super) fn joining(line: &Line, state: &'static str, label: &'static str) -> Notice {
    let form = Form { action: line.here.clone(), label, fields: Vec::new() };
    Notice::new(StatusCode::OK, state).form(form)
}

/// The page that asks whether to leave.
pub(super) fn leaving(line: &Line) -> Notice {
    let fields = vec![("leave", "1".to_owned())];
    let form = Form { action: line.here.clone(), label: "wait-leave-yes", fields };
    Notice::new(StatusCode::OK, "leave").form(form).action("wait-leave-no", line.here.clone(), false)
}

/// The page of a person who has left.
pub(super) fn left(line: &Line, back: Option<String>) -> Notice {
    let label = if line.kind == Kind::Schedule { "wait-back" } else { "wait-back-coupon" };
    let mut notice = joining(line, "left", "wait-rejoin");
    notice.actions.extend(back.map(|to| web::wait::Action { label, to, is_main: false }));
    notice
}
