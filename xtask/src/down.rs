//! `cargo xtask down`: the end of what `up` started.

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
    // The last started first: nobody loses what it stands on.
    for server in running {
        let ended = server.stop(LIMIT)?;
        println!("{:<12} {}", server.name, if ended { "ended" } else { "killed: it did not end by itself" });
        count += 1;
    }
    println!("{count} servers were running");
    if remove && folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        println!("their data are removed");
    } else if folder.exists() {
        println!("their data stay in {}; `cargo xtask up` goes on with them", folder.display());
    }
    Ok(())
}
