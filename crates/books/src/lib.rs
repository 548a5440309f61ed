//! The books of tickets, compared: reservations, payments, the catalog's seats, hot state, the provider's records, messages,
//! and what people were told. The ten invariants of a system at rest are one function over plain rows.
//!
//! ```text
//! records     the rows, as plain values: they come from databases, from hot state, from a simulation
//! check       the ten invariants; each difference is a value that names its rows
//! violation   those values
//! read        readers of the rows (feature `read`): databases, hot seats, the sandbox's file and doors
//! ```
//!
//! *At rest*: nothing is paid, refunded or told at the moment. A payment that is under way breaks an invariant, and rightly:
//! whoever compares waits first, or compares twice and keeps what was found both times ([`Findings::again_in`]).
//!
//! Deliberately absent: the code of the contexts. The checker reads the tables of the contract by queries of its own, so that a
//! mistake in a context's queries cannot hide itself.

pub mod check;
#[cfg(feature = "read")]
pub mod read;
pub mod records;
pub mod violation;

pub use check::{Findings, check};
pub use records::Books;
pub use violation::Violation;
