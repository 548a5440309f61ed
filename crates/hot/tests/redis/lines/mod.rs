//! Lines on Redis against the rules, and what they promise when several processes admit at once and when Redis loses
//! things.
//!
//! `ONSALE_FAULTS=20` tries a fault so often.

mod again;
mod agree;
mod draw;
mod faults;
mod promises;
mod resent;
mod support;
