//! Installs what is missing, each with its own package manager. On a terminal it asks first; `--yes`, `CI` and
//! `ONSALE_TESTKIT_YES=1` are the answer "yes", `ONSALE_TESTKIT_YES=0` is "no". Without an answer nothing is installed
//! and the error names the command to run by hand.

mod consent;
mod debian;
mod go;
mod maven;
mod npm;
mod plan;
mod programs;
mod python;

pub(crate) use consent::say;
pub use consent::{answer_no, answer_yes, is_allowed};
pub(crate) use maven::kafka_jars;
pub use plan::{Plan, plan};
pub use programs::{NEEDS, Need, Source};
pub(crate) use programs::{
    axe, chromium, java, k6, mariadb, mariadb_program, nginx, postgres_15, postgres_18, prometheus, promtool,
    redis_server, tansu, toxiproxy, valkey_server, wrk,
};

use crate::error::{KitError, Result};
use crate::{account, kit};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seconds after which an installation is given up: a registry that does not answer must not hold up a test run.
const LIMIT_SECONDS: &str = "900";
/// As much of a failed installation's output as helps.
const OUTPUT_TAIL_LINES: usize = 15;

/// Where what Debian does not have is kept: `ONSALE_TESTKIT_CACHE`, else the user's cache folder. Root's is closed to the
/// user whom root's servers run as, so root has one of its own.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn cache() -> Result<PathBuf> {
    let folder = std::env::var_os("ONSALE_TESTKIT_CACHE").map_or_else(default_cache, PathBuf::from);
    std::fs::create_dir_all(&folder).map_err(|error| KitError::file(&folder, &error))?;
    account::check_reach(&folder)?;
    Ok(folder)
}

fn default_cache() -> PathBuf {
    if account::is_root() {
        return PathBuf::from("/var/cache/onsale-testkit");
    }
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into())).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("onsale-testkit")
}

/// The program of that name on the path, or where Debian keeps its servers.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Whether the cache has something of one version.
fn is_cached(name: &str, holds: &str) -> bool {
    cache().is_ok_and(|cache| cache.join(name).join(holds).exists())
}

/// Something of one version in the cache: made beside its place and moved there whole, by one process at a time.
fn cached(name: &str, holds: &str, by_hand: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = cache()?;
    let wanted = cache.join(name).join(holds);
    if wanted.exists() {
        return Ok(wanted);
    }
    let _order = kit::lock(&cache.join(format!("{name}.lock")))?;
    if wanted.exists() {
        return Ok(wanted);
    }
    consent::ask(name, by_hand)?;
    let beside = cache.join(format!("{name}.partial"));
    let _ = std::fs::remove_dir_all(&beside);
    std::fs::create_dir_all(&beside).map_err(|error| KitError::file(&beside, &error))?;
    make(&beside)?;
    let place = cache.join(name);
    let _ = std::fs::remove_dir_all(&place);
    std::fs::rename(&beside, &place).map_err(|error| KitError::file(&place, &error))?;
    if wanted.exists() { Ok(wanted) } else { Err(KitError::missing(format!("{name} came without {holds}"))) }
}

/// Runs a step of an installation to its end.
fn run(command: &Command, by_hand: &str) -> Result<()> {
    let mut limited = Command::new("timeout");
    limited.arg(LIMIT_SECONDS).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    let output = limited.stdin(Stdio::null()).output();
    let output = output.map_err(|error| KitError::missing(format!("`timeout` cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    let tail = lines[lines.len().saturating_sub(OUTPUT_TAIL_LINES)..].join("\n  ");
    Err(KitError::missing(format!("an installation failed; by hand: {by_hand}\n  {tail}")))
}
