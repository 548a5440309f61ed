//! Coupons and their holders (tables `coupons` and `user_coupons`).

mod give;
mod insert;
mod keep;
mod locked;
mod read;

pub use give::{Gift, Given, Wanted, give};
pub use keep::{Refused, keep_entry, keep_issued};
pub(crate) use locked::{LockedCoupon, lock, store};
pub use read::{
    Counts, KeptCoupon, by_ids, counts, entries, find, last_moments, newest_of_user, of_campaign_after, of_user,
    page_of_campaign,
};

/// Most coupons in one statement (ten columns each; the smallest limit on parameters is SQLite's 32,766).
pub const BATCH_MAX: usize = 500;
