//! Debian's packages.

use super::{consent, find, run};
use crate::account;
use crate::error::{KitError, Result};
use crate::kit;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

/// Finds a program, and installs its package first if need be.
pub(super) fn program(package: &'static str, look: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(found) = look() {
        return Ok(found);
    }
    install(package, &look)?;
    look().ok_or_else(|| KitError::missing(format!("Debian's package {package} came without the program")))
}

/// Debian's packages whose servers start when they are installed, with the services.
const SERVICES: [(&str, &str); 5] = [
    ("redis-server", "redis-server"),
    ("postgresql-15", "postgresql"),
    ("mariadb-server", "mariadb"),
    ("nginx-light", "nginx"),
    ("prometheus", "prometheus"),
];

/// The command that installs packages, for people.
pub(super) fn by_hand(packages: &[&str]) -> String {
    format!("sudo apt-get install --no-install-recommends {}", packages.join(" "))
}

fn install(package: &'static str, look: &impl Fn() -> Option<PathBuf>) -> Result<()> {
    if find("apt-get").is_none() {
        let text = format!("{package} is not on this machine, and there is no apt-get to install it with");
        return Err(KitError::missing(format!("{text}: install it by hand and put its programs on the PATH")));
    }
    let _order = kit::lock(&super::cache()?.join("apt.lock"))?;
    if look().is_some() {
        return Ok(());
    }
    consent::ask(package, &by_hand(&[package]))?;
    run_apt(&[package])
}

/// Installs all of them in one step; the caller has asked.
pub(super) fn install_all(packages: &[&'static str]) -> Result<()> {
    if find("apt-get").is_none() {
        return Err(KitError::missing(format!("there is no apt-get to install these with: {}", packages.join(" "))));
    }
    let _order = kit::lock(&super::cache()?.join("apt.lock"))?;
    run_apt(packages)
}

fn run_apt(packages: &[&'static str]) -> Result<()> {
    let by_hand = by_hand(packages);
    let install = apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat());
    if run(&install, &by_hand).is_err() {
        // The list of packages may be missing or old.
        run(&apt(&["update"]), &format!("sudo apt-get update && {by_hand}"))?;
        run(&install, &by_hand)?;
    }
    stop_services(packages);
    Ok(())
}

/// Ends the servers that Debian has started, now and at the next boot: nobody wanted them, only their programs.
fn stop_services(packages: &[&str]) {
    for (_, service) in SERVICES.iter().filter(|(package, _)| packages.contains(package)) {
        let (has_systemd, by_hand) = (std::path::Path::new("/run/systemd/system").is_dir(), "");
        let command = if has_systemd {
            as_root("systemctl", &["disable", "--now", service])
        } else {
            as_root("service", &[service, "stop"])
        };
        match run(&command, by_hand) {
            Ok(()) => consent::say(&format!("{service} is stopped, and does not start at boot\n")),
            Err(_) => {
                consent::say(&format!("{service} may run now; to stop it: sudo systemctl disable --now {service}\n"))
            }
        }
    }
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = as_root("apt-get", &[&["-o", "DPkg::Lock::Timeout=300"], arguments].concat());
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The command as root, by `sudo` where this is another user.
fn as_root(program: &str, arguments: &[&str]) -> Command {
    let mut command = if account::is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        if !std::io::stdin().is_terminal() {
            sudo.arg("--non-interactive");
        }
        sudo.args(["DEBIAN_FRONTEND=noninteractive", program]);
        sudo
    };
    command.args(arguments);
    command
}
