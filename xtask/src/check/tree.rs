//! The files that git tracks.

use crate::commands::output_of;
use crate::workspace::root;
use std::process::Command;

/// Ends of the names of source files.
const SOURCES: [&str; 7] = [".rs", ".js", ".ts", ".css", ".lua", ".sql", ".html"];

/// A text file.
#[derive(Clone, Debug)]
pub struct File {
    /// From the workspace's root, such as `crates/hot/src/lib.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Source files and manifests.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// The tracked files of this workspace, as they are on the disk.
    ///
    /// # Errors
    /// When git does not list them, or a file is not text.
    pub fn tracked() -> anyhow::Result<Self> {
        let root = root();
        let list = output_of(Command::new("git").args(["ls-files", "-z"]).current_dir(&root))?;
        let paths = list.split('\0').filter(|path| is_source(path) || path.ends_with(".toml"));
        // A file that was removed is in the list until the removal is added.
        let present = paths.filter(|path| root.join(path).is_file());
        let files = present.map(|path| {
            let text = std::fs::read_to_string(root.join(path)).map_err(|error| anyhow::anyhow!("{path}: {error}"))?;
            Ok(File { path: path.to_owned(), text })
        });
        Ok(Self { files: files.collect::<anyhow::Result<_>>()? })
    }

    /// Source files.
    pub fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| is_source(&file.path))
    }

    /// Rust files.
    pub fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// TOML files: manifests and settings of tools.
    pub fn toml(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".toml"))
    }
}

fn is_source(path: &str) -> bool {
    SOURCES.iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
impl Tree {
    /// A tree that a test makes up.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self { files: files.iter().map(file).collect() }
    }
}
