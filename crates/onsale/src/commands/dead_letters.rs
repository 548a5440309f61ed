//! `onsale dead-letters`: manages messages that could not be processed.

use super::{Ending, block_on_as};
use crate::cli::{DeadLettersCommand, Selection};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, dead_letters, open_ledger};
use anyhow::Context;
use bus::{DeadLetter, DeadLetters};
use call::{Entry, Facts};
use ledger::Ledger;
use ledger::calls::audit::append_alone;
use serde_json::{Value, json};

/// Number of dead letters read at a time for `--all`.
const PAGE: usize = 500;

/// Runs the command on the configured bus.
///
/// # Errors
/// When the dead letters cannot be read.
pub fn run(config: &Config, command: &DeadLettersCommand) -> anyhow::Result<Ending> {
    let letters = dead_letters(config)?;
    let letters: &dyn DeadLetters = &*letters;
    block_on_as("dead-letters", async {
        match command {
            DeadLettersCommand::List { limit, json } => list(letters, *limit as usize, *json).await,
            DeadLettersCommand::Show { id } => show(letters, *id).await,
            DeadLettersCommand::Replay(selection) => {
                let log = AuditLog::open(config, "dead-letter.replay").await?;
                let missing = each(letters, selection, &log, async |id| Ok(letters.replay(id).await?)).await?;
                say!("the messages are processed again within seconds, or when a server is started")?;
                Ok(missing)
            }
            DeadLettersCommand::Drop(selection) => {
                let log = AuditLog::open(config, "dead-letter.drop").await?;
                each(letters, selection, &log, async |id| Ok(letters.remove(id).await?)).await
            }
        }
    })
}

async fn list(letters: &dyn DeadLetters, limit: usize, as_json: bool) -> anyhow::Result<Ending> {
    let found = letters.list(0, limit).await?;
    if as_json {
        let all: Vec<Value> = found.iter().map(whole).collect();
        say!("{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(Ending::Done);
    }
    if found.is_empty() {
        say!("no dead letters")?;
    }
    for letter in &found {
        let kind = letter.headers.iter().find(|(name, _)| name == "eventType").map_or("?", |(_, value)| value);
        let state = if letter.replay_requested { "  (to be replayed)" } else { "" };
        say!(
            "{:<6} {}  {:<14} {:<16} {:<18} {}{state}",
            letter.id,
            letter.stored_at,
            letter.topic,
            kind,
            letter.reason.as_str(),
            letter.error
        )?;
    }
    Ok(Ending::Done)
}

async fn show(letters: &dyn DeadLetters, id: i64) -> anyhow::Result<Ending> {
    match letters.show(id).await? {
        Some(letter) => {
            say!("{}", serde_json::to_string_pretty(&whole(&letter))?)?;
            Ok(Ending::Done)
        }
        None => Ok(no_such(id)),
    }
}

fn no_such(id: i64) -> Ending {
    note!("there is no dead letter {id}; see `onsale dead-letters list`");
    Ending::CheckFailed
}

async fn each(
    letters: &dyn DeadLetters,
    selection: &Selection,
    log: &AuditLog,
    act: impl AsyncFn(i64) -> anyhow::Result<bool>,
) -> anyhow::Result<Ending> {
    let ids = if selection.all { all_ids(letters).await? } else { selection.ids.clone() };
    let (mut ending, mut printed) = (Ending::Done, Ok(()));
    for id in ids {
        let Some(letter) = letters.show(id).await? else {
            ending = no_such(id);
            continue;
        };
        log.append(&letter).await?;
        if act(id).await? {
            // What was asked for is done, whether or not anybody reads the ids.
            printed = printed.and(say!("{id}"));
        } else {
            ending = no_such(id);
        }
    }
    printed?;
    Ok(ending)
}

/// The audit log of the coupon schema. An entry is written before its change, which the bus keeps elsewhere.
struct AuditLog {
    ledger: Ledger,
    action: &'static str,
}

impl AuditLog {
    async fn open(config: &Config, action: &'static str) -> anyhow::Result<Self> {
        Ok(Self { ledger: open_ledger(config, &COUPON_SCHEMA).await?, action })
    }

    /// Without the message's content: it names people.
    async fn append(&self, letter: &DeadLetter) -> anyhow::Result<()> {
        let before = json!({"topic": letter.topic, "key": letter.key, "reason": letter.reason.as_str()});
        let target = format!("dead-letter:{}", letter.id);
        let entry = Entry::of(Facts { action: self.action, target, before: Some(before), after: None });
        let entry = entry.context("no call is under way")?;
        append_alone(&self.ledger, &entry).await.context("the audit log cannot be written")
    }
}

async fn all_ids(letters: &dyn DeadLetters) -> anyhow::Result<Vec<i64>> {
    let mut ids: Vec<i64> = Vec::new();
    loop {
        let page = letters.list(ids.last().copied().unwrap_or(0), PAGE).await?;
        if page.is_empty() {
            return Ok(ids);
        }
        ids.extend(page.iter().map(|letter| letter.id));
    }
}

/// All fields of a dead letter, as on the dead-letter topic.
fn whole(letter: &DeadLetter) -> Value {
    let headers: serde_json::Map<String, Value> =
        letter.wire_headers().into_iter().map(|(name, value)| (name, value.into())).collect();
    let value = serde_json::from_slice(&letter.value)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&letter.value).into_owned()));
    json!({
        "id": letter.id,
        "topic": letter.topic,
        "group": letter.group,
        "key": letter.key,
        "headers": headers,
        "value": value,
        "buriedAt": letter.stored_at.to_string(),
        "replayRequested": letter.replay_requested,
    })
}
