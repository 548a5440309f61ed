//! Every server of a folder, by the facts in that folder: for cleaning up, `down` and `status`.

use crate::error::{KitError, Result};
use crate::facts::Facts;
use crate::process::{PROCESS_FILE, end, recorded};
use crate::procfs::Identity;
use crate::question::{self, Question};
use crate::wait;
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `redis/node-1/process` is the deepest.
const DEPTH: usize = 3;

/// A server that was started in a folder.
#[derive(Clone, Debug)]
pub struct Server {
    identity: Identity,
    stop: Option<Signal>,
    asks: Vec<Question>,
    /// Its name.
    pub name: String,
    /// Its folder, with its log.
    pub folder: PathBuf,
}

impl Server {
    fn of(folder: &Path) -> Option<Self> {
        let facts = Facts::read(&folder.join(PROCESS_FILE))?;
        let stop = facts.value("stop").ok().and_then(Signal::from_named_raw);
        let name = facts.text("name").map_or_else(|_| folder.display().to_string(), str::to_owned);
        let asks = question::read(facts.text("asks").unwrap_or_default());
        Some(Self { identity: recorded(folder)?, stop, asks, name, folder: folder.to_owned() })
    }

    /// Its process number.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.identity.pid
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.identity.is_running()
    }

    /// Where it listens, such as `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.asks.iter().map(Question::url).collect()
    }

    /// Asks it something in its own protocol.
    ///
    /// # Errors
    /// When it does not run, or does not answer wherever it listens.
    pub fn check(&self) -> Result<()> {
        if !self.is_running() {
            return Err(KitError::failed("it does not run"));
        }
        self.asks.iter().try_for_each(Question::ask).map_err(KitError::failed)
    }

    /// Asks it to end, and kills it if it has not after `limit`. Whether it ended of its own accord.
    ///
    /// # Errors
    /// When it outlives that, too.
    pub fn stop(&self, limit: Duration) -> Result<bool> {
        let family = self.identity.with_descendants();
        self.identity.signal(self.stop.unwrap_or(Signal::TERM));
        let ended =
            wait::until(&self.name, limit, || if self.is_running() { Err("it runs".to_owned()) } else { Ok(()) });
        end(&self.name, &family)?;
        Ok(ended.is_ok())
    }
}

/// The servers of a folder, the last started first.
#[must_use]
pub fn servers(folder: &Path) -> Vec<Server> {
    let mut found = Vec::new();
    look(folder, DEPTH, &mut found);
    found.sort_by_key(|server| std::cmp::Reverse(server.identity.start_ticks));
    found
}

fn look(folder: &Path, depth: usize, found: &mut Vec<Server>) {
    found.extend(Server::of(folder));
    if depth == 0 {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            look(&entry.path(), depth - 1, found);
        }
    }
}

/// Ends every server of a folder at once.
pub(crate) fn kill_all(folder: &Path) -> Result<()> {
    let servers = servers(folder);
    let running = servers.iter().filter(|server| server.is_running());
    let all: Vec<Identity> = running.flat_map(|server| server.identity.with_descendants()).collect();
    end("the servers of a folder", &all)
}
