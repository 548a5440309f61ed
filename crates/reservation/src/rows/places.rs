//! How far consumer groups have read (hole 8): written with the effect of what they have read, so that a database that is put back
//! to an older copy reads again what it has lost, wherever the broker's own count stands.

use super::entities::consumer_place::{ActiveModel, Column, Entity};
use bus::Place;
use domain::Timestamp;
use ledger::moment::stored;
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

/// The places of a group.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_group(ledger: &Ledger, group: &str) -> Result<Vec<Place>, LedgerError> {
    let rows = Entity::find().filter(Column::Consumer.eq(group)).all(ledger.connection()).await?;
    let place = |row: super::entities::consumer_place::Model| Place {
        topic: row.topic,
        partition: row.partition_no,
        next_offset: row.next_offset,
    };
    Ok(rows.into_iter().map(place).collect())
}

/// Notes places with the effect of what was read. A place never goes back.
///
/// # Errors
/// [`LedgerError`].
pub async fn note(change: &Transaction, group: &str, places: &[Place], now: Timestamp) -> Result<(), LedgerError> {
    for place in places {
        let is_place = || {
            Condition::all()
                .add(Column::Consumer.eq(group))
                .add(Column::Topic.eq(place.topic.as_str()))
                .add(Column::PartitionNo.eq(place.partition))
        };
        let row = ActiveModel {
            consumer: Set(group.to_owned()),
            topic: Set(place.topic.clone()),
            partition_no: Set(place.partition),
            next_offset: Set(place.next_offset),
            updated_at: Set(stored(now)),
        };
        let key = [Column::Consumer, Column::Topic, Column::PartitionNo];
        let once = OnConflict::columns(key).do_nothing_on(key).to_owned();
        Entity::insert(row).on_conflict(once).exec_without_returning(change.connection()).await?;
        Entity::update_many()
            .col_expr(Column::NextOffset, Expr::value(place.next_offset))
            .col_expr(Column::UpdatedAt, Expr::value(stored(now)))
            .filter(is_place())
            .filter(Column::NextOffset.lt(place.next_offset))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}
