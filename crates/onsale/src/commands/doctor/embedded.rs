//! Checks of the engines inside the process: journal and SQLite.

use super::finding::Finding;
use crate::commands::{block_on, with_causes};
use crate::config::Config;
use crate::wiring::{COUPON_SCHEMA, ContextSchema, Engines};
use bus::local::LocalDeadLetters;
use hot::embedded::{EmbeddedEngine, EmbeddedLines, JournalError, JournalOptions, JournalSnapshot};
use hot::line::LinePort;
use ledger::SchemaState;

/// The change where a file cannot be written.
const NOT_OURS: &str = "the file must belong to the user that runs the server; else restore a backup, or set data.dir";

/// Checks that the journal opens. The second value tells whether a running server uses it.
pub(super) fn journal(config: &Config) -> (Finding, bool) {
    // With SQLite the journal is opened as the server opens it. With a database server it is only read.
    let looked = if COUPON_SCHEMA.is_embedded(config) {
        block_on(Engines::open_or_read(config)).map(|(_, running)| running)
    } else {
        alone(config)
    };
    match looked {
        Ok(true) => (Finding::ok("journal", "readable; in use by a running server"), true),
        Ok(false) => (Finding::ok("journal", "opens and replays"), false),
        Err(error) => (Finding::wrong("journal", with_causes(&error), "restore a backup, or set data.dir"), false),
    }
}

fn alone(config: &Config) -> anyhow::Result<bool> {
    let folder = &config.data.dir;
    match EmbeddedEngine::open(folder, JournalOptions::default()) {
        Ok(_) => Ok(false),
        Err(JournalError::InUse(_)) => Ok(JournalSnapshot::read(folder).map(|_| true)?),
        Err(error) => Err(error.into()),
    }
}

/// Checks that the journal of waiting lines opens.
pub(super) async fn lines(config: &Config) -> Finding {
    let name = "lines";
    match EmbeddedLines::open(&config.data.dir, JournalOptions::default()) {
        Ok(lines) => match lines.lines().await {
            Ok(lines) => Finding::ok(name, format!("the journal of {} lines opens and replays", lines.len())),
            Err(error) => Finding::wrong(name, error.to_string(), "restore a backup, or set data.dir"),
        },
        Err(JournalError::InUse(_)) => Finding::ok(name, "in use by a running server"),
        Err(error) => Finding::wrong(name, error.to_string(), "restore a backup of lines.db, or set data.dir"),
    }
}

/// Checks that a coupon is confirmed only after the disk flush.
pub(super) fn flush(config: &Config) -> Finding {
    if config.hot.flush {
        return Finding::ok("flush", "a coupon is confirmed after the disk flush");
    }
    Finding::wrong(
        "flush",
        "a coupon is confirmed before the disk flush: a power failure may lose it",
        "set hot.flush = true",
    )
}

/// Checks that the SQLite file of a schema answers.
pub(super) async fn sqlite(config: &Config, schema: &ContextSchema) -> Finding {
    let state = async {
        let ledger = schema.connect(config).await?;
        ledger.ping().await?;
        let state = ledger.schema_state().await?;
        // Tables of an earlier version are written when they are brought up to date.
        if state == SchemaState::Current {
            ledger.write_and_undo().await?;
        }
        Ok(state)
    };
    let finding = match state.await {
        Ok(SchemaState::Current) => Finding::ok("database", "takes a row (undone); the tables are up to date"),
        Ok(SchemaState::Behind(_)) => Finding::ok("database", "answers; the tables are updated when the server starts"),
        Ok(state) => Finding::wrong("database", state.to_string(), "install that version of Onsale, or set data.dir"),
        Err(error) => {
            let error: ledger::LedgerError = error;
            Finding::wrong("database", error.to_string(), NOT_OURS)
        }
    };
    finding.of(schema.tables.name)
}

/// Checks that the file of dead letters can be opened and written.
pub(super) fn dead_letters(config: &Config) -> Finding {
    match LocalDeadLetters::open(&config.data.dir.join(LocalDeadLetters::FILE)) {
        Ok(_) => Finding::ok("dead-letters", "the file of dead letters can be written"),
        Err(error) => Finding::wrong("dead-letters", error.to_string(), NOT_OURS),
    }
}
