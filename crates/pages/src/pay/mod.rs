//! Payment: `/pay/{reservationId}`.
//!
//! The page says how a payment stands by what the server says, never by its address. Forms begin it, open the provider's window,
//! and work without script; the script (`assets/pay.js`) counts the time and asks the server by itself.
//!
//! ```text
//! load     what the API is asked for
//! state    how the payment stands
//! window   the provider's window: a page, or a script
//! view     the page
//! submit   forms: pay, window again, confirm, more time, give up
//! ```

mod load;
mod state;
mod submit;
#[cfg(test)]
mod tests;
mod view;
mod window;

use crate::forms::see_other;
use crate::{Pages, Problem, Visitor};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use load::{Discount, Reservation};
use state::{Back, PayState};
use uuid::Uuid;
use view::Scene;

/// The routes.
pub(crate) fn routes() -> Router<Pages> {
    Router::new().route("/pay/{id}", get(show).post(submit::submit))
}

async fn show(
    State(pages): State<Pages>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = reservation_id(&visitor, &id)?;
    let back = Back::of(query.as_deref().unwrap_or_default());
    let reservation = load::reservation(&pages, &visitor, &id).await?;
    let known = load::payment(&pages, &visitor, &reservation).await?;
    let state = PayState::of(&reservation, &known, &back);
    if state == PayState::Ticket {
        return Ok(see_other(&format!("/me/tickets/{id}")));
    }
    let discounts = discounts_for(&pages, &visitor, &reservation, &state).await;
    let scene = Scene {
        reservation: &reservation,
        known: &known,
        state,
        discounts: &discounts,
        coupon: "",
        is_opening: back.is_opening,
    };
    Ok(scene.page(&pages, &visitor, None))
}

/// Coupons, where one can still be chosen.
async fn discounts_for(pages: &Pages, visitor: &Visitor, of: &Reservation, state: &PayState) -> Vec<Discount> {
    if *state != PayState::Ready {
        return Vec::new();
    }
    load::discounts(pages, visitor, &of.reservation_id).await
}

/// # Errors
/// 404 for what is no id of a reservation.
fn reservation_id(visitor: &Visitor, id: &str) -> Result<String, Problem> {
    let is_plain = id.len() == 36;
    let id = Uuid::try_parse(id).ok().filter(|_| is_plain);
    id.map(|id| id.to_string()).ok_or_else(|| Problem::not_found(visitor))
}
