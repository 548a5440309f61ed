//! Calls that a line executes once, however often they are sent.
//!
//! The client library may send a call again after a lost connection or a slow reply, and a node that hung may read a
//! call late. Most scripts of lines can be repeated: a user who enters again keeps the number, and an outcome stays. An
//! admission cannot: a second run would give its passes to the next people.
//!
//! **Invariant**: in one history of a line, no call of a name and number is executed twice, nor after a later call of the
//! same name. So a pass belongs to one person, and people admitted by a call that its caller has given up are among those
//! whom the caller's next call puts back.
//!
//! The numbers are in the line's hash and are written together with the call's effects, so both survive or both are lost. A
//! promoted replica that has the first run refuses the second. One that does not have it has not admitted those people
//! either, and no caller has the reply: for it, the second run is the first. `common.lua` describes how a line forgets
//! callers, and why no call is executed twice then.
//!
//! There are two limits. A call may wait in the socket of a process with a broken network and arrive after another process
//! took over the line. It is executed, since the other process has another name; the people that it admits wait until they
//! are stale. And when more callers than a line remembers have clocks far apart, they may have to call twice.

use super::known::Known;
use super::{Call, Inner};
use crate::port::HotError;
use redis::Value;
use std::sync::Arc;
use uuid::Uuid;

/// One line's caller in this process.
pub(super) struct Caller {
    /// Unique among all callers.
    name: String,
    /// The number of the last call.
    number: u64,
}

impl Caller {
    pub fn new() -> Self {
        Self { name: Uuid::new_v4().simple().to_string(), number: 0 }
    }

    /// The next call's number. No other call of this caller gets it, even if this call fails. It is at least the present
    /// moment, and so above the numbers of callers that the line has forgotten because they have not called for long.
    fn next(&mut self, now_ms: i64) -> u64 {
        self.number = (self.number + 1).max(now_ms.try_into().unwrap_or_default());
        self.number
    }

    /// Continues above a number up to which the line refuses calls.
    fn skip_to(&mut self, last: i64) {
        self.number = self.number.max(last.try_into().unwrap_or_default());
    }
}

impl Inner {
    /// Calls a script on a line. Calls of this process run one after another, in the order of their numbers. The script's
    /// first arguments are the moment, the caller's name and the number.
    ///
    /// # Errors
    /// [`HotError::Unknown`], also when the line has executed the call before and the reply to that was lost.
    pub(super) async fn call_once(&self, known: &Arc<Known>, now: &str, call: Call<'_>) -> Result<Value, HotError> {
        let mut caller = known.caller().await;
        let number = caller.next(clock::now().millis()).to_string();
        let name = caller.name.clone();
        let mut arguments = vec![now.as_bytes(), name.as_bytes(), number.as_bytes()];
        arguments.extend(call.arguments);
        match self.call(known, Call { arguments: &arguments, ..call }).await? {
            Value::Int(last) => {
                caller.skip_to(last);
                Err(HotError::unknown("the line has executed this call before; its effect is unknown"))
            }
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_even_when_the_clock_does_not() {
        let mut caller = Caller::new();
        assert_eq!([7, 7, 7, 5, 20].map(|now_ms| caller.next(now_ms)), [7, 8, 9, 10, 20]);
        caller.skip_to(15);
        assert_eq!(caller.next(20), 21);
        caller.skip_to(30);
        assert_eq!([20, 31, -7].map(|now_ms| caller.next(now_ms)), [31, 32, 33]);
        assert_ne!(caller.name, Caller::new().name);
    }
}
