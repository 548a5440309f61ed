//! The JSON of the catalog.

pub mod event;
pub mod hall;
pub mod internal;
pub mod page;
pub mod schedule;
pub mod values;
pub mod venue;
