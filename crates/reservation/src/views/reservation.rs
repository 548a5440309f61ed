//! The JSON of reservations for their people.

use crate::peers::Show;
use domain::catalog::Grade;
use domain::reservation::{Reservation, ReservationStatus};
use domain::{EventId, PaymentId, ReservationId, ScheduleId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A seat of a reservation, as it was when it was held.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatView {
    #[schema(value_type = String)]
    seat_id: SeatId,
    #[schema(example = "A-1")]
    seat_number: String,
    #[schema(value_type = String)]
    grade: Grade,
    /// In won.
    price: i64,
}

impl SeatView {
    /// The seats of a reservation, in the order of their ids.
    pub fn all(reservation: &Reservation) -> Vec<Self> {
        let view = |seat: &domain::reservation::ReservedSeat| Self {
            seat_id: seat.seat,
            seat_number: seat.number.clone(),
            grade: seat.grade,
            price: seat.price,
        };
        reservation.seats.iter().map(view).collect()
    }
}

/// A seat in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedSeat {
    #[schema(example = "A-1")]
    seat_number: String,
    #[schema(value_type = String)]
    grade: Grade,
}

/// A reservation in the list of its person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationListed {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    /// Null while nobody knows it.
    event_title: Option<String>,
    /// The beginning of the performance; null while nobody knows it.
    #[schema(value_type = Option<String>)]
    schedule_date: Option<Timestamp>,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    status: &'static str,
    seats: Vec<ListedSeat>,
    /// What was paid; before that what is to be paid. In won.
    payment_amount: i64,
    /// When the hold ends, or ended.
    #[schema(value_type = String)]
    hold_expires_at: Timestamp,
    /// `PAYMENT_FAILED`, `HOLD_EXPIRED`, `USER_REQUEST`, `EVENT_CANCELLED` or `PAYMENT_REFUNDED`.
    cancel_reason: Option<&'static str>,
    /// When somebody came in with the ticket.
    #[schema(value_type = Option<String>)]
    used_at: Option<Timestamp>,
}

impl ReservationListed {
    /// A reservation of this schedule.
    pub fn new(reservation: &Reservation, show: Option<&Show>) -> Self {
        let listed = |seat: &domain::reservation::ReservedSeat| ListedSeat {
            seat_number: seat.number.clone(),
            grade: seat.grade,
        };
        Self {
            reservation_id: reservation.id,
            schedule_id: reservation.schedule,
            event_title: show.map(|show| show.event_title.clone()),
            schedule_date: show.map(|show| show.event_start_at),
            status: reservation.status.as_str(),
            seats: reservation.seats.iter().map(listed).collect(),
            payment_amount: amount_of(reservation),
            hold_expires_at: reservation.hold_expires_at,
            cancel_reason: reservation.cancel_reason.map(|reason| reason.as_str()),
            used_at: reservation.used.as_ref().map(|mark| mark.at),
        }
    }
}

fn amount_of(reservation: &Reservation) -> i64 {
    reservation.paid_amount.or(reservation.firm_claim().map(|claim| claim.amount)).unwrap_or(reservation.total_amount)
}

/// A reservation. What is not there yet is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationDetail {
    #[schema(value_type = String)]
    reservation_id: ReservationId,
    #[schema(value_type = String)]
    event_id: EventId,
    event_title: Option<String>,
    artist: Option<String>,
    venue_name: Option<String>,
    hall_name: Option<String>,
    #[schema(value_type = String)]
    schedule_id: ScheduleId,
    /// The beginning of the performance.
    #[schema(value_type = Option<String>)]
    schedule_date: Option<Timestamp>,
    /// `PENDING`, `CONFIRMED` or `CANCELLED`.
    status: &'static str,
    seats: Vec<SeatView>,
    /// In won.
    total_amount: i64,
    #[schema(value_type = Option<String>)]
    hold_expires_at: Option<Timestamp>,
    /// What is left of the hold at the answer; null where nothing is held for a time.
    hold_expires_in_ms: Option<i64>,
    /// Whether the hold was made longer: that is done once.
    extended: bool,
    #[schema(value_type = Option<String>)]
    payment_id: Option<PaymentId>,
    #[schema(example = "T20261224-8K3N5QX2M7")]
    ticket_number: Option<String>,
    /// What the QR code of the ticket says; null unless it is a ticket.
    qr_data: Option<String>,
    /// `PAYMENT_FAILED`, `HOLD_EXPIRED`, `USER_REQUEST`, `EVENT_CANCELLED` or `PAYMENT_REFUNDED`.
    cancel_reason: Option<&'static str>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    /// When somebody came in with the ticket.
    #[schema(value_type = Option<String>)]
    used_at: Option<Timestamp>,
    /// At which gate; null where the door did not say.
    #[schema(example = "north")]
    used_gate: Option<String>,
}

impl ReservationDetail {
    /// A reservation of this schedule at `now`. `qr_data`: of a ticket.
    pub fn new(reservation: &Reservation, show: Option<&Show>, qr_data: Option<String>, now: Timestamp) -> Self {
        let named = |name: fn(&Show) -> &String| show.map(|show| name(show).clone());
        let is_held = reservation.status == ReservationStatus::Pending && reservation.secured_at.is_none();
        let left_ms = (reservation.hold_expires_at.millis() - now.millis()).max(0);
        Self {
            reservation_id: reservation.id,
            event_id: reservation.event,
            event_title: named(|show| &show.event_title),
            artist: named(|show| &show.artist),
            venue_name: named(|show| &show.venue_name),
            hall_name: named(|show| &show.hall_name),
            schedule_id: reservation.schedule,
            schedule_date: show.map(|show| show.event_start_at),
            status: reservation.status.as_str(),
            seats: SeatView::all(reservation),
            total_amount: reservation.total_amount,
            hold_expires_at: Some(reservation.hold_expires_at),
            hold_expires_in_ms: is_held.then_some(left_ms),
            extended: reservation.extended_at.is_some(),
            payment_id: reservation.firm_claim().map(|claim| claim.payment),
            ticket_number: reservation.ticket_number.map(|number| number.to_string()),
            qr_data,
            cancel_reason: reservation.cancel_reason.map(|reason| reason.as_str()),
            created_at: reservation.created_at,
            used_at: reservation.used.as_ref().map(|mark| mark.at),
            used_gate: reservation.used.as_ref().and_then(|mark| mark.gate.clone()),
        }
    }
}

/// The answer to a cancellation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelledView {
    #[schema(value_type = String)]
    id: ReservationId,
    /// `CANCELLED`.
    status: &'static str,
    /// What was paid and is given back; 0 where nothing was paid. In won.
    refund_amount: i64,
}

impl CancelledView {
    /// A reservation that was cancelled.
    pub fn new(reservation: &Reservation) -> Self {
        let refund_amount = reservation.paid_amount.unwrap_or(0);
        Self { id: reservation.id, status: reservation.status.as_str(), refund_amount }
    }
}

/// A coupon that takes something off a reservation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiscountView {
    coupon_id: String,
    name: String,
    /// In won.
    discount_amount: i64,
    /// What is left to pay, in won.
    payable: i64,
}

/// Coupons that take something off a reservation, the largest discount first (PAY-017).
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Discounts {
    list: Vec<DiscountView>,
}
