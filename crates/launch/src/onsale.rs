//! The program `onsale`, free of the caller's own settings.

use crate::error::{LaunchError, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// The prefix of all variables that `onsale` reads.
const PREFIX: &str = "ONSALE_";

/// A command for `program`, wherever it will run, without the `onsale` settings of this process's environment, which are for another server.
pub fn onsale(program: &Path) -> Command {
    // A path that is relative to here leads nowhere in another working folder.
    let is_path = program.components().nth(1).is_some();
    let absolute = if is_path { std::path::absolute(program).ok() } else { None };
    let mut command = Command::new(absolute.as_deref().unwrap_or(program));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(PREFIX)) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Creates an API key in the data folder `data`. `owner` is an option such as `["--admin"]` or `["--tenant", "acme"]`.
/// The program runs in the working folder `folder`, which should hold no `onsale.toml`.
///
/// # Errors
/// When the program cannot be run, fails, or prints anything other than a key.
pub fn create_key(program: &Path, folder: &Path, data: &Path, owner: &[&str]) -> Result<String> {
    let mut command = onsale(program);
    command.current_dir(folder).args(["admin", "keys", "create"]).args(owner).arg("--data").arg(data);
    let output = command.output().map_err(|source| LaunchError::CannotRun { program: program.to_owned(), source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (key, complaint) = (text(&output.stdout), text(&output.stderr));
    if !output.status.success() {
        return Err(LaunchError::Key(format!("cannot create a key ({}): {complaint}", output.status)));
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LaunchError::Key(format!("the output must be exactly one key, not {key:?}")));
    }
    Ok(key)
}
