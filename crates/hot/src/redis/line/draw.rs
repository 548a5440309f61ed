//! The opening draw: this side computes the order, the script gives the queue numbers, a part of the line at a time.
//!
//! The progress is in the line's hash, so any caller can continue where another has stopped.

use super::known::Known;
use super::{Call, Inner, is_there, moment};
use crate::line::Clock;
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading};
use crate::redis::scripts;
use domain::line::{DrawSeed, DrawStep, LineId, drawn_order};
use redis::Value;
use std::sync::Arc;

/// Queue numbers by entry: those of a draw under way.
pub(super) struct Lots {
    seed: DrawSeed,
    numbers: Vec<u32>,
}

impl Lots {
    fn new(seed: DrawSeed, count: u32) -> Self {
        let mut numbers = vec![0; count as usize];
        for (number, entry) in (1..).zip(drawn_order(&seed, count)) {
            numbers[entry as usize - 1] = number;
        }
        Self { seed, numbers }
    }

    fn is_of(&self, seed: DrawSeed, count: u32) -> bool {
        self.seed == seed && self.numbers.len() == count as usize
    }
}

/// How far a draw is.
struct Progress {
    step: DrawStep,
    /// Entries that have their queue numbers.
    done: usize,
    seed: Option<DrawSeed>,
}

fn read(value: Value) -> Reading<Progress> {
    if !is_there(&value) {
        return Ok(Progress { step: DrawStep::NotDue, done: 0, seed: None });
    }
    let mut fields = Array::of(value)?;
    let (kind, count, done) = (fields.number::<u8>()?, fields.number()?, fields.number()?);
    let step = match kind {
        0 => DrawStep::NotDue,
        1 => DrawStep::UnderWay { count },
        _ => DrawStep::Drawn { count },
    };
    let seed = fields.parsed(|text| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) })?;
    Ok(Progress { step, done, seed })
}

impl Inner {
    /// Begins a draw that is due, or gives one part of its queue numbers.
    pub(super) async fn draw(&self, line: &LineId, clock: Clock) -> Result<DrawStep, HotError> {
        let known = self.known(line);
        let now = moment(clock);
        let before = self.draw_part(&known, &[now.as_bytes()]).await?;
        let (DrawStep::UnderWay { count }, Some(seed)) = (before.step, before.seed) else {
            known.lots().take();
            return Ok(before.step);
        };
        let lots = lots(&known, seed, count).await?;
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
async fn lots(known: &Known, seed: DrawSeed, count: u32) -> Result<Arc<Lots>, HotError> {
    if let Some(lots) = known.lots().as_ref().filter(|lots| lots.is_of(seed, count)) {
        return Ok(lots.clone());
    }
    let made = tokio::task::spawn_blocking(move || Arc::new(Lots::new(seed, count))).await;
    let made = made.map_err(|error| HotError::unavailable(format!("the draw: {error}")).because(error))?;
    *known.lots() = Some(made.clone());
    Ok(made)
}
