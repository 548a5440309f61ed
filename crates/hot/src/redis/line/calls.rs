//! Audit entries and kept answers on Redis.
//!
//! An entry is added to a stream in the slot of its line (`gate:audit:{c}`, `queue:audit:{n}`), by the script of the change:
//! in a cluster no script reaches one stream for all. The sorted set `line:audited` names the lines that may have entries, by
//! the time of the latest; a line is named before its entry can be written, and forgotten an hour after.

use super::audited::Due;
use super::{Inner, RedisLines};
use crate::port::HotError;
use crate::port::calls::{CallPort, PendingEntry};
use crate::redis::client::uptime_ms;
use crate::redis::names::{self, LineKeys};
use crate::redis::reply::{Array, Reading};
use async_trait::async_trait;
use call::Entry;
use domain::Timestamp;
use domain::line::LineId;
use redis::{Pipeline, Value};
use std::sync::PoisonError;

/// A line without entries stays named for so long: no call takes that long between naming and writing.
const NAMED_MS: i64 = 3_600_000;
/// Stands between a line and the id of an entry in its stream.
const AT: char = ' ';

impl Inner {
    /// The entry that the script of the change under way writes, when the line is named as one that may have entries; empty
    /// without one.
    pub(super) async fn entry_of_call(&self, line: &LineId) -> Result<Vec<u8>, HotError> {
        let Some(entry) = call::note() else { return Ok(Vec::new()) };
        self.name_audited(line).await?;
        Ok(entry.bytes())
    }

    async fn name_audited(&self, line: &LineId) -> Result<(), HotError> {
        let (now_ms, line) = (clock::now().millis(), line.to_string());
        self.on(names::AUDITED_LINES, |pipeline| {
            pipeline.cmd("ZADD").arg(names::AUDITED_LINES).arg(now_ms).arg(&line);
        })
        .await
        .map(drop)
    }

    /// Which of the named lines are looked through now.
    fn due_for_audit(&self, named: Vec<(LineId, i64)>) -> Due {
        self.audited.lock().unwrap_or_else(PoisonError::into_inner).due(named, uptime_ms())
    }

    async fn on(&self, key: &str, command: impl FnOnce(&mut Pipeline)) -> Result<Value, HotError> {
        let mut pipeline = redis::pipe();
        command(&mut pipeline);
        Ok(self.connections.send(key, pipeline).await?.into_iter().next().unwrap_or(Value::Nil))
    }

    async fn entries_of(&self, line: &LineId, most: usize) -> Result<Vec<PendingEntry>, HotError> {
        let key = LineKeys::new(line).audit;
        let read = self.on(&key, |pipeline| {
            pipeline.cmd("XRANGE").arg(&key).arg("-").arg("+").arg("COUNT").arg(most);
        });
        Ok(read_entries(line, read.await?)?)
    }
}

/// Each entry: its id, and the field `entry` with its value.
fn read_entries(line: &LineId, value: Value) -> Reading<Vec<PendingEntry>> {
    let mut entries = Array::of(value)?;
    let mut pending = Vec::with_capacity(entries.len());
    while entries.len() > 0 {
        let mut entry = entries.array()?;
        let id = entry.text()?;
        let mut fields = entry.array()?;
        fields.value()?;
        let text = fields.text()?;
        pending.push(PendingEntry { place: format!("{line}{AT}{id}"), entry: Entry::from_bytes(text.as_bytes()) });
    }
    Ok(pending)
}

#[async_trait]
impl CallPort for RedisLines {
    async fn pending(&self, most: usize) -> Result<Vec<PendingEntry>, HotError> {
        let all = self.0.on(names::AUDITED_LINES, |pipeline| {
            pipeline.cmd("ZRANGE").arg(names::AUDITED_LINES).arg(0).arg(-1).arg("WITHSCORES");
        });
        let (mut fields, mut named) = (Array::of(all.await?)?, Vec::new());
        while fields.len() > 0 {
            named.push((fields.parsed(|name| name.parse::<LineId>().ok())?, fields.number()?));
        }
        let Due { lines, all } = self.0.due_for_audit(named);
        let mut lines = lines.into_iter();
        let mut pending = Vec::new();
        while pending.len() < most
            && let Some(line) = lines.next()
        {
            let entries = self.0.entries_of(&line, most - pending.len()).await?;
            if !entries.is_empty() {
                // It must not be forgotten while it has entries.
                self.0.name_audited(&line).await?;
            }
            pending.extend(entries);
        }
        if all && lines.len() == 0 {
            let end = clock::now().millis() - NAMED_MS;
            let forget = self.0.on(names::AUDITED_LINES, |pipeline| {
                pipeline.cmd("ZREMRANGEBYSCORE").arg(names::AUDITED_LINES).arg("-inf").arg(end);
            });
            forget.await?;
        }
        Ok(pending)
    }

    async fn moved(&self, entries: &[PendingEntry]) -> Result<(), HotError> {
        for entry in entries {
            let Some((line, id)) = entry.place.split_once(AT) else { continue };
            let Ok(line) = line.parse::<LineId>() else { continue };
            let key = LineKeys::new(&line).audit;
            let delete = self.0.on(&key, |pipeline| {
                pipeline.cmd("XDEL").arg(&key).arg(id);
            });
            delete.await?;
        }
        Ok(())
    }

    async fn answer(&self, name: &str, _: Timestamp) -> Result<Option<Vec<u8>>, HotError> {
        let name = names::answer(name);
        let value = self.0.on(&name, |pipeline| {
            pipeline.cmd("GET").arg(&name);
        });
        Ok(match value.await? {
            Value::BulkString(bytes) => Some(bytes),
            _ => None,
        })
    }

    async fn keep_answer(&self, name: &str, answer: Vec<u8>, ttl_ms: u64, now: Timestamp) -> Result<Vec<u8>, HotError> {
        let key = names::answer(name);
        let kept = self.0.on(&key, |pipeline| {
            pipeline.cmd("SET").arg(&key).arg(&answer).arg("NX").arg("PX").arg(ttl_ms.max(1));
        });
        if kept.await? == Value::Okay {
            return Ok(answer);
        }
        Ok(self.answer(name, now).await?.unwrap_or(answer))
    }
}
