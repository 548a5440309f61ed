//! `GET /time`: what the clock of this server says, for countdowns of pages.

use axum::Router;
use axum::routing::get;

/// The route.
pub(crate) fn routes() -> Router {
    Router::new().route("/time", get(time))
}

/// The time of this server, in milliseconds since 1970.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Time {
    /// Milliseconds since 1970.
    #[schema(example = 1_796_000_000_000_i64)]
    now: i64,
}

/// What the clock of this server says. Never cached.
#[utoipa::path(get, path = "/time", tag = "gateway", security(()),
    responses((status = 200, description = "The time.", body = Time)))]
pub(crate) async fn time() -> axum::Json<Time> {
    axum::Json(Time { now: clock::now().millis() })
}
