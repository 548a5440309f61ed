//! The rows as they stand in the tables.

pub mod event;
pub mod hall;
pub mod schedule;
pub mod seat;
pub mod seat_plan;
pub mod venue;
