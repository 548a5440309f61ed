//! Which messages a consumer has dealt with, written in the transaction of their effect (MSG-001).

use crate::change::Transaction;
use crate::connect::Ledger;
use crate::entities::processed_message::{Column, Entity};
use crate::error::LedgerError;
use crate::moment::{now, stored};
use crate::place::Place;
use domain::Timestamp;
use domain::message::Envelope;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, SqlErr};
use std::collections::HashSet;
use uuid::Uuid;

/// Most rows in one statement: the databases' limits on parameters are some 32,000 and more.
const ROWS_MAX: usize = 500;

/// Which of these messages the consumer has not dealt with yet.
///
/// # Errors
/// [`LedgerError`].
pub async fn unseen(change: &Transaction, consumer: &str, ids: &[Uuid]) -> Result<HashSet<Uuid>, LedgerError> {
    let mut unseen: HashSet<Uuid> = ids.iter().copied().collect();
    for part in ids.chunks(ROWS_MAX) {
        let seen: Vec<Uuid> = find(change.place())
            .select_only()
            .column(Column::EventId)
            .filter(Column::EventId.is_in(part.iter().copied()))
            .filter(Column::ConsumerService.eq(consumer))
            .into_tuple()
            .all(change.connection())
            .await?;
        for id in seen {
            unseen.remove(&id);
        }
    }
    Ok(unseen)
}

/// Writes down that the consumer deals with these messages, each once; returns those that are new.
/// A message that turns out not to be dealt with must not be among them: ask [`unseen`] first, and then
/// [`record_unseen`].
///
/// # Errors
/// [`LedgerError::LostRace`] when another instance records one of them at this very moment: undo, and ask again, as
/// [`Ledger::change`] does.
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

/// As [`record`], for messages that [`unseen`] has just named in the same change.
///
/// # Errors
/// As [`record`].
pub async fn record_unseen(change: &Transaction, consumer: &str, messages: &[&Envelope]) -> Result<(), LedgerError> {
    // A batch may bring the same message twice.
    let mut written = HashSet::with_capacity(messages.len());
    let rows: Vec<&Envelope> = messages.iter().copied().filter(|message| written.insert(message.event_id)).collect();
    for part in rows.chunks(ROWS_MAX) {
        insert(change, consumer, part).await?;
    }
    Ok(())
}

/// All records, where this database has them.
fn find(place: &Place) -> Select<Entity> {
    let mut find = Entity::find();
    QueryTrait::query(&mut find).from_clear().from(place.shared(Entity));
    find
}

async fn insert(change: &Transaction, consumer: &str, messages: &[&Envelope]) -> Result<(), LedgerError> {
    let mut insert = Query::insert();
    insert.into_table(change.place().shared(Entity)).columns([
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
        // They were not there a moment ago.
        Some(SqlErr::UniqueConstraintViolation(text)) => LedgerError::LostRace(text),
        _ => error.into(),
    })?;
    Ok(())
}

/// Forgets what was dealt with before `end` (MSG-002: 30 days). How many were forgotten.
///
/// In small changes, so that nobody waits long for SQLite's one writer.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete_before(ledger: &Ledger, end: Timestamp) -> Result<u64, LedgerError> {
    let is_old = || Column::ProcessedAt.lt(stored(end));
    let mut forgotten = 0;
    loop {
        let old: Vec<Uuid> = find(ledger.place())
            .select_only()
            .column(Column::EventId)
            .filter(is_old())
            .limit(ROWS_MAX as u64)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(forgotten);
        }
        let mut delete = Entity::delete_many();
        QueryTrait::query(&mut delete).from_table(ledger.place().shared(Entity));
        let named = delete.filter(Column::EventId.is_in(old)).filter(is_old());
        forgotten += named.exec(ledger.connection()).await?.rows_affected;
    }
}
