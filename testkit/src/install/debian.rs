//! Debian's packages.

use super::{consent, find, run};
use crate::account;
use crate::error::{KitError, Result};
use crate::kit;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

/// Finds a program, and installs its package first if need be.
pub(super) fn program(package: &str, look: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(found) = look() {
        return Ok(found);
    }
    install(package, &look)?;
    look().ok_or_else(|| KitError::missing(format!("Debian's package {package} came without the program")))
}

fn install(package: &str, look: &impl Fn() -> Option<PathBuf>) -> Result<()> {
    let by_hand = format!("sudo apt-get install --no-install-recommends {package}");
    if find("apt-get").is_none() {
        let text = format!("{package} is not on this machine, and there is no apt-get to install it with");
        return Err(KitError::missing(format!("{text}: install it by hand and put its programs on the PATH")));
    }
    let _order = kit::lock(&super::cache()?.join("apt.lock"))?;
    if look().is_some() {
        return Ok(());
    }
    consent::ask(package, &by_hand)?;
    let install = apt(&["install", "--yes", "--no-install-recommends", package]);
    if run(&install, &by_hand).is_ok() {
        return Ok(());
    }
    // The list of packages may be missing or old.
    run(&apt(&["update"]), "sudo apt-get update")?;
    run(&install, &by_hand)
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = if account::is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        if !std::io::stdin().is_terminal() {
            sudo.arg("--non-interactive");
        }
        sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments);
    command
}
