//! What the crowd's threads share: the next person, the figures for the progress line, and the reason to stop.

use anyhow::{Context, bail};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Set when the person at the terminal has had enough.
pub(super) type Interrupt = Arc<AtomicBool>;

/// A flag that SIGINT and SIGTERM set, so that a server of our own is stopped before we are. A second signal ends
/// the program at once.
pub(super) fn interrupt_flag() -> anyhow::Result<Interrupt> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let flag = Interrupt::default();
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal only sets the flag, the next finds it set.
        signal_hook::flag::register_conditional_shutdown(signal, 130, flag.clone()).context("signals")?;
        signal_hook::flag::register(signal, flag.clone()).context("signals")?;
    }
    Ok(flag)
}

/// One thread's live figures, on cache lines of their own.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Live {
    /// People who have their answer, or have given up.
    pub(super) settled: AtomicU64,
    /// Yeses heard.
    pub(super) issued: AtomicU64,
    /// 429 answers.
    pub(super) limited: AtomicU64,
    /// Every other attempt without a decision.
    pub(super) troubles: AtomicU64,
    /// Answers that settled nobody yet, such as ranks.
    pub(super) steps: AtomicU64,
}

/// Sums over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) settled: u64,
    pub(super) issued: u64,
    pub(super) limited: u64,
    pub(super) troubles: u64,
    pub(super) steps: u64,
}

/// Shared by the threads of a crowd.
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

    /// The next person (from 0), until there are none.
    pub(super) fn claim_user(&self) -> Option<u32> {
        // Every connection asks once too often; far from wrapping, as people are fewer than 2^32 minus connections.
        let user = self.next_user.fetch_add(1, Ordering::Relaxed);
        (user < self.users).then_some(user)
    }

    pub(super) fn live(&self, thread: usize) -> &Live {
        &self.live[thread]
    }

    pub(super) fn seen(&self) -> Seen {
        self.live.iter().fold(Seen::default(), |seen, live| Seen {
            settled: seen.settled + live.settled.load(Ordering::Relaxed),
            issued: seen.issued + live.issued.load(Ordering::Relaxed),
            limited: seen.limited + live.limited.load(Ordering::Relaxed),
            troubles: seen.troubles + live.troubles.load(Ordering::Relaxed),
            steps: seen.steps + live.steps.load(Ordering::Relaxed),
        })
    }

    /// Whether the crowd should leave.
    pub(super) fn stopping(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.interrupt.load(Ordering::Relaxed)
    }

    /// Sends the crowd home for this reason. The first reason counts.
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

    /// Whether the crowd came to its end.
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
