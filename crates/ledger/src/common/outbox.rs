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
//!
//! Others may add rows, too, with the columns of the contract alone: `outbox_row` reads them. A row that nobody can read is left
//! to the dead letters at once, so that it holds nothing back.

use super::outbox_message::{Column, Entity};
use super::outbox_row::{Found, of_topics, to_row, topic_of};
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::database::Database;
use crate::error::LedgerError;
use crate::moment::{now, stored};
use domain::Timestamp;
use domain::message::Envelope;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
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
    loop {
        let rows = find(ledger.database())
            .filter(Column::Published.eq(false))
            .filter(of_topics(ledger.database().schema.topics))
            .filter(Column::RetryCount.lt(ATTEMPTS_MAX as i32))
            .order_by_asc(Column::Sequence)
            .limit(limit)
            .into_model::<Found>()
            .all(ledger.connection())
            .await?;
        let is_last = rows.is_empty();
        let readable = set_unreadable_aside(ledger, rows).await?;
        if is_last || !readable.is_empty() {
            return Ok(readable);
        }
    }
}

/// Returns the messages of the rows, without those that are none: they are left to the dead letters.
async fn set_unreadable_aside(ledger: &Ledger, rows: Vec<Found>) -> Result<Vec<Waiting>, LedgerError> {
    let mut readable = Vec::with_capacity(rows.len());
    for Found { sequence, message } in rows {
        match message {
            Ok(waiting) => readable.push(waiting),
            Err(why) => {
                tracing::error!(sequence, why, "a row of the outbox is no message, and is not told");
                mark_failed(ledger, sequence, ATTEMPTS_MAX, &why).await?;
            }
        }
    }
    Ok(readable)
}

/// Of these rows those that exist and can be read, each with whether it waits to be published by this schema's relay.
///
/// # Errors
/// [`LedgerError`].
pub(crate) async fn standing(ledger: &Ledger, sequences: &[i64]) -> Result<Vec<(i64, bool)>, LedgerError> {
    let mut standing = Vec::with_capacity(sequences.len());
    for part in sequences.chunks(NAMED_MAX) {
        let rows: Vec<(i64, bool, i32, Option<String>, String)> = find(ledger.database())
            .select_only()
            .columns([Column::Sequence, Column::Published, Column::RetryCount, Column::Topic, Column::AggregateType])
            .filter(Column::Sequence.is_in(part.iter().copied()))
            .into_tuple()
            .all(ledger.connection())
            .await?;
        // The log tells of rows without a topic whosever they are.
        let is_own = |topic: Option<String>, aggregate: &str| {
            topic_of(topic, aggregate).is_some_and(|topic| ledger.database().schema.topics.contains(&&*topic))
        };
        standing.extend(rows.into_iter().map(|(sequence, published, retries, topic, aggregate)| {
            (sequence, !published && retries < ATTEMPTS_MAX as i32 && is_own(topic, &aggregate))
        }));
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
            .into_model::<Found>()
            .all(ledger.connection())
            .await?;
        named.extend(set_unreadable_aside(ledger, rows).await?);
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

/// Deletes the messages that were published before `end` (MSG-002: 7 days). Returns their number. Of a row that does not say
/// when, because another program published it, the time of writing counts.
///
/// Deletes in small steps, so that no other change waits long for SQLite's write lock.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete_published_before(ledger: &Ledger, end: Timestamp) -> Result<u64, LedgerError> {
    let published_at = || Expr::from(Func::coalesce([Expr::col(Column::PublishedAt), Expr::col(Column::CreatedAt)]));
    let mut deleted = 0;
    loop {
        let old: Vec<i64> = find(ledger.database())
            .select_only()
            .column(Column::Sequence)
            .filter(Column::Published.eq(true))
            .filter(published_at().lt(stored(end)))
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
