//! The outbox: messages written in the transaction of their change, until the relay has published them (MSG-002).
//!
//! Order: messages leave in the order of `sequence`. PostgreSQL and MySQL assign sequence numbers before the transaction
//! commits, so a lower number may become visible after a higher one. Nothing is skipped by that, because [`next`] reads
//! the unpublished messages rather than the messages after the last one read. Messages about one row keep their order:
//! the writer of a message holds that row's lock until the commit, so the next writer gets its number later and becomes
//! visible later.
//!
//! Services that share the table do not disturb each other: [`next`] reads only messages of the schema's own
//! [`topics`](crate::Schema::topics), and [`append`] refuses a message for another topic.

use super::outbox_message::{ActiveModel, Column, Entity, Model};
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::database::Database;
use crate::error::LedgerError;
use crate::moment::{now, read, stored};
use domain::Timestamp;
use domain::message::Envelope;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, UpdateMany,
};

/// A message that was refused so often is left to the dead letters and is not returned again (MSG-002).
pub const ATTEMPTS_MAX: u32 = 3;
/// Most messages in one statement: the databases' limits on parameters are some 32,000 and more.
const ROWS_MAX: usize = 500;
/// Most sequence numbers named in one statement.
const NAMED_MAX: usize = 500;

/// A message that waits to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its position in the outbox.
    pub sequence: i64,
    /// Its topic.
    pub topic: String,
    /// The message.
    pub envelope: Envelope,
}

/// Writes a message in the transaction of its change.
///
/// # Errors
/// [`LedgerError::Conflict`] when a message with this id exists already; [`LedgerError::Other`] when the topic is not one
/// of the schema's [`topics`](crate::Schema::topics).
pub async fn append(change: &Transaction, topic: &str, envelope: &Envelope) -> Result<(), LedgerError> {
    append_all(change, topic, std::slice::from_ref(envelope)).await
}

/// Writes several messages, in their order.
///
/// # Errors
/// As [`append`].
pub async fn append_all(change: &Transaction, topic: &str, envelopes: &[Envelope]) -> Result<(), LedgerError> {
    let schema = change.database().schema;
    if !schema.topics.contains(&topic) {
        return Err(LedgerError::Other(format!("{topic} is not a topic of the schema {}", schema.name).into()));
    }
    if !envelopes.is_empty() {
        change.written().messages();
    }
    for part in envelopes.chunks(ROWS_MAX) {
        let rows = part.iter().map(|envelope| to_row(topic, envelope)).collect::<Result<Vec<_>, _>>()?;
        let mut insert = Entity::insert_many(rows);
        insert.query().into_table(change.database().shared(Entity));
        insert.exec_without_returning(change.connection()).await?;
    }
    Ok(())
}

fn to_row(topic: &str, envelope: &Envelope) -> Result<ActiveModel, LedgerError> {
    Ok(ActiveModel {
        sequence: NotSet,
        id: Set(envelope.event_id),
        topic: Set(topic.to_owned()),
        aggregate_type: Set(envelope.aggregate_type.clone()),
        aggregate_id: Set(envelope.aggregate_id.clone()),
        event_type: Set(envelope.event_type.clone()),
        version: Set(envelope.version.clone()),
        payload: Set(envelope.payload.clone()),
        metadata: Set(serde_json::to_value(&envelope.metadata).map_err(|_| LedgerError::damaged("metadata"))?),
        occurred_at: Set(stored(envelope.timestamp)),
        created_at: Set(now()),
        published: Set(false),
        published_at: Set(None),
        retry_count: Set(0),
        last_error: Set(None),
    })
}

/// A query of all messages.
fn find(database: &Database) -> Select<Entity> {
    let mut find = Entity::find();
    QueryTrait::query(&mut find).from_clear().from(database.shared(Entity));
    find
}

/// An update of messages.
fn update(database: &Database) -> UpdateMany<Entity> {
    let mut update = Entity::update_many();
    QueryTrait::query(&mut update).table(database.shared(Entity));
    update
}

/// The next messages of this schema's topics to publish, oldest first. The same messages are returned until they are
/// marked.
///
/// # Errors
/// [`LedgerError`].
pub async fn next(ledger: &Ledger, limit: u64) -> Result<Vec<Waiting>, LedgerError> {
    let rows = find(ledger.database())
        .filter(Column::Published.eq(false))
        .filter(Column::Topic.is_in(ledger.database().schema.topics.iter().copied()))
        .filter(Column::RetryCount.lt(ATTEMPTS_MAX as i32))
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(ledger.connection())
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// Of these messages those that exist and can be read, each with whether it waits to be published.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn standing(ledger: &Ledger, sequences: &[i64]) -> Result<Vec<(i64, bool)>, LedgerError> {
    let mut standing = Vec::with_capacity(sequences.len());
    for part in sequences.chunks(NAMED_MAX) {
        let rows: Vec<(i64, bool, i32)> = find(ledger.database())
            .select_only()
            .columns([Column::Sequence, Column::Published, Column::RetryCount])
            .filter(Column::Sequence.is_in(part.iter().copied()))
            .into_tuple()
            .all(ledger.connection())
            .await?;
        let waits = |published: bool, retries: i32| !published && retries < ATTEMPTS_MAX as i32;
        standing.extend(rows.into_iter().map(|(sequence, published, retries)| (sequence, waits(published, retries))));
    }
    Ok(standing)
}

/// Of these messages those that wait to be published.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn named(ledger: &Ledger, sequences: &[i64]) -> Result<Vec<Waiting>, LedgerError> {
    let mut named = Vec::with_capacity(sequences.len());
    for part in sequences.chunks(NAMED_MAX) {
        let rows = find(ledger.database())
            .filter(Column::Sequence.is_in(part.iter().copied()))
            .filter(Column::Published.eq(false))
            .filter(Column::RetryCount.lt(ATTEMPTS_MAX as i32))
            .all(ledger.connection())
            .await?;
        named.extend(rows.into_iter().map(from_row).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(named)
}

/// Ends when this process has committed messages since the last call ended.
pub async fn written(ledger: &Ledger) {
    ledger.commit_news().messages().await;
}

/// Marks messages as published.
///
/// # Errors
/// [`LedgerError`]; the messages are returned by [`next`] again then.
pub async fn mark_published(ledger: &Ledger, sequences: &[i64]) -> Result<(), LedgerError> {
    let mark = async |change: Transaction| {
        for part in sequences.chunks(NAMED_MAX) {
            update(change.database())
                .col_expr(Column::Published, Expr::value(true))
                .col_expr(Column::PublishedAt, Expr::value(now()))
                .filter(Column::Sequence.is_in(part.iter().copied()))
                .exec(change.connection())
                .await?;
        }
        change.commit().await
    };
    ledger.change(mark).await
}

/// Records that the broker refused a message `attempts` times more. After [`ATTEMPTS_MAX`] in all it is not returned
/// again.
///
/// # Errors
/// [`LedgerError`].
pub async fn mark_failed(ledger: &Ledger, sequence: i64, attempts: u32, error: &str) -> Result<(), LedgerError> {
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX / 2);
    let mark = async |change: Transaction| {
        update(change.database())
            .col_expr(Column::RetryCount, Expr::col(Column::RetryCount).add(attempts))
            .col_expr(Column::LastError, Expr::value(error))
            .filter(Column::Sequence.eq(sequence))
            .exec(change.connection())
            .await?;
        change.commit().await
    };
    ledger.change(mark).await
}

/// Deletes the messages that were published before `end` (MSG-002: 7 days). Returns their number.
///
/// Deletes in small steps, so that no other change waits long for SQLite's write lock.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete_published_before(ledger: &Ledger, end: Timestamp) -> Result<u64, LedgerError> {
    let mut deleted = 0;
    loop {
        let old: Vec<i64> = find(ledger.database())
            .select_only()
            .column(Column::Sequence)
            .filter(Column::Published.eq(true))
            .filter(Column::PublishedAt.lt(stored(end)))
            .limit(NAMED_MAX as u64)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(deleted);
        }
        let mut delete = Entity::delete_many();
        QueryTrait::query(&mut delete).from_table(ledger.database().shared(Entity));
        let old = delete.filter(Column::Sequence.is_in(old));
        deleted += old.exec(ledger.connection()).await?.rows_affected;
    }
}

fn from_row(row: Model) -> Result<Waiting, LedgerError> {
    let envelope = Envelope {
        event_id: row.id,
        event_type: row.event_type,
        aggregate_id: row.aggregate_id,
        aggregate_type: row.aggregate_type,
        version: row.version,
        timestamp: read(row.occurred_at),
        metadata: serde_json::from_value(row.metadata).map_err(|_| LedgerError::damaged("metadata"))?,
        payload: row.payload,
    };
    Ok(Waiting { sequence: row.sequence, topic: row.topic, envelope })
}
