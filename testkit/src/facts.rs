//! Facts about a server, kept in its folder: its port, its password, its process. Lines of `name=value`.

use crate::error::{KitError, Result};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Lines of one file.
#[derive(Debug)]
pub(crate) struct Facts {
    path: PathBuf,
    lines: Vec<(String, String)>,
}

impl Facts {
    /// Writes the file whole or not at all.
    pub(crate) fn write(path: &Path, facts: &[(&str, String)]) -> Result<()> {
        let text: String = facts.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let beside = path.with_extension("new");
        // Passwords are among them.
        let open = File::options().write(true).create(true).truncate(true).mode(0o600).open(&beside);
        let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| KitError::file(&beside, &error))?;
        std::fs::rename(&beside, path).map_err(|error| KitError::file(path, &error))
    }

    /// Reads the file; nothing when there is none.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let lines = text.lines().filter_map(|line| line.split_once('='));
        Some(Self { path: path.to_owned(), lines: lines.map(|(a, b)| (a.to_owned(), b.to_owned())).collect() })
    }

    /// The value of a name.
    pub(crate) fn text(&self, name: &str) -> Result<&str> {
        let line = self.lines.iter().find(|(known, _)| known == name);
        line.map(|(_, value)| value.as_str())
            .ok_or_else(|| KitError::failed(format!("{}: no line {name}=", self.path.display())))
    }

    /// The value of a name, as a number or whatever else it is.
    pub(crate) fn value<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        let text = self.text(name)?;
        text.parse().map_err(|_| KitError::failed(format!("{}: {name}={text} is out of shape", self.path.display())))
    }
}
