//! Table `outbox_events`: messages written in the transaction of their change, until they are published.
//!
//! A row needs the columns of the contract alone. `version` and `metadata` are of the form of earlier versions, whose `payload`
//! was the content alone.

use crate::stored_id::StoredId;
use sea_orm::entity::prelude::*;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_events")]
pub struct Model {
    /// Order of writing.
    #[sea_orm(primary_key)]
    pub sequence: i64,
    /// The envelope's `eventId`.
    pub id: StoredId,
    /// `None`: it follows from `aggregate_type`.
    pub topic: Option<String>,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// Of the earlier form.
    pub version: Option<String>,
    /// The whole envelope, as on the bus. In a row of the earlier form its content.
    pub payload: Json,
    /// Of the earlier form, which is known by it.
    pub metadata: Option<Json>,
    /// The envelope's time with milliseconds, which it lacks on the bus.
    pub occurred_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub published: bool,
    pub published_at: Option<DateTimeUtc>,
    pub retry_count: i32,
    pub last_error: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
