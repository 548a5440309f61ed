//! One's own look: `/console/looks`. Names, pictures, colours and words, never scripts.

mod edit;
mod form;
mod upload;

use super::fields::Given;
use super::frame::{Frame, Paging, asked, page_number, shell, show};
use super::model::List;
use super::operator::Operator;
use super::words::Say;
use crate::{Pages, Problem};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use web::Shell;

const PLACE: &str = "console-nav-looks";
/// Lines on a page.
const SIZE: u64 = 50;
/// The look of all pages that have none of their own.
const DEFAULT: &str = "default";

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/console/looks", get(list)).route("/console/looks/{name}", get(edit::edit).post(edit::save))
}

#[derive(Deserialize)]
struct Named {
    line: String,
}

#[derive(Template)]
#[template(path = "console/looks.html")]
struct LooksPage {
    shell: Shell,
    frame: Frame,
    /// Address and name of the look of each line.
    lines: Vec<(String, String)>,
    paging: Paging,
}

async fn list(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let page = page_number(Given(&asked));
    let path = format!("/queue/admin/lines?page={page}&size={SIZE}");
    let lines = pages.api.get::<List<Named>>(&operator, &path).await?;
    let template = LooksPage {
        shell: shell(&operator, t.get("look-title")),
        frame: Frame::at(PLACE, "looks"),
        lines: lines.list.into_iter().map(|named| (named.line.replace('/', "~"), named.line)).collect(),
        paging: Paging::new("/console/looks", &[], page, SIZE, lines.total_elements),
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}
