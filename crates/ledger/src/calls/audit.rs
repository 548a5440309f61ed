//! The audit log of a schema: written with the change, read by administrators, never changed.

use super::audit_row::{ActiveModel, Column, Entity, Model};
use crate::change::Transaction;
use crate::connect::Ledger;
use crate::error::LedgerError;
use crate::moment::{read, stored};
use crate::stored_id::StoredId;
use call::Entry;
use domain::Timestamp;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, SqlErr,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Most entries on one page, and in one call of [`take_over`].
pub const PAGE_MAX: u64 = 500;

/// Which entries: all conditions that are given together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The actor's id.
    pub actor: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// The target.
    pub target: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

impl Filter {
    /// Whether an entry that is in no table fits.
    pub fn fits(&self, entry: &Entry) -> bool {
        let Self { actor, action, target, from, to } = self;
        let is = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        is(actor, &entry.actor_id)
            && is(action, &entry.action)
            && is(target, &entry.target)
            && from.is_none_or(|from| entry.at_ms >= from.millis())
            && to.is_none_or(|to| entry.at_ms < to.millis())
    }
}

/// The ids among these that the table has.
///
/// # Errors
/// [`LedgerError`].
pub async fn known(ledger: &Ledger, ids: &[Uuid]) -> Result<HashSet<Uuid>, LedgerError> {
    let select = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids.to_vec()));
    let known: Vec<StoredId> = select.into_tuple().all(ledger.connection()).await?;
    Ok(known.into_iter().map(Uuid::from).collect())
}

/// Writes an entry with its change.
///
/// # Errors
/// [`LedgerError`].
pub async fn append(change: &Transaction, entry: &Entry) -> Result<(), LedgerError> {
    Entity::insert(to_row(entry)).exec_without_returning(change.connection()).await?;
    Ok(())
}

/// Writes an entry by itself: before a change that no transaction of this schema makes.
///
/// # Errors
/// [`LedgerError`]; the change must not be made then.
pub async fn append_alone(ledger: &Ledger, entry: &Entry) -> Result<(), LedgerError> {
    let append = async |change: Transaction| {
        append(&change, entry).await?;
        change.commit().await
    };
    ledger.change(append).await
}

/// Takes over entries that were kept elsewhere, each once however often it comes; at most [`PAGE_MAX`] at a time.
///
/// # Errors
/// [`LedgerError`]; nothing was stored then.
pub async fn take_over(ledger: &Ledger, entries: &[Entry]) -> Result<(), LedgerError> {
    let take_over = async |change: Transaction| {
        let ids: Vec<Uuid> = entries.iter().map(|entry| entry.id).collect();
        let known: Vec<StoredId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids))
            .into_tuple()
            .all(change.connection())
            .await?;
        let mut known: HashSet<Uuid> = known.into_iter().map(Uuid::from).collect();
        for entry in entries.iter().filter(|entry| known.insert(entry.id)) {
            let insert = Entity::insert(to_row(entry)).exec_without_returning(change.connection());
            insert.await.map_err(|error| match error.sql_err() {
                // Another server has taken it over meanwhile.
                Some(SqlErr::UniqueConstraintViolation(_)) => LedgerError::LostRace(error.into()),
                _ => error.into(),
            })?;
        }
        change.commit().await
    };
    ledger.change(take_over).await
}

/// A page of the entries that fit, newest first, and the number of all that fit. Pages count from 0 and have at most
/// [`PAGE_MAX`] entries.
///
/// # Errors
/// [`LedgerError`].
pub async fn list(ledger: &Ledger, filter: &Filter, page: u64, size: u64) -> Result<(Vec<Entry>, u64), LedgerError> {
    let fitting = Entity::find().filter(condition(filter));
    let total = fitting.clone().count(ledger.connection()).await?;
    let size = size.clamp(1, PAGE_MAX);
    // The databases count in signed 64 bits.
    let before = page.saturating_mul(size).min(i64::MAX as u64);
    let rows = fitting
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .offset(before)
        .limit(size)
        .all(ledger.connection())
        .await?;
    Ok((rows.into_iter().map(from_row).collect(), total))
}

fn condition(filter: &Filter) -> Condition {
    let Filter { actor, action, target, from, to } = filter;
    Condition::all()
        .add_option(actor.as_deref().map(|actor| Column::ActorId.eq(actor)))
        .add_option(action.as_deref().map(|action| Column::Action.eq(action)))
        .add_option(target.as_deref().map(|target| Column::Target.eq(target)))
        .add_option(from.map(|from| Column::At.gte(stored(from))))
        .add_option(to.map(|to| Column::At.lt(stored(to))))
}

fn to_row(entry: &Entry) -> ActiveModel {
    let Entry { id, at_ms, actor_kind, actor_id, action, target, before, after, trace_id, network } = entry.clone();
    ActiveModel {
        id: Set(id.into()),
        at: Set(stored(Timestamp(at_ms))),
        actor_kind: Set(actor_kind),
        actor_id: Set(actor_id),
        action: Set(action),
        target: Set(target),
        before: Set(before),
        after: Set(after),
        trace_id: Set(trace_id),
        network: Set(network),
    }
}

fn from_row(row: Model) -> Entry {
    let Model { id, at, actor_kind, actor_id, action, target, before, after, trace_id, network } = row;
    let at_ms = read(at).millis();
    Entry { id: id.into(), at_ms, actor_kind, actor_id, action, target, before, after, trace_id, network }
}
