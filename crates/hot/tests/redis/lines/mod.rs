//! Lines on Redis compared with the rules, and their promises when several processes admit at once and when Redis loses
//! data.
//!
//! `ONSALE_FAULTS=20` tries each fault twenty times.

mod again;
mod agree;
mod draw;
mod ended;
mod faults;
mod presence;
mod promises;
mod resent;
mod support;
