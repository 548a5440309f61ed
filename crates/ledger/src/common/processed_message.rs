//! Table `processed_events`: the messages that each consumer has processed, written with their effect.

use crate::stored_id::StoredId;
use sea_orm::entity::prelude::*;

/// A processed message.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "processed_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: StoredId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer_service: String,
    pub aggregate_id: String,
    pub event_type: String,
    pub processed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
