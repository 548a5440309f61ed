//! Table `events`: events.

use ledger::StoredId;
use sea_orm::entity::prelude::*;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoredId,
    pub title: String,
    pub artist: String,
    pub description: Option<String>,
    /// Title and artist in the form in which they are searched.
    pub search: String,
    pub venue_id: StoredId,
    pub hall_id: StoredId,
    pub status: String,
    /// JSON.
    pub price_by_grade: String,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub sale_starts_at: DateTimeUtc,
    pub revision: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub deleted_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
