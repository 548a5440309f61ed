//! The rows as the tables hold them. Modules are named for the thing, `table_name` is the contract's name.

pub(crate) mod campaign;
pub(crate) mod coupon;
pub(crate) mod look;
pub(crate) mod look_file;
pub(crate) mod stock_grant;
pub(crate) mod user_coupon;
