//! A connection without the ledger's code, so that each refusal is the database's own.

use crate::site::{Engine, Site};
use ledger::Schema;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// A plain connection in the schema of a service.
#[derive(Debug)]
pub struct Raw {
    connection: DatabaseConnection,
    engine: Engine,
}

impl Raw {
    /// Connects to a site.
    pub async fn open(site: &Site, schema: &Schema) -> Self {
        Self::to(&site.url, site.engine, schema).await
    }

    /// Connects to a URL.
    pub async fn to(url: &str, engine: Engine, schema: &Schema) -> Self {
        let mut options = ConnectOptions::new(url);
        // One connection, so that its settings stay.
        options.max_connections(1).sqlx_logging(false);
        if engine.is_postgres() {
            options.set_schema_search_path(format!("{},common", schema.name));
        }
        if engine == Engine::Sqlite {
            options.map_sqlx_sqlite_opts(|sqlite| sqlite.foreign_keys(true));
        }
        Self { connection: Database::connect(options).await.expect("connects"), engine }
    }

    /// Runs statements unchanged. Returns the number of rows that the last one changed, or the database's own error text.
    pub async fn run(&self, sql: &str) -> Result<u64, String> {
        let outcome = self.connection.execute_unprepared(sql).await;
        outcome.map(|done| done.rows_affected()).map_err(|refused| refused.to_string())
    }

    /// The first column of every row, a number.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let rows = self.connection.query_all_raw(self.statement(sql)).await.expect("queried");
        let number = |row: &sea_orm::QueryResult| {
            row.try_get_by_index::<i64>(0).or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from))
        };
        rows.iter().map(|row| number(row).expect("a number")).collect()
    }

    /// The first column of every row, a text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.connection.query_all_raw(self.statement(sql)).await.expect("queried");
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(self.connection.get_database_backend(), sql)
    }

    /// The kind of database.
    pub fn engine(&self) -> Engine {
        self.engine
    }
}
