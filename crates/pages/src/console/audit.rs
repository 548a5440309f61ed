//! Who changed what: `/console/audit`.

use super::fields::{Given, moment};
use super::frame::{Frame, Paging, asked, page_number, query, shell, show};
use super::model::{Entry, List, away};
use super::operator::Operator;
use super::words::{self, Say};
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;
use web::{FieldError, Shell, Texts};

/// Entries on a page.
const SIZE: u64 = 50;
/// More changed fields of one entry are folded.
const CHANGES_MAX: usize = 4;
/// Longest value of a field that is shown, in characters.
const SHOWN_MAX: usize = 200;

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/console/audit", get(audit))
}

/// A field of a search: its name, the id of its label, its type.
pub(super) type Searched = (&'static str, &'static str, &'static str);

/// Since when.
pub(super) const FROM: Searched = ("from", "console-audit-from", "datetime-local");
/// Until when.
pub(super) const TO: Searched = ("to", "console-audit-to", "datetime-local");

/// One field that was changed.
struct Changed {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

struct Row {
    at: String,
    who: String,
    actor: String,
    action: String,
    target: String,
    changed: Vec<Changed>,
    trace: Option<String>,
    network: Option<String>,
}

impl Row {
    /// Whether so much was changed that a list of entries could not be looked through.
    fn is_long(&self) -> bool {
        self.changed.len() > CHANGES_MAX
    }
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    shell: Shell,
    searched: [Searched; 5],
    frame: Frame,
    errors: Vec<FieldError>,
    asked: Vec<(String, String)>,
    rows: Vec<Row>,
    paging: Paging,
}

impl AuditPage {
    fn text(&self, name: &str) -> &str {
        Given(&self.asked).text(name)
    }
}

/// A time of a filter as the API reads it; a fault where it is none.
pub(super) fn filter_time(t: Texts, given: Given<'_>, name: &'static str, errors: &mut Vec<FieldError>) -> String {
    let text = given.text(name);
    match moment(text) {
        Some(at) => t.iso(at),
        None if text.is_empty() => String::new(),
        None => {
            let label = t.get(if name == "from" { "console-audit-from" } else { "console-audit-to" }).to_owned();
            errors.push(FieldError::new(name, t.with("console-error-time", &[("field", label.into())])));
            String::new()
        }
    }
}

async fn audit(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let given = Given(&asked);
    let mut errors = Vec::new();
    let (from, to) = (filter_time(t, given, "from", &mut errors), filter_time(t, given, "to", &mut errors));
    let (page, size) = (page_number(given), SIZE.to_string());
    let number = page.to_string();
    let names = ["actor", "action", "target"];
    let mut pairs: Vec<(&str, &str)> = names.iter().map(|name| (*name, given.text(name))).collect();
    let mut here = pairs.clone();
    here.extend([("from", given.text("from")), ("to", given.text("to"))]);
    pairs.extend([("from", from.as_str()), ("to", to.as_str()), ("page", &number), ("size", &size)]);
    let found = match errors.is_empty() {
        true => pages.api.get::<List<Entry>>(&operator, &format!("/api/v1/admin/audit?{}", query(&pairs))).await?,
        false => List::default(),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let template = AuditPage {
        searched: [
            ("actor", "console-audit-actor", "text"),
            ("action", "console-audit-action", "text"),
            ("target", "console-audit-target", "text"),
            FROM,
            TO,
        ],
        shell: shell(&operator, t.get("console-audit-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-audit", "audit").without(away(&found.parts)),
        errors,
        rows: found.list.into_iter().map(|entry| row(t, entry)).collect(),
        paging: Paging::new("/console/audit", &here, page, SIZE, found.total_elements),
        asked: asked.clone(),
    };
    Ok(show(status, &template.shell, &template))
}

fn row(t: Texts, entry: Entry) -> Row {
    Row {
        at: words::logged(t, entry.at),
        who: words::word(t, "audit-kind", &entry.actor.kind),
        changed: changed(entry.before.as_ref(), entry.after.as_ref()),
        actor: entry.actor.id,
        action: entry.action,
        target: entry.target,
        trace: entry.trace_id,
        network: entry.network,
    }
}

/// The fields that differ. Something new or ended shows all that it had.
fn changed(before: Option<&Value>, after: Option<&Value>) -> Vec<Changed> {
    let names = |value: Option<&Value>| -> BTreeSet<String> {
        value.and_then(Value::as_object).map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
    };
    let all: BTreeSet<String> = names(before).union(&names(after)).cloned().collect();
    let text = |value: Option<&Value>, field: &str| {
        let value = value.and_then(|value| value.get(field)).filter(|value| !value.is_null())?;
        Some(shortened(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    };
    let one = |field: String| Changed { before: text(before, &field), after: text(after, &field), field };
    all.into_iter().map(one).filter(|changed| changed.before != changed.after).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
