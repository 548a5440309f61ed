//! The opening draw: `entries` publishes the list of the participants; this side computes the order, the script gives
//! the queue numbers, a part of the line at a time.
//!
//! The progress is in the line's hash, so any caller can continue where another has stopped.

use super::known::Known;
use super::rule::read_plan;
use super::{Call, Inner, is_there, moment};
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use crate::redis::scripts;
use domain::line::{DrawPlan, DrawStep, LineId, drawn_order};
use redis::Value;
use std::sync::Arc;

/// Queue numbers by entry: those of a draw under way.
pub(super) struct Lots {
    key: Vec<u8>,
    numbers: Vec<u32>,
}

impl Lots {
    fn new(key: Vec<u8>, count: u32) -> Self {
        let mut numbers = vec![0; count as usize];
        for (number, entry) in (1..).zip(drawn_order(&key, count)) {
            numbers[entry as usize - 1] = number;
        }
        Self { key, numbers }
    }

    fn is_of(&self, key: &[u8], count: u32) -> bool {
        self.key == key && self.numbers.len() == count as usize
    }
}

/// How far a draw is.
struct Progress {
    step: DrawStep,
    /// Entries that have their queue numbers.
    done: usize,
    plan: Option<DrawPlan>,
}

fn read(value: Value) -> Reading<Progress> {
    if !is_there(&value) {
        return Ok(Progress { step: DrawStep::NotDue, done: 0, plan: None });
    }
    let mut fields = Array::of(value)?;
    let (kind, count, done) = (fields.number::<u8>()?, fields.number()?, fields.number()?);
    let (text, root, value) = (fields.text()?, fields.text()?, fields.text()?);
    let plan = read_plan(&text, &root, &value);
    let step = match kind {
        0 => DrawStep::NotDue,
        1 if plan.as_ref().is_some_and(DrawPlan::awaits_value) => DrawStep::AwaitsValue { count },
        1 => DrawStep::UnderWay { count },
        _ => DrawStep::Drawn { count },
    };
    Ok(Progress { step, done, plan })
}

impl Inner {
    /// Closes a draw that is due and publishes its entries, or gives one part of its queue numbers.
    pub(super) async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        let known = self.known(line);
        let now = moment(clock);
        let mut before = self.draw_part(&known, &[now.as_bytes()]).await?;
        if let (DrawStep::UnderWay { .. }, Some(plan)) = (before.step, before.plan.as_ref())
            && plan.awaits_entries()
        {
            self.freeze(&known, &plan.randomness).await?;
            before = self.draw_part(&known, &[now.as_bytes()]).await?;
        }
        let key = before.plan.as_ref().and_then(DrawPlan::order_key);
        let (DrawStep::UnderWay { count }, Some(key)) = (before.step, key) else {
            known.lots().take();
            return Ok(before.step);
        };
        let lots = lots(&known, key, count).await?;
        let part = lots.numbers.iter().skip(before.done).take(self.draw_part_max.max(1));
        let mut texts = vec![now, count.to_string(), before.done.to_string()];
        texts.extend(part.map(u32::to_string));
        let arguments: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let after = self.draw_part(&known, &arguments).await?;
        if !matches!(after.step, DrawStep::UnderWay { .. }) {
            known.lots().take();
        }
        Ok(after.step)
    }

    async fn draw_part(&self, known: &Arc<Known>, arguments: &[&[u8]]) -> Result<Progress, HotError> {
        let script = &scripts::LINE_DRAW;
        let call = Call { script, pass: None, arguments, lane: Lane::Admission, tells: is_there };
        Ok(read(self.call(known, call).await?)?)
    }
}

/// Worked out once for a draw, and beside the threads that answer people: a million take a second.
async fn lots(known: &Known, key: Vec<u8>, count: u32) -> Result<Arc<Lots>, HotError> {
    if let Some(lots) = known.lots().as_ref().filter(|lots| lots.is_of(&key, count)) {
        return Ok(lots.clone());
    }
    let made = tokio::task::spawn_blocking(move || Arc::new(Lots::new(key, count))).await;
    let made = made.map_err(|error| HotError::unavailable(format!("the draw: {error}")).because(error))?;
    *known.lots() = Some(made.clone());
    Ok(made)
}
