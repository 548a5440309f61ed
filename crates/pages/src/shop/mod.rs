//! The shop: what is on sale and coming (`/`), all shows (`/shows`), one show (`/shows/{id}`). The same for everybody.
//!
//! ```text
//! model     what the catalog and the coupons answer
//! last      what was answered last: shown, and said to be old, while the catalog is away
//! card      a show in a list
//! home      the first page
//! filters   what a list is filtered by: in the address, in one order
//! list      the list with its pages, and what to drop where nothing fits
//! times     a performance: can it be bought, when, how many seats are left
//! show      a show's page
//! data      the same for search engines (JSON-LD)
//! ```

mod card;
mod data;
mod filters;
mod home;
mod last;
mod list;
mod model;
mod show;
#[cfg(test)]
mod tests;
mod times;

use crate::Pages;
use axum::Router;
use axum::routing::get;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().route("/", get(home::show)).route("/shows", get(list::show)).route("/shows/{id}", get(show::show))
}

/// A segment of a path or a value of a query, as it may stand in an address.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
