//! Events (table `events`). The rows of deleted ones stay; only what names them returns them.

use super::entities::event::{ActiveModel, Column, Entity, Model};
use crate::model::Event;
use crate::search::searched;
use domain::catalog::EventState;
use domain::{EventId, HallId, VenueId};
use ledger::moment::{now, read, stored};
use ledger::{LedgerError, StoredId, Transaction};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
};

pub(super) fn live() -> Select<Entity> {
    Entity::find().filter(Column::DeletedAt.is_null())
}

/// Stores a new event.
///
/// # Errors
/// [`LedgerError`].
pub async fn insert(change: &Transaction, event: &Event) -> Result<(), LedgerError> {
    Entity::insert(to_row(event)?).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Stores a changed event, which was locked by [`locked`].
///
/// # Errors
/// [`LedgerError`].
pub async fn update(change: &Transaction, event: &Event) -> Result<(), LedgerError> {
    let row = ActiveModel { id: NotSet, created_at: NotSet, deleted_at: NotSet, ..to_row(event)? };
    Entity::update_many().set(row).filter(Column::Id.eq(event.id.get())).exec(change.connection()).await?;
    Ok(())
}

/// Marks an event as deleted.
///
/// # Errors
/// [`LedgerError`].
pub async fn delete(change: &Transaction, id: EventId) -> Result<(), LedgerError> {
    Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(now()))
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Id.eq(id.get()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// An event, if it is there.
///
/// # Errors
/// [`LedgerError`].
pub async fn get<C: ConnectionTrait>(connection: &C, id: EventId) -> Result<Option<Event>, LedgerError> {
    live().filter(Column::Id.eq(id.get())).one(connection).await?.map(from_row).transpose()
}

/// As [`get`], locked until the change ends.
///
/// # Errors
/// [`LedgerError`].
pub async fn locked(change: &Transaction, id: EventId) -> Result<Option<Event>, LedgerError> {
    let row = live().filter(Column::Id.eq(id.get())).lock_exclusive().one(change.connection()).await?;
    row.map(from_row).transpose()
}

/// Whether there is an event of this venue.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_any_of_venue(change: &Transaction, venue: VenueId) -> Result<bool, LedgerError> {
    Ok(live().filter(Column::VenueId.eq(venue.get())).count(change.connection()).await? > 0)
}

/// Whether there is an event of this hall.
///
/// # Errors
/// [`LedgerError`].
pub async fn is_any_of_hall(change: &Transaction, hall: HallId) -> Result<bool, LedgerError> {
    Ok(live().filter(Column::HallId.eq(hall.get())).count(change.connection()).await? > 0)
}

/// The events in which a venue shows its name, or a hall its.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_place<C: ConnectionTrait>(
    connection: &C,
    venue: VenueId,
    hall: Option<HallId>,
) -> Result<Vec<EventId>, LedgerError> {
    let mut of_place = live().select_only().column(Column::Id).filter(Column::VenueId.eq(venue.get()));
    if let Some(hall) = hall {
        of_place = of_place.filter(Column::HallId.eq(hall.get()));
    }
    let ids: Vec<StoredId> = of_place.into_tuple().all(connection).await?;
    Ok(ids.into_iter().map(|StoredId(id)| EventId(id)).collect())
}

fn to_row(event: &Event) -> Result<ActiveModel, LedgerError> {
    // Every field, so that the compiler asks for a new one.
    let Event {
        id,
        title,
        artist,
        description,
        venue,
        hall,
        state,
        prices,
        starts_at,
        ends_at,
        sale_starts_at,
        revision,
        created_at,
        updated_at,
    } = event.clone();
    Ok(ActiveModel {
        id: Set(id.get().into()),
        search: Set(searched(&format!("{title}\n{artist}"))),
        title: Set(title),
        artist: Set(artist),
        description: Set(description),
        venue_id: Set(venue.get().into()),
        hall_id: Set(hall.get().into()),
        status: Set(state.as_str().to_owned()),
        price_by_grade: Set(serde_json::to_string(&prices).map_err(|_| LedgerError::damaged("prices"))?),
        starts_at: Set(stored(starts_at)),
        ends_at: Set(stored(ends_at)),
        sale_starts_at: Set(stored(sale_starts_at)),
        revision: Set(revision),
        created_at: Set(stored(created_at)),
        updated_at: Set(stored(updated_at)),
        deleted_at: Set(None),
    })
}

pub(super) fn from_row(row: Model) -> Result<Event, LedgerError> {
    Ok(Event {
        id: EventId(row.id.0),
        title: row.title,
        artist: row.artist,
        description: row.description,
        venue: VenueId(row.venue_id.0),
        hall: HallId(row.hall_id.0),
        state: EventState::parse(&row.status).ok_or_else(|| LedgerError::damaged("an event's status"))?,
        prices: serde_json::from_str(&row.price_by_grade).map_err(|_| LedgerError::damaged("prices"))?,
        starts_at: read(row.starts_at),
        ends_at: read(row.ends_at),
        sale_starts_at: read(row.sale_starts_at),
        revision: row.revision,
        created_at: read(row.created_at),
        updated_at: read(row.updated_at),
    })
}
