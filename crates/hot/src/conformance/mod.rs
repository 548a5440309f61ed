//! The suites that every engine must pass: one for each port with rules of its own.

pub mod coupon;
pub mod line;
