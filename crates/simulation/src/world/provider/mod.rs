//! The provider of payments, with its faults: answers that never come, cancellations that are decided later or refused, money
//! that is taken twice, operators in its console.

mod api;
mod record;

pub(crate) use api::Provider;
pub(crate) use record::{PayOutcome, Record};
