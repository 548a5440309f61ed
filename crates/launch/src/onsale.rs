//! The program `onsale`, free of the caller's own settings.

use crate::error::{LaunchError, Result};
use std::path::Path;
use std::process::{Command, Stdio};

/// Every variable that `onsale` reads begins with this.
const PREFIX: &str = "ONSALE_";

/// `program` without the settings in this process's environment: they are meant for another server.
pub fn onsale(program: &Path) -> Command {
    let mut command = Command::new(program);
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
/// When the program cannot be run, fails, or prints anything but a key.
pub fn create_key(program: &Path, folder: &Path, data: &Path, owner: &[&str]) -> Result<String> {
    let mut command = onsale(program);
    command.current_dir(folder).args(["admin", "keys", "create"]).args(owner).arg("--data").arg(data);
    let output = command.output().map_err(|source| LaunchError::CannotRun { program: program.to_owned(), source })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (key, complaint) = (text(&output.stdout), text(&output.stderr));
    if !output.status.success() {
        return Err(LaunchError::Key(format!("a key could not be made ({}): {complaint}", output.status)));
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(LaunchError::Key(format!("a key was expected alone on the output, not {key:?}")));
    }
    Ok(key)
}
