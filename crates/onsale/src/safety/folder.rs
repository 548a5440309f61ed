//! Who else may write the data folder and its files.

use super::Fault;
use crate::commands::WrongUse;
use crate::config::{BusEngine, Config, HotEngine};
use crate::wiring::ALL_SCHEMAS;
use anyhow::Context;
use bus::local::LocalDeadLetters;
use coupon::schema::SCHEMA;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Every file that the program makes in the data folder; those that SQLite puts beside a database are not named. A test
/// compares this with a folder after a full run.
const OWN_FILES: [&str; 22] = [
    "hot.sqlite",
    "hot.lock",
    "lines.db",
    "lines.lock",
    "seats.db",
    "seats.lock",
    SCHEMA.file,
    LocalDeadLetters::FILE,
    "cookie.key",
    "receipt.key",
    "internal.key",
    "admin.key",
    account::schema::SCHEMA.file,
    catalog::schema::SCHEMA.file,
    reservation::schema::SCHEMA.file,
    payment::schema::SCHEMA.file,
    "sandbox.sqlite",
    crate::wiring::people::JWT_FILE,
    crate::wiring::people::PERSONAL_FILE,
    crate::wiring::people::LOOKUP_FILE,
    crate::wiring::tickets::TICKET_FILE,
    crate::wiring::demo_accounts::PASSWORDS_FILE,
];

/// Lies in a folder while a backup is put into it.
pub const UNFINISHED_FILE: &str = "restore.unfinished";

/// What lies in a data folder.
#[derive(Debug)]
pub struct OwnFiles {
    /// The program's files, in the order of the list; those beside a database are not named.
    pub own: Vec<&'static str>,
    /// What the program did not make.
    pub strangers: Vec<String>,
}

/// Whether the program makes a file of this name in the data folder.
pub fn is_own_file(name: &str) -> bool {
    OWN_FILES.contains(&name)
}

/// What lies in this folder.
///
/// # Errors
/// When it cannot be read.
pub fn own_files(folder: &Path) -> anyhow::Result<OwnFiles> {
    let cannot = || format!("{} cannot be read", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        names.push(entry.with_context(cannot)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let stem = |name: &String| {
        let of_database = files::DATABASE_SUFFIXES.iter().find_map(|suffix| name.strip_suffix(*suffix));
        of_database.unwrap_or(name).to_owned()
    };
    let stems: Vec<String> = names.iter().map(stem).collect();
    let own = OWN_FILES.into_iter().filter(|own| stems.iter().any(|stem| stem == own)).collect();
    let strangers = names.into_iter().zip(&stems).filter(|(_, stem)| !is_own_file(stem)).map(|(name, _)| name);
    Ok(OwnFiles { own, strangers: strangers.collect() })
}

/// Whether a backup was being put into this folder when it was cut short.
pub fn is_half_restored(folder: &Path) -> bool {
    folder.join(UNFINISHED_FILE).exists()
}

/// Refuses a folder into which a backup was only half put, whatever is allowed otherwise: its books cannot be right.
///
/// # Errors
/// [`WrongUse`].
pub fn demand_whole(folder: &Path) -> anyhow::Result<()> {
    if !is_half_restored(folder) {
        return Ok(());
    }
    let place = folder.display();
    let what = format!("a restore into {place} was cut short: empty the folder, and run `onsale restore` again");
    Err(WrongUse(what).into())
}

/// The files of which one is there when a folder has ever been used.
const DATA_FILES: [&str; 4] = ["hot.sqlite", "lines.db", SCHEMA.file, LocalDeadLetters::FILE];

/// Whether the configuration keeps anything in the data folder.
pub fn in_folder(config: &Config) -> bool {
    config.hot_engine() == HotEngine::Embedded
        || config.bus_engine() == BusEngine::Local
        || ALL_SCHEMAS.iter().any(|schema| schema.is_embedded(config))
}

/// What a data folder contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// What a server or `onsale migrate` has kept.
    There,
    /// Nothing that a server has kept.
    None,
    /// This user may not look.
    Closed {
        /// The id of the folder's owner.
        owner: u32,
    },
    /// Decisions without the database that belongs to them.
    Parted,
}

impl Data {
    /// What is wrong with this folder, and what to do; `None` when its data is there.
    pub fn complaint(self, folder: &Path) -> Option<(String, String)> {
        let folder = folder.display();
        match self {
            Self::There => None,
            Self::None => Some((
                format!("there is no data in {folder}"),
                "name the server's folder with --data DIR (data.dir), or its file with --config FILE; a new folder is made \
                 by `onsale serve` or `onsale migrate`"
                    .to_owned(),
            )),
            Self::Closed { owner } => Some((
                format!("{folder} belongs to the user with the id {owner}, and you may not read it"),
                format!("run the command as that user: sudo -u '#{owner}' onsale ..."),
            )),
            Self::Parted => Some((
                format!("{folder} has the decisions (hot.sqlite), and not the database that belongs to them ({})", SCHEMA.file),
                "put both files of one backup back".to_owned(),
            )),
        }
    }
}

/// What this folder contains. A database that is missing must not look like an empty one: the books of nothing balance.
pub fn data_in(folder: &Path, config: &Config) -> Data {
    let has = |name: &str| folder.join(name).exists();
    if !DATA_FILES.iter().any(|name| has(name)) {
        let is_closed = std::fs::read_dir(folder).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
        let owner = std::fs::metadata(folder).map(|folder| folder.uid());
        return match owner {
            Ok(owner) if is_closed => Data::Closed { owner },
            _ => Data::None,
        };
    }
    let is_kept_here = ALL_SCHEMAS.iter().all(|schema| schema.is_embedded(config));
    if is_kept_here && has("hot.sqlite") && !has(SCHEMA.file) { Data::Parted } else { Data::There }
}

pub(super) fn faults(config: &Config) -> Vec<Fault> {
    if !in_folder(config) {
        return Vec::new();
    }
    let found = files::faults(&config.data.dir, &OWN_FILES);
    found.into_iter().map(|fault| Fault::new("data-owner", fault.what, fault.change)).collect()
}
