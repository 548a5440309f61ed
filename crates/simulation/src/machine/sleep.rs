//! Waiting for a moment.

use super::Machine;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct Sleep {
    machine: Machine,
    until_ms: i64,
    is_set: bool,
}

impl Sleep {
    pub(super) fn new(machine: Machine, until_ms: i64) -> Self {
        Self { machine, until_ms, is_set: false }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if !self.is_set {
            self.is_set = true;
            if let Some(task) = self.machine.current() {
                self.machine.wake_at(self.until_ms, task);
            }
            return Poll::Pending;
        }
        if self.machine.now_ms() >= self.until_ms { Poll::Ready(()) } else { Poll::Pending }
    }
}
