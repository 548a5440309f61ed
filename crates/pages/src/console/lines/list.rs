//! All lines.

use super::super::evening::{LineRow, address_of, label_of, line_row};
use super::super::fields::Given;
use super::super::frame::{Frame, Paging, asked, page_number, shell, show};
use super::super::model::{List, Stats};
use super::super::operator::Operator;
use super::super::words::Say;
use crate::{Pages, Problem};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use web::{Shell, Value};

/// Lines on a page.
const SIZE: u64 = 50;

#[derive(Deserialize)]
struct Named {
    name: String,
    line: String,
}

#[derive(Template)]
#[template(path = "console/lines.html")]
struct LinesPage {
    shell: Shell,
    frame: Frame,
    lines: Vec<LineRow>,
    paging: Paging,
}

pub(super) async fn list(State(pages): State<Pages>, operator: Operator) -> Result<Response, Problem> {
    let t = operator.t();
    let asked = asked(&operator);
    let page = page_number(Given(&asked));
    let path = format!("/queue/admin/lines?page={page}&size={SIZE}");
    let named = pages.api.get::<List<Named>>(&operator, &path).await?;
    let stats = pages.api.get::<Stats>(&operator, "/queue/admin/stats").await?;
    let mut lines = Vec::new();
    for named in &named.list {
        // Statistics call a site's line by its name, and others by the name among all lines.
        let of_line =
            stats.schedule_stats.iter().find(|stats| [&named.name, &named.line].contains(&&stats.schedule_id));
        if let Some(stats) = of_line {
            let label = label_of(&pages, &operator, &address_of(&stats.schedule_id)).await;
            lines.push(line_row(&pages, &operator, stats, label).await);
        }
    }
    let name = Given(&asked).get("ended");
    let done = name.map(|name| t.with("console-line-ended", &[("line", Value::from(name.to_owned()))]));
    let template = LinesPage {
        shell: shell(&operator, t.get("console-lines-title")),
        frame: Frame::at("console-nav-lines", "lines").done(done),
        lines,
        paging: Paging::new("/console/lines", &[], page, SIZE, named.total_elements),
    };
    Ok(show(StatusCode::OK, &template.shell, &template))
}
