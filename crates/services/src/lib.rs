//! The services: each a folder with the same rooms, none importing another; and what they share.
//!
//! `http` is the edge that every service has, `keys` says who calls, `clock` reads the time.

pub mod clock;
pub mod coupon;
pub mod http;
pub mod issuer;
pub mod keys;
