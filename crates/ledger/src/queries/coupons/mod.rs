//! Coupons and who holds them (tables `coupons` and `user_coupons`).

mod change;
mod keep;
mod read;

pub use change::{UseChange, change_use};
pub use keep::{BATCH_MAX, Refused, keep_entry, keep_issued};
pub use read::{Counts, KeptCoupon, by_ids, counts, entries, find, of_user};
