//! Files of npm packages, which no Node runs: pages of the product are looked at with them, in a browser.

use super::{cached, find, run};
use crate::error::{KitError, Result};
use std::path::PathBuf;
use std::process::Command;

/// A file of a package.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Where it is within the package.
    pub(super) file: &'static str,
}

impl Package {
    fn place(&self) -> (String, String) {
        (format!("{}-{}", self.name, self.version), format!("node_modules/{}/{}", self.name, self.file))
    }

    /// The file, after the package was installed if need be. No script of the package is run.
    pub(super) fn get(&self) -> Result<PathBuf> {
        let wanted = format!("{}@{}", self.name, self.version);
        let by_hand = format!("npm install {wanted}");
        let (name, holds) = self.place();
        cached(&name, &holds, &by_hand, |folder| {
            let npm = find("npm").ok_or_else(|| {
                KitError::missing(format!(
                    "{} needs npm, which comes with Node, to be fetched; install Node",
                    self.name
                ))
            })?;
            let mut command = Command::new(npm);
            command.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
            command.arg(folder).arg(&wanted);
            run(&command, &by_hand)
        })
    }

    /// Whether it was installed before.
    pub(super) fn is_here(&self) -> bool {
        let (name, holds) = self.place();
        super::is_cached(&name, &holds)
    }
}
