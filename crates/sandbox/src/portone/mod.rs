//! PortOne's API (V2) at `/sandbox/portone/api`, in its own forms: camelCase, RFC 3339, errors of `{type, message}`.

mod answer;
mod cancel;
mod identity;
mod lookup;
pub(crate) mod pay;
mod pre_register;
pub(crate) mod sender;
mod view;
pub(crate) mod webhook;

use crate::service::Sandbox;
use axum::Router;
use axum::routing::{get, post};

/// The routes of the API.
pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/portone/api/payments", get(lookup::list))
        .route("/sandbox/portone/api/payments/{id}", get(lookup::look_up))
        .route("/sandbox/portone/api/payments/{id}/pre-register", post(pre_register::pre_register))
        .route("/sandbox/portone/api/payments/{id}/cancel", post(cancel::cancel))
        .route("/sandbox/portone/api/identity-verifications/{id}", get(identity::look_up))
}

/// Longest id of a payment or verification in bytes.
pub(crate) const ID_BYTES_MAX: usize = 256;

/// A moment as PortOne writes it.
pub(crate) fn moment(at_ms: i64) -> String {
    let at_ms = at_ms.max(0);
    format!("{}.{:03}Z", domain::Timestamp(at_ms), at_ms % 1_000)
}
