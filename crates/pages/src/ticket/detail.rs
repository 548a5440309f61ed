//! A reservation and its payment, as the API tells them.

use crate::visitor::Visitor;
use crate::{Pages, Problem};
use domain::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// One of the visitor's reservations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    pub reservation_id: String,
    pub event_title: Option<String>,
    pub artist: Option<String>,
    pub venue_name: Option<String>,
    pub hall_name: Option<String>,
    pub schedule_date: Option<Timestamp>,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    pub status: String,
    pub seats: Vec<Seat>,
    pub total_amount: i64,
    /// What is left of the hold; none where nothing is held for a time.
    pub hold_expires_in_ms: Option<i64>,
    pub payment_id: Option<String>,
    pub ticket_number: Option<String>,
    pub qr_data: Option<String>,
    pub cancel_reason: Option<String>,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    /// Where the ticket was used, once the API says it.
    #[serde(default)]
    pub used_gate: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seat {
    pub seat_number: String,
    pub grade: String,
}

impl Detail {
    /// Reads a reservation of the visitor.
    pub async fn of(pages: &Pages, visitor: &Visitor, id: &str) -> Result<Self, Problem> {
        let id = Uuid::parse_str(id).map_err(|_| Problem::not_found(visitor))?;
        pages.api.get(visitor, &format!("/reservations/{id}")).await
    }
}

/// The payment of a reservation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    pub amount: i64,
    /// `PENDING`, `SUCCESS`, `FAILED` or `REFUNDED`.
    pub status: String,
    pub paid_at: Option<Timestamp>,
    pub refunded_at: Option<Timestamp>,
    pub discount_amount: Option<i64>,
    card_name: Option<String>,
    card_number: Option<String>,
}

impl Payment {
    /// Reads the payment of a reservation, if there is one.
    pub async fn of(pages: &Pages, visitor: &Visitor, detail: &Detail) -> Result<Option<Self>, Problem> {
        let Some(id) = detail.payment_id.as_deref().and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(None) };
        pages.api.get(visitor, &format!("/payments/{id}")).await.map(Some)
    }

    /// The card, as far as it may be shown.
    pub fn card(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.card_name, &self.card_number].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}
