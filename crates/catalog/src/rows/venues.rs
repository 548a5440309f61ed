//! Venues (table `venues`). The rows of deleted ones stay, since events refer to them; no query here returns them.

use super::entities::venue::{ActiveModel, Column, Entity, Model};
use super::rows_before;
use crate::model::Venue;
use domain::VenueId;
use ledger::moment::{now, read, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

fn live() -> Select<Entity> {
    Entity::find().filter(Column::Live.eq(1))
}

/// Stores a new venue.
///
/// # Errors
/// [`LedgerError`].
pub async fn insert(change: &Transaction, venue: &Venue) -> Result<(), LedgerError> {
    let row = ActiveModel {
        id: Set(venue.id.get().into()),
        name: Set(venue.name.clone()),
        address: Set(venue.address.clone()),
        city: Set(venue.city.clone()),
        live: Set(Some(1)),
        created_at: Set(stored(venue.created_at)),
        updated_at: Set(stored(venue.updated_at)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Stores another name, address, city.
///
/// # Errors
/// [`LedgerError`].
pub async fn update(change: &Transaction, venue: &Venue) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(venue.name.as_str()))
        .col_expr(Column::Address, Expr::value(venue.address.as_str()))
        .col_expr(Column::City, Expr::value(venue.city.as_str()))
        .col_expr(Column::UpdatedAt, Expr::value(stored(venue.updated_at)))
        .filter(Column::Id.eq(venue.id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Marks a venue as deleted.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete(change: &Transaction, id: VenueId) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::Live, Expr::value(Option::<i16>::None))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Id.eq(id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// A venue, if it is there.
///
/// # Errors
/// [`LedgerError`].
pub async fn get<C: ConnectionTrait>(connection: &C, id: VenueId) -> Result<Option<Venue>, LedgerError> {
    let row = live().filter(Column::Id.eq(id.get())).one(connection).await?;
    Ok(row.map(from_row))
}

/// As [`get`], locked until the change ends: nobody deletes it meanwhile, or makes halls and events of it.
///
/// # Errors
/// [`LedgerError`].
pub async fn locked(change: &Transaction, id: VenueId) -> Result<Option<Venue>, LedgerError> {
    let row = live().filter(Column::Id.eq(id.get())).lock_exclusive().one(change.connection()).await?;
    Ok(row.map(from_row))
}

/// The venues with these ids, deleted ones too: an event keeps its venue.
///
/// # Errors
/// [`LedgerError`].
pub async fn with_ids<C: ConnectionTrait>(connection: &C, ids: &[VenueId]) -> Result<Vec<Venue>, LedgerError> {
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.get()))).all(connection).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// A page of venues, newest first, and the number of all.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger, city: Option<&str>, page: u64, size: u64) -> Result<(Vec<Venue>, u64), LedgerError> {
    let mut fitting = live();
    if let Some(city) = city {
        fitting = fitting.filter(Column::City.eq(city));
    }
    let total = fitting.clone().count(ledger.connection()).await?;
    let rows = fitting
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .offset(rows_before(page, size))
        .limit(size)
        .all(ledger.connection())
        .await?;
    Ok((rows.into_iter().map(from_row).collect(), total))
}

fn from_row(row: Model) -> Venue {
    let Model { id, name, address, city, live: _, created_at, updated_at } = row;
    Venue { id: VenueId(id.0), name, address, city, created_at: read(created_at), updated_at: read(updated_at) }
}
