//! Table `look_files`. A file never changes: its name is the hash of its bytes.

use sea_orm::entity::prelude::*;

/// A logo or a style.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "look_files")]
pub struct Model {
    /// `<hash>.css`, `<hash>.svg` or `<hash>.png`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub bytes: Vec<u8>,
    pub made_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
