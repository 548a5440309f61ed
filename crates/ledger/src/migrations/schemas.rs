//! What the tables stand in: schemas on PostgreSQL, databases on MySQL.
//!
//! Only what is missing is made: a service's own user often may not make any. The query builder knows neither, so
//! these statements are written by hand.

use super::turn::MysqlTurn;
use crate::change::Transaction;
use crate::error::{LedgerError, is_denied, lacks_right};
use crate::place::{COMMON_SCHEMA, OWN_SCHEMA, Place};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// Makes the two schemas in the database of `change`.
pub(super) async fn make(change: &Transaction) -> Result<(), LedgerError> {
    for schema in [OWN_SCHEMA, COMMON_SCHEMA] {
        let question = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
        let question = Statement::from_sql_and_values(DbBackend::Postgres, question, [schema.into()]);
        if change.connection().query_one_raw(question).await?.is_some() {
            continue;
        }
        let line = Statement::from_string(DbBackend::Postgres, format!("CREATE SCHEMA {schema}"));
        change.connection().execute_raw(line).await.map_err(|error| denied_schema(change.place(), schema, error))?;
    }
    Ok(())
}

fn denied_schema(place: &Place, schema: &str, error: DbErr) -> LedgerError {
    if !lacks_right(&error) {
        return error.into();
    }
    let (user, database) = (place.user(), place.name());
    LedgerError::Schema(format!(
        "the user {user} may not make the schema {schema}; as an administrator run in the database {database}: \
         CREATE SCHEMA {schema} AUTHORIZATION \"{user}\"; (deploy/sql/postgres.sql has every line)"
    ))
}

/// What to do about a PostgreSQL database that is not there.
pub(crate) fn missing_database(place: &Place) -> LedgerError {
    let (name, user) = (place.name(), place.user());
    LedgerError::Schema(format!(
        "there is no database {name}; as an administrator run: CREATE DATABASE \"{name}\" OWNER \"{user}\";"
    ))
}

/// Makes the url's database and the shared one beside it.
pub(super) async fn make_databases(turn: &mut MysqlTurn, place: &Place) -> Result<(), LedgerError> {
    for name in [place.database.as_deref(), place.common.as_deref()].into_iter().flatten() {
        let question = sqlx::query_scalar("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?");
        if question.bind(name).fetch_one(&mut turn.0).await.map(|count: i64| count > 0)? {
            continue;
        }
        match turn.0.execute(AssertSqlSafe(create_database(name))).await {
            Err(error) if is_denied(&error) => return Err(denied_database(place, name)),
            outcome => outcome?,
        };
    }
    Ok(())
}

/// Without `IF NOT EXISTS`, since it is our turn and it was not there.
fn create_database(name: &str) -> String {
    format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", quoted(name))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// What to do about a MySQL database that this user may neither use nor make.
pub(crate) fn denied_database(place: &Place, name: &str) -> LedgerError {
    let (line, user, database) = (create_database(name), place.user(), quoted(name));
    LedgerError::Schema(format!(
        "the user {user} may not use or make the database {name}; as an administrator run: \
         {line}; GRANT ALL ON {database}.* TO '{user}'@'%'; (deploy/sql/mysql.sql has every line)"
    ))
}

/// What to do about tables that could not be made.
pub(super) fn explain(place: &Place, error: DbErr) -> LedgerError {
    if !lacks_right(&error) {
        return error.into();
    }
    let file = if place.backend == DbBackend::Postgres { "postgres.sql" } else { "mysql.sql" };
    LedgerError::Schema(format!(
        "the user {} may not make or change tables ({error}); run `onsale migrate` with ledger.url of a user who may \
         (deploy/sql/{file} makes one)",
        place.user()
    ))
}
