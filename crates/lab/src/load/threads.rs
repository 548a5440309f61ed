//! Threads, open files and processor time.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::engine::{Engine, Limits};
use super::script::Script;

/// Descriptors besides connections: standard streams, pollers, files.
const OTHER_FILES: u64 = 64;

/// Runs one [`Engine`] for each script, each on a thread of its own with its share of `connections`, while `watch`
/// runs on this thread. Its argument is a function that returns whether any thread is still running.
///
/// # Errors
/// When a poller cannot be made or fails.
pub fn each_thread<S: Script + Send>(
    address: SocketAddr,
    connections: usize,
    limits: Limits,
    start: Instant,
    scripts: &mut [S],
    watch: impl FnOnce(&dyn Fn() -> bool),
) -> io::Result<()> {
    let threads = scripts.len().max(1);
    std::thread::scope(|scope| {
        let handles: Vec<_> = scripts
            .iter_mut()
            .enumerate()
            .map(|(thread, script)| {
                let share = connections / threads + usize::from(thread < connections % threads);
                scope.spawn(move || Engine::new(address, share, limits, start, script)?.run())
            })
            .collect();
        watch(&|| handles.iter().any(|handle| !handle.is_finished()));
        handles.into_iter().try_for_each(|handle| {
            handle.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the load test panicked")))
        })
    })
}

/// Raises this process's limit of open files so that `connections` fit.
///
/// # Errors
/// When the system's hard limit is too low; the error names the limit and the remedy.
pub fn raise_open_files(connections: usize) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = connections as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(io::Error::other(format!(
            "{connections} connections need {needed} open files, and the system allows {}; \
             use fewer connections, or raise the limit (ulimit -Hn)",
            maximum.unwrap_or(0)
        )));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).map_err(io::Error::from)
}

/// Processor time of a process in seconds: user and system. `None` where unavailable.
pub fn cpu_seconds_of(process: u32) -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may contain anything, so count from the last bracket: state is the first field after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks_per_second = rustix::param::clock_ticks_per_second() as f64;
    let seconds = |field: usize| Some(fields.get(field)?.parse::<f64>().ok()? / ticks_per_second);
    Some((seconds(11)?, seconds(12)?))
}
