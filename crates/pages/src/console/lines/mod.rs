//! Waiting lines: `/console/lines`.

mod change;
mod end;
mod list;
mod make;
mod preview;
mod rate;
mod show;
mod specs;
mod switch;

use super::operator::to_form;
use crate::Pages;
use axum::Router;
use axum::routing::get;

/// The routes.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/console/lines", get(list::list))
        .route("/console/lines/new", get(make::form).post(make::make))
        .route("/console/lines/{name}", get(show::show_line))
        .route("/console/lines/{name}/rate", get(rate::form).post(rate::change))
        .route("/console/lines/{name}/pause", get(to_form).post(switch::pause))
        .route("/console/lines/{name}/resume", get(to_form).post(switch::resume))
        .route("/console/lines/{name}/notice", get(to_form).post(switch::notice))
        .route("/console/lines/{name}/change", get(to_form).post(change::change))
        .route("/console/lines/{name}/end", get(end::form).post(end::end))
}
