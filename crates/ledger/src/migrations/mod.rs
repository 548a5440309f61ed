//! Making and updating the tables, and telling whether they are ours.

mod columns;
mod m20261121_000001_coupons;
mod m20261121_000002_messages;
mod m20261121_000003_api_keys;
pub(crate) mod schemas;
mod turn;

use crate::connect::Ledger;
use crate::error::{LedgerError, is_missing_database};
use crate::place::Place;
use sea_orm::{DbBackend, EntityTrait};
use sea_orm_migration::MigratorTraitSelf;
use sea_orm_migration::prelude::*;
use sea_orm_migration::seaql_migrations;
use std::collections::BTreeSet;
use std::fmt;

/// How the tables of a database stand to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// Exactly this program's.
    Current,
    /// These migrations are still to be run; a new database has them all before it.
    Behind(Vec<String>),
    /// A newer or another program ran these migrations, which this one does not know.
    Newer(Vec<String>),
}

impl fmt::Display for SchemaState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => write!(out, "the tables are up to date"),
            Self::Behind(missing) => write!(out, "the tables lack {}; run `onsale migrate`", missing.join(", ")),
            Self::Newer(unknown) => write!(
                out,
                "the database is of a newer or another program (it has {}, unknown here); \
                 use that version of Onsale, or another database",
                unknown.join(", ")
            ),
        }
    }
}

struct Migrator(Place);

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_coupons::Migration),
            Box::new(m20261121_000002_messages::Migration(self.0.clone())),
            Box::new(m20261121_000003_api_keys::Migration),
        ]
    }
}

/// Brings the tables up to date; refuses a database that is ahead of this program.
pub(crate) async fn migrate(ledger: &Ledger) -> Result<(), LedgerError> {
    // Most often there is nothing to do, and nothing to wait for: a user who may only read and write rows is enough.
    if is_current(ledger.schema_state().await?)? {
        return Ok(());
    }
    match ledger.place().backend {
        DbBackend::MySql => migrate_in_turn(ledger).await,
        _ => migrate_in_one_change(ledger).await,
    }
}

fn is_current(state: SchemaState) -> Result<bool, LedgerError> {
    match state {
        SchemaState::Current => Ok(true),
        SchemaState::Behind(_) => Ok(false),
        newer @ SchemaState::Newer(_) => Err(LedgerError::Schema(newer.to_string())),
    }
}

/// Where tables are made in transactions: all or nothing, and whoever comes second waits for the first one's end.
/// SQLite has one writer anyway.
async fn migrate_in_one_change(ledger: &Ledger) -> Result<(), LedgerError> {
    let change = ledger.begin().await?;
    if ledger.place().backend == DbBackend::Postgres {
        turn::wait_on_postgres(&change).await?;
        schemas::make(&change).await?;
    }
    let place = ledger.place();
    if !is_current(state(place, &change.connection().inner).await?)? {
        let up = Migrator(place.clone()).up(&change.connection().inner, None).await;
        up.map_err(|error| schemas::explain(place, error))?;
    }
    change.commit().await
}

/// MySQL ends a transaction at each statement about tables; each of them may be run again.
async fn migrate_in_turn(ledger: &Ledger) -> Result<(), LedgerError> {
    let place = ledger.place();
    let mut turn = turn::MysqlTurn::wait(place).await?;
    schemas::make_databases(&mut turn, place).await?;
    if !is_current(state(place, ledger.pool()).await?)? {
        let up = Migrator(place.clone()).up(ledger.pool(), None).await;
        up.map_err(|error| schemas::explain(place, error))?;
    }
    turn.end().await;
    Ok(())
}

/// Compares what was run with what this program knows.
pub(crate) async fn state<'c>(
    place: &Place,
    connection: impl IntoSchemaManagerConnection<'c>,
) -> Result<SchemaState, LedgerError> {
    let steps = Migrator(place.clone()).migrations();
    let known: BTreeSet<String> = steps.iter().map(|step| step.name().to_owned()).collect();
    let run = match steps_run(connection.into_database_executor()).await {
        Err(error) if is_missing_database(&error) => BTreeSet::new(),
        run => run?,
    };
    let unknown: Vec<String> = run.difference(&known).cloned().collect();
    let missing: Vec<String> = known.difference(&run).cloned().collect();
    Ok(match (unknown.is_empty(), missing.is_empty()) {
        (false, _) => SchemaState::Newer(unknown),
        (true, false) => SchemaState::Behind(missing),
        (true, true) => SchemaState::Current,
    })
}

async fn steps_run(connection: SchemaManagerConnection<'_>) -> Result<BTreeSet<String>, DbErr> {
    let manager = SchemaManager::new(connection);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let rows = seaql_migrations::Entity::find().all(manager.get_connection()).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
