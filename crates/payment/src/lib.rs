//! Payments of reservations through PortOne, and their refunds (PAY-*).
//!
//! `pay` makes a payment, `confirm` decides it, `conclude` is the way from a look-up to the decision that confirm and the
//! workers share, `notices` takes PortOne's webhooks, `reading` shows. `steps` alone changes rows, by the rules of
//! `domain::payment`. `workers` settle what nobody confirms, look back, give money back and compare; `discount` has coupons.
//! `portone` and `reservations` ask others: no transaction is open meanwhile, and who asks has the payment's row for itself
//! (hole 14).

mod adopt;
pub mod api;
mod asking;
mod conclude;
mod confirm;
mod course;
mod discount;
mod drift;
pub mod messages;
pub mod metrics;
mod notices;
mod outgoing;
mod pay;
pub mod portone;
mod reading;
mod reservations;
pub mod rows;
pub mod schema;
mod service;
pub mod settings;
pub mod steps;
pub mod views;
pub mod workers;

pub use confirm::Settled;
pub use course::{Course, Place};
pub use messages::ReservationGroup;
pub use service::{OpenError, PaymentService, Peers};
pub use settings::{PortOneSettings, Settings};
