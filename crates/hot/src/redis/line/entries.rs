//! The published list of a draw's entries: this side hashes the holders, the scripts keep the list, a part at a time, and
//! its root.
//!
//! The progress is in the line's hash, so any caller can continue where another has stopped: of two callers that hash the
//! same part, one has it written.

use super::known::Known;
use super::rule::value_text;
use super::{Call, Inner, is_there};
use crate::port::HotError;
use crate::redis::client::Lane;
use crate::redis::reply::{Array, Reading, unexpected};
use crate::redis::scripts;
use domain::line::{Entries, EntryHash, LineId, Randomness, UNHELD, ValueOutcome, hashes_from_bytes, holder_hash};
use redis::Value;
use std::sync::Arc;

/// Most entries in one run of the script: the node serves no other call meanwhile.
const PART_MAX: u32 = 1_000;
/// Most entries that are read at once: two megabytes.
const READ_MAX: u32 = 65_536;

/// A part of the entries to be published.
struct Part {
    count: u32,
    /// Entries written.
    done: u32,
    /// The hashes of the next entries, and the score of the last user among them.
    hashes: Vec<EntryHash>,
    score: String,
}

/// Reads the reply of the script; `None` before the closing, or without a line.
fn read(line: &LineId, value: Value) -> Reading<Option<Part>> {
    if !is_there(&value) {
        return Ok(None);
    }
    let mut fields = Array::of(value)?;
    let Ok(count) = u32::try_from(fields.number::<i64>()?) else { return Ok(None) };
    let done: u32 = fields.number()?;
    let mut people = fields.array()?;
    let mut hashes = vec![UNHELD; count.saturating_sub(done).min(PART_MAX) as usize];
    let mut score = String::new();
    while people.len() > 0 {
        let (user, entry): (String, u32) = (people.text()?, people.number()?);
        score = people.text()?;
        match entry.checked_sub(done + 1).and_then(|place| hashes.get_mut(place as usize)) {
            Some(hash) => *hash = holder_hash(line, &user),
            None => return unexpected(&entry),
        }
    }
    Ok(Some(Part { count, done, hashes, score }))
}

impl Inner {
    /// Publishes the entries of a draw that has closed, and keeps their root.
    pub(super) async fn freeze(&self, known: &Arc<Known>, randomness: &Randomness) -> Result<(), HotError> {
        let most = PART_MAX.to_string();
        let mut next = self.entries_part(known, &[b"", most.as_bytes()]).await?;
        let count = loop {
            let Some(part) = next else { return Ok(()) };
            if part.done == part.count {
                break part.count;
            }
            let (count, done) = (part.count.to_string(), part.done.to_string());
            let hashes = part.hashes.as_flattened();
            let arguments = [b"", most.as_bytes(), count.as_bytes(), done.as_bytes(), hashes, part.score.as_bytes()];
            next = self.entries_part(known, &arguments).await?;
        };
        let mut hashes = Vec::with_capacity(count as usize);
        while hashes.len() < count as usize {
            let part = self.entries(known, hashes.len() as u32 + 1, READ_MAX).await?;
            if part.is_empty() {
                return Err(HotError::unavailable("the entries of the draw are not all there"));
            }
            hashes.extend(part);
        }
        let made = tokio::task::spawn_blocking(move || *Entries::new(hashes).root()).await;
        let root = made.map_err(|error| HotError::unavailable(format!("the draw: {error}")).because(error))?;
        let value = if *randomness == Randomness::None { value_text(&[]) } else { String::new() };
        self.settle(known, &hex::encode(root), &value).await.map(drop)
    }

    /// See [`crate::line::LinePort::give_draw_value`].
    pub(super) async fn give_draw_value(&self, line: &LineId, value: &[u8]) -> Result<ValueOutcome, HotError> {
        let text = value_text(value);
        Ok(match self.settle(&self.known(line), "", &text).await? {
            Some((root, _)) if root.is_empty() => ValueOutcome::NotAwaited,
            Some((_, in_force)) if in_force == text => ValueOutcome::Kept,
            Some(_) => ValueOutcome::OtherStands,
            None => ValueOutcome::NotAwaited,
        })
    }

    /// Reads published entries from `first` (counted from 1) on.
    pub(super) async fn entries(&self, known: &Known, first: u32, most: u32) -> Result<Vec<EntryHash>, HotError> {
        let from = u64::from(first.saturating_sub(1)) * 32;
        let mut pipeline = redis::pipe();
        pipeline.cmd("GETRANGE").arg(&known.keys.entries).arg(from).arg(from + u64::from(most) * 32 - 1);
        let value = self.connections.send(&known.keys.entries, pipeline).await?.into_iter().next();
        let read = match value {
            Some(Value::BulkString(bytes)) => hashes_from_bytes(&bytes).map_or_else(|| unexpected(&bytes.len()), Ok),
            other => unexpected(&other),
        };
        Ok(read?)
    }

    async fn entries_part(&self, known: &Arc<Known>, arguments: &[&[u8]]) -> Result<Option<Part>, HotError> {
        let (script, pass) = (&scripts::LINE_ENTRIES, Some(known.keys.entries.as_str()));
        let call = Call { script, pass, arguments, lane: Lane::Admission, tells: is_there };
        Ok(read(&known.id, self.call(known, call).await?)?)
    }

    /// Root and value in force after this call; `None` without a line.
    async fn settle(&self, known: &Arc<Known>, root: &str, value: &str) -> Result<Option<(String, String)>, HotError> {
        let entry = self.entry_of_call(&known.id).await?;
        let arguments = [&b""[..], root.as_bytes(), value.as_bytes(), &entry];
        let (script, lane) = (&scripts::LINE_SETTLE, Lane::Admission);
        let pass = (!entry.is_empty()).then_some(known.keys.audit.as_str());
        let call = Call { script, pass, arguments: &arguments, lane, tells: is_there };
        let reply = self.call(known, call).await?;
        if !is_there(&reply) {
            return Ok(None);
        }
        let mut fields = Array::of(reply)?;
        Ok(Some((fields.text()?, fields.text()?)))
    }
}
