//! Python programs of pinned versions, in virtual environments under the target folder.

use crate::commands::{run, works};
use crate::workspace::root;
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment.
pub struct Venv {
    /// Its folder's name.
    pub name: &'static str,
    /// Packages and versions that go into it, in the shape of `requirements.txt`.
    pub packages: &'static str,
    /// The file that those stand in, from the workspace's root on.
    pub packages_file: &'static str,
    /// The program in it that is used.
    pub program: &'static str,
    /// The end of the error without Python: what it is needed for, and which command works without it.
    pub without: &'static str,
}

impl Venv {
    /// Its folder; made when it is not there or of other versions.
    ///
    /// # Errors
    /// When there is no Python with its venv module, or a package cannot be installed.
    pub fn install(&self, target: &Path) -> anyhow::Result<PathBuf> {
        let folder = target.join(self.name);
        let made_of = folder.join("made-of.txt");
        let is_same = std::fs::read_to_string(&made_of).is_ok_and(|made_of| made_of == self.packages);
        if is_same && works(Command::new(folder.join("bin").join(self.program)).arg("--version")) {
            return Ok(folder);
        }
        if !works(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
            bail!("Python 3 with its venv module is needed (Debian: apt-get install python3-venv) {}", self.without);
        }
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(folder.join("bin/python")).args(arguments).arg(root().join(self.packages_file)))?;
        std::fs::write(&made_of, self.packages)?;
        Ok(folder)
    }
}
