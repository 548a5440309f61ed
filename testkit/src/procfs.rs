//! Processes as the kernel shows them under `/proc`.

use rustix::process::{Pid, Signal, kill_process};

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The process number.
    pub(crate) pid: u32,
    /// When it started, in ticks since the machine did.
    pub(crate) start_ticks: u64,
}

/// The fields after the name, which may itself hold blanks and brackets.
fn fields(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

impl Identity {
    /// The process that has the number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let start_ticks = fields(pid)?.get(19)?.parse().ok()?;
        Some(Self { pid, start_ticks })
    }

    /// Whether it still runs. A process that has ended and was not yet waited for does not.
    pub(crate) fn is_running(self) -> bool {
        let Some(fields) = fields(self.pid) else { return false };
        let is_same = fields.get(19).and_then(|ticks| ticks.parse().ok()) == Some(self.start_ticks);
        is_same && !matches!(fields.first().map(String::as_str), Some("Z" | "X"))
    }

    /// Sends a signal, if it still runs. Whether it was sent.
    pub(crate) fn signal(self, signal: Signal) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        self.is_running() && pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// Whether none of its threads does anything: each is stopped, or has ended.
    pub(crate) fn stands_still(self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else { return true };
        let numbers = threads.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let mut states = numbers.filter_map(|thread| fields(thread)?.into_iter().next());
        states.all(|state| matches!(state.as_str(), "T" | "t" | "Z" | "X"))
    }

    /// It and everything it started, itself first.
    pub(crate) fn with_descendants(self) -> Vec<Self> {
        let parents = parents();
        let mut family = vec![self];
        let mut next = 0;
        while let Some(parent) = family.get(next).copied() {
            let children = parents.iter().filter(|(_, of)| *of == parent.pid);
            family.extend(children.filter_map(|(child, _)| Self::of(*child)));
            next += 1;
        }
        family
    }
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(|pid| Some((pid, fields(pid)?.get(1)?.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_a_later_one_with_its_number() {
        let me = Identity::of(std::process::id()).expect("this process");
        assert!(me.is_running());
        assert!(!Identity { start_ticks: me.start_ticks + 1, ..me }.is_running());
        assert!(!Identity { start_ticks: me.start_ticks + 1, ..me }.signal(Signal::KILL));
    }

    #[test]
    fn one_that_was_told_to_stop_stands_still_at_last() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep starts");
        let identity = Identity::of(child.id()).expect("it runs");
        assert!(!identity.stands_still());
        assert!(identity.signal(Signal::STOP));
        crate::wait::until("sleep", std::time::Duration::from_secs(10), || {
            if identity.stands_still() { Ok(()) } else { Err("it goes on".into()) }
        })
        .expect("it stands still");
        child.kill().expect("ours to end");
        child.wait().expect("it ended");
    }

    #[test]
    fn one_that_ended_unwaited_for_does_not_run() {
        let mut child = std::process::Command::new("true").spawn().expect("true starts");
        let identity = Identity::of(child.id()).expect("it is there until it is waited for");
        crate::wait::until("the end of true", std::time::Duration::from_secs(10), || {
            if identity.is_running() { Err("it runs".into()) } else { Ok(()) }
        })
        .expect("it ends");
        child.wait().expect("it ended");
    }
}
