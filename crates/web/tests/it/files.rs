//! Files of the repository.

use std::path::{Path, PathBuf};

/// A folder of the repository.
pub fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// All files under a folder whose names end so, with their text.
pub fn texts(path: &str, ends: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&folder(path), ends, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, ends: &[&str], found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("ours").path();
        if path.is_dir() {
            collect(&path, ends, found);
        } else if path.extension().is_some_and(|end| ends.contains(&end.to_string_lossy().as_ref())) {
            let text = std::fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
}

/// The file's name for a message.
pub fn name(path: &Path) -> String {
    path.strip_prefix(folder("")).unwrap_or(path).display().to_string()
}
