//! How far consumer groups have read (amendments, hole 8): written with the effect of what they have read, so that a database that
//! is put back to an older copy hears again what it has lost, wherever the broker's own count stands. Where a group begins it notes
//! before the first message ([`begin`]): a copy from before that message knows where to go back to, too.
//!
//! A place may be behind: the program of an earlier version, beside this one during an upgrade, notes none. What is heard
//! again then is known by its record ([`processed`](crate::processed)), which is kept for longer than any topic keeps its messages.

mod m20261206_000001_places;
mod row;

use crate::change::Transaction;
use crate::connect::Ledger;
use crate::error::LedgerError;
use crate::moment::now;
use crate::schema::{Right, Table};
use domain::message::Place;
use row::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sea_orm_migration::MigrationTrait;

/// The places of a service's consumer groups.
pub const TABLE: Table = Table { name: "consumer_places", rights: &[Right::Select, Right::Insert, Right::Update] };

/// The migration that makes the table, for the list of [`Schema::migrations`](crate::Schema::migrations). A schema lists
/// [`TABLE`], too.
pub fn place_table() -> Box<dyn MigrationTrait> {
    Box::new(m20261206_000001_places::Migration)
}

/// The places of a group.
///
/// # Errors
/// [`LedgerError`].
pub async fn of_group(ledger: &Ledger, group: &str) -> Result<Vec<Place>, LedgerError> {
    let rows = Entity::find().filter(Column::Consumer.eq(group)).all(ledger.connection()).await?;
    let place = |row: Model| Place { topic: row.topic, partition: row.partition_no, next_offset: row.next_offset };
    Ok(rows.into_iter().map(place).collect())
}

/// Notes where a group begins in the partitions of which it has no place: at the broker's count. Places that stand never change.
/// Returns all places of the group.
///
/// # Errors
/// [`LedgerError`]: nothing was noted, or that is unknown; the call can safely be repeated.
pub async fn begin(ledger: &Ledger, group: &str, counted: &[Place]) -> Result<Vec<Place>, LedgerError> {
    let standing = of_group(ledger, group).await?;
    let stands = |one: &Place| standing.iter().any(|it| it.topic == one.topic && it.partition == one.partition);
    let mut missing: Vec<&Place> = counted.iter().filter(|one| !stands(one)).collect();
    if missing.is_empty() {
        return Ok(standing);
    }
    // In one order, so that two members never wait for each other in a circle.
    missing.sort();
    ledger.change(|change| note_first(change, group, &missing)).await?;
    // Another member may have noted one of them meanwhile: what stands counts.
    of_group(ledger, group).await
}

async fn note_first(change: Transaction, group: &str, places: &[&Place]) -> Result<(), LedgerError> {
    for place in places {
        insert(&change, group, place).await?;
    }
    change.commit().await
}

/// Notes places alone: of messages that had no effect. A place never goes back.
///
/// # Errors
/// [`LedgerError`]: nothing was noted, or that is unknown; the call can safely be repeated.
pub async fn pass(ledger: &Ledger, group: &str, places: &[Place]) -> Result<(), LedgerError> {
    let pass = async |change: Transaction| {
        note(&change, group, places).await?;
        change.commit().await
    };
    ledger.change(pass).await
}

/// Notes places with the effect of what was read. A place never goes back.
///
/// # Errors
/// [`LedgerError`].
pub async fn note(change: &Transaction, group: &str, places: &[Place]) -> Result<(), LedgerError> {
    for place in places {
        // Most often the place is there and goes on: one statement.
        if !go_on(change, group, place).await? {
            insert(change, group, place).await?;
        }
    }
    Ok(())
}

/// Returns whether there was a place before this one.
async fn go_on(change: &Transaction, group: &str, place: &Place) -> Result<bool, LedgerError> {
    let gone_on = Entity::update_many()
        .col_expr(Column::NextOffset, Expr::value(place.next_offset))
        .col_expr(Column::UpdatedAt, Expr::value(now()))
        .filter(Column::Consumer.eq(group))
        .filter(Column::Topic.eq(place.topic.as_str()))
        .filter(Column::PartitionNo.eq(place.partition))
        .filter(Column::NextOffset.lt(place.next_offset))
        .exec(change.connection())
        .await?;
    Ok(gone_on.rows_affected > 0)
}

/// Notes the first place in a partition. One that stands further stays, and so does one that another member of the group has
/// just noted: a place may be behind.
async fn insert(change: &Transaction, group: &str, place: &Place) -> Result<(), LedgerError> {
    let row = ActiveModel {
        consumer: Set(group.to_owned()),
        topic: Set(place.topic.clone()),
        partition_no: Set(place.partition),
        next_offset: Set(place.next_offset),
        updated_at: Set(now()),
    };
    let key = [Column::Consumer, Column::Topic, Column::PartitionNo];
    let once = OnConflict::columns(key).do_nothing_on(key).to_owned();
    Entity::insert(row).on_conflict(once).exec_without_returning(change.connection()).await?;
    Ok(())
}
