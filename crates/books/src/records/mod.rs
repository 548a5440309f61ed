//! Rows as plain values. A book that could not be read is `None`: what needs it is not checked, and said to be unchecked.

mod catalog;
mod coupon;
pub mod history;
mod hot;
mod message;
mod payment;
mod provider;
mod reservation;

pub use catalog::{CatalogBook, CatalogSeatRow};
pub use coupon::CouponRow;
pub use domain::payment::{PaymentStatus, RefundKind};
pub use domain::reservation::ReservationStatus;
pub use history::{History, Remark};
pub use hot::{HoldRow, HotBook};
pub use message::{DeadLetterRow, GROUPS, Group, MessageBook, MessageRow};
pub use payment::{PaymentBook, PaymentRow, RefundRow};
pub use provider::ProviderRow;
pub use reservation::{ReservationBook, ReservationRow, SeatRow};

use domain::Timestamp;

/// Most seats of one person in one schedule, unless configured otherwise (`reservation.max_seats`).
pub const SEATS_MAX: u8 = 4;

/// All books at one moment.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The moment, by the clock that decides about holds (the reservation database's).
    pub now: Timestamp,
    /// Most seats of one person in one schedule.
    pub seats_max: u8,
    /// `R`, `S` and the counter of holds.
    pub reservation: Option<ReservationBook>,
    /// `P` and the refunds.
    pub payment: Option<PaymentBook>,
    /// `C`.
    pub catalog: Option<CatalogBook>,
    /// `X`: what the provider (or the sandbox) says was captured and given back.
    pub provider: Option<Vec<ProviderRow>>,
    /// `H`.
    pub hot: Option<HotBook>,
    /// The messages of reservations, payments and events, and who has had them.
    pub messages: Option<MessageBook>,
    /// Coupons that orders have set aside or redeemed.
    pub coupons: Option<Vec<CouponRow>>,
    /// `K`: what people were told, by their own record.
    pub histories: Option<Vec<History>>,
}

impl Books {
    /// Empty books of this moment, with the usual limit of seats.
    pub fn at(now: Timestamp) -> Self {
        Self { now, seats_max: SEATS_MAX, ..Self::default() }
    }
}
