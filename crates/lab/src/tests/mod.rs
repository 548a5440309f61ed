//! The load engine and the load test against a small substitute server, correct or with planted faults.

mod line;
mod load;
mod rush;
mod stand_in;
mod tickets;
