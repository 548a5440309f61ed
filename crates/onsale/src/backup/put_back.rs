//! A backup is checked, and put into a folder without data.

use super::manifest::{Entry, Manifest};
use super::{copy_file, sync_folder};
use crate::commands::WrongUse;
use crate::safety;
use anyhow::{Context, bail};
use std::path::Path;

/// Compares every file of a backup with its list.
///
/// # Errors
/// When the backup is not finished, or a file is missing, is not the program's, or has changed.
pub fn check(from: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(from)?;
    for entry in &manifest.files {
        let name = &entry.name;
        // The list comes from outside: a name must never lead out of the folder.
        if !safety::is_own_file(name) {
            bail!("{} of {} names {name:?}, which is no file of this program", Manifest::FILE, from.display());
        }
        if Entry::of(from, name)? != *entry {
            bail!("{name} of {} is not what was written there: the backup is damaged", from.display());
        }
    }
    Ok(manifest)
}

/// Puts a backup into the folder, which must have no data. If this is cut short, the program refuses the folder.
///
/// # Errors
/// As [`check`]; [`WrongUse`] when there is data in the folder; when a file cannot be written.
pub fn put_back(from: &Path, folder: &Path) -> anyhow::Result<Manifest> {
    let (manifest, place) = (check(from)?, folder.display());
    if folder.exists() {
        let there = safety::own_files(folder)?.own;
        if !there.is_empty() || safety::is_half_restored(folder) {
            let what = format!(
                "there is data in {place} ({}): a backup is put into an empty folder, and never over data. Stop the server, \
                 and keep the old folder under another name until you know that you do not need it",
                there.first().unwrap_or(&safety::UNFINISHED_FILE)
            );
            return Err(WrongUse(what).into());
        }
    }
    files::make_folder(folder).with_context(|| format!("{place} cannot be made"))?;
    let mark = folder.join(safety::UNFINISHED_FILE);
    files::create_new(&mark).with_context(|| format!("{} cannot be made", mark.display()))?;
    sync_folder(folder)?;
    for entry in &manifest.files {
        copy_file(&from.join(&entry.name), &folder.join(&entry.name))?;
    }
    sync_folder(folder)?;
    std::fs::remove_file(&mark).with_context(|| format!("{} cannot be removed", mark.display()))?;
    sync_folder(folder)?;
    Ok(manifest)
}
