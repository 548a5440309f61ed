//! Coupons: campaigns, stock, the coupons given, and their holders.

pub mod rows;
pub mod schema;
