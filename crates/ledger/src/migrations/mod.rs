//! Making and updating the tables, and telling whether they are ours.

mod columns;
mod m20261121_000001_coupons;
mod m20261121_000002_messages;
mod m20261121_000003_api_keys;

use crate::error::LedgerError;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
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

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_coupons::Migration),
            Box::new(m20261121_000002_messages::Migration),
            Box::new(m20261121_000003_api_keys::Migration),
        ]
    }
}

/// Brings the tables up to date; refuses a database that is ahead of this program.
pub(crate) async fn migrate(connection: &DatabaseConnection) -> Result<(), LedgerError> {
    make_schemas(connection).await?;
    match state(connection).await? {
        SchemaState::Current => Ok(()),
        newer @ SchemaState::Newer(_) => Err(LedgerError::Schema(newer.to_string())),
        SchemaState::Behind(_) => Ok(Migrator::up(connection, None).await?),
    }
}

/// Compares what was run with what this program knows.
pub(crate) async fn state(connection: &DatabaseConnection) -> Result<SchemaState, LedgerError> {
    let known: BTreeSet<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let run = steps_run(connection).await?;
    let unknown: Vec<String> = run.difference(&known).cloned().collect();
    let missing: Vec<String> = known.difference(&run).cloned().collect();
    Ok(match (unknown.is_empty(), missing.is_empty()) {
        (false, _) => SchemaState::Newer(unknown),
        (true, false) => SchemaState::Behind(missing),
        (true, true) => SchemaState::Current,
    })
}

async fn steps_run(connection: &DatabaseConnection) -> Result<BTreeSet<String>, LedgerError> {
    use sea_orm::EntityTrait;
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let rows = seaql_migrations::Entity::find().all(connection).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// The query builder knows no schemas, so this one statement is written by hand. Only what is missing is
/// made: a service's own user often may not make schemas at all.
async fn make_schemas(connection: &DatabaseConnection) -> Result<(), LedgerError> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for schema in ["coupon_service", columns::COMMON_SCHEMA] {
        let question = Query::select()
            .column("schema_name")
            .from(("information_schema", "schemata"))
            .and_where(Expr::col("schema_name").eq(schema))
            .to_owned();
        if connection.query_one(&question).await?.is_none() {
            let make = Statement::from_string(DbBackend::Postgres, format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
            connection.execute_raw(make).await?;
        }
    }
    Ok(())
}
