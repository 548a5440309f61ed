//! A timer finer than the poller's milliseconds, so that scheduled arrivals are not bunched.

use mio::{Interest, Registry, Token};
use std::io;

/// Wakes the poller at a given time.
#[cfg(target_os = "linux")]
pub(super) struct Alarm {
    timer: std::os::fd::OwnedFd,
    set_for_ns: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Alarm {
    pub(super) fn register(registry: &Registry, token: Token) -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        use std::os::fd::AsRawFd;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        registry.register(&mut mio::unix::SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer, set_for_ns: None })
    }

    /// Sets the time; makes a system call only when it has changed.
    pub(super) fn ring_at(&mut self, at_ns: u64, now_ns: u64) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        if self.set_for_ns == Some(at_ns) {
            return Ok(());
        }
        // Zero would disarm the timer.
        let wait_ns = i64::try_from(at_ns.saturating_sub(now_ns).max(1)).unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: wait_ns / 1_000_000_000, tv_nsec: (wait_ns % 1_000_000_000) as _ };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.set_for_ns = Some(at_ns);
        Ok(())
    }
}

/// On other systems the poller's time-out is used; arrivals then bunch within a millisecond.
#[cfg(not(target_os = "linux"))]
pub(super) struct Alarm;

#[cfg(not(target_os = "linux"))]
impl Alarm {
    pub(super) fn register(_: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) fn ring_at(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}
