//! The laboratory: a crowd that knows Onsale only by its HTTP interface, and the books that judge what it heard.
//!
//! - [`load`] drives many keep-alive connections against one address as cheaply as it can.
//! - [`rush`] is the whole event (FCFS-014): a campaign, the crowd, the comparison of all books, the report.
//! - [`report`] holds the figures, and draws them as one HTML page.
//!
//! Deliberately absent: any link to the server's crates. What the crowd believes, it was told over the wire.

pub mod load;
pub mod report;
pub mod rush;
