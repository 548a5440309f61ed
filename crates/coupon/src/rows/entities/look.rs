//! Table `looks`.

use sea_orm::entity::prelude::*;

/// The look of a tenant or of a line.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "looks")]
pub struct Model {
    /// The tenant, or the line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Name, colours and words, as JSON.
    pub look: String,
    /// The file of its logo.
    pub logo: Option<String>,
    /// The file of its style.
    pub style: String,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
