//! The journal of lines: every place, in one SQLite file.
//!
//! ```text
//! meta    lines_format
//! lines   id, name, rule, opens_at_ms, tickets, serving, admitted
//! places  line, ticket, user, state, at_ms, pass      one row each, changed where it stands; none once given up;
//!                                                     `ticket` is the number given at entry, `pass` the id of a
//!                                                     pass and its admission, or the network of a person in the line
//!                                                     as text
//! draws   line, count                                 the opening draw was held: its plan, in the rule, tells the order
//! draw_closings  line, count                          the draw has closed for entries
//! draw_entries   line, part, hashes                   the published list of its entries, up to 65,536 in a part
//! audit_outbox   id, entry                            operators' changes, until they are in the audit log
//! kept_answers   name, answer, until_ms               answers under an `Idempotency-Key` (`calls`)
//! ended_passes   name, user, pass, until_ms           what people inside have of a line that was ended
//! ```
//!
//! Check-ins and inactive people are not kept: after a restart everyone counts as just checked in. What is kept is
//! bounded all the same: the row of a person whose place is over is deleted, and its page is used again.

use super::super::file::{JournalError, JournalFile, JournalOptions, Kind, NotKept};
use super::super::writer::GroupJournal;
use super::change::{Change, Counters, Record};
use domain::line::{
    DrawPlan, Entries, Line, LineId, LineOutcome, LineRule, Pass, QueueNumber, RestoredLine, RestoredPlace, State,
    hashes_from_bytes,
};
use domain::{Network, PassId, Timestamp, UserId};
use hashbrown::HashMap;
use rusqlite::types::Null;
use rusqlite::{Row, params};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const KIND: Kind =
    Kind { file: "lines.db", lock: "lines.lock", format_name: "lines_format", format: 1, schema: SCHEMA };

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS lines (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, opens_at_ms INTEGER,
        tickets INTEGER NOT NULL, serving INTEGER NOT NULL, admitted INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS places (
        line INTEGER NOT NULL, ticket INTEGER NOT NULL, user TEXT NOT NULL, state INTEGER NOT NULL,
        at_ms INTEGER, pass BLOB, PRIMARY KEY (line, ticket)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS draws (line INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS draw_closings (line INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS draw_entries (
        line INTEGER NOT NULL, part INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (line, part)
    );
    CREATE TABLE IF NOT EXISTS audit_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, entry BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS kept_answers (
        name TEXT PRIMARY KEY, answer BLOB NOT NULL, until_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ix_kept_answers_until ON kept_answers (until_ms);
    CREATE TABLE IF NOT EXISTS ended_passes (
        name TEXT NOT NULL, user TEXT NOT NULL, pass BLOB NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (name, user)
    ) WITHOUT ROWID;";

/// The entries of a draw in one row: two megabytes.
const PART_ENTRIES: usize = 65_536;

const WAITING: i64 = 0;
/// `at_ms`: since when.
const PROCESSING: i64 = 1;
/// `at_ms`: until when; with `pass`.
const INSIDE: i64 = 2;
const ISSUED: i64 = 3;
const SOLD_OUT: i64 = 4;

/// A line from the journal.
pub(super) struct StoredLine {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: LineId,
    /// With everybody in it.
    pub line: Line,
}

/// The one connection that writes places.
pub(super) struct LinesJournal(JournalFile);

impl LinesJournal {
    /// Opens or makes the journal in `folder`, for this process alone.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        Ok(Self(JournalFile::open(folder, &KIND, options)?))
    }

    fn write_change(&self, name: &LineId, line: i64, change: &Change) -> Result<(), JournalError> {
        match change {
            Change::Rule(rule) => return self.write_rule(name, line, rule),
            Change::Audited(entry) => self
                .0
                .connection
                .prepare_cached("INSERT INTO audit_outbox (entry) VALUES (?1)")?
                .execute([entry.bytes()])?,
            Change::ForgotPasses => self
                .0
                .connection
                .prepare_cached("DELETE FROM ended_passes WHERE name = ?1")?
                .execute([name.to_string()])?,
            Change::Ended { at } => return self.write_end(name, line, *at),
            Change::Entered { entry, user, network } => self
                .0
                .connection
                .prepare_cached("INSERT INTO places (line, ticket, user, state, pass) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    line,
                    entry.get() as i64,
                    user.as_str(),
                    WAITING,
                    network.map(|network| network.to_string().into_bytes())
                ])?,
            Change::Became { entry, state } => {
                let sql = "UPDATE places SET state = ?3, at_ms = ?4, pass = ?5 WHERE line = ?1 AND ticket = ?2";
                let mut update = self.0.connection.prepare_cached(sql)?;
                let number = entry.get() as i64;
                match state {
                    State::Waiting | State::Returned | State::Inactive => {
                        update.execute(params![line, number, WAITING, Null, Null])?
                    }
                    State::Processing { since } => {
                        update.execute(params![line, number, PROCESSING, since.millis(), Null])?
                    }
                    State::Inside(pass) => {
                        update.execute(params![line, number, INSIDE, pass.until.millis(), bytes_of(pass)])?
                    }
                    State::Finished(LineOutcome::Issued) => {
                        update.execute(params![line, number, ISSUED, Null, Null])?
                    }
                    State::Finished(LineOutcome::SoldOut) => {
                        update.execute(params![line, number, SOLD_OUT, Null, Null])?
                    }
                }
            }
            Change::Gone { entry } => self
                .0
                .connection
                .prepare_cached("DELETE FROM places WHERE line = ?1 AND ticket = ?2")?
                .execute([line, entry.get() as i64])?,
            Change::Closed { count } => self
                .0
                .connection
                .prepare_cached("INSERT INTO draw_closings (line, count) VALUES (?1, ?2)")?
                .execute([line, i64::from(*count)])?,
            Change::Frozen(entries) => return self.write_entries(line, entries),
            Change::Drawn { count } => self
                .0
                .connection
                .prepare_cached("INSERT INTO draws (line, count) VALUES (?1, ?2)")?
                .execute([line, i64::from(*count)])?,
        };
        Ok(())
    }

    /// Removes a line with everything in it; the passes that live at `at` are kept.
    fn write_end(&self, name: &LineId, line: i64, at: Timestamp) -> Result<(), JournalError> {
        let keep = "INSERT OR REPLACE INTO ended_passes (name, user, pass, until_ms)
                    SELECT ?1, user, pass, at_ms FROM places WHERE line = ?2 AND state = ?3 AND at_ms > ?4";
        self.0.connection.prepare_cached(keep)?.execute(params![name.to_string(), line, INSIDE, at.millis()])?;
        for sql in [
            "DELETE FROM places WHERE line = ?1",
            "DELETE FROM draws WHERE line = ?1",
            "DELETE FROM draw_closings WHERE line = ?1",
            "DELETE FROM draw_entries WHERE line = ?1",
            "DELETE FROM lines WHERE id = ?1",
        ] {
            self.0.connection.prepare_cached(sql)?.execute([line])?;
        }
        Ok(())
    }

    fn write_entries(&self, line: i64, entries: &Entries) -> Result<(), JournalError> {
        let sql = "INSERT INTO draw_entries (line, part, hashes) VALUES (?1, ?2, ?3)";
        let mut insert = self.0.connection.prepare_cached(sql)?;
        for (part, hashes) in entries.hashes().chunks(PART_ENTRIES).enumerate() {
            insert.execute(params![line, part as i64, hashes.as_flattened()])?;
        }
        Ok(())
    }

    fn write_rule(&self, name: &LineId, line: i64, rule: &LineRule) -> Result<(), JournalError> {
        let text = serde_json::to_string(rule).map_err(|error| self.0.damaged(error))?;
        // The text holds whole seconds only.
        let opens_at_ms = rule.opens_at.map(Timestamp::millis);
        let sql = "INSERT INTO lines VALUES (?1, ?2, ?3, ?4, 0, 0, 0)
                   ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, opens_at_ms = excluded.opens_at_ms";
        self.0.connection.prepare_cached(sql)?.execute(params![line, name.to_string(), text, opens_at_ms])?;
        Ok(())
    }

    fn write_counters(&self, line: i64, counters: &Counters) -> Result<(), JournalError> {
        let Counters { numbers, serving, admitted } = *counters;
        let sql = "UPDATE lines SET tickets = ?2, serving = ?3, admitted = ?4 WHERE id = ?1";
        self.0.connection.prepare_cached(sql)?.execute([line, numbers as i64, serving as i64, admitted as i64])?;
        Ok(())
    }

    /// The journal's file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// All lines with everybody in them.
    pub fn restore(&self, now: Timestamp) -> Result<Vec<StoredLine>, JournalError> {
        // A page that does not read is damage like a row that makes no sense.
        self.read_lines(now).map_err(|error| match error {
            JournalError::Sqlite(error) => self.0.damaged(error),
            other => other,
        })
    }

    /// The passes of lines that were ended, but those that have run out, which are forgotten.
    pub fn restore_passes(&self, now: Timestamp) -> Result<Vec<(LineId, UserId, Pass)>, JournalError> {
        self.0.connection.execute("DELETE FROM ended_passes WHERE until_ms <= ?1", [now.millis()])?;
        let mut select = self.0.connection.prepare("SELECT name, user, pass, until_ms FROM ended_passes")?;
        let mut rows = select.query([])?;
        let mut passes = Vec::new();
        while let Some(row) = rows.next()? {
            let text = |column| row.get_ref(column)?.as_str().map_err(|error| self.0.damaged(error));
            let name =
                text(0)?.parse().map_err(|error| self.0.damaged(format!("the name of an ended line {error}")))?;
            let user = UserId::stored(text(1)?).map_err(|error| self.0.damaged(format!("a user's name {error}")))?;
            let pass = pass_from(row.get_ref(2)?.as_blob().unwrap_or_default(), Timestamp(row.get(3)?));
            passes.push((name, user, pass.ok_or_else(|| self.0.damaged("the bytes of a kept pass"))?));
        }
        Ok(passes)
    }

    fn read_lines(&self, now: Timestamp) -> Result<Vec<StoredLine>, JournalError> {
        let sql = "SELECT id, name, rule, opens_at_ms, tickets, serving, admitted, draws.count, draw_closings.count
                   FROM lines LEFT JOIN draws ON draws.line = id LEFT JOIN draw_closings ON draw_closings.line = id
                   ORDER BY id";
        let mut select = self.0.connection.prepare(sql)?;
        let mut rows = select.query([])?;
        let mut told = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let name = row.get_ref(1)?.as_str().map_err(|error| self.0.damaged(error))?;
            let name = name.parse().map_err(|_| self.0.damaged(format!("no line is called {name:?}")))?;
            let kept = self.kept(row)?;
            let places = self.read_places(id, kept.numbers)?;
            told.push(StoredLine { id, name, line: Line::restore(kept, places, now) });
        }
        Ok(told)
    }

    fn kept(&self, row: &Row<'_>) -> Result<RestoredLine, JournalError> {
        let rule = row.get_ref(2)?.as_str().map_err(|error| self.0.damaged(error))?;
        let mut rule: LineRule = serde_json::from_str(rule).map_err(|error| self.0.damaged(error))?;
        rule.opens_at = row.get::<_, Option<i64>>(3)?.map(Timestamp);
        let numbers = self.count(row, 4)?;
        let (drawn, entrants) = (self.entries_counted(row, 7)?, self.entries_counted(row, 8)?);
        if drawn.max(entrants).is_some_and(|count| rule.draw.is_none() || u64::from(count) > numbers) {
            return Err(self.0.damaged(format!("{entrants:?} take part in a draw without a plan, or without tickets")));
        }
        if drawn.is_some() && rule.draw.as_ref().and_then(DrawPlan::order_key).is_none() {
            return Err(self.0.damaged("a draw was held whose root or value is not there"));
        }
        let entries = self.read_entries(row.get(0)?, &rule)?;
        let (serving, admitted) = (self.count(row, 5)?, self.count(row, 6)?);
        Ok(RestoredLine { rule, numbers, serving, admitted, entrants, entries, drawn })
    }

    /// The published list of a draw's entries, whose root is in the rule.
    fn read_entries(&self, line: i64, rule: &LineRule) -> Result<Option<Arc<Entries>>, JournalError> {
        let Some(root) = rule.draw.as_ref().and_then(|plan| plan.root) else { return Ok(None) };
        let mut select = self.0.connection.prepare("SELECT hashes FROM draw_entries WHERE line = ?1 ORDER BY part")?;
        let mut rows = select.query([line])?;
        let mut hashes = Vec::new();
        while let Some(row) = rows.next()? {
            let part = row.get_ref(0)?.as_blob().map_err(|error| self.0.damaged(error))?;
            hashes.extend(hashes_from_bytes(part).ok_or_else(|| self.0.damaged("a part of an entry of a draw"))?);
        }
        let entries = Entries::new(hashes);
        if *entries.root() != root {
            return Err(self.0.damaged("the entries of a draw do not have the root that was published"));
        }
        Ok(Some(Arc::new(entries)))
    }

    fn read_places(&self, line: i64, numbers: u64) -> Result<Vec<RestoredPlace>, JournalError> {
        let sql = "SELECT ticket, user, state, at_ms, pass FROM places WHERE line = ?1 ORDER BY ticket";
        let mut select = self.0.connection.prepare(sql)?;
        let mut rows = select.query([line])?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            let number = self.count(row, 0)?;
            if !(1..=numbers).contains(&number) {
                return Err(self.0.damaged(format!("line {line} gave {numbers} tickets, and somebody has {number}")));
            }
            let user = row.get_ref(1)?.as_str().map_err(|error| self.0.damaged(error))?;
            let user = UserId::stored(user).map_err(|error| self.0.damaged(format!("a user's name {error}")))?;
            let state = self.state(row)?;
            let network = if state == State::Waiting { self.network(row)? } else { None };
            places.push(RestoredPlace { user, number: QueueNumber(number), state, network });
        }
        Ok(places)
    }

    fn entries_counted(&self, row: &Row<'_>, column: usize) -> Result<Option<u32>, JournalError> {
        let count = row.get::<_, Option<i64>>(column)?;
        count.map(u32::try_from).transpose().map_err(|error| self.0.damaged(error))
    }

    fn count(&self, row: &Row<'_>, column: usize) -> Result<u64, JournalError> {
        u64::try_from(row.get::<_, i64>(column)?).map_err(|error| self.0.damaged(error))
    }

    /// Earlier versions kept none.
    fn network(&self, row: &Row<'_>) -> Result<Option<Network>, JournalError> {
        let Some(text) = row.get::<_, Option<Vec<u8>>>(4)? else { return Ok(None) };
        let text = std::str::from_utf8(&text).map_err(|error| self.0.damaged(error))?;
        Network::stored(text).map(Some).map_err(|error| self.0.damaged(format!("{text:?} {error}")))
    }

    fn state(&self, row: &Row<'_>) -> Result<State, JournalError> {
        Ok(match row.get::<_, i64>(2)? {
            WAITING => State::Waiting,
            PROCESSING => State::Processing { since: Timestamp(row.get(3)?) },
            INSIDE => {
                let pass = pass_from(row.get_ref(4)?.as_blob().unwrap_or_default(), Timestamp(row.get(3)?));
                State::Inside(pass.ok_or_else(|| self.0.damaged("the bytes of a pass"))?)
            }
            ISSUED => State::Finished(LineOutcome::Issued),
            SOLD_OUT => State::Finished(LineOutcome::SoldOut),
            state => return Err(self.0.damaged(format!("place in unknown state {state}"))),
        })
    }
}

/// Id and admission.
fn bytes_of(pass: &Pass) -> Vec<u8> {
    [&pass.id.0.as_bytes()[..], &pass.since.millis().to_be_bytes()].concat()
}

/// Earlier versions kept no admission: such a pass is not renewed.
fn pass_from(bytes: &[u8], until: Timestamp) -> Option<Pass> {
    let (id, since) = bytes.split_first_chunk::<16>()?;
    let since = if since.is_empty() { i64::MIN } else { i64::from_be_bytes(since.try_into().ok()?) };
    Some(Pass { id: PassId(Uuid::from_bytes(*id)), since: Timestamp(since), until })
}

impl GroupJournal for LinesJournal {
    type Record = Record;

    const NAME: &'static str = "lines";
    const THREAD: &'static str = "line-writer";

    fn changes(record: &Record) -> usize {
        record.changes.len()
    }

    fn write(&self, records: &[Record]) -> Result<(), NotKept> {
        self.0.transaction(|| {
            let mut counters: HashMap<i64, Counters> = HashMap::new();
            for record in records {
                for change in &record.changes {
                    self.write_change(&record.slot.name, record.slot.id, change)?;
                }
                counters.insert(record.slot.id, record.counters);
            }
            counters.iter().try_for_each(|(line, counters)| self.write_counters(*line, counters))
        })
    }

    fn check(&self) -> Result<(), NotKept> {
        self.0.check(clock::now(), || {
            let connection = &self.0.connection;
            // No line has an empty name.
            let sql =
                "INSERT INTO lines (name, rule, tickets, serving, admitted) VALUES ('', '', 0, 0, 0) RETURNING id";
            let line: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            for sql in [
                "INSERT INTO places (line, ticket, user, state) VALUES (?1, 1, '', 0)",
                "INSERT INTO draws (line, count) VALUES (?1, 0)",
                "INSERT INTO draw_closings (line, count) VALUES (?1, 0)",
                "INSERT INTO draw_entries (line, part, hashes) VALUES (?1, 0, x'')",
                "INSERT INTO audit_outbox (entry) VALUES (?1)",
                "INSERT INTO kept_answers (name, answer, until_ms) VALUES ('', x'', ?1)",
                "INSERT INTO ended_passes (name, user, pass, until_ms) VALUES ('', '', x'', ?1)",
                "UPDATE places SET at_ms = 0 WHERE line = ?1",
                "DELETE FROM places WHERE line = ?1",
            ] {
                connection.prepare_cached(sql)?.execute([line])?;
            }
            Ok(())
        })
    }

    fn written(record: Record) {
        record.slot.keep(record.number);
    }
}
