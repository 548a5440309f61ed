//! Books are compared: `/console/reconcile`. The list says what a repair would do; only what is chosen is repaired.

use super::fields::Given;
use super::frame::{Frame, asked, query, shell, show};
use super::model::{Comparison, Difference};
use super::operator::Operator;
use super::outcomes;
use super::words::{self, Say};
use crate::forms::{Fields, see_other};
use crate::{Nothing, Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use web::{FieldError, Shell, Texts, Value};

const PLACE: &str = "console-nav-reconcile";
/// The books that are compared.
const PARTS: [&str; 3] = ["coupons", "seats", "payments"];

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/console/reconcile", get(compare).post(repair))
}

/// Differences of one kind.
struct Kind {
    title: String,
    differences: Vec<Difference>,
}

/// What became of a repair.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repair {
    #[serde(default)]
    repaired: Vec<String>,
    #[serde(default)]
    not_repaired: Vec<NotRepaired>,
}

#[derive(Debug, Deserialize)]
struct NotRepaired {
    id: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/reconcile.html")]
struct ReconcilePage {
    shell: Shell,
    frame: Frame,
    errors: Vec<FieldError>,
    part: Option<&'static str>,
    kinds: Vec<Kind>,
    count: usize,
    repairable: usize,
    is_more: bool,
    at: String,
    repair: Option<Repair>,
}

impl ReconcilePage {
    fn parts(&self) -> [&'static str; 3] {
        PARTS
    }

    fn part_name(&self, part: &str) -> String {
        words::word(self.shell.t, "reconcile-part", part)
    }

    fn part_text(&self, part: &str) -> String {
        words::word(self.shell.t, "reconcile-part", &format!("{part}-text"))
    }

    fn reason(&self, reason: &str) -> String {
        words::word(self.shell.t, "reconcile-reason", reason)
    }
}

fn part_of(given: Given<'_>) -> Option<&'static str> {
    PARTS.into_iter().find(|part| given.get("part") == Some(part))
}

async fn compare(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let asked = asked(&operator);
    let given = Given(&asked);
    let repair = given.get("outcome").and_then(outcomes::find).and_then(|kept| serde_json::from_value(kept).ok());
    reconcile_page(&pages, &operator, part_of(given), repair, Vec::new()).await
}

async fn reconcile_page(
    pages: &Pages,
    operator: &Operator,
    part: Option<&'static str>,
    repair: Option<Repair>,
    mut errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let t = operator.t();
    let mut status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let found = match part {
        Some(part) => {
            let path = format!("/api/v1/admin/reconcile?part={part}");
            match pages.api.get::<Comparison>(operator, &path).await {
                Ok(found) => Some(found),
                Err(problem) if problem.status.is_server_error() => {
                    status = problem.status;
                    errors.push(FieldError::new("", t.get("console-unreadable")));
                    None
                }
                Err(problem) => return Err(problem),
            }
        }
        None => None,
    };
    let part = part.filter(|_| found.is_some());
    let found = found.unwrap_or(Comparison { checked_at: None, differences: Vec::new(), is_more: false });
    let title = match part {
        Some(part) => {
            t.with("console-reconcile-result", &[("part", Value::from(words::word(t, "reconcile-part", part)))])
        }
        None => t.get("console-reconcile-title").to_owned(),
    };
    let template = ReconcilePage {
        shell: shell(operator, title)
            .errors(!errors.is_empty())
            .script("console/letters.js")
            .texts("console-js-picked"),
        frame: Frame::at(PLACE, if part.is_some() { "compared" } else { "reconcile" }),
        errors,
        part,
        count: found.differences.len(),
        repairable: found.differences.iter().filter(|one| one.repair.is_some()).count(),
        is_more: found.is_more,
        at: words::second(t, found.checked_at.unwrap_or_else(clock::now)),
        kinds: kinds(t, found.differences),
        repair,
    };
    Ok(show(status, &template.shell, &template))
}

fn kinds(t: Texts, differences: Vec<Difference>) -> Vec<Kind> {
    let mut by_kind: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
    for difference in differences {
        by_kind.entry(difference.kind.clone()).or_default().push(difference);
    }
    let titled = |(kind, differences): (String, Vec<Difference>)| Kind {
        title: t
            .with("console-reconcile-kind", &[("kind", Value::from(kind)), ("count", Value::from(differences.len()))]),
        differences,
    };
    by_kind.into_iter().map(titled).collect()
}

/// Repairs what was chosen.
async fn repair(State(pages): State<Pages>, operator: Operator, fields: Fields<Nothing>) -> Result<Response, Problem> {
    let given = Given(&fields.all);
    let (Some(part), ids) = (part_of(given), given.all("ids")) else { return Err(Problem::not_found(&operator)) };
    if ids.is_empty() {
        let errors = vec![FieldError::new("differences", operator.t().get("console-reconcile-choose"))];
        return reconcile_page(&pages, &operator, Some(part), None, errors).await;
    }
    let path = format!("/api/v1/admin/reconcile?part={part}");
    let body = json!({"ids": ids});
    let reply = pages.api.send::<Json>(&operator, Method::POST, &path, &body, &fields.proof).await?;
    let key = outcomes::keep(reply.body);
    Ok(see_other(&format!("/console/reconcile?{}", query(&[("part", part), ("outcome", &key)]))))
}
