//! News without a content: who waits for it goes on.

use super::{Machine, TaskKey};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

#[derive(Default)]
struct Inner {
    count: Cell<u64>,
    waiters: RefCell<Vec<TaskKey>>,
}

/// News. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Notify(Rc<Inner>);

impl Notify {
    /// How often there was news: to be taken before one looks, so that nothing falls between the look and the wait.
    pub(crate) fn count(&self) -> u64 {
        self.0.count.get()
    }

    /// There is news.
    pub(crate) fn tell(&self, machine: &Machine) {
        self.0.count.set(self.0.count.get() + 1);
        for task in self.0.waiters.borrow_mut().drain(..) {
            machine.wake_at(machine.now_ms(), task);
        }
    }

    /// Waits for news after `seen`, at most until then.
    pub(crate) fn after(&self, machine: &Machine, seen: u64, until_ms: i64) -> impl Future<Output = ()> + 'static {
        Waiting { notify: self.clone(), machine: machine.clone(), seen, until_ms, is_set: false }
    }
}

struct Waiting {
    notify: Notify,
    machine: Machine,
    seen: u64,
    until_ms: i64,
    is_set: bool,
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.notify.count() > self.seen || self.machine.now_ms() >= self.until_ms {
            return Poll::Ready(());
        }
        if let Some(task) = self.machine.current() {
            if !self.notify.0.waiters.borrow().contains(&task) {
                self.notify.0.waiters.borrow_mut().push(task);
            }
            if !self.is_set {
                self.machine.wake_at(self.until_ms, task);
            }
        }
        self.is_set = true;
        Poll::Pending
    }
}
