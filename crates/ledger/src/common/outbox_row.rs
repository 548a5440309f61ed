//! A message as a row of the outbox: written with the whole envelope as its payload, read from that or from the columns of
//! earlier versions.

use super::outbox::Waiting;
use super::outbox_message::{ActiveModel, Column};
use crate::error::LedgerError;
use crate::moment::{now, read, stored};
use crate::stored_id::StoredId;
use domain::Timestamp;
use domain::message::Envelope;
use domain::message::topic::{aggregates_on, topic_of_aggregate};
use sea_orm::prelude::DateTimeUtc;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, DbErr, FromQueryResult, QueryResult, TryGetable,
};
use serde_json::Value;

/// The row of a message. It has a topic, although that follows, so that PostgreSQL's log says whose it is.
///
/// `metadata` stays null: an older relay that still runs fails at such a row and stands still, instead of telling the envelope as
/// if it were the content, and a newer one goes on there. `occurred_at` has the milliseconds that a time on the bus lacks.
pub(super) fn to_row(topic: &str, envelope: &Envelope) -> Result<ActiveModel, LedgerError> {
    Ok(ActiveModel {
        sequence: NotSet,
        id: Set(envelope.event_id.into()),
        topic: Set(Some(topic.to_owned())),
        aggregate_type: Set(envelope.aggregate_type.clone()),
        aggregate_id: Set(envelope.aggregate_id.clone()),
        event_type: Set(envelope.event_type.clone()),
        version: NotSet,
        payload: Set(serde_json::to_value(envelope).map_err(|_| LedgerError::damaged("payload"))?),
        metadata: NotSet,
        occurred_at: Set(Some(stored(envelope.timestamp))),
        created_at: Set(now()),
        published: Set(false),
        published_at: NotSet,
        retry_count: Set(0),
        last_error: NotSet,
    })
}

/// A row as it was read. Others may have written it, and what one row contains must not keep all from being read.
pub(super) struct Found {
    /// Its position in the outbox.
    pub sequence: i64,
    /// Its message, or why there is none in it.
    pub message: Result<Waiting, String>,
}

impl FromQueryResult for Found {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let sequence = row.try_get(prefix, "sequence")?;
        let row = Row { row, prefix };
        Ok(Self { sequence, message: row.message(sequence) })
    }
}

/// The columns of a row.
struct Row<'a> {
    row: &'a QueryResult,
    prefix: &'a str,
}

impl Row<'_> {
    fn get<T: TryGetable>(&self, column: &str) -> Result<T, String> {
        self.row.try_get(self.prefix, column).map_err(|error| format!("{column}: {error}"))
    }

    fn message(&self, sequence: i64) -> Result<Waiting, String> {
        let aggregate_type: String = self.get("aggregate_type")?;
        let topic = topic_of(self.get("topic")?, &aggregate_type)
            .ok_or_else(|| format!("aggregate_type: no topic is known for {aggregate_type:?}"))?;
        let envelope = match self.get::<Option<Value>>("metadata")? {
            None => self.of_payload()?,
            Some(metadata) => self.of_columns(aggregate_type, metadata)?,
        };
        Ok(Waiting { sequence, topic, envelope })
    }

    /// The message of a row that has it whole.
    fn of_payload(&self) -> Result<Envelope, String> {
        let mut envelope: Envelope =
            serde_json::from_value(self.get("payload")?).map_err(|error| format!("payload: {error}"))?;
        let seconds = |at: Timestamp| at.millis().div_euclid(1_000);
        let whole = self.get::<Option<DateTimeUtc>>("occurred_at")?.map(read);
        envelope.timestamp =
            whole.filter(|at| seconds(*at) == seconds(envelope.timestamp)).unwrap_or(envelope.timestamp);
        Ok(envelope)
    }

    /// The message of a row of an earlier version.
    fn of_columns(&self, aggregate_type: String, metadata: Value) -> Result<Envelope, String> {
        Ok(Envelope {
            event_id: self.get::<StoredId>("id")?.into(),
            event_type: self.get("event_type")?,
            aggregate_id: self.get("aggregate_id")?,
            aggregate_type,
            version: self.get("version")?,
            timestamp: read(self.get("occurred_at")?),
            metadata: serde_json::from_value(metadata).map_err(|error| format!("metadata: {error}"))?,
            payload: self.get("payload")?,
        })
    }
}

/// The topic of a row: its own, or that of the kind of thing it is about.
pub(super) fn topic_of(topic: Option<String>, aggregate_type: &str) -> Option<String> {
    topic.or_else(|| topic_of_aggregate(aggregate_type).map(str::to_owned))
}

/// The rows whose [`topic_of`] is one of these.
pub(super) fn of_topics(topics: &[&str]) -> Condition {
    let by_aggregate =
        Condition::all().add(Column::Topic.is_null()).add(Column::AggregateType.is_in(aggregates_on(topics)));
    Condition::any().add(Column::Topic.is_in(topics.iter().copied())).add(by_aggregate)
}
