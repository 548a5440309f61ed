//! The opening draw of a line of one process.
//!
//! Hashes and lots are worked out beside the threads that answer people: a million of them take a second. The line
//! itself is held only while the result is put into it.

use super::{EmbeddedLines, kept, with_guard};
use crate::port::HotError;
use domain::Timestamp;
use domain::line::{DrawPlan, DrawStep, Entries, LineId, drawn_order};
use std::sync::Arc;

fn failed(error: tokio::task::JoinError) -> HotError {
    HotError::unknown(format!("the draw: {error}")).because(error)
}

impl EmbeddedLines {
    /// See [`crate::line::LinePort::draw`].
    pub(super) async fn continue_draw(&self, line: &LineId, now: Timestamp) -> Result<DrawStep, HotError> {
        let begun = self.change(line, |guard| guard.begin_draw(now)).await?;
        let Some((step, Some(plan))) = begun else { return Ok(DrawStep::NotDue) };
        let DrawStep::UnderWay { count } = step else { return Ok(step) };
        let plan = if plan.awaits_entries() { self.freeze_entries(line).await? } else { Some(plan) };
        match plan.as_ref().and_then(DrawPlan::order_key) {
            Some(key) => self.finish_draw(line, count, key, now).await,
            None => Ok(DrawStep::AwaitsValue { count }),
        }
    }

    /// Publishes the list of the participants: a person who leaves from now on stays in it.
    async fn freeze_entries(&self, line: &LineId) -> Result<Option<DrawPlan>, HotError> {
        let holders = self.act(line, |guard| Ok(guard.entrants_to_freeze())).await?.flatten();
        let Some(holders) = holders else {
            // Another caller has done it meanwhile.
            return Ok(self.act(line, |guard| Ok(guard.rule())).await?.and_then(|rule| rule.draw));
        };
        let id = line.clone();
        let entries =
            tokio::task::spawn_blocking(move || Arc::new(Entries::of(&id, &holders))).await.map_err(failed)?;
        Ok(self.change(line, |guard| guard.freeze_entries(entries)).await?.flatten())
    }

    async fn finish_draw(&self, line: &LineId, count: u32, key: Vec<u8>, now: Timestamp) -> Result<DrawStep, HotError> {
        let Some(slot) = self.slot(line) else { return Ok(DrawStep::NotDue) };
        let writer = self.writer.clone();
        let drawn = tokio::task::spawn_blocking(move || {
            let order = drawn_order(&key, count);
            with_guard(&slot, &writer, |guard| guard.finish_draw(order, now))
        });
        match drawn.await.map_err(failed)?? {
            None => return Ok(DrawStep::NotDue),
            Some(((), pending)) => kept(pending).await?,
        }
        Ok(DrawStep::Drawn { count })
    }
}
