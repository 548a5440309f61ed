//! The JSON of the coupon API: what comes in and what goes out (`contract.md`, Coupons).

pub mod campaign;
pub mod coupon;
