//! `cargo xtask status`: which servers of the system run and answer.

use crate::up::folder;
use anyhow::bail;

/// Runs the command.
///
/// # Errors
/// When something that `up` started does not answer.
pub fn run() -> anyhow::Result<()> {
    let mut servers = testkit::servers(&folder()?);
    if !servers.iter().any(testkit::Server::is_running) {
        println!("Nothing runs: `cargo xtask up` starts the system");
        return Ok(());
    }
    servers.sort_by(|left, right| left.name.cmp(&right.name));
    let mut silent = 0_u32;
    println!("{:<12} {:>8}  {:<34} is", "server", "process", "address");
    for server in &servers {
        let state = match server.check() {
            Ok(()) => "well".to_owned(),
            Err(error) => {
                silent += 1;
                format!("NOT WELL: {error}")
            }
        };
        println!("{:<12} {:>8}  {:<34} {state}", server.name, server.pid(), server.urls().join(" "));
    }
    if silent > 0 {
        bail!("{silent} of {} servers do not answer; their logs: {}/*/log", servers.len(), folder()?.display());
    }
    Ok(())
}
