//! The record of processed messages, written in the transaction of their effect (MSG-001).

use super::processed_message::{Column, Entity};
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::database::Database;
use crate::error::LedgerError;
use crate::moment::{now, stored};
use crate::stored_id::StoredId;
use domain::Timestamp;
use domain::message::Envelope;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, SqlErr};
use std::collections::HashSet;
use uuid::Uuid;

/// Most rows in one statement: the databases' limits on parameters are some 32,000 and more.
const ROWS_MAX: usize = 500;

/// Returns those of the messages that the consumer has not processed yet.
///
/// # Errors
/// [`LedgerError`].
pub async fn unseen(change: &Transaction, consumer: &str, ids: &[Uuid]) -> Result<HashSet<Uuid>, LedgerError> {
    let mut unseen: HashSet<Uuid> = ids.iter().copied().collect();
    for part in ids.chunks(ROWS_MAX) {
        let seen: Vec<StoredId> = find(change.database())
            .select_only()
            .column(Column::EventId)
            .filter(Column::EventId.is_in(part.iter().copied()))
            .filter(Column::ConsumerService.eq(consumer))
            .into_tuple()
            .all(change.connection())
            .await?;
        for StoredId(id) in seen {
            unseen.remove(&id);
        }
    }
    Ok(unseen)
}

/// Records that the consumer processes these messages, each once; returns those that are new. A message that may turn
/// out to be unprocessable must not be among them: call [`unseen`] first, and then [`record_unseen`].
///
/// # Errors
/// [`LedgerError::LostRace`] when another instance records one of them at the same time: undo the change and repeat it,
/// as [`Ledger::change`] does.
pub async fn record(
    change: &Transaction,
    consumer: &str,
    messages: &[&Envelope],
) -> Result<HashSet<Uuid>, LedgerError> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.event_id).collect();
    let new = unseen(change, consumer, &ids).await?;
    let rows: Vec<&Envelope> = messages.iter().copied().filter(|message| new.contains(&message.event_id)).collect();
    record_unseen(change, consumer, &rows).await?;
    Ok(new)
}

/// As [`record`], for messages that [`unseen`] has just returned in the same change.
///
/// # Errors
/// As [`record`].
pub async fn record_unseen(change: &Transaction, consumer: &str, messages: &[&Envelope]) -> Result<(), LedgerError> {
    change.written().processed();
    // A batch may contain the same message twice.
    let mut written = HashSet::with_capacity(messages.len());
    let rows: Vec<&Envelope> = messages.iter().copied().filter(|message| written.insert(message.event_id)).collect();
    for part in rows.chunks(ROWS_MAX) {
        insert(change, consumer, part).await?;
    }
    Ok(())
}

/// Writes a record and removes it within the change: what is committed then has been written, and nothing is left. Nobody is
/// told of it.
pub(crate) async fn try_record(change: &Transaction, consumer: &str, message: &Envelope) -> Result<(), LedgerError> {
    insert(change, consumer, &[message]).await?;
    let mut delete = Entity::delete_many();
    QueryTrait::query(&mut delete).from_table(change.database().shared(Entity));
    let delete = delete.filter(Column::EventId.eq(message.event_id)).filter(Column::ConsumerService.eq(consumer));
    delete.exec(change.connection()).await?;
    Ok(())
}

/// A query of all records.
fn find(database: &Database) -> Select<Entity> {
    let mut find = Entity::find();
    QueryTrait::query(&mut find).from_clear().from(database.shared(Entity));
    find
}

async fn insert(change: &Transaction, consumer: &str, messages: &[&Envelope]) -> Result<(), LedgerError> {
    let mut insert = Query::insert();
    insert.into_table(change.database().shared(Entity)).columns([
        Column::EventId,
        Column::ConsumerService,
        Column::AggregateId,
        Column::EventType,
        Column::ProcessedAt,
    ]);
    let at = now();
    for message in messages {
        insert.values_panic([
            message.event_id.into(),
            consumer.into(),
            message.aggregate_id.as_str().into(),
            message.event_type.as_str().into(),
            at.into(),
        ]);
    }
    change.connection().execute(&insert).await.map_err(|error| match error.sql_err() {
        // The rows did not exist a moment ago.
        Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::LostRace(error.into()),
        _ => error.into(),
    })?;
    Ok(())
}

/// Deletes the records of messages that were processed before `end` (MSG-002: 30 days). Returns their number.
///
/// Deletes in small steps, so that no other change waits long for SQLite's write lock.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete_before(ledger: &Ledger, end: Timestamp) -> Result<u64, LedgerError> {
    let is_old = || Column::ProcessedAt.lt(stored(end));
    let mut deleted = 0;
    loop {
        let old: Vec<StoredId> = find(ledger.database())
            .select_only()
            .column(Column::EventId)
            .filter(is_old())
            .limit(ROWS_MAX as u64)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(deleted);
        }
        let mut delete = Entity::delete_many();
        QueryTrait::query(&mut delete).from_table(ledger.database().shared(Entity));
        let old = delete.filter(Column::EventId.is_in(old)).filter(is_old());
        let gone = old.exec(ledger.connection()).await?.rows_affected;
        // Another program may have written an id in capitals: it is read, and not found again.
        if gone == 0 {
            return Ok(deleted);
        }
        deleted += gone;
    }
}
