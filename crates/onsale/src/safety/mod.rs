//! Refuses to start where anybody could do harm, and says which line to change.
//!
//! A mistake in a configuration is found by the person who made it, or by a stranger. So the start looks at everything
//! that makes a key needless or a secret public; `onsale doctor` looks at the same. `http.allow_unsafe = true` starts
//! anyway, and the log says so every minute.
//!
//! ```text
//! exposure   what is open on an address that is not loopback, or behind a proxy
//! proxies    trusted proxies that include everybody
//! strength   keys that can be guessed, that others may read, or that are used for two purposes
//! folder     who else may write the data folder and its files
//! reminder   the line in the log
//! ```

mod exposure;
mod folder;
mod proxies;
mod reminder;
mod strength;

pub use exposure::limits_are_off;
pub use folder::{
    OwnFiles, UNFINISHED_FILE, data_in, demand_whole, in_folder, is_half_restored, is_own_file, own_files,
};
pub use reminder::{Reminders, remind};

use crate::commands::WrongUse;
use crate::config::Config;

/// Something that lets a stranger do harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The check that found it, as `onsale doctor` names it.
    pub check: &'static str,
    /// What is wrong.
    pub what: String,
    /// The line to change.
    pub change: String,
}

impl Fault {
    fn new(check: &'static str, what: impl Into<String>, change: impl Into<String>) -> Self {
        Self { check, what: what.into(), change: change.into() }
    }
}

/// Everything that is unsafe about the configuration and the data folder. Files that hold keys are read.
pub fn faults(config: &Config) -> Vec<Fault> {
    [exposure::faults(config), proxies::faults(config), strength::faults(config), folder::faults(config)].concat()
}

/// What is open through a proxy in front, for the log and for `onsale doctor`. No reason to refuse: the proxy may let nobody
/// through.
pub fn warnings(config: &Config) -> Vec<Fault> {
    exposure::warnings(config)
}

/// As [`warnings`], for a proxy that no setting names, once it has forwarded a request.
pub fn warnings_behind_proxy(config: &Config) -> Vec<Fault> {
    exposure::warnings_behind_proxy(config)
}

/// Refuses to start while there are faults. With `http.allow_unsafe = true` they are returned, for [`remind`].
///
/// # Errors
/// [`WrongUse`] with every fault and its change.
pub fn demand(config: &Config) -> anyhow::Result<Vec<Fault>> {
    demand_whole(&config.data.dir)?;
    refuse(config, faults(config))
}

/// Refuses a command while the data folder is another user's, or others may write it: a file that root makes in it can
/// be written by nobody else.
///
/// # Errors
/// [`WrongUse`] with every fault and its change.
pub fn demand_folder(config: &Config) -> anyhow::Result<()> {
    demand_whole(&config.data.dir)?;
    refuse(config, folder::faults(config)).map(drop)
}

/// What is wrong with the data folder and its files, for `onsale doctor`.
pub fn folder_faults(config: &Config) -> Vec<Fault> {
    folder::faults(config)
}

fn refuse(config: &Config, faults: Vec<Fault>) -> anyhow::Result<Vec<Fault>> {
    if faults.is_empty() || config.http.allow_unsafe {
        return Ok(faults);
    }
    let list: String = faults.iter().map(|fault| format!("\n  {}\n    change: {}", fault.what, fault.change)).collect();
    let text = format!(
        "refused, because strangers could do harm:{list}\nFor a test that nobody else can reach, set http.allow_unsafe = \
         true (ONSALE__HTTP__ALLOW_UNSAFE=true)"
    );
    Err(WrongUse(text).into())
}

#[cfg(test)]
mod tests;
