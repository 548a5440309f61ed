//! Seats on Redis compared with the rules, and their promises when Redis loses data, a reply or a master.
//!
//! `ONSALE_FAULTS=20` tries each fault twenty times.

mod agree;
mod faults;
mod keys;
mod measure;
mod repairs;
mod support;
