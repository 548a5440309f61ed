//! `cargo xtask down`: ends the servers that `up` started.

use crate::up::folder;
use anyhow::Context;
use std::time::Duration;

/// For ending in good order; a Kafka broker that has lost the others would wait for them for ever.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs the command.
///
/// # Errors
/// When a server outlives even being killed.
pub fn run(remove: bool) -> anyhow::Result<()> {
    let folder = folder()?;
    let servers = testkit::servers(&folder);
    let running = servers.iter().filter(|server| server.is_running());
    let mut count = 0_u32;
    // The last started first: no server loses another that it needs.
    for server in running {
        let ended = server.stop(LIMIT)?;
        println!("{:<12} {}", server.name, if ended { "ended" } else { "killed: it did not end by itself" });
        count += 1;
    }
    println!("{count} servers were running");
    if remove && folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        println!("their data is removed");
    } else if folder.exists() {
        println!("their data stays in {}; `cargo xtask up` continues with it", folder.display());
    }
    Ok(())
}
