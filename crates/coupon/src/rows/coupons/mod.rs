//! Coupons and their holders (tables `coupons` and `user_coupons`).

mod change;
mod give;
mod keep;
mod read;

pub use change::{UseChange, change_use};
pub use give::{Gift, Given, Wanted, give};
pub use keep::{BATCH_MAX, Refused, keep_entry, keep_issued};
pub use read::{Counts, KeptCoupon, by_ids, counts, entries, find, of_user};
