//! Payments of reservations (PAY-*): pure rules. Rows, PortOne and the simulation all go by them.
//!
//! ```text
//! (claim at reservation) -> PENDING -registered-> PENDING -look-up, secure-> SUCCESS -all given back-> REFUNDED
//!                              \------------------------------------------> FAILED (money that was taken is given back)
//! ```
//!
//! - [`model`]: what is known of a payment, and the words of its columns.
//! - [`lookup`]: what PortOne says of it.
//! - [`decision`]: what follows from a look-up. Money is what was paid less what was given back, whatever the status says.
//! - [`standing`]: what reservation says of the hold, and so on which occasion a payment is looked at.
//! - [`refund`]: how money is given back until it is done; [`look_back`]: when a decided payment is looked up again;
//!   [`pause`]: the pauses of both.
//! - [`steps`]: the only ways in which a payment changes. Each is a compare-and-set on what the row says.
//! - [`look_back`], [`refund`], [`pause`]: what follows after the decision.

use crate::catalog::WON_MAX;
use crate::reservation::SEATS_MAX;

/// The largest amount of a payment, in won: of the most seats that a person may have, each at the highest price.
pub const AMOUNT_MAX: i64 = SEATS_MAX as i64 * WON_MAX;

pub mod comparison;
pub mod decision;
pub mod look_back;
pub mod lookup;
pub mod model;
pub mod pause;
pub mod refund;
pub mod standing;
pub mod steps;

pub use decision::{Decision, Occasion, Policy, decide};
pub use lookup::{Away, Card, Channel, Found, GivenBack, GivenBackStatus, Lookup, Money, ProviderStatus};
pub use model::{
    AskId, Asking, CancelNote, CouponState, CouponUse, FailureReason, Payment, PaymentStatus, RefundKind, RefundStatus,
    Told, ToldCode,
};
pub use standing::{Ended, Standing};
pub use steps::{Begin, Changed, Outgoing, Owed, Refusal, Secured};

#[cfg(test)]
mod tests;
