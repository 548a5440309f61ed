//! Where a report may be written, found out before a load test of many minutes.

use super::json_path;
use anyhow::{Context, bail, ensure};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// What a page of ours has near its beginning.
const PAGE_MARK: &str = "<title>Rush report: ";
/// How far the mark is looked for, in bytes.
const PAGE_HEAD_BYTES: u64 = 4_096;
/// The largest file that may be an earlier report's data, in bytes.
const DATA_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Checks that the page and the data beside it can be written. An earlier report is replaced, another file only with
/// `force`.
///
/// # Errors
/// When a file of another kind would be lost, or one of both cannot be written.
pub fn demand_place(page: &Path, force: bool) -> anyhow::Result<()> {
    let data = json_path(page);
    ensure!(
        data != page,
        "--report names the page, such as {}; its data goes to {}",
        page.with_extension("html").display(),
        data.display()
    );
    demand_file(page, force, is_page)?;
    demand_file(&data, force, is_data)
}

fn demand_file(path: &Path, force: bool, is_ours: fn(&Path) -> bool) -> anyhow::Result<()> {
    let cannot = || format!("--report: {} cannot be written", path.display());
    match OpenOptions::new().write(true).create_new(true).open(path) {
        // Only tried: nothing of a load test that fails is left behind.
        Ok(_) => return std::fs::remove_file(path).with_context(cannot),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(cannot),
    }
    if !force && !is_ours(path) {
        bail!("--report: {} is there, and is no report of a rush; choose another name, or add --force", path.display());
    }
    OpenOptions::new().append(true).open(path).map(drop).with_context(cannot)
}

fn is_page(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(PAGE_HEAD_BYTES).read_to_end(&mut head));
    read.is_ok() && String::from_utf8_lossy(&head).contains(PAGE_MARK)
}

fn is_data(path: &Path) -> bool {
    if std::fs::metadata(path).map_or(true, |metadata| metadata.len() > DATA_BYTES_MAX) {
        return false;
    }
    let data = std::fs::read(path).ok().and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    data.is_some_and(|data| data["verdict"]["checks"].is_array())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(page: &Path, force: bool) -> String {
        demand_place(page, force).map_or_else(|error| format!("{error:#}"), |()| String::new())
    }

    #[test]
    fn only_reports_are_replaced_unless_it_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (page, data) = (folder.path().join("x.html"), folder.path().join("x.json"));
        assert_eq!(refusal(&page, false), "");
        assert!(!page.exists() && !data.exists(), "nothing is left");
        assert!(refusal(&data, true).contains("x.html"), "one file cannot be both");
        for (file, ours) in [(&page, "<!doctype html>\n<title>Rush report: a"), (&data, r#"{"verdict":{"checks":[]}}"#)]
        {
            std::fs::write(file, "{\"mine\": 1}").expect("written");
            assert!(refusal(&page, false).contains(file.to_str().expect("UTF-8")), "{file:?}");
            assert_eq!(refusal(&page, true), "");
            assert_eq!(std::fs::read_to_string(file).expect("read"), "{\"mine\": 1}", "it is only looked at");
            std::fs::write(file, ours).expect("written");
            assert_eq!(refusal(&page, false), "", "{file:?}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_found_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(refusal(&folder.path().join("nowhere/x.html"), true).contains("cannot be written"));
        let taken = folder.path().join("folder.html");
        std::fs::create_dir(&taken).expect("made");
        assert!(!refusal(&taken, false).is_empty() && !refusal(&taken, true).is_empty());
    }
}
