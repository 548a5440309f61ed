//! State shared by the threads: the next user, the counters of the progress line, and the reason to stop.

use anyhow::{Context, bail};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Set by SIGINT and SIGTERM.
pub(super) type Interrupt = Arc<AtomicBool>;

/// Returns a flag that SIGINT and SIGTERM set, so that a temporary server is stopped first. A second signal ends the
/// program at once.
pub(super) fn interrupt_flag() -> anyhow::Result<Interrupt> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let flag = Interrupt::default();
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the first signal only sets the flag, the next one finds it set.
        signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone()).context("cannot handle signals")?;
        signal_hook::flag::register(signal, flag.clone()).context("cannot handle signals")?;
    }
    Ok(flag)
}

/// The counters of one thread, on cache lines of their own.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Live {
    /// Users that have a decision, or gave up.
    pub(super) settled: AtomicU64,
    /// Coupons received.
    pub(super) issued: AtomicU64,
    /// 429 responses.
    pub(super) limited: AtomicU64,
    /// Other attempts without a decision.
    pub(super) troubles: AtomicU64,
    /// Intermediate responses, such as ranks.
    pub(super) steps: AtomicU64,
}

/// Sums over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) settled: u64,
    pub(super) issued: u64,
    pub(super) limited: u64,
    pub(super) troubles: u64,
    pub(super) steps: u64,
}

/// Shared by all threads of a load test.
pub(super) struct Shared {
    users: u32,
    next_user: AtomicU32,
    live: Vec<Live>,
    interrupt: Interrupt,
    stopped: AtomicBool,
    failure: Mutex<Option<String>>,
    warnings: Mutex<Vec<String>>,
}

impl Shared {
    pub(super) fn new(users: u32, threads: usize, interrupt: Interrupt) -> Self {
        Self {
            users,
            next_user: AtomicU32::new(0),
            live: (0..threads).map(|_| Live::default()).collect(),
            interrupt,
            stopped: AtomicBool::new(false),
            failure: Mutex::new(None),
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// The next user (from 0), or `None` when all have started.
    pub(super) fn claim_user(&self) -> Option<u32> {
        // Each connection exceeds the limit once. No overflow: there are fewer users than 2^32 minus connections.
        let user = self.next_user.fetch_add(1, Ordering::Relaxed);
        (user < self.users).then_some(user)
    }

    pub(super) fn live(&self, thread: usize) -> &Live {
        &self.live[thread]
    }

    pub(super) fn seen(&self) -> Progress {
        self.live.iter().fold(Progress::default(), |seen, live| Progress {
            settled: seen.settled + live.settled.load(Ordering::Relaxed),
            issued: seen.issued + live.issued.load(Ordering::Relaxed),
            limited: seen.limited + live.limited.load(Ordering::Relaxed),
            troubles: seen.troubles + live.troubles.load(Ordering::Relaxed),
            steps: seen.steps + live.steps.load(Ordering::Relaxed),
        })
    }

    /// Whether the threads should stop.
    pub(super) fn stopping(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.interrupt.load(Ordering::Relaxed)
    }

    /// Stops all threads for this reason. The first reason wins.
    pub(super) fn fail(&self, reason: String) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn warn(&self, warning: String) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The reason for an early stop as an error.
    pub(super) fn outcome(&self) -> anyhow::Result<()> {
        if let Some(reason) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bail!(reason);
        }
        if self.interrupt.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}
