//! The load test behind `onsale rush`: simulated users that know only the HTTP interface, and checks of the results.
//!
//! - [`load`] sends requests over many keep-alive connections at a low cost of its own.
//! - [`rush`] runs the whole event (FCFS-014): the campaign, the users, the comparison of all records, the report.
//! - [`report`] holds the results and renders them as one HTML page.
//! - [`rehearsal`] runs a whole evening in parts and certifies what was measured.
//!
//! Deliberately absent: any dependency on the server's crates. All knowledge of the server comes over HTTP.

pub mod load;
pub mod rehearsal;
pub mod report;
pub mod rush;
#[cfg(test)]
mod tests;
