//! The outbox in the order in which PostgreSQL committed it: logical replication as another source for the relay (GATE-011).
//!
//! ```text
//! poll   unpublished rows by number ----------------------------------------+
//!                                                                           +--> relay --> published in the row
//! wal    log of changes --slot--> numbers in the order of commits --rows----+
//! ```
//!
//! **The row stays the truth.** The log tells which rows come next; a row is told only while it is not published, and is marked
//! by the relay as with the other source. Therefore
//! - both sources can follow each other in any order, and take turns over several processes, without loss;
//! - a slot that was lost, dropped, or has run into `max_slot_wal_keep_size` is made again and costs nothing but a look at the table;
//! - whatever the log does not tell (a row that an operator has reset, a log that cannot be read now) is found by a look at the
//!   table: at every start, every ten seconds, and whenever reading the log takes too long.
//!
//! **Order.** The log has the order of commits. The writer of a message about an aggregate holds that aggregate's row until its
//! commit, so both orders, that of the log and that of the numbers, keep an aggregate's messages in turn, and so does a mixture: a
//! row is seen only after those before it. The place in the slot moves on only past messages that are settled in the table.
//!
//! **A row may be in the log before it can be read.** A commit is in the log before its change becomes visible, much earlier where it
//! waits for a replica. Such a row is waited for; only a row whose transaction has surely ended and that is not there was deleted.
//!
//! # Functions instead of the protocol of replication
//!
//! The slot is read with `pg_logical_slot_peek_binary_changes` over the connections that are there: one driver, one log-in, one
//! way to encrypt. `sqlx` does not speak the protocol of replication, and the libraries that do bring a second TLS provider
//! ([0007](../../../../docs/decisions/0007-dependencies.md)). The price: each look reads the log again from the slot's restart
//! point, which PostgreSQL moves every 15 s or so, later while a long transaction is open. Measured (PostgreSQL 15, two busy cores):
//! 4 ms for nothing, and 4 to 5 ms for each MiB of rows of others since that point. A look is therefore timed. After one that
//! took more than 10 ms the log rests for four times as long and the table is read meanwhile, so that a message leaves within a
//! second whatever the log costs (MSG-002), and reading it costs at most a fifth of a core. Where others write some MiB a second all
//! the time, most messages come from the table, and polling is the better choice.

mod changes;
mod lsn;
mod outbox;
mod pending;
mod slot;

pub use outbox::WalOutbox;
pub use pending::WalOptions;
pub use slot::SlotState;

use crate::connect::Ledger;
use crate::error::LedgerError;
use std::time::Duration;

/// Time between two looks for a slot that nobody reads.
const FORGOTTEN_EVERY: Duration = Duration::from_secs(60);
/// A slot that lags less keeps next to nothing, and may be that of a source at rest.
const FORGOTTEN_LAG_BYTES: u64 = 1024 * 1024;

/// The state of this schema's slot; `None` where there is none. Reads only.
///
/// # Errors
/// [`LedgerError`].
pub async fn state(ledger: &Ledger) -> Result<Option<SlotState>, LedgerError> {
    if slot::is_possible(ledger) { slot::Slot::of(ledger).await?.state(ledger).await } else { Ok(None) }
}

/// Drops this schema's slot, if there is one and nobody reads it at this moment. Nothing is lost by it: the rows stay, and a source
/// that still reads the log makes a new one. Returns whether there was one.
///
/// # Errors
/// [`LedgerError`].
pub async fn drop_slot(ledger: &Ledger) -> Result<bool, LedgerError> {
    if !slot::is_possible(ledger) {
        return Ok(false);
    }
    let slot = slot::Slot::of(ledger).await?;
    if slot.state(ledger).await?.is_none() {
        return Ok(false);
    }
    slot.drop(ledger).await.map(|()| true)
}

/// Drops the slot that a source of the log has left behind, for a process that polls; never ends. A slot that nobody reads keeps the
/// log of the whole server, until its disk is full.
pub async fn forget(ledger: Ledger) {
    let mut before = None;
    loop {
        before = match drop_forgotten(&ledger, before.as_ref()).await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(%error, "whether a replication slot was left behind cannot be said, or it cannot be dropped");
                None
            }
        };
        tokio::time::sleep(FORGOTTEN_EVERY).await;
    }
}

/// Drops this schema's slot if it stands where it stood at the look before. One that moves between two looks, or lags by little, may
/// belong to a process that still reads it. Returns the state for the next look.
///
/// # Errors
/// [`LedgerError`].
pub async fn drop_forgotten(ledger: &Ledger, before: Option<&SlotState>) -> Result<Option<SlotState>, LedgerError> {
    let now = state(ledger).await?;
    let (Some(before), Some(slot)) = (before, &now) else { return Ok(now) };
    if !slot.stands_as(before) || slot.lag_bytes < FORGOTTEN_LAG_BYTES {
        return Ok(now);
    }
    drop_slot(ledger).await?;
    tracing::warn!(slot = slot.name, "a replication slot that nobody reads any more was dropped");
    Ok(None)
}
