//! Files of the data folder: made for their owner alone, and never through a symbolic link.
//!
//! The folder holds user ids, hashes of keys, the seeds of draws and the keys that sign cookies. Whoever can read a file
//! knows them; whoever can write one decides who gets a coupon. So every file that the program makes there is made by
//! this crate: mode 0600 in a folder of mode 0700. A symbolic link in the place of a file is refused, because another
//! user may have put it there to have a file elsewhere overwritten.

mod fault;
#[cfg(test)]
mod tests;

pub use fault::{Fault, absolute, faults, is_open, key_faults};

use rustix::fs::OFlags;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The mode of every file: its owner reads and writes, nobody else does anything.
pub const FILE_MODE: u32 = 0o600;
/// The mode of the folder.
pub const FOLDER_MODE: u32 = 0o700;
/// The bits of a mode that give rights to others than the owner.
const OTHERS: u32 = 0o077;
/// What SQLite adds to the name of a database for the files that belong to it.
pub const DATABASE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes the folder, and those above it, with mode 0700. A folder that exists stays as it is: see [`faults`].
///
/// # Errors
/// When it cannot be made, or something else has its name.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

/// Opens a file for reading and writing, or makes it. An existing file of ours that others may use is closed to them.
///
/// Not for a database that is open in this process: closing any handle of it gives up SQLite's locks. See
/// [`prepare_database`].
///
/// # Errors
/// When it is a symbolic link or no regular file, or it cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let file = options().create(true).truncate(false).open(path).map_err(|error| explained(path, error))?;
    let metadata = file.metadata()?;
    regular(path, &metadata)?;
    if is_open_to_others(&metadata) {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Makes a file that does not exist yet, and opens it for reading and writing.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when anything has that name, even a link to nowhere.
pub fn create_new(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Makes a file whole or not at all: it is written beside its place, flushed, and moved there. What was there before is
/// replaced; if it was a link, the link is replaced and not the file that it names.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // From an earlier attempt that was cut short, or put there by another: either way it is not written into.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_new(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Reads a file of the data folder; none when there is none. A file of ours that others may use is closed to them.
///
/// # Errors
/// When it is a symbolic link or no regular file, or it cannot be read.
pub fn read(path: &Path) -> io::Result<Option<String>> {
    let opened = OpenOptions::new().read(true).custom_flags(no_follow()).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(explained(path, error)),
    };
    let metadata = file.metadata()?;
    regular(path, &metadata)?;
    if is_open_to_others(&metadata) {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Prepares the place of an SQLite database: call it before SQLite opens the path. A missing file is made (SQLite takes
/// an empty file for an empty database, and gives the files beside it the mode of the database). Existing files of
/// ours that others may use are closed to them; they are not opened, because that would give up locks that SQLite holds.
///
/// # Errors
/// When the database or a file beside it is a symbolic link or no regular file, or it cannot be made.
pub fn prepare_database(path: &Path) -> io::Result<()> {
    match create_new(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => close_to_others(path)?,
        Err(error) => return Err(error),
    }
    for suffix in DATABASE_SUFFIXES {
        close_to_others(&beside_database(path, suffix))?;
    }
    Ok(())
}

/// The file that belongs to a database, such as its `-wal`.
#[must_use]
pub fn beside_database(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    PathBuf::from(beside)
}

fn close_to_others(path: &Path) -> io::Result<()> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    regular(path, &metadata)?;
    if is_open_to_others(&metadata) {
        return std::fs::set_permissions(path, Permissions::from_mode(FILE_MODE));
    }
    Ok(())
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(FILE_MODE).custom_flags(no_follow());
    options
}

fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

/// Whether it is ours, so that we may change its mode, and others may use it.
fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.uid() == own_user() && metadata.mode() & OTHERS != 0
}

/// The user that this process acts as.
pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn regular(path: &Path, metadata: &Metadata) -> io::Result<()> {
    if metadata.file_type().is_symlink() {
        return Err(link(path));
    }
    if metadata.is_file() { Ok(()) } else { Err(io::Error::other(format!("{} is not a regular file", path.display()))) }
}

fn link(path: &Path) -> io::Error {
    io::Error::other(format!("{} is a symbolic link, and a link is never followed here; remove it", path.display()))
}

/// The system says "too many levels of symbolic links" where one is too many.
fn explained(path: &Path, error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) { link(path) } else { error }
}
