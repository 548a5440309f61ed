//! The services: each a folder with the same rooms, none importing another; and what they share.
//!
//! `http` is the edge that every service has, `keys` and `callers` say who calls, `clock` reads the time.

pub mod callers;
pub mod coupon;
pub mod gate;
pub mod http;
pub mod internal;
pub mod issuer;
pub mod keys;
pub mod lease;
pub mod queue;
