//! The engines of one process: rules in memory, decisions journalled in SQLite before any caller is told.
//!
//! ```text
//! coupon   one owner thread decides and journals: campaigns, coupons, the outbox
//! line     any thread decides on one line at a time; one writer journals the changes of all lines
//! seat     any thread decides on one schedule at a time; one writer journals the holds of all schedules
//! keys     values with a lifetime, in memory only
//! limits   token buckets, in memory only
//! file     a journal's file: lock, format, transactions
//! writer   group commit: one transaction for the changes of many calls
//! ```

mod coupon;
mod file;
mod keys;
mod limits;
mod line;
mod seat;
mod thread;
mod writer;

pub use coupon::{EmbeddedEngine, JournalSnapshot, is_in_use};
pub use file::{JournalError, JournalOptions};
pub use keys::EmbeddedKeys;
pub use limits::{EmbeddedLimits, LimitTable};
pub use line::{EmbeddedLines, read_pending};
pub use seat::EmbeddedSeats;
