//! Other roles, asked by their internal routes: the catalog for schedules and seats, the queue for passes and lines, coupon for
//! discounts. Payment is asked by the workers.

mod catalog;
mod coupon;
mod joint;
mod kept;
mod queue;
mod schedule;
mod seat_table;

pub(crate) use catalog::Catalog;
pub(crate) use coupon::Coupons;
pub(crate) use joint::Joint;
pub(crate) use kept::Kept;
pub(crate) use queue::Queue;
pub use schedule::{Schedule, Show};
pub use seat_table::{SeatTable, TableSeat};

use access::Peer;
use domain::ScheduleId;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The roles that reservation asks.
#[derive(Clone, Debug)]
pub struct Peers {
    /// Schedules and seats.
    pub catalog: Peer,
    /// Passes and lines.
    pub queue: Peer,
    /// Payments, of which a message may be lost.
    pub payment: Peer,
    /// Discounts.
    pub coupon: Peer,
}

/// The greatest number of a hold that catalog and payment have said to have stored: one above our own counter says that our
/// database was put back to an older copy (`contract-amendments.md`, part 2, 7). Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct HeardHoldNo(Arc<AtomicI64>);

impl HeardHoldNo {
    /// Takes note of the number of an answer, if it has one.
    pub fn hear(&self, number: Option<i64>) {
        if let Some(number) = number {
            self.0.fetch_max(number, Ordering::SeqCst);
        }
    }

    /// The greatest number so far; 0 before any.
    pub fn greatest(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The path of an internal route of a schedule.
fn of_schedule(before: &str, id: ScheduleId, after: &str) -> String {
    format!("{before}{id}{after}")
}
