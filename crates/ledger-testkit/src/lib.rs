//! Tests of tables on every kind of database: each test gets a database of its own.
//!
//! ```text
//! on_every_database!(rows_are_stored_once, ...);     async fn rows_are_stored_once(site: Site) { ... }
//! ```
//!
//! makes the tests `sqlite::rows_are_stored_once`, `mariadb::...`, `postgres_15::...` and `postgres_18::...`.

mod macros;
mod own;
mod raw;
mod site;
mod texts;

pub use own::Own;
pub use raw::Raw;
pub use site::{Engine, Site};

use ledger::LedgerOptions;
use std::time::Duration;

/// Long time limits, for a machine that runs much else: no test measures the speed of a database.
pub fn patient() -> LedgerOptions {
    let long = Duration::from_secs(120);
    LedgerOptions {
        acquire_timeout: long,
        busy_timeout: long,
        answer_timeout: long,
        change_timeout: long,
        ..LedgerOptions::default()
    }
}
