//! The fault table: the whole system on real servers, hit at random moments under load, and judged by the replies that
//! its clients received. Every cell but the outage must be zero.
//!
//! ```text
//! crowd --> NGINX --> 3 coupon servers --> 6 Redis nodes --> 3 Kafka brokers --> 2 issuers --> MariaDB
//! ```
//!
//! `ONSALE_FAULTS=20` tries each fault 20 times; the default is one to three times. The table is printed, and written to
//! `target/faults.json`.

mod ask;
mod books;
mod crowd;
mod edge;
mod engines;
mod gate;
mod gate_away;
mod judge;
mod network;
mod programs;
mod queue;
mod redis;
mod settings;
mod system;
mod table;
mod trial;
