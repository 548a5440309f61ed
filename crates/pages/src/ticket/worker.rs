//! The service worker of `/me/`, and the page that it shows where there is no network.
//!
//! Its address is no asset's: a worker rules over what is below its own path, and is asked for by one name for ever.

use crate::Pages;
use crate::visitor::Visitor;
use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use web::{Caching, Policy, Shell};

/// The script. Browsers look for a newer one at each visit.
const SCRIPT: &str = include_str!("../../../web/assets/ticket/worker.js");

pub(super) fn routes() -> Router<Pages> {
    Router::new().route("/me/worker.js", get(script)).route("/me/offline", get(offline))
}

async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, SCRIPT).into_response()
}

#[derive(Template)]
#[template(path = "ticket/offline.html")]
struct OfflinePage {
    shell: Shell,
}

async fn offline(visitor: Visitor) -> Response {
    let shell = Shell::new(&visitor, visitor.t().get("ticket-offline-title")).style("ticket.css");
    let page = OfflinePage { shell };
    web::page(StatusCode::OK, &page.shell, &Policy::Common, Caching::Private, &page)
}
