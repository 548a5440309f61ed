//! Messages written in the transaction of what they tell of, until the relay has handed them over (MSG-002).
//!
//! Order: messages leave in the order of `sequence`. PostgreSQL and MySQL give sequence numbers before the
//! transaction commits, so a lower number may become visible after a higher one. Nothing is skipped by that,
//! because [`next`] asks for what is not published rather than for what comes after the last one seen. And
//! messages about one coupon keep their order: whoever writes one holds that coupon's row until the commit, so
//! the next takes its number later and shows later.

use crate::change::Transaction;
use crate::connect::Ledger;
use crate::entities::outbox_message::{ActiveModel, Column, Entity, Model};
use crate::error::LedgerError;
use crate::moment::{now, read, stored};
use crate::place::Place;
use domain::Timestamp;
use domain::message::Envelope;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, UpdateMany,
};

/// After so many refusals a message is left to the dead letters and not offered again (MSG-002).
pub const ATTEMPTS_MAX: u32 = 3;
/// Most messages in one statement: the databases' limits on parameters are some 32,000 and more.
const ROWS_MAX: usize = 500;
/// Most sequence numbers named in one statement.
const NAMED_MAX: usize = 500;

/// A message that waits for the relay.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its place in the outbox.
    pub sequence: i64,
    /// Where it goes.
    pub topic: String,
    /// The message.
    pub envelope: Envelope,
}

/// Writes a message with the change that it tells of.
///
/// # Errors
/// [`LedgerError::Conflict`] when the message's id is there already.
pub async fn append(change: &Transaction, topic: &str, envelope: &Envelope) -> Result<(), LedgerError> {
    append_all(change, topic, std::slice::from_ref(envelope)).await
}

/// As [`append`], for many, in their order.
///
/// # Errors
/// As [`append`].
pub async fn append_all(change: &Transaction, topic: &str, envelopes: &[Envelope]) -> Result<(), LedgerError> {
    for part in envelopes.chunks(ROWS_MAX) {
        let rows = part.iter().map(|envelope| to_row(topic, envelope)).collect::<Result<Vec<_>, _>>()?;
        let mut insert = Entity::insert_many(rows);
        insert.query().into_table(change.place().shared(Entity));
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

/// All messages, where this database has them.
fn find(place: &Place) -> Select<Entity> {
    let mut find = Entity::find();
    QueryTrait::query(&mut find).from_clear().from(place.shared(Entity));
    find
}

/// A change of messages, where this database has them.
fn update(place: &Place) -> UpdateMany<Entity> {
    let mut update = Entity::update_many();
    QueryTrait::query(&mut update).table(place.shared(Entity));
    update
}

/// The next messages to hand over, oldest first; the same again until they are marked.
///
/// # Errors
/// [`LedgerError`].
pub async fn next(ledger: &Ledger, limit: u64) -> Result<Vec<Waiting>, LedgerError> {
    let rows = find(ledger.place())
        .filter(Column::Published.eq(false))
        .filter(Column::RetryCount.lt(ATTEMPTS_MAX as i32))
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(ledger.connection())
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// These were handed over.
///
/// # Errors
/// [`LedgerError`]; they will be offered again then.
pub async fn mark_published(ledger: &Ledger, sequences: &[i64]) -> Result<(), LedgerError> {
    let mark = async |change: Transaction| {
        for part in sequences.chunks(NAMED_MAX) {
            update(change.place())
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

/// The broker refused this one, `attempts` times more. After [`ATTEMPTS_MAX`] in all it is not offered again.
///
/// # Errors
/// [`LedgerError`].
pub async fn mark_failed(ledger: &Ledger, sequence: i64, attempts: u32, error: &str) -> Result<(), LedgerError> {
    let attempts = i32::try_from(attempts).unwrap_or(i32::MAX / 2);
    let mark = async |change: Transaction| {
        update(change.place())
            .col_expr(Column::RetryCount, Expr::col(Column::RetryCount).add(attempts))
            .col_expr(Column::LastError, Expr::value(error))
            .filter(Column::Sequence.eq(sequence))
            .exec(change.connection())
            .await?;
        change.commit().await
    };
    ledger.change(mark).await
}

/// Forgets what was handed over before `end` (MSG-002: 7 days). How many were forgotten.
///
/// In small changes, so that nobody waits long for SQLite's one writer.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete_published_before(ledger: &Ledger, end: Timestamp) -> Result<u64, LedgerError> {
    let mut forgotten = 0;
    loop {
        let old: Vec<i64> = find(ledger.place())
            .select_only()
            .column(Column::Sequence)
            .filter(Column::Published.eq(true))
            .filter(Column::PublishedAt.lt(stored(end)))
            .limit(NAMED_MAX as u64)
            .into_tuple()
            .all(ledger.connection())
            .await?;
        if old.is_empty() {
            return Ok(forgotten);
        }
        let mut delete = Entity::delete_many();
        QueryTrait::query(&mut delete).from_table(ledger.place().shared(Entity));
        let named = delete.filter(Column::Sequence.is_in(old));
        forgotten += named.exec(ledger.connection()).await?.rows_affected;
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
