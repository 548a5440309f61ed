//! The user that servers run as. PostgreSQL and MariaDB refuse to run as root, and no server needs to.

use crate::error::{KitError, Result};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The account without rights that every Unix has.
const NOBODY: &str = "nobody";

/// Whether this process is root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// User and group of `nobody`.
fn nobody() -> Result<(u32, u32)> {
    let text =
        std::fs::read_to_string("/etc/passwd").map_err(|error| KitError::file(Path::new("/etc/passwd"), &error))?;
    let line = text.lines().find_map(|line| line.strip_prefix(NOBODY)?.strip_prefix(':'));
    let mut numbers = line.into_iter().flat_map(|line| line.split(':').skip(1).take(2)).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(user)), Some(Ok(group))) => Ok((user, group)),
        _ => {
            Err(KitError::failed("no user \"nobody\" in /etc/passwd to run servers as; run as a user other than root"))
        }
    }
}

/// Runs the program as `nobody` when this process is root, and as the current user otherwise.
pub(crate) fn lower(command: &mut Command) -> Result<()> {
    if is_root() {
        let (user, group) = nobody()?;
        command.uid(user).gid(group);
    }
    Ok(())
}

/// Gives a file or folder, and all in it, to the user that servers run as.
pub(crate) fn hand_over(path: &Path) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let (user, group) = nobody()?;
    hand_over_to(path, user, group).map_err(|error| KitError::file(path, &error))
}

fn hand_over_to(path: &Path, user: u32, group: u32) -> std::io::Result<()> {
    chown(path, Some(user), Some(group))?;
    if path.symlink_metadata()?.is_dir() {
        for entry in std::fs::read_dir(path)? {
            hand_over_to(&entry?.path(), user, group)?;
        }
    }
    Ok(())
}

/// Whether the user that servers run as can get to the folder: each folder above must let strangers through.
pub(crate) fn check_reach(folder: &Path) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let (user, _) = nobody()?;
    for above in folder.ancestors().filter(|above| above.is_dir()) {
        let metadata = above.metadata().map_err(|error| KitError::file(above, &error))?;
        if metadata.uid() != user && metadata.permissions().mode() & 0o001 == 0 {
            return Err(KitError::failed(format!(
                "servers run as the user \"nobody\" when they are started by root, and nobody cannot enter {}; \
                 run as a user other than root, or allow it: chmod o+x {}",
                above.display(),
                above.display()
            )));
        }
    }
    Ok(())
}
