//! The engines of many processes: scripts on Redis, single node or cluster.
//!
//! ```text
//! activity     which campaigns and lines are asked for
//! client       connections, calls of scripts, replies
//! names        the names of keys
//! scripts      the list of scripts; their texts lie beside the engine that runs them
//! coupon       campaigns, coupons, the outbox
//! line         waiting lines
//! seat         seats that people hold
//! keys         values with a lifetime
//! limits       token buckets
//! acl          the access rights that this program needs
//! diagnostics  what `onsale doctor` asks every node
//! ```

mod acl;
mod activity;
mod client;
mod coupon;
mod diagnostics;
mod keys;
mod limits;
mod line;
mod names;
mod scripts;
mod seat;

pub use client::{RedisAddress, RedisConnections};
pub use coupon::{Announce, RedisEngine, RedisOptions};
pub use diagnostics::{NodeSurvey, survey};
pub use keys::RedisKeys;
pub use limits::RedisLimits;
pub use line::{LineOptions, RedisLines};
pub use seat::{RedisSeats, SeatOptions};

use client::reply;

/// When a yes may be returned to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ack {
    /// As soon as the master has decided. A failover may take it back.
    None,
    /// When a replica has it (`WAIT 1`).
    Replica,
    /// When a replica has it, and the bus too.
    Bus,
}
