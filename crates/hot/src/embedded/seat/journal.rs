//! The journal of seats: what stands, in one SQLite file.
//!
//! ```text
//! meta   seats_format, sequence                                  with which the books of the last start began
//! seats  schedule, seat, reservation, user, end_ms, since_ms     a hold; no end_ms: kept
//!        schedule, seat, above, end_ms                           a seat that came back: open above this number, public at end_ms
//! ```
//!
//! One row for each seat that is not simply free, deleted when it is; ids are the 16 bytes of their UUIDs. Of all changes of a
//! seat in one transaction only the last is written.

use super::super::file::{JournalError, JournalFile, JournalOptions, Kind, NotKept};
use super::super::writer::GroupJournal;
use super::slot::Slot;
use domain::id::ReservationId;
use domain::line::QueueNumber;
use domain::seat::{HeldSeat, HoldEnd, ReturnedSeat, SeatHold, SeatStands};
use domain::{AccountId, ScheduleId, SeatId, Timestamp};
use rusqlite::types::Null;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

const KIND: Kind =
    Kind { file: "seats.db", lock: "seats.lock", format_name: "seats_format", format: 1, schema: SCHEMA };

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS seats (
        schedule BLOB NOT NULL, seat BLOB NOT NULL, reservation BLOB, user BLOB, end_ms INTEGER, since_ms INTEGER,
        above INTEGER, PRIMARY KEY (schedule, seat)
    ) WITHOUT ROWID;";

/// What one call changed in one schedule: kept as a whole, in the order of all records.
pub(super) struct Record {
    pub slot: Arc<Slot>,
    /// Grows by one with every record of the schedule.
    pub number: u64,
    /// What stands now. Empty for a caller that only waits until all earlier changes are durable.
    pub changes: Vec<(SeatId, SeatStands)>,
}

/// The schedules of a journal, with what stands in each.
pub(super) type Restored = BTreeMap<ScheduleId, Vec<(SeatId, SeatStands)>>;

/// The one connection that writes seats.
pub(super) struct SeatsJournal(JournalFile);

impl SeatsJournal {
    /// Opens or makes the journal in `folder`, for this process alone.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        Ok(Self(JournalFile::open(folder, &KIND, options)?))
    }

    fn write_seat(&self, schedule: ScheduleId, seat: SeatId, stands: SeatStands) -> rusqlite::Result<usize> {
        const PUT: &str = "INSERT OR REPLACE INTO seats (schedule, seat, reservation, user, end_ms, since_ms, above)
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let connection = &self.0.connection;
        let (schedule, seat) = (schedule.get().into_bytes(), seat.get().into_bytes());
        match stands {
            SeatStands::Free => connection
                .prepare_cached("DELETE FROM seats WHERE schedule = ?1 AND seat = ?2")?
                .execute(params![schedule, seat]),
            SeatStands::Held(HeldSeat { hold, since }) => {
                let end_ms = match hold.end {
                    HoldEnd::At(until) => Some(until.millis()),
                    HoldEnd::Kept => None,
                };
                let (reservation, user) = (hold.reservation.get().into_bytes(), hold.user.get().into_bytes());
                let row = params![schedule, seat, reservation, user, end_ms, since.millis(), Null];
                connection.prepare_cached(PUT)?.execute(row)
            }
            SeatStands::Returned(ReturnedSeat { above, until }) => {
                let row = params![schedule, seat, Null, Null, until.millis(), Null, above.get() as i64];
                connection.prepare_cached(PUT)?.execute(row)
            }
        }
    }

    /// A sequence above all that were told before, by whichever copy of the folder: microseconds since 1970, for no schedule
    /// has a million changes a second; and a million above the last start, which may have been a moment ago.
    pub fn next_sequence(&self, now: Timestamp) -> Result<u64, JournalError> {
        const LEAST_STEP: i64 = 1_000_000;
        let sql = "SELECT value FROM meta WHERE name = 'sequence'";
        let last: Option<i64> = self.0.connection.query_row(sql, [], |row| row.get(0)).optional()?;
        let next = last.map_or(0, |last| last.saturating_add(LEAST_STEP)).max(now.millis().saturating_mul(1_000));
        let sql = "INSERT INTO meta VALUES ('sequence', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        if let Err(error) = self.0.connection.execute(sql, [next]) {
            // On a full disk what stands can be shown all the same.
            tracing::warn!(%error, "the journal of seats does not note its start");
        }
        u64::try_from(next).map_err(|error| self.0.damaged(error))
    }

    /// What stands in every schedule.
    pub fn restore(&self) -> Result<Restored, JournalError> {
        // A page that does not read is damage like a row that makes no sense.
        self.read_seats().map_err(|error| match error {
            JournalError::Sqlite(error) => self.0.damaged(error),
            other => other,
        })
    }

    fn read_seats(&self) -> Result<Restored, JournalError> {
        let sql = "SELECT schedule, seat, reservation, user, end_ms, since_ms, above FROM seats";
        let mut select = self.0.connection.prepare(sql)?;
        let mut rows = select.query([])?;
        let mut restored = Restored::new();
        while let Some(row) = rows.next()? {
            let (schedule, seat) = (ScheduleId(self.id(row, 0)?), SeatId(self.id(row, 1)?));
            restored.entry(schedule).or_default().push((seat, self.stands(row)?));
        }
        Ok(restored)
    }

    fn stands(&self, row: &Row<'_>) -> Result<SeatStands, JournalError> {
        let end = row.get::<_, Option<i64>>(4)?.map(Timestamp);
        match (row.get::<_, Option<i64>>(5)?, row.get::<_, Option<i64>>(6)?, end) {
            (Some(since_ms), None, end) => {
                let (reservation, user) = (ReservationId(self.id(row, 2)?), AccountId(self.id(row, 3)?));
                let hold = SeatHold { reservation, user, end: end.map_or(HoldEnd::Kept, HoldEnd::At) };
                Ok(SeatStands::Held(HeldSeat { hold, since: Timestamp(since_ms) }))
            }
            (None, Some(above), Some(until)) => {
                let above = u64::try_from(above).map_err(|error| self.0.damaged(error))?;
                Ok(SeatStands::Returned(ReturnedSeat { above: QueueNumber(above), until }))
            }
            _ => Err(self.0.damaged("a seat is neither held nor returned")),
        }
    }

    fn id(&self, row: &Row<'_>, column: usize) -> Result<Uuid, JournalError> {
        let bytes = row.get_ref(column)?.as_blob().map_err(|error| self.0.damaged(error))?;
        Uuid::from_slice(bytes).map_err(|error| self.0.damaged(error))
    }
}

impl GroupJournal for SeatsJournal {
    type Record = Record;

    const NAME: &'static str = "seats";
    const THREAD: &'static str = "seat-writer";

    fn changes(record: &Record) -> usize {
        record.changes.len()
    }

    fn write(&self, records: &[Record]) -> Result<(), NotKept> {
        let mut last: BTreeMap<(ScheduleId, SeatId), SeatStands> = BTreeMap::new();
        for record in records {
            last.extend(record.changes.iter().map(|(seat, stands)| ((record.slot.schedule, *seat), *stands)));
        }
        self.0.transaction(|| {
            for ((schedule, seat), stands) in &last {
                self.write_seat(*schedule, *seat, *stands)?;
            }
            Ok(())
        })
    }

    fn check(&self) -> Result<(), NotKept> {
        self.0.check(clock::now(), || {
            // No schedule has this id.
            let (schedule, seat) = (ScheduleId(Uuid::nil()), SeatId(Uuid::nil()));
            let returned = ReturnedSeat { above: QueueNumber(0), until: Timestamp(0) };
            for stands in [SeatStands::Returned(returned), SeatStands::Free] {
                self.write_seat(schedule, seat, stands)?;
            }
            Ok(())
        })
    }

    fn written(record: Record) {
        record.slot.keep(record.number);
    }
}
