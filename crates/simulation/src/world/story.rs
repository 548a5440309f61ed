//! The history in words, for those who look for the reason of a difference.

use super::BEGIN_MS;
use std::cell::RefCell;
use uuid::Uuid;

/// Lines with their time.
pub(crate) struct Story {
    is_told: bool,
    lines: RefCell<Vec<String>>,
}

impl Story {
    pub(crate) fn new(is_told: bool) -> Self {
        Self { is_told, lines: RefCell::default() }
    }

    pub(crate) fn line(&self, now_ms: i64, line: impl FnOnce() -> String) {
        if self.is_told {
            let seconds = (now_ms - BEGIN_MS) as f64 / 1_000.0;
            let line = format!("{seconds:>10.3} s  {}", line());
            self.lines.borrow_mut().push(line);
        }
    }

    pub(crate) fn take(&self) -> Vec<String> {
        self.lines.take()
    }
}

/// A short name of an id.
pub(crate) fn name(id: Uuid) -> String {
    format!("#{}", id.as_u128())
}
