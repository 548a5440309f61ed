//! A second way in, past all of our code: what it is refused, the database itself refuses.

use super::engine::{Engine, Site};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// A connection that knows nothing of the ledger.
pub struct Raw {
    connection: DatabaseConnection,
    engine: Engine,
}

impl Raw {
    pub async fn open(site: &Site) -> Self {
        Self::to(&site.url, site.engine).await
    }

    pub async fn to(url: &str, engine: Engine) -> Self {
        let mut options = ConnectOptions::new(url);
        // One connection, so that what is set for it stays set.
        options.max_connections(1).sqlx_logging(false);
        if engine.is_postgres() {
            options.set_schema_search_path("coupon_service,common");
        }
        if engine == Engine::Sqlite {
            options.map_sqlx_sqlite_opts(|sqlite| sqlite.foreign_keys(true));
        }
        Self { connection: Database::connect(options).await.expect("connects"), engine }
    }

    /// Carries out statements as they stand. How many rows the last one changed, or the database's own words.
    pub async fn run(&self, sql: &str) -> Result<u64, String> {
        let outcome = self.connection.execute_unprepared(sql).await;
        outcome.map(|done| done.rows_affected()).map_err(|refused| refused.to_string())
    }

    /// The first column of every row, a number.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let rows = self.connection.query_all_raw(self.statement(sql)).await.expect("asked");
        let number = |row: &sea_orm::QueryResult| {
            row.try_get_by_index::<i64>(0).or_else(|_| row.try_get_by_index::<i32>(0).map(i64::from))
        };
        rows.iter().map(|row| number(row).expect("a number")).collect()
    }

    /// The first column of every row, a text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.connection.query_all_raw(self.statement(sql)).await.expect("asked");
        rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    fn statement(&self, sql: &str) -> Statement {
        Statement::from_string(self.connection.get_database_backend(), sql)
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }
}
