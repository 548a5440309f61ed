//! The rows, as the tables hold them. Named for what they are; `table_name` is what the contract calls them.

pub(crate) mod api_key;
pub(crate) mod campaign;
pub(crate) mod coupon;
pub(crate) mod outbox_message;
pub(crate) mod processed_message;
pub(crate) mod stock_grant;
pub(crate) mod user_coupon;
