//! Coupons: `/coupons`, `/coupons/{campaign}`.
//!
//! ```text
//! /coupons                  the list, the same for everybody
//! /coupons/{campaign}       countdown, stock, one button; the same for everybody, so it has no form that changes anything:
//!                           the script asks the API, with the CSRF token of the cookie
//! /coupons/{campaign}?own=1 the same for one person, with a form and the coupons that the person has: what the button leads
//!                           to without script, and what a line's turn leads to
//! /coupons/{tenant}~{campaign}   another tenant's: shown, and got on that tenant's own pages
//! ```
//!
//! `campaign` is what the API says of one, `view` what the page shows of that, `own` the page for one person.

mod campaign;
mod list;
mod own;
mod page;
mod view;

use crate::Pages;
use axum::Router;
use axum::routing::get;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().route("/coupons", get(list::show)).route("/coupons/{campaign}", get(page::show).post(own::take))
}
