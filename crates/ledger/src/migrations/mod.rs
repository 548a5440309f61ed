//! Makes and updates the tables of a schema, and compares them with the migrations of this program.

mod lock;
mod m20261205_000001_texts;
pub(crate) mod schemas;

use crate::common;
use crate::connect::Ledger;
use crate::database::Database;
use crate::error::{LedgerError, is_missing_database};
use lock::MigrationLock;
use sea_orm::{DbBackend, EntityTrait};
use sea_orm_migration::MigratorTraitSelf;
use sea_orm_migration::prelude::*;
use sea_orm_migration::seaql_migrations;
use std::collections::BTreeSet;
use std::fmt;

/// The tables of a database compared with the migrations of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// All migrations of this program have run, and no others.
    Current,
    /// These migrations have not run yet; on a new database all of them.
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

struct Migrator(Database);

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        all_migrations(&self.0)
    }
}

/// All migrations of a schema: its own and those of the common tables, and on SQLite the one that rewrites rows of all of them,
/// which comes after every column.
fn all_migrations(database: &Database) -> Vec<Box<dyn MigrationTrait>> {
    let mut all = common::migrations(database);
    if database.backend == DbBackend::Sqlite {
        all.push(Box::new(m20261205_000001_texts::Migration));
    }
    all
}

/// Brings the tables up to date; refuses a database that is ahead of this program.
pub(crate) async fn migrate(ledger: &Ledger) -> Result<(), LedgerError> {
    // Most often there is nothing to do, and the rights to read and write rows are enough.
    if is_current(ledger.schema_state().await?)? {
        return Ok(());
    }
    match ledger.database().backend {
        DbBackend::MySql => migrate_under_lock(ledger).await,
        _ => migrate_in_transaction(ledger).await,
    }
}

/// Whether nothing is to be done; refuses a database that is ahead of this program.
pub(crate) fn is_current(state: SchemaState) -> Result<bool, LedgerError> {
    match state {
        SchemaState::Current => Ok(true),
        SchemaState::Behind(_) => Ok(false),
        newer @ SchemaState::Newer(_) => Err(LedgerError::Schema(newer.to_string())),
    }
}

/// PostgreSQL and SQLite make tables in a transaction: all or nothing. A second program waits for its end; SQLite has
/// one writer anyway.
async fn migrate_in_transaction(ledger: &Ledger) -> Result<(), LedgerError> {
    let change = ledger.begin().await?;
    if ledger.database().backend == DbBackend::Postgres {
        lock::acquire_on_postgres(&change).await?;
        schemas::make(&change).await?;
    }
    let database = ledger.database();
    if !is_current(state(database, &change.connection().inner).await?)? {
        let up = Migrator(database.clone()).up(&change.connection().inner, None).await;
        up.map_err(|error| schemas::explain(database, error))?;
    }
    change.commit().await
}

/// MySQL ends a transaction at each statement about tables, so a separate lock excludes other programs. Every
/// statement of a migration may be repeated.
async fn migrate_under_lock(ledger: &Ledger) -> Result<(), LedgerError> {
    let database = ledger.database();
    let mut lock = MigrationLock::acquire(database).await?;
    schemas::make_databases(&mut lock, database).await?;
    if !is_current(state(database, ledger.pool()).await?)? {
        let up = Migrator(database.clone()).up(ledger.pool(), None).await;
        up.map_err(|error| schemas::explain(database, error))?;
    }
    lock.release().await;
    Ok(())
}

/// Compares the migrations that have run with those of this program.
pub(crate) async fn state<'c>(
    database: &Database,
    connection: impl IntoSchemaManagerConnection<'c>,
) -> Result<SchemaState, LedgerError> {
    let steps = Migrator(database.clone()).migrations();
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
