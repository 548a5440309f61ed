//! Secrets: from the configuration, from a file that it names, or made once and kept in the data folder.

use super::engines::make_folder;
use anyhow::Context;
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
    let cannot = |does: &str| format!("{} cannot be {does}", file.display());
    if files::read(&file).with_context(|| cannot("read"))?.is_none() {
        files::write(&file, make()?.as_bytes()).with_context(|| cannot("written"))?;
    }
    let text = files::read(&file).with_context(|| cannot("read"))?;
    Ok(text.with_context(|| cannot("read"))?.trim().to_owned())
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

    #[test]
    fn a_planted_link_is_neither_read_nor_written_through() {
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, "known to a stranger").expect("written");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("some.key")).expect("linked");
        let refused = kept(folder.path(), "some.key", || Ok("fresh".to_owned())).expect_err("refused");
        assert!(format!("{refused:#}").contains("symbolic link"), "{refused:#}");
        assert_eq!(std::fs::read_to_string(&elsewhere).expect("read"), "known to a stranger");
    }
}
