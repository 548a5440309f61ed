//! Backup of the data folder, and putting one back.
//!
//! The folder has several databases, and one sale is told in many of them: the decision in one, the row in another, the
//! message on its way in a third. Copies of different moments tell of different evenings. So a backup holds the write locks of
//! all databases for a moment in which none of them changes, opens a view of each, and lets go. The views stay as they are
//! whatever is written meanwhile, and are copied in peace. What is copied is what a kill of the server at that moment would
//! have left on the disk, so a folder that is put back starts as one after a kill does.
//!
//! ```text
//! cut        one moment of several databases
//! manifest   what a backup has, with sizes and hashes. Written last: without it a backup is not finished
//! take       the folder is copied
//! put_back   a backup is checked, and put into a folder without data
//! ```

mod cut;
mod manifest;
mod put_back;
mod take;
#[cfg(test)]
mod tests;

pub use put_back::{check, put_back};
pub use take::{Taken, take};

use anyhow::Context;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

/// Whether a file of the data folder is a database. The others are locks, of which nothing is kept, and keys.
fn is_database(name: &str) -> bool {
    matches!(Path::new(name).extension().and_then(OsStr::to_str), Some("sqlite" | "db"))
}

/// Whether a file of the data folder only keeps a second process out.
fn is_lock(name: &str) -> bool {
    Path::new(name).extension().and_then(OsStr::to_str) == Some("lock")
}

/// Copies a file that does not change, for its owner alone, and waits for the disk.
fn copy_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mut source = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let cannot = || format!("{} cannot be written", to.display());
    let mut copy = files::create_new(to).with_context(cannot)?;
    std::io::copy(&mut source, &mut copy).with_context(cannot)?;
    copy.sync_all().with_context(cannot)
}

/// Waits until the names of the folder's files are on the disk.
fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("{} cannot be flushed to the disk", folder.display()))
}
