//! Readers of the rows, by queries of their own over the tables of the contract. They read only, and lock nothing: what changes
//! meanwhile shows as a difference, so compare at rest, or twice ([`crate::Findings::again_in`]).

mod catalog;
mod coupon;
mod hot;
mod messages;
mod payment;
mod places;
mod reservation;
mod sandbox;
mod table;

pub use self::hot::{HotReadError, hot};
pub use catalog::catalog;
pub use coupon::coupons;
pub use messages::{Outbox, messages};
pub use payment::payment;
pub use places::{Places, ReadError, read};
pub use reservation::reservation;
pub use sandbox::{SandboxError, sandbox_doors, sandbox_file};
