//! Who else may write the data folder and its files.

use super::Fault;
use crate::config::{BusEngine, Config, HotEngine};
use crate::wiring::ALL_SCHEMAS;
use bus::local::LocalDeadLetters;
use coupon::schema::SCHEMA;
use std::path::Path;

/// Every file that the program makes in the data folder; those that SQLite puts beside a database are not named. A test
/// compares this with a folder after a full run.
const OWN_FILES: [&str; 10] = [
    "hot.sqlite",
    "hot.lock",
    "lines.db",
    "lines.lock",
    SCHEMA.file,
    LocalDeadLetters::FILE,
    "cookie.key",
    "receipt.key",
    "internal.key",
    "admin.key",
];

/// The files of which one is there when a folder has ever been used.
const DATA_FILES: [&str; 4] = ["hot.sqlite", "lines.db", SCHEMA.file, LocalDeadLetters::FILE];

/// Whether the configuration keeps anything in the data folder.
pub fn in_folder(config: &Config) -> bool {
    config.hot_engine() == HotEngine::Embedded
        || config.bus_engine() == BusEngine::Local
        || ALL_SCHEMAS.iter().any(|schema| schema.is_embedded(config))
}

/// Whether a server or `onsale migrate` has ever kept data in this folder.
pub fn has_data(folder: &Path) -> bool {
    DATA_FILES.iter().any(|name| folder.join(name).exists())
}

pub(super) fn faults(config: &Config) -> Vec<Fault> {
    if !in_folder(config) {
        return Vec::new();
    }
    let found = files::faults(&config.data.dir, &OWN_FILES);
    found.into_iter().map(|fault| Fault::new("data-owner", fault.what, fault.change)).collect()
}
