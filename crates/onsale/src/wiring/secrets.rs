//! Secrets: from the configuration, from a file that it names, or made once and kept in the data folder.

use super::engines::make_folder;
use anyhow::Context;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The secret that the configuration gives by itself or in a file; none if it gives none. `key`: what the file's key is
/// called.
///
/// # Errors
/// When the file can not be read.
pub(super) fn given(secret: &str, file: &Path, key: &str) -> anyhow::Result<Option<String>> {
    if !secret.is_empty() {
        return Ok(Some(secret.to_owned()));
    }
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("{key} {} can not be read", file.display()))?;
    Ok(Some(text.trim().to_owned()))
}

/// The secret that is kept under this name in the data folder; `make` makes it where there is none yet.
///
/// # Errors
/// When the file can not be read or written.
pub(super) fn kept(folder: &Path, name: &str, make: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<String> {
    make_folder(folder)?;
    let file = folder.join(name);
    if !file.exists() {
        write(&file, &make()?).with_context(|| format!("{} can not be written", file.display()))?;
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} can not be read", file.display()))?;
    Ok(text.trim().to_owned())
}

/// Whole or not at all: half a secret would be one that anybody can guess.
fn write(file: &Path, secret: &str) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut open = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    open.write_all(secret.as_bytes())?;
    open.sync_all()?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_given_counts_before_what_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("given");
        std::fs::write(&file, " from a file\n").expect("written");
        let none = Path::new("");
        assert_eq!(given("direct", &file, "x_file").expect("read"), Some("direct".to_owned()));
        assert_eq!(given("", &file, "x_file").expect("read"), Some("from a file".to_owned()));
        assert_eq!(given("", none, "x_file").expect("read"), None);
        let missing = given("", &folder.path().join("missing"), "x_file").expect_err("is not there");
        assert!(missing.to_string().starts_with("x_file "), "{missing}");
    }

    #[test]
    fn what_is_made_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = kept(folder.path(), "some.key", || Ok("first".to_owned())).expect("made");
        let again = kept(folder.path(), "some.key", || Ok("second".to_owned())).expect("read");
        assert_eq!((first.as_str(), again.as_str()), ("first", "first"));
        let mode = std::fs::metadata(folder.path().join("some.key")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
