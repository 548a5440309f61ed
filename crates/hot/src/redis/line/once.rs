//! Calls that a line carries out once, however often they are sent.
//!
//! The library may send a call again after a lost connection or a slow answer, and a node that hung reads late what it
//! was sent. Most scripts of lines bear that: whoever enters again has the place, an outcome stands. An admission does
//! not: run again it gives its passes to the next people.
//!
//! **Invariant**: in one history of a line, no call of a name and number is carried out twice, nor after a later one of
//! the same name. So a pass belongs to one person, and who was let go by a call that its caller has given up is among
//! those whom the caller's next call puts back.
//!
//! The numbers stand in the line's hash, written with the call's effects: they move, are lost and are kept with them. A
//! promoted replica that has seen the first run refuses the second. One that has not has not let those people go either,
//! and nobody has heard that they went: the second run is the first. How a line forgets callers, and why nothing slips
//! through then: `common.lua`.
//!
//! Two limits. A call that a process alone with a broken network has in its own socket, and that arrives after another
//! process went on with the line, is carried out: the other has another name. Its people wait until they are stale. And
//! more callers than a line remembers, with clocks far apart, may have to ask twice.

use super::known::Known;
use super::{Call, Inner};
use crate::port::HotError;
use redis::Value;
use std::sync::Arc;
use uuid::Uuid;

/// One line's caller in this process.
pub(super) struct Caller {
    /// No other has it.
    name: String,
    /// The last number.
    number: u64,
}

impl Caller {
    pub fn new() -> Self {
        Self { name: Uuid::new_v4().simple().to_string(), number: 0 }
    }

    /// The next call's number. No call gets it again, whatever becomes of this one. It is the moment where that has
    /// grown: above all numbers of callers that have not called for so long that a line has forgotten them.
    fn next(&mut self, now_ms: i64) -> u64 {
        self.number = (self.number + 1).max(now_ms.try_into().unwrap_or_default());
        self.number
    }

    /// Calls up to that number are not carried out any more.
    fn refused(&mut self, last: i64) {
        self.number = self.number.max(last.try_into().unwrap_or_default());
    }
}

impl Inner {
    /// Calls a script on a line, after those of this process that are under way: in the order of their numbers. What the
    /// script gets first is the moment, the caller's name and the number.
    ///
    /// # Errors
    /// [`HotError::Unknown`] also where the line has carried the call out before, and the answer to that was lost.
    pub(super) async fn call_once(&self, known: &Arc<Known>, now: &str, call: Call<'_>) -> Result<Value, HotError> {
        let mut caller = known.caller().await;
        let number = caller.next(clock::now().millis()).to_string();
        let name = caller.name.clone();
        let mut arguments = vec![now.as_bytes(), name.as_bytes(), number.as_bytes()];
        arguments.extend(call.arguments);
        match self.call(known, Call { arguments: &arguments, ..call }).await? {
            Value::Int(last) => {
                caller.refused(last);
                Err(HotError::unknown("the line has carried this call out before; what it did is not known"))
            }
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_with_the_moment_and_without() {
        let mut caller = Caller::new();
        assert_eq!([7, 7, 7, 5, 20].map(|now_ms| caller.next(now_ms)), [7, 8, 9, 10, 20]);
        caller.refused(15);
        assert_eq!(caller.next(20), 21);
        caller.refused(30);
        assert_eq!([20, 31, -7].map(|now_ms| caller.next(now_ms)), [31, 32, 33]);
        assert_ne!(caller.name, Caller::new().name);
    }
}
