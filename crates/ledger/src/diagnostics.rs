//! The state of a database for `onsale doctor`: its settings, its tables, and whether it can store a row.

use crate::change::Transaction;
use crate::common::processed;
use crate::connect::Ledger;
use crate::database::COMMON_SCHEMA;
use crate::error::{LedgerError, lacks_values};
use crate::migrations::SchemaState;
use domain::message::{Envelope, Metadata, VERSION};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;
use std::time::Instant;
use uuid::Uuid;

/// The consumer of the trial row, which is undone at once.
const TRIAL_CONSUMER: &str = "onsale-doctor";

/// The product.
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

/// The state of a database.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    /// The product.
    pub engine: Engine,
    /// Its version, as it writes it.
    pub version: String,
    /// Whether it refuses writes, as a replica does.
    pub is_read_only: bool,
    /// Encoding of the database.
    pub encoding: String,
    /// Tables of the schema that differ from how they were made: of another encoding, another order of names, or another
    /// storage engine. Each with its present values.
    pub altered_tables: Vec<String>,
    /// The settings that promises depend on. PostgreSQL: `fsync`, `full_page_writes`, `synchronous_commit`. MySQL and
    /// MariaDB: `innodb_flush_log_at_trx_commit`, `sync_binlog` where there is a binary log.
    pub settings: BTreeMap<&'static str, String>,
    /// How far its clock is ahead of this machine's, in milliseconds, with half of the round trip as the error. None for
    /// SQLite.
    pub clock_ahead_ms: Option<i64>,
    /// Its tables compared with this program's.
    pub schema: SchemaState,
    /// Why the trial row was refused; none when it was stored, and undone at once. Tried only when the tables are up to
    /// date.
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
    /// Reads the state of the database, and writes a trial row that it undoes.
    ///
    /// # Errors
    /// [`LedgerError`] when the state cannot be read. A refused trial row is no error: see
    /// [`Diagnostics::write_refused`].
    pub async fn diagnose(&self) -> Result<Diagnostics, LedgerError> {
        let mut diagnostics = match self.database().backend {
            DbBackend::Postgres => self.diagnose_postgres().await?,
            DbBackend::MySql => self.diagnose_mysql().await?,
            _ => self.diagnose_sqlite().await?,
        };
        if diagnostics.schema == SchemaState::Current {
            diagnostics.write_refused = self.write_and_undo().await.err().map(|error| error.to_string());
        }
        Ok(diagnostics)
    }

    async fn diagnose_sqlite(&self) -> Result<Diagnostics, LedgerError> {
        let row = self.row("SELECT sqlite_version()").await?;
        self.base(Engine::Sqlite, row.text(0)?).await
    }

    async fn diagnose_postgres(&self) -> Result<Diagnostics, LedgerError> {
        let row = self.row(POSTGRES).await?;
        Ok(Diagnostics {
            encoding: row.text(1)?,
            is_read_only: row.text(2)? == "true",
            settings: BTreeMap::from([
                ("fsync", row.text(3)?),
                ("full_page_writes", row.text(4)?),
                ("synchronous_commit", row.text(5)?),
            ]),
            clock_ahead_ms: row.clock_ahead_ms(6)?,
            ..self.base(Engine::Postgres, row.text(0)?).await?
        })
    }

    async fn diagnose_mysql(&self) -> Result<Diagnostics, LedgerError> {
        let row = self.row(MYSQL).await?;
        let version = row.text(0)?;
        let engine = if version.contains("MariaDB") { Engine::MariaDb } else { Engine::MySql };
        let mut settings = BTreeMap::from([("innodb_flush_log_at_trx_commit", row.text(3)?)]);
        if row.text(4)? == "1" {
            settings.insert("sync_binlog", row.text(5)?);
        }
        Ok(Diagnostics {
            encoding: row.text(1)?,
            is_read_only: !matches!(row.text(2)?.as_str(), "0" | "OFF"),
            settings,
            clock_ahead_ms: row.clock_ahead_ms(6)?,
            altered_tables: self.altered_tables().await?,
            ..self.base(engine, version).await?
        })
    }

    async fn base(&self, engine: Engine, version: String) -> Result<Diagnostics, LedgerError> {
        Ok(Diagnostics {
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
        let common = self.database().common.as_deref().unwrap_or(COMMON_SCHEMA);
        let tables: Vec<String> =
            self.database().schema.all_tables().map(|table| format!("'{}'", table.name)).collect();
        let tables = tables.join(",");
        let question = format!(
            "SELECT CAST(CONCAT(table_schema, '.', table_name, ' (', engine, ', ', table_collation, ')') AS CHAR) \
             FROM information_schema.tables WHERE table_schema IN (DATABASE(), ?) AND table_name IN ({tables}) \
             AND (engine <> 'InnoDB' OR table_collation <> 'utf8mb4_bin') ORDER BY 1"
        );
        let question = Statement::from_sql_and_values(DbBackend::MySql, question, [common.into()]);
        let rows = self.connection().query_all_raw(question).await?;
        rows.into_iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    async fn row(&self, question: &str) -> Result<Row, LedgerError> {
        let sent_at = Instant::now();
        let question = Statement::from_string(self.database().backend, question);
        let answer = self.connection().query_one_raw(question).await?;
        let answer = answer.ok_or_else(|| LedgerError::Other("the database returns no row about its state".into()))?;
        let half_way_ms = sent_at.elapsed().as_millis() as i64 / 2;
        Ok(Row { answer, true_at_ms: clock::now().millis() - half_way_ms })
    }

    /// Writes a trial row and undoes it: a file of another user, a full disk or a missing right shows at once.
    ///
    /// # Errors
    /// [`LedgerError`] when the row cannot be written; also while tables are missing.
    pub async fn write_and_undo(&self) -> Result<(), LedgerError> {
        let change = self.begin().await?;
        processed::record(&change, TRIAL_CONSUMER, &[&trial_message()]).await.map(drop)
    }

    /// Writes a row, removes it, and has both on the disk: what is only undone never meets a full one. On SQLite every
    /// table is tried before; a server grants rights by table, and its users have those that they need.
    ///
    /// # Errors
    /// [`LedgerError`] when rows cannot be stored.
    pub(crate) async fn write_and_keep(&self) -> Result<(), LedgerError> {
        let change = self.begin().await?;
        if self.database().backend == DbBackend::Sqlite {
            for table in self.database().schema.all_tables() {
                try_table(&change, table.name).await?;
            }
        }
        processed::try_record(&change, TRIAL_CONSUMER, &trial_message()).await?;
        change.commit().await
    }
}

/// Tries an empty row, which is undone. A table that refuses it for what it lacks takes rows; a trigger that refuses comes
/// before that.
async fn try_table(change: &Transaction, table: &str) -> Result<(), LedgerError> {
    let trial = change.savepoint().await?;
    let written = trial.connection().execute_unprepared(&format!("INSERT INTO \"{table}\" DEFAULT VALUES")).await;
    trial.rollback().await?;
    match written {
        Err(error) if !lacks_values(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

fn trial_message() -> Envelope {
    let id = Uuid::new_v4();
    Envelope {
        event_id: id,
        event_type: "Trial".to_owned(),
        aggregate_id: TRIAL_CONSUMER.to_owned(),
        aggregate_type: "Database".to_owned(),
        version: VERSION.to_owned(),
        timestamp: clock::now(),
        metadata: Metadata { correlation_id: id.to_string(), causation_id: None, user_id: None },
        payload: serde_json::Value::Null,
    }
}

/// An answer, and the time of this machine at which it was true.
struct Row {
    answer: QueryResult,
    true_at_ms: i64,
}

impl Row {
    fn text(&self, column: usize) -> Result<String, LedgerError> {
        Ok(self.answer.try_get_by_index(column)?)
    }

    fn clock_ahead_ms(&self, column: usize) -> Result<Option<i64>, LedgerError> {
        let server_ms = self.text(column)?.parse::<i64>().map_err(|error| LedgerError::damaged(&error.to_string()))?;
        Ok(Some(server_ms - self.true_at_ms))
    }
}
