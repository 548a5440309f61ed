//! Table `outbox_events`: messages written in the transaction of their change, until they are published.

use sea_orm::entity::prelude::*;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_events")]
pub struct Model {
    /// Order of writing.
    #[sea_orm(primary_key)]
    pub sequence: i64,
    /// The envelope's `eventId`.
    pub id: Uuid,
    pub topic: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    pub version: String,
    pub payload: Json,
    pub metadata: Json,
    pub occurred_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub published: bool,
    pub published_at: Option<DateTimeUtc>,
    pub retry_count: i32,
    pub last_error: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
