//! What a database says of itself, for `onsale doctor`: whether it can keep rows.

use crate::connect::Ledger;
use crate::error::LedgerError;
use crate::migrations::SchemaState;
use crate::place::COMMON_SCHEMA;
use crate::queries::processed;
use domain::Timestamp;
use domain::message::{Envelope, event_type};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;
use std::time::Instant;
use uuid::Uuid;

/// Who writes the row that is taken back at once.
const WRITER: &str = "onsale-doctor";
/// Our tables, of the service and of all services.
const TABLES: &str = "'events','stock_grants','coupons','user_coupons','api_keys','outbox_events','processed_events'";

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

impl Engine {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }
}

/// A database's account of itself.
#[derive(Clone, Debug)]
pub struct LedgerSurvey {
    /// Which it is.
    pub engine: Engine,
    /// Its version, as it writes it.
    pub version: String,
    /// Whether it takes no writes: a replica, or told so.
    pub is_read_only: bool,
    /// Encoding of the database.
    pub encoding: String,
    /// Our tables that are not as they were made, with what they are: of another encoding, another order of names, or
    /// another storage engine.
    pub altered_tables: Vec<String>,
    /// The settings that promises depend on. PostgreSQL: `fsync`, `full_page_writes`, `synchronous_commit`. MySQL and
    /// MariaDB: `innodb_flush_log_at_trx_commit`, `sync_binlog` where there is a binary log.
    pub settings: BTreeMap<&'static str, String>,
    /// How far its clock is ahead of ours, in milliseconds; half of the round trip is the error. SQLite has none.
    pub clock_ahead_ms: Option<i64>,
    /// How its tables stand to this program.
    pub schema: SchemaState,
    /// Why a row could not be written; it was taken back at once. Tried only when the tables are up to date.
    pub write_refused: Option<String>,
}

const POSTGRES: &str = "SELECT current_setting('server_version'), current_setting('server_encoding'), \
    (pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on')::text, current_setting('fsync'), \
    current_setting('full_page_writes'), current_setting('synchronous_commit'), \
    round(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text";
const MYSQL: &str = "SELECT CAST(VERSION() AS CHAR), CAST(@@character_set_database AS CHAR), \
    CAST(@@global.read_only AS CHAR), CAST(@@global.innodb_flush_log_at_trx_commit AS CHAR), \
    CAST(@@global.log_bin AS CHAR), CAST(@@global.sync_binlog AS CHAR), \
    CAST(CAST(ROUND(UNIX_TIMESTAMP(SYSDATE(6)) * 1000) AS SIGNED) AS CHAR)";

impl Ledger {
    /// Asks the database how it stands, and writes a row that it takes back.
    ///
    /// # Errors
    /// [`LedgerError`] when it can not be asked. That it can not be written is no error: see
    /// [`LedgerSurvey::write_refused`].
    pub async fn survey(&self) -> Result<LedgerSurvey, LedgerError> {
        let mut survey = match self.place().backend {
            DbBackend::Postgres => self.survey_postgres().await?,
            DbBackend::MySql => self.survey_mysql().await?,
            _ => self.survey_sqlite().await?,
        };
        if survey.schema == SchemaState::Current {
            survey.write_refused = self.write_and_take_back().await.err().map(|error| error.to_string());
        }
        Ok(survey)
    }

    async fn survey_sqlite(&self) -> Result<LedgerSurvey, LedgerError> {
        let row = self.row("SELECT sqlite_version()").await?;
        self.account(Engine::Sqlite, row.text(0)?).await
    }

    async fn survey_postgres(&self) -> Result<LedgerSurvey, LedgerError> {
        let row = self.row(POSTGRES).await?;
        Ok(LedgerSurvey {
            encoding: row.text(1)?,
            is_read_only: row.text(2)? == "true",
            settings: BTreeMap::from([
                ("fsync", row.text(3)?),
                ("full_page_writes", row.text(4)?),
                ("synchronous_commit", row.text(5)?),
            ]),
            clock_ahead_ms: row.clock_ahead_ms(6)?,
            ..self.account(Engine::Postgres, row.text(0)?).await?
        })
    }

    async fn survey_mysql(&self) -> Result<LedgerSurvey, LedgerError> {
        let row = self.row(MYSQL).await?;
        let version = row.text(0)?;
        let engine = if version.contains("MariaDB") { Engine::MariaDb } else { Engine::MySql };
        let mut settings = BTreeMap::from([("innodb_flush_log_at_trx_commit", row.text(3)?)]);
        if row.text(4)? == "1" {
            settings.insert("sync_binlog", row.text(5)?);
        }
        Ok(LedgerSurvey {
            encoding: row.text(1)?,
            is_read_only: !matches!(row.text(2)?.as_str(), "0" | "OFF"),
            settings,
            clock_ahead_ms: row.clock_ahead_ms(6)?,
            altered_tables: self.altered_tables().await?,
            ..self.account(engine, version).await?
        })
    }

    async fn account(&self, engine: Engine, version: String) -> Result<LedgerSurvey, LedgerError> {
        Ok(LedgerSurvey {
            engine,
            version,
            is_read_only: false,
            encoding: "UTF8".to_owned(),
            altered_tables: Vec::new(),
            settings: BTreeMap::new(),
            clock_ahead_ms: None,
            schema: self.schema_state().await?,
            write_refused: None,
        })
    }

    async fn altered_tables(&self) -> Result<Vec<String>, LedgerError> {
        let common = self.place().common.as_deref().unwrap_or(COMMON_SCHEMA);
        let question = format!(
            "SELECT CAST(CONCAT(table_schema, '.', table_name, ' (', engine, ', ', table_collation, ')') AS CHAR) \
             FROM information_schema.tables WHERE table_schema IN (DATABASE(), ?) AND table_name IN ({TABLES}) \
             AND (engine <> 'InnoDB' OR table_collation <> 'utf8mb4_bin') ORDER BY 1"
        );
        let question = Statement::from_sql_and_values(DbBackend::MySql, question, [common.into()]);
        let rows = self.connection().query_all_raw(question).await?;
        rows.into_iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    async fn row(&self, question: &str) -> Result<Row, LedgerError> {
        let asked = Instant::now();
        let question = Statement::from_string(self.place().backend, question);
        let answer = self.connection().query_one_raw(question).await?;
        let answer = answer.ok_or_else(|| LedgerError::Other("the database says nothing of itself".to_owned()))?;
        let half_way_ms = asked.elapsed().as_millis() as i64 / 2;
        Ok(Row { answer, heard_at_ms: clock::now().millis() - half_way_ms })
    }

    async fn write_and_take_back(&self) -> Result<(), LedgerError> {
        let change = self.begin().await?;
        let kind = event_type::STOCK_EXHAUSTED;
        let envelope = Envelope::about_campaign(
            Uuid::new_v4(),
            kind,
            WRITER.to_owned(),
            Timestamp(clock::now().millis()),
            None,
            &(),
        );
        processed::record(&change, WRITER, &[&envelope]).await.map(drop)
    }
}

/// An answer, and when it was true.
struct Row {
    answer: QueryResult,
    heard_at_ms: i64,
}

impl Row {
    fn text(&self, column: usize) -> Result<String, LedgerError> {
        Ok(self.answer.try_get_by_index(column)?)
    }

    fn clock_ahead_ms(&self, column: usize) -> Result<Option<i64>, LedgerError> {
        let told = self.text(column)?.parse::<i64>().map_err(|error| LedgerError::damaged(&error.to_string()))?;
        Ok(Some(told - self.heard_at_ms))
    }
}
