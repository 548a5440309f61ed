//! An answer that may come, once.

use super::{Machine, TaskKey};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

struct Inner<T> {
    value: RefCell<Option<T>>,
    waiter: Cell<Option<TaskKey>>,
}

/// A place for an answer: one side sets it, the other waits for it. Cheap to clone.
pub(crate) struct Reply<T> {
    machine: Machine,
    inner: Rc<Inner<T>>,
}

impl<T> Clone for Reply<T> {
    fn clone(&self) -> Self {
        Self { machine: self.machine.clone(), inner: Rc::clone(&self.inner) }
    }
}

impl<T> Reply<T> {
    pub(crate) fn new(machine: &Machine) -> Self {
        let inner = Inner { value: RefCell::new(None), waiter: Cell::new(None) };
        Self { machine: machine.clone(), inner: Rc::new(inner) }
    }

    /// Answers. The first answer counts.
    pub(crate) fn set(&self, value: T) {
        let mut kept = self.inner.value.borrow_mut();
        if kept.is_some() {
            return;
        }
        *kept = Some(value);
        drop(kept);
        if let Some(waiter) = self.inner.waiter.take() {
            self.machine.wake_at(self.machine.now_ms(), waiter);
        }
    }

    /// Waits for the answer, at most so long; `None` when none came.
    pub(crate) fn within(self, limit_ms: i64) -> impl Future<Output = Option<T>> {
        let until_ms = self.machine.now_ms() + limit_ms;
        Waiting { reply: self, until_ms, is_set: false }
    }
}

struct Waiting<T> {
    reply: Reply<T>,
    until_ms: i64,
    is_set: bool,
}

impl<T> Future for Waiting<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(value) = self.reply.inner.value.borrow_mut().take() {
            return Poll::Ready(Some(value));
        }
        if self.reply.machine.now_ms() >= self.until_ms {
            return Poll::Ready(None);
        }
        if let Some(task) = self.reply.machine.current() {
            self.reply.inner.waiter.set(Some(task));
            if !self.is_set {
                self.reply.machine.wake_at(self.until_ms, task);
            }
        }
        self.is_set = true;
        Poll::Pending
    }
}
