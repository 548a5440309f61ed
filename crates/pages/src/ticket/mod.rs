//! Tickets: `/me/tickets/{id}`, and what keeps them on the device.
//!
//! ```text
//! detail   a reservation and its payment, as the API tells them
//! qr       the code as one path of an SVG
//! page     the ticket in all its states
//! worker   /me/worker.js, the service worker, and /me/offline, what it shows without a network
//! ```

mod detail;
mod page;
mod qr;
mod worker;

pub(crate) use detail::{Detail, Payment};

use crate::Pages;
use axum::Router;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().merge(page::routes()).merge(worker::routes())
}
