//! The end of a line, and what lives on after it.

use super::known::Known;
use super::{Inner, moment, status};
use crate::line::{Clock, LineUser};
use crate::port::HotError;
use crate::redis::client::{Lane, Wait};
use crate::redis::scripts;
use domain::line::{LineId, Pass};
use redis::Value;
use std::collections::HashSet;

impl Inner {
    /// See [`crate::line::LinePort::end_line`].
    ///
    /// The definition goes first, so that a line whose end was interrupted is not made again; the name last, so that people
    /// who wait in a line always have a scheduler that finds it.
    pub(super) async fn end(&self, line: &LineId, clock: Clock) -> Result<bool, HotError> {
        self.undefine(line).await?;
        let known = self.known(line);
        let existed = self.run_end(&known, clock).await?;
        self.lines.pin().remove(line);
        self.forget_name(line).await?;
        self.forget_places(line).await;
        Ok(existed)
    }

    async fn run_end(&self, known: &Known, clock: Clock) -> Result<bool, HotError> {
        let (now, entry) = (moment(clock), self.entry_of_call(&known.id).await?);
        let keys: Vec<&str> = known.keys.all().into_iter().chain([&*known.keys.entries, &*known.keys.audit]).collect();
        known.enter()?;
        let lane = (Lane::Decision, self.wait());
        let reply = self.connections.run(&scripts::LINE_END, &keys, &[now.as_bytes(), &entry], lane).await;
        let reply = reply.inspect_err(|error| known.failed(error))?;
        known.answered();
        if !reply.is_durable {
            return Err(HotError::unknown("no replica has confirmed the end of the line"));
        }
        Ok(reply.value == Value::Int(1))
    }

    /// Removes the name of a line that was ended from the sets of names; if it was made again meanwhile, it stays.
    pub(super) async fn forget_name(&self, line: &LineId) -> Result<(), HotError> {
        self.note_name(line, &scripts::LINE_UNREGISTER).await?;
        let known = self.known(line);
        let mut pipeline = redis::pipe();
        pipeline.cmd("EXISTS").arg(&known.keys.line);
        let values = self.connections.send(&known.keys.line, pipeline).await?;
        if values.first() == Some(&Value::Int(1)) { self.register_line(line).await } else { Ok(()) }
    }

    /// Takes away the records of people who had no pass. What a failure leaves goes when the last pass runs out.
    async fn forget_places(&self, line: &LineId) {
        let known = self.known(line);
        let keys = known.keys.all();
        let mut cursor = b"0".to_vec();
        loop {
            let lane = (Lane::Other, Wait::Nobody);
            let reply = self.connections.run(&scripts::LINE_END_PART, &keys, &[b"", &cursor], lane).await;
            cursor = match reply.map(|reply| reply.value) {
                Ok(Value::BulkString(next)) if next != b"0" => next,
                _ => return,
            };
        }
    }

    /// See [`crate::line::LinePort::kept_pass`].
    pub(super) async fn kept_pass(&self, who: &LineUser, clock: Clock) -> Result<Option<Pass>, HotError> {
        let known = self.known(&who.line);
        let (now, user) = (moment(clock), who.user.as_str());
        let arguments = [now.as_bytes(), user.as_bytes()];
        let lane = (Lane::Decision, Wait::Nobody);
        let reply = self.connections.run(&scripts::LINE_KEPT_PASS, &known.keys.all(), &arguments, lane).await?;
        Ok(match reply.value {
            Value::BulkString(text) => std::str::from_utf8(&text).ok().and_then(status::read_pass),
            _ => None,
        })
    }

    /// Forgets what this process knows of lines that another has ended.
    pub(super) fn forget_others(&self, lines: &[LineId]) {
        let there: HashSet<&LineId> = lines.iter().collect();
        let known = self.lines.pin();
        let gone: Vec<LineId> = known.keys().filter(|line| !there.contains(line)).cloned().collect();
        for line in &gone {
            known.remove(line);
        }
    }
}
