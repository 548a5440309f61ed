//! The data folder is copied while a server may be using it.

use super::cut::Cut;
use super::manifest::Manifest;
use super::{copy_file, is_database, is_lock, sync_folder};
use crate::commands::WrongUse;
use crate::safety;
use anyhow::Context;
use std::fs::File;
use std::path::Path;

/// A backup that was taken.
#[derive(Debug)]
pub struct Taken {
    /// What it has.
    pub manifest: Manifest,
    /// What lies in the data folder and is not of the program, and so is not in the backup.
    pub strangers: Vec<String>,
}

/// Copies the program's files of `folder` into `out`, which must be empty or not exist.
///
/// # Errors
/// When something lies in `out`, a file cannot be read or written, or a database could not be held.
pub fn take(folder: &Path, out: &Path) -> anyhow::Result<Taken> {
    let place = out.display();
    files::make_folder(out).with_context(|| format!("{place} cannot be made"))?;
    let mut there = std::fs::read_dir(out).with_context(|| format!("{place} cannot be read"))?;
    if there.next().is_some() {
        return Err(WrongUse(format!("{place} is not empty: name a folder of its own for each backup")).into());
    }
    let safety::OwnFiles { own, strangers } = safety::own_files(folder)?;
    let (databases, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|name| is_database(name));
    let cut = Cut::take(folder, &databases)?;
    cut.copy_into(out)?;
    let mut names: Vec<&str> = cut.names().collect();
    let (at, held) = (cut.at, cut.held);
    // While a view is open, the server's `-wal` of that database only grows.
    drop(cut);
    for name in others.into_iter().filter(|name| !is_lock(name)) {
        copy_file(&folder.join(name), &out.join(name))?;
        names.push(name);
    }
    for name in &names {
        let flushed = File::open(out.join(name)).and_then(|file| file.sync_all());
        flushed.with_context(|| format!("{name} cannot be flushed to the disk"))?;
    }
    sync_folder(out)?;
    let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    let manifest = Manifest::of(out, &names, at.to_string(), held_ms)?;
    manifest.write(out)?;
    Ok(Taken { manifest, strangers })
}
