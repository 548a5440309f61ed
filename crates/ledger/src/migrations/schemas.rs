//! Makes the containers of the tables: schemas on PostgreSQL, databases on MySQL.
//!
//! Only missing ones are made, because a service's own user often may not make any. The query builder knows neither
//! kind, so these statements are written by hand.

use super::lock::MigrationLock;
use crate::change::Transaction;
use crate::database::Database;
use crate::error::{LedgerError, is_denied, lacks_right};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// Makes the two schemas in the database of `change`.
pub(super) async fn make(change: &Transaction) -> Result<(), LedgerError> {
    for schema in change.database().schemas() {
        let question = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
        let question = Statement::from_sql_and_values(DbBackend::Postgres, question, [schema.into()]);
        if change.connection().query_one_raw(question).await?.is_some() {
            continue;
        }
        let line = Statement::from_string(DbBackend::Postgres, format!("CREATE SCHEMA {schema}"));
        change.connection().execute_raw(line).await.map_err(|error| denied_schema(change.database(), schema, error))?;
    }
    Ok(())
}

fn denied_schema(database: &Database, schema: &str, error: DbErr) -> LedgerError {
    if !lacks_right(&error) {
        return error.into();
    }
    let (user, name) = (database.user(), database.name());
    LedgerError::Schema(format!(
        "the user {user} may not make the schema {schema}; as an administrator run in the database {name}: \
         CREATE SCHEMA {schema} AUTHORIZATION \"{user}\"; (deploy/sql/postgres.sql has every line)"
    ))
}

/// Says what to do about a missing PostgreSQL database.
pub(crate) fn missing_database(database: &Database) -> LedgerError {
    let (name, user) = (database.name(), database.user());
    LedgerError::Schema(format!(
        "there is no database {name}; as an administrator run: CREATE DATABASE \"{name}\" OWNER \"{user}\";"
    ))
}

/// Makes the URL's database and the shared one beside it.
pub(super) async fn make_databases(lock: &mut MigrationLock, database: &Database) -> Result<(), LedgerError> {
    for name in database.databases() {
        let question = sqlx::query_scalar("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?");
        if question.bind(name).fetch_one(&mut lock.0).await.map(|count: i64| count > 0)? {
            continue;
        }
        match lock.0.execute(AssertSqlSafe(create_database(name))).await {
            Err(error) if is_denied(&error) => return Err(denied_database(database, name)),
            outcome => outcome?,
        };
    }
    Ok(())
}

/// Without `IF NOT EXISTS`, because the lock is held and the database did not exist.
fn create_database(name: &str) -> String {
    format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", quoted(name))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Says what to do about a MySQL database that this user may neither use nor make.
pub(crate) fn denied_database(database: &Database, name: &str) -> LedgerError {
    let (line, user, name_quoted) = (create_database(name), database.user(), quoted(name));
    LedgerError::Schema(format!(
        "the user {user} may not use or make the database {name}; as an administrator run: \
         {line}; GRANT ALL ON {name_quoted}.* TO '{user}'@'%'; (deploy/sql/mysql.sql has every line)"
    ))
}

/// Says what to do about tables that could not be made.
pub(super) fn explain(database: &Database, error: DbErr) -> LedgerError {
    if !lacks_right(&error) {
        return error.into();
    }
    let file = if database.backend == DbBackend::Postgres { "postgres.sql" } else { "mysql.sql" };
    LedgerError::Schema(format!(
        "the user {} may not make or change tables ({error}); run `onsale migrate` with ledger.url of a user who may \
         (deploy/sql/{file} makes one)",
        database.user()
    ))
}
