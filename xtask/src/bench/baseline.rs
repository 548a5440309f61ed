//! The FastAPI service that the coupon rows are compared with, in a virtual environment of its own.

use crate::commands::{run, works};
use crate::workspace::root;
use anyhow::bail;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages and versions that go into the virtual environment.
const PACKAGES: &str = include_str!("../../../bench/baseline/requirements.txt");
/// The sections of `bench coupon` that measure it.
const SECTIONS: [&str; 2] = ["fastapi-embedded", "fastapi-redis"];

/// Whether a run with these options measures it: all do but those that `--only` ask for something else.
pub fn is_wanted(options: &[OsString]) -> bool {
    let words: Vec<_> = options.iter().map(|word| word.to_string_lossy()).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return false;
    }
    let after = words.windows(2).find(|pair| pair[0] == "--only").map(|pair| pair[1].as_ref());
    let only = after.or_else(|| words.iter().find_map(|word| word.strip_prefix("--only=")));
    only.is_none_or(|only| SECTIONS.iter().any(|section| section.contains(only)))
}

/// The virtual environment; made when it is not there or of other versions.
///
/// # Errors
/// When there is no Python with its venv module, or a package can not be installed.
pub fn install(target: &Path) -> anyhow::Result<PathBuf> {
    let folder = target.join("baseline-venv");
    let (python, made_of) = (folder.join("bin/python"), folder.join("made-of.txt"));
    let is_same = std::fs::read_to_string(&made_of).is_ok_and(|made_of| made_of == PACKAGES);
    if is_same && works(Command::new(folder.join("bin/uvicorn")).arg("--version")) {
        return Ok(folder);
    }
    if !works(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        bail!(
            "Python 3 with its venv module is needed for the rows over FastAPI (Debian: apt-get install python3-venv); \
             --only measures other rows"
        );
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&python).args(arguments).arg(root().join("bench/baseline/requirements.txt")))?;
    std::fs::write(&made_of, PACKAGES)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wanted_unless_only_says_otherwise() {
        let wanted = |words: &[&str]| is_wanted(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(wanted(&[]) && wanted(&["--rounds", "2"]));
        assert!(wanted(&["--only", "fastapi"]) && wanted(&["--only=redis"]));
        assert!(!wanted(&["--only", "redis-shard"]) && !wanted(&["--only=start"]) && !wanted(&["--help"]));
    }
}
