//! Who else may read or write the data folder.

use super::{DATABASE_SUFFIXES, OTHERS, beside_database, own_user};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;
/// The bit that lets everybody write.
const EVERYBODY_WRITES: u32 = 0o002;
/// In a folder with this bit only the owner of an entry may move or remove it, such as in `/tmp`.
const STICKY: u32 = 0o1000;

/// Something that lets another user change what this program keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, with the path.
    pub what: String,
    /// The command that mends it.
    pub change: String,
}

/// Looks at a data folder, the folders above it, and these files in it (each with those that SQLite puts beside it).
/// What does not exist has no fault. The order: folders first.
#[must_use]
pub fn faults(folder: &Path, files: &[&str]) -> Vec<Fault> {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // A data folder may well be a link to another disk. Its own place counts then.
    let place = absolute.canonicalize().unwrap_or_else(|_| absolute.clone());
    let above = |folder| above(folder, "the data folder");
    let mut faults: Vec<Fault> = place.ancestors().skip(1).filter_map(above).collect();
    match place.metadata() {
        Ok(metadata) if metadata.is_dir() => faults.extend(folder_itself(&place, &metadata)),
        // Nothing is there, or something that is no folder: whoever opens it says so.
        _ => return faults,
    }
    for name in files {
        let path = place.join(name);
        let beside = DATABASE_SUFFIXES.iter().map(|suffix| beside_database(&path, suffix));
        faults.extend(std::iter::once(path.clone()).chain(beside).filter_map(|path| file(&path)));
    }
    faults
}

/// The bits that let everybody read or write, and those of the group write. A group may read a key: that of a service whose
/// files are root's.
const KEY_BITS: u32 = 0o027;

/// Looks at a file with a secret that the operator keeps: nobody else may read it, write it, or put another in its place. A
/// link is followed, since secrets are often mounted as links. What does not exist has no fault.
#[must_use]
pub fn key_faults(path: &Path) -> Vec<Fault> {
    let given = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let Ok(place) = given.canonicalize() else { return Vec::new() };
    let mut faults: Vec<Fault> =
        place.metadata().ok().and_then(|metadata| key_itself(&place, &metadata)).into_iter().collect();
    let mut folders: Vec<&Path> = [&given, &place].into_iter().filter_map(|file| file.parent()).collect();
    folders.dedup();
    faults.extend(folders.into_iter().filter_map(folder_of_key));
    faults.extend(place.ancestors().skip(2).filter_map(|folder| above(folder, "the file of a key")));
    faults
}

fn key_itself(path: &Path, metadata: &Metadata) -> Option<Fault> {
    let (shown, mode) = (path.display(), metadata.mode() & 0o777);
    if metadata.uid() != own_user() && metadata.uid() != 0 {
        return Some(Fault {
            what: format!("the key file {shown} belongs to the user {}, who may change it", user(metadata.uid())),
            change: format!("chown {} {}", user(own_user()), quoted(path)),
        });
    }
    (mode & KEY_BITS != 0).then(|| Fault {
        what: format!(
            "others may {} the key file {shown} (mode {mode:04o})",
            if mode & 0o022 != 0 { "write" } else { "read" }
        ),
        change: format!("chmod 600 {}", quoted(path)),
    })
}

/// Whoever may write the folder of a file can put another file in its place.
fn folder_of_key(folder: &Path) -> Option<Fault> {
    let mode = folder.metadata().ok()?.mode();
    (mode & OTHERS_WRITE != 0 && mode & STICKY == 0).then(|| Fault {
        what: format!(
            "others may write {} (mode {:04o}), which contains the file of a key",
            folder.display(),
            mode & 0o777
        ),
        change: format!("chmod go-w {}", quoted(folder)),
    })
}

/// Whoever may write a folder above can put another folder in the place of ours.
fn above(folder: &Path, contains: &str) -> Option<Fault> {
    let mode = folder.metadata().ok()?.mode();
    (mode & EVERYBODY_WRITES != 0 && mode & STICKY == 0).then(|| Fault {
        what: format!("everybody may write {}, which contains {contains}", folder.display()),
        change: format!("chmod o-w {}", quoted(folder)),
    })
}

fn folder_itself(folder: &Path, metadata: &Metadata) -> Option<Fault> {
    let (shown, mode) = (folder.display(), metadata.mode() & 0o777);
    if metadata.uid() != own_user() {
        return Some(not_ours(folder, metadata));
    }
    (mode & OTHERS_WRITE != 0).then(|| Fault {
        what: format!("others may write the data folder {shown} (mode {mode:03o})"),
        change: format!("chmod 700 {}", quoted(folder)),
    })
}

fn file(path: &Path) -> Option<Fault> {
    let metadata = path.symlink_metadata().ok()?;
    let (shown, mode) = (path.display(), metadata.mode() & 0o777);
    if !metadata.is_file() {
        let what = if metadata.is_symlink() { "a symbolic link" } else { "not a regular file" };
        return Some(Fault { what: format!("{shown} is {what}"), change: format!("rm {}", quoted(path)) });
    }
    if metadata.uid() != own_user() {
        return Some(not_ours(path, &metadata));
    }
    (mode & OTHERS_WRITE != 0).then(|| Fault {
        what: format!("others may write {shown} (mode {mode:03o}): what it says may not be ours"),
        change: format!("if you trust its content: chmod 600 {}", quoted(path)),
    })
}

fn not_ours(path: &Path, metadata: &Metadata) -> Fault {
    let (owner, us) = (user(metadata.uid()), user(own_user()));
    Fault {
        what: format!("{} belongs to the user {owner}, and this program runs as {us}", path.display()),
        change: format!("run it as {owner} (sudo -u {owner} onsale ...), or: chown -R {us} {}", quoted(path)),
    }
}

/// The name of a user, or `#` and the number where the system's list has none.
fn user(number: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("#{number}"))
}

/// As a shell reads it back.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@%".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Whether others may read the folder: the names of its files, although not what is in them.
#[must_use]
pub fn is_open(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.mode() & OTHERS != 0)
}

/// The path as in messages: absolute, so that a person knows which folder is meant.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| normal(&path))
}

/// Without `.`; `..` stays, because a link may stand before it.
fn normal(path: &Path) -> PathBuf {
    path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}
