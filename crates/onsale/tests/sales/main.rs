//! Faults of a sale of tickets: the program ends at each named place of a purchase, or at any moment, or stalls longer than a
//! hold lives, while people wait, hold, pay and give back. Afterwards the ten invariants hold over all books, with what people
//! were told (`contract-amendments.md`, "Fifteen places to kill").
//!
//! ```text
//! onsale rush --tickets --> one process, killed and started again --> a sandbox that outlives it
//! ```
//!
//! Every cell of differences must be zero; `ONSALE_FAULTS=20` tries each fault 20 times, the default is once. The table is printed, and written to `target/faults-tickets.json`.

mod places;
mod sale;
mod table;
mod whole;
