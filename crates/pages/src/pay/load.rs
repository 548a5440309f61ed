//! What the page of a payment asks the API for.

use crate::{Pages, Problem, Visitor};
use http::StatusCode;
use serde::Deserialize;

/// The reservation that is to be paid.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reservation {
    pub reservation_id: String,
    pub schedule_id: String,
    pub event_title: Option<String>,
    pub venue_name: Option<String>,
    pub hall_name: Option<String>,
    pub schedule_date: Option<String>,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    pub status: String,
    pub seats: Vec<Seat>,
    /// In won.
    pub total_amount: i64,
    pub hold_expires_at: Option<String>,
    /// None where the seats are kept until the payment is decided, and where nothing is held.
    pub hold_expires_in_ms: Option<i64>,
    pub payment_id: Option<String>,
    pub cancel_reason: Option<String>,
    /// Whether the hold was made longer; none in answers of an older server.
    pub extended: Option<bool>,
}

/// A seat of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seat {
    pub seat_id: String,
    pub seat_number: String,
    pub grade: String,
    /// In won.
    pub price: i64,
}

/// The payment of the reservation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payment {
    pub payment_id: String,
    /// In won.
    pub amount: i64,
    /// `PENDING`, `SUCCESS`, `FAILED` or `REFUNDED`.
    pub status: String,
    pub failure_reason: Option<String>,
    pub discount_amount: Option<i64>,
    /// PortOne's name of it: there once PortOne knows it, and while it is PENDING.
    pub payment_key: Option<String>,
    pub store_id: Option<String>,
    pub channel_key: Option<String>,
    /// What its buyer was told at confirm: then it is not to be confirmed again.
    pub told: Option<String>,
}

/// A coupon that takes something off.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Discount {
    pub coupon_id: String,
    pub name: String,
    pub discount_amount: i64,
    pub payable: i64,
}

#[derive(Deserialize)]
struct Discounts {
    list: Vec<Discount>,
}

/// What is known of the payment.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// There is none.
    None,
    /// This.
    Payment(Box<Payment>),
    /// There is one, and nobody can say how it stands: nothing may be paid meanwhile.
    Away,
}

impl Known {
    pub fn payment(&self) -> Option<&Payment> {
        match self {
            Self::Payment(payment) => Some(payment),
            _ => None,
        }
    }
}

/// The reservation.
pub(super) async fn reservation(pages: &Pages, visitor: &Visitor, id: &str) -> Result<Reservation, Problem> {
    pages.api.get(visitor, &format!("/reservations/{id}")).await
}

/// The payment of a reservation.
pub(super) async fn payment(pages: &Pages, visitor: &Visitor, of: &Reservation) -> Result<Known, Problem> {
    let Some(id) = &of.payment_id else { return Ok(Known::None) };
    match pages.api.get(visitor, &format!("/payments/{id}")).await {
        Ok(payment) => Ok(Known::Payment(Box::new(payment))),
        // Reserved for one that was never made: the next press makes it.
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(Known::None),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => Err(problem),
        Err(_) => Ok(Known::Away),
    }
}

/// Coupons of this person that take something off; none where nobody can say.
pub(super) async fn discounts(pages: &Pages, visitor: &Visitor, id: &str) -> Vec<Discount> {
    let answer = pages.api.get::<Discounts>(visitor, &format!("/reservations/{id}/discounts")).await;
    answer.map(|discounts| discounts.list).unwrap_or_default()
}
