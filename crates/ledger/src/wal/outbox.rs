//! The relay's view of the outbox: rows in the order of the log, and beside it the table as a net.

use super::pending::{Pending, Standing, WalOptions};
use super::slot::{Slot, SlotState, first, nothing, one};
use crate::common::outbox::{self, Waiting};
use crate::connect::Ledger;
use crate::error::LedgerError;
use metrics::{counter, gauge};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Most changes of one look, but for a transaction that is longer.
const CHANGES_MAX: i32 = 5_000;
/// Most of the log in one look: some seconds on a slow disk, well within the limit of a statement.
const LOOK_BYTES: u64 = 128 * 1024 * 1024;
/// A log that cannot be read is told again after this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The outbox of a schema, read from PostgreSQL's log (GATE-011). One of them at a time should be asked, as one relay at a time carries
/// an outbox; several are safe and may tell a message twice.
#[derive(Debug)]
pub struct WalOutbox {
    ledger: Ledger,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` until the database has said its number.
    slot: Option<Slot>,
    pending: Pending,
    told_at: Option<Instant>,
}

/// What a look at the log means for the rows that wait.
enum Look {
    /// The log was read as far as is allowed at once.
    Done,
    /// There is nothing new in it.
    Nothing,
}

impl WalOutbox {
    /// Checks the server, and makes the publication and the slot where they are missing.
    ///
    /// # Errors
    /// [`LedgerError::Schema`]: the server or the user cannot do it; the text says what to do. A database that does not answer, or
    /// a slot that has to wait for a long transaction, is no error: until then messages are read from the table.
    pub async fn open(ledger: Ledger, options: WalOptions) -> Result<Self, LedgerError> {
        let slot = match prepare(&ledger).await {
            Ok(slot) => Some(slot),
            Err(error @ LedgerError::Schema(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the log of changes cannot be read yet; messages are read from the table");
                None
            }
        };
        let state = Mutex::new(State { slot, pending: Pending::new(options), told_at: None });
        Ok(Self { ledger, state })
    }

    /// The next messages to publish, those of an aggregate in their order. The same messages are returned until they are marked
    /// ([`outbox::mark_published`], [`outbox::mark_failed`]).
    ///
    /// # Errors
    /// [`LedgerError`] when the table cannot be read. A log that cannot be read is told in the log file and counted, and the table is
    /// read instead.
    pub async fn next(&self, limit: u64) -> Result<Vec<Waiting>, LedgerError> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        if state.pending.is_table_due() {
            let rows = outbox::next(&self.ledger, limit).await?;
            state.pending.table_was_read(rows.is_empty());
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        let of_log = self.next_of_log(state, limit).await;
        let by_table = !matches!(of_log, Ok(Some(_)));
        gauge!("onsale_wal_by_table", "schema" => self.schema()).set(f64::from(u8::from(by_table)));
        match of_log {
            Ok(Some(rows)) => return Ok(rows),
            Ok(None) => {}
            Err(error) => state.note(&error),
        }
        outbox::next(&self.ledger, limit).await
    }

    /// `None`: the log is not to be read now.
    async fn next_of_log(&self, state: &mut State, limit: u64) -> Result<Option<Vec<Waiting>>, LedgerError> {
        loop {
            if state.pending.is_empty() {
                if !state.pending.may_look() {
                    return Ok(None);
                }
                let began = Instant::now();
                let look = self.look(state).await;
                state.pending.looked(began.elapsed());
                match look? {
                    Look::Nothing => return Ok(Some(Vec::new())),
                    Look::Done if state.pending.is_table_due() => return Ok(None),
                    Look::Done => continue,
                }
            }
            let count = usize::try_from(limit).unwrap_or(usize::MAX);
            let waiting = self.sort_out(&mut state.pending, count).await?;
            if !waiting.is_empty() {
                return Ok(Some(in_order(&waiting, outbox::named(&self.ledger, &waiting).await?)));
            }
            if state.pending.is_held_up() {
                return Ok(Some(Vec::new()));
            }
        }
    }

    /// Moves the slot past what is settled, and reads on in the log.
    async fn look(&self, state: &mut State) -> Result<Look, LedgerError> {
        let slot = match &state.slot {
            Some(slot) => slot.clone(),
            None => state.slot.insert(prepare(&self.ledger).await?).clone(),
        };
        let found = slot.state(&self.ledger).await?;
        let Some(standing) = found.filter(|standing| !standing.is_lost) else {
            counter!("onsale_wal_slot_lost_total", "schema" => self.schema()).increment(1);
            tracing::error!(slot = slot.name, "the slot is gone or its log is; it is made anew, and the table is read");
            state.pending.begin_again();
            state.slot = Some(prepare(&self.ledger).await?);
            return Ok(Look::Done);
        };
        self.show(&standing);
        if let Some(place) = state.pending.moves_to(standing.place) {
            slot.move_to(&self.ledger, place).await?;
            state.pending.moved();
        }
        let from = standing.place.max(state.pending.covered);
        if standing.end <= from {
            return Ok(Look::Nothing);
        }
        let up_to = standing.end.min(from.plus(LOOK_BYTES));
        let (added, covered) = slot.added(&self.ledger, up_to, CHANGES_MAX).await?;
        state.pending.add(added, covered);
        Ok(if state.pending.is_empty() && covered >= standing.end { Look::Nothing } else { Look::Done })
    }

    /// The numbers of the first rows that wait and can be read.
    async fn sort_out(&self, pending: &mut Pending, count: usize) -> Result<Vec<i64>, LedgerError> {
        let numbers: Vec<i64> = pending.first(count).iter().map(|told| told.sequence).collect();
        let mut standing = self.standing(&numbers).await?;
        let mut oldest_running = None;
        if standing.len() < numbers.len() {
            // What had ended before this moment can be read after it, or is deleted.
            let oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
            let oldest: i64 = first(&one(&self.ledger, oldest).await?.ok_or_else(nothing)?)?;
            oldest_running = Some((oldest.cast_unsigned() & u64::from(u32::MAX)) as u32);
            standing = self.standing(&numbers).await?;
        }
        Ok(pending.sort_out(count, &standing, oldest_running))
    }

    async fn standing(&self, numbers: &[i64]) -> Result<HashMap<i64, Standing>, LedgerError> {
        let rows = outbox::standing(&self.ledger, numbers).await?;
        let standing = |waits| if waits { Standing::Waits } else { Standing::Settled };
        Ok(rows.into_iter().map(|(number, waits)| (number, standing(waits))).collect())
    }

    fn show(&self, standing: &SlotState) {
        gauge!("onsale_wal_lag_bytes", "schema" => self.schema()).set(standing.lag_bytes as f64);
        gauge!("onsale_wal_kept_bytes", "schema" => self.schema()).set(standing.kept_bytes as f64);
        if let Some(left) = standing.left_bytes {
            gauge!("onsale_wal_left_bytes", "schema" => self.schema()).set(left as f64);
        }
    }

    /// Another process reads the log: what this one has seen of it last must not go on being shown, and wake somebody up.
    pub fn at_rest(&self) {
        for gauge in ["onsale_wal_lag_bytes", "onsale_wal_kept_bytes", "onsale_wal_by_table"] {
            gauge!(gauge, "schema" => self.schema()).set(0.0);
        }
        gauge!("onsale_wal_left_bytes", "schema" => self.schema()).set(f64::INFINITY);
    }

    fn schema(&self) -> &'static str {
        self.ledger.database().schema.name
    }
}

impl State {
    /// The log cannot be read: the table is read until it can be.
    fn note(&mut self, error: &LedgerError) {
        if self.told_at.is_none_or(|at| at.elapsed() > TOLD_EVERY) {
            self.told_at = Some(Instant::now());
            tracing::warn!(%error, "the log of changes cannot be read now; messages are read from the table");
        }
    }
}

async fn prepare(ledger: &Ledger) -> Result<Slot, LedgerError> {
    let slot = Slot::of(ledger).await?;
    slot.prepare(ledger).await?;
    Ok(slot)
}

/// The rows in the order of these numbers; one that is missing was settled a moment ago.
fn in_order(numbers: &[i64], rows: Vec<Waiting>) -> Vec<Waiting> {
    let mut rows: HashMap<i64, Waiting> = rows.into_iter().map(|row| (row.sequence, row)).collect();
    numbers.iter().filter_map(|number| rows.remove(number)).collect()
}
