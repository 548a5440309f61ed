//! Who was told what: `/console/appeal`.

use super::audit::{FROM, Searched, TO, filter_time};
use super::fields::Given;
use super::frame::{Frame, asked, query, shell, show};
use super::model::{Answer, Appeal, away};
use super::operator::Operator;
use super::words::{self, Say};
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use web::{FieldError, Shell};

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/console/appeal", get(appeal))
}

#[derive(Template)]
#[template(path = "console/appeal.html")]
struct AppealPage {
    shell: Shell,
    searched: [Searched; 4],
    frame: Frame,
    errors: Vec<FieldError>,
    asked: Vec<(String, String)>,
    found: Option<Appeal>,
}

impl AppealPage {
    fn text(&self, name: &str) -> &str {
        Given(&self.asked).text(name)
    }

    /// The time with milliseconds cut off, in Korea.
    fn at(&self, answer: &Answer) -> String {
        words::logged(self.shell.t, answer.at)
    }

    fn role(&self, answer: &Answer) -> String {
        words::role(self.shell.t, &answer.role)
    }
}

async fn appeal(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let given = Given(&asked);
    let (trace, user) = (given.text("traceId"), given.text("userId"));
    let mut errors = Vec::new();
    let (from, to) = (filter_time(t, given, "from", &mut errors), filter_time(t, given, "to", &mut errors));
    let is_asked = given.get("traceId").is_some() || given.get("userId").is_some();
    if is_asked && trace.is_empty() == user.is_empty() {
        errors.insert(0, FieldError::new("traceId", t.get("console-appeal-one")));
    }
    let pairs = [("traceId", trace), ("userId", user), ("from", from.as_str()), ("to", to.as_str())];
    let found = match is_asked && errors.is_empty() {
        true => Some(pages.api.get::<Appeal>(&operator, &format!("/api/v1/admin/appeal?{}", query(&pairs))).await?),
        false => None,
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let gone = found.as_ref().map(|found| away(&found.parts)).unwrap_or_default();
    let template = AppealPage {
        searched: [("traceId", "console-appeal-trace", "text"), ("userId", "console-appeal-user", "text"), FROM, TO],
        shell: shell(&operator, t.get("console-appeal-title")).errors(!errors.is_empty()),
        frame: Frame::at("console-nav-appeal", if found.is_some() { "found" } else { "appeal" }).without(gone),
        errors,
        found,
        asked: asked.clone(),
    };
    Ok(show(status, &template.shell, &template))
}
