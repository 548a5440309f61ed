//! Halls (table `halls`). The rows of deleted ones stay, since events refer to them.

use super::entities::hall::{ActiveModel, Column, Entity, Model};
use super::{count, number};
use crate::model::Hall;
use domain::catalog::SeatTemplate;
use domain::{HallId, VenueId};
use ledger::moment::{now, read, stored};
use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

fn live() -> Select<Entity> {
    Entity::find().filter(Column::Live.eq(1))
}

/// A template as text.
///
/// # Errors
/// [`LedgerError`].
pub(crate) fn written(template: &SeatTemplate) -> Result<String, LedgerError> {
    serde_json::to_string(template).map_err(|_| LedgerError::damaged("a seat template"))
}

/// Reads a template back.
///
/// # Errors
/// [`LedgerError`].
pub(crate) fn template(text: &str) -> Result<SeatTemplate, LedgerError> {
    serde_json::from_str(text).map_err(|_| LedgerError::damaged("a seat template"))
}

/// Stores a new hall.
///
/// # Errors
/// [`LedgerError::Conflict`] when the venue has a hall of this name.
pub async fn insert(change: &Transaction, hall: &Hall) -> Result<(), LedgerError> {
    let row = ActiveModel {
        id: Set(hall.id.get().into()),
        venue_id: Set(hall.venue.get().into()),
        name: Set(hall.name.clone()),
        capacity: Set(number(hall.capacity)?),
        seat_template: Set(written(&hall.template)?),
        live: Set(Some(1)),
        created_at: Set(stored(hall.created_at)),
        updated_at: Set(stored(hall.updated_at)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Stores another name, capacity, template.
///
/// # Errors
/// As [`insert`].
pub async fn update(change: &Transaction, hall: &Hall) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(hall.name.as_str()))
        .col_expr(Column::Capacity, Expr::value(number(hall.capacity)?))
        .col_expr(Column::SeatTemplate, Expr::value(written(&hall.template)?))
        .col_expr(Column::UpdatedAt, Expr::value(stored(hall.updated_at)))
        .filter(Column::Id.eq(hall.id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Marks a hall as deleted.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete(change: &Transaction, id: HallId) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Live, Expr::value(Option::<i16>::None))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Id.eq(id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// A hall, if it is there.
///
/// # Errors
/// [`LedgerError`].
pub async fn get<C: ConnectionTrait>(connection: &C, id: HallId) -> Result<Option<Hall>, LedgerError> {
    live().filter(Column::Id.eq(id.get())).one(connection).await?.map(from_row).transpose()
}

/// As [`get`], locked until the change ends: nobody deletes it meanwhile, or makes events of it.
///
/// # Errors
/// [`LedgerError`].
pub async fn locked(change: &Transaction, id: HallId) -> Result<Option<Hall>, LedgerError> {
    let row = live().filter(Column::Id.eq(id.get())).lock_exclusive().one(change.connection()).await?;
    row.map(from_row).transpose()
}

/// Whether the venue has another hall of this name than `but`.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_name_taken(change: &Transaction, venue: VenueId, name: &str, but: HallId) -> Result<bool, LedgerError> {
    let others = live().filter(Column::VenueId.eq(venue.get())).filter(Column::Name.eq(name));
    let others = others.filter(Column::Id.ne(but.get())).count(change.connection()).await?;
    Ok(others > 0)
}

/// The id and name of a hall, of a deleted one too: an event keeps its hall.
///
/// # Errors
/// [`LedgerError`].
pub async fn name_of<C: ConnectionTrait>(connection: &C, id: HallId) -> Result<Option<String>, LedgerError> {
    let name = Entity::find().select_only().column(Column::Name).filter(Column::Id.eq(id.get()));
    Ok(name.into_tuple().one(connection).await?)
}

/// A hall without its template, which may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: HallId,
    /// The name.
    pub name: String,
    /// Seats at most.
    pub capacity: u32,
    /// When it was made.
    pub created_at: domain::Timestamp,
}

/// A page of the halls of a venue, newest first, and the number of all.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_venue<C: ConnectionTrait>(
    connection: &C,
    venue: VenueId,
    before: u64,
    size: u64,
) -> Result<(Vec<Named>, u64), LedgerError> {
    let fitting = live().filter(Column::VenueId.eq(venue.get()));
    let total = fitting.clone().count(connection).await?;
    let rows: Vec<(StoredId, String, i32, sea_orm::prelude::DateTimeUtc)> = fitting
        .select_only()
        .columns([Column::Id, Column::Name, Column::Capacity, Column::CreatedAt])
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .offset(before)
        .limit(size)
        .into_tuple()
        .all(connection)
        .await?;
    let named = |(StoredId(id), name, capacity, created_at)| {
        Ok(Named { id: HallId(id), name, capacity: count(capacity, "a capacity")?, created_at: read(created_at) })
    };
    Ok((rows.into_iter().map(named).collect::<Result<_, LedgerError>>()?, total))
}

fn from_row(row: Model) -> Result<Hall, LedgerError> {
    let Model { id, venue_id, name, capacity, seat_template, live: _, created_at, updated_at } = row;
    Ok(Hall {
        id: HallId(id.0),
        venue: VenueId(venue_id.0),
        name,
        capacity: count(capacity, "a capacity")?,
        template: template(&seat_template)?,
        created_at: read(created_at),
        updated_at: read(updated_at),
    })
}
