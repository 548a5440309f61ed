//! The JSON of the coupon API: requests and replies (`contract.md`, Coupons).

pub mod audit;
pub mod campaign;
pub mod coupon;
pub mod holder;
pub mod purchase;
pub(crate) mod reconcile;
pub mod status;
mod values;
