//! The pool of connections: its size, its time limits, and the settings of a new connection.

use crate::connect::LedgerOptions;
use crate::database::{Database, bare_host};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{ConnectOptions, DbBackend};
use std::io;
use std::time::Duration;

/// SQLite has one writer; the others only read.
const SQLITE_CONNECTIONS: u32 = 4;
/// A connection is closed when it was unused for so long.
const IDLE_LIFE: Duration = Duration::from_secs(60);
/// A connection is replaced after so long, so that a pool follows a change of address or of grants.
const CONNECTION_LIFE: Duration = Duration::from_secs(1_800);
/// MySQL ends a connection that is silent for so long, and with it the locks of a program that is gone. Longer than
/// [`IDLE_LIFE`], so that the pool never uses an ended connection.
const MYSQL_SILENCE_SECONDS: u64 = 120;
/// PostgreSQL ends a transaction whose program is silent for this long.
const POSTGRES_SILENCE: Duration = Duration::from_secs(60);
/// Longest wait for a returned connection to prove alive.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);

/// The options of the pool.
pub(crate) fn options(database: &Database, limits: LedgerOptions) -> ConnectOptions {
    let sqlite = database.backend == DbBackend::Sqlite;
    let most = if sqlite { limits.max_connections.min(SQLITE_CONNECTIONS) } else { limits.max_connections };
    let mut connect = database.connect_options();
    connect
        .max_connections(most.max(1))
        .connect_timeout(limits.acquire_timeout)
        .acquire_timeout(limits.acquire_timeout)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    match database.backend {
        DbBackend::Sqlite => sqlite_options(&mut connect, limits),
        DbBackend::Postgres => postgres_options(&mut connect, database, limits),
        _ => mysql_options(&mut connect, limits),
    }
    connect
}

fn sqlite_options(connect: &mut ConnectOptions, limits: LedgerOptions) {
    connect
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(limits.busy_timeout)
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            // When SQLite undoes a transaction by itself (a full disk), the driver still counts it as open: the next
            // transaction on this connection would be a savepoint of nothing, and its commit would store nothing.
            pool.before_acquire(|connection, _| {
                let settled = !connection.is_in_transaction();
                Box::pin(async move { Ok(settled) })
            })
        });
}

/// All settings are start-up parameters, which cost no round trip. A change sees what other changes have committed
/// meanwhile, whatever the database's own default is.
fn postgres_options(connect: &mut ConnectOptions, database: &Database, limits: LedgerOptions) {
    let search_path = database.schemas().join(",");
    let millis = |limit: Duration| limit.as_millis().to_string();
    connect
        .idle_timeout(IDLE_LIFE)
        .max_lifetime(CONNECTION_LIFE)
        .set_application_name("onsale")
        .map_sqlx_postgres_opts(move |postgres| {
            let bare = bare_host(postgres.get_host());
            let postgres = bare.map_or(postgres.clone(), |host| postgres.host(&host));
            postgres.options([
                ("search_path", search_path.clone()),
                ("default_transaction_isolation", "read committed".to_owned()),
                ("statement_timeout", millis(limits.change_timeout)),
                ("lock_timeout", millis(limits.busy_timeout)),
                ("idle_in_transaction_session_timeout", millis(POSTGRES_SILENCE)),
            ])
        })
        .map_sqlx_postgres_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(async move { alive(connection.ping()).await }))
        });
}

/// `STRICT_ALL_TABLES`: a value that does not fit is refused, whatever the server's own default is.
fn mysql_options(connect: &mut ConnectOptions, limits: LedgerOptions) {
    let settings = format!(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
         SET SESSION innodb_lock_wait_timeout = {}, wait_timeout = {}, sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
        limits.busy_timeout.as_secs().max(1),
        MYSQL_SILENCE_SECONDS
    );
    connect.map_sqlx_mysql_opts(|mysql| {
        let bare = bare_host(mysql.get_host());
        bare.map_or(mysql.clone(), |host| mysql.host(&host))
    });
    connect.idle_timeout(IDLE_LIFE).max_lifetime(CONNECTION_LIFE).map_sqlx_mysql_pool_opts(move |pool| {
        let settings = settings.clone();
        pool.after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                sqlx::Executor::execute(connection, sqlx::AssertSqlSafe(settings)).await?;
                Ok(())
            })
        })
        .after_release(|connection, _| Box::pin(async move { alive(connection.ping()).await }))
    });
}

/// A connection that was dropped in the middle of a statement to a silent server would wait for the answer when it is
/// returned, and occupy its slot in the pool meanwhile.
async fn alive(ping: impl Future<Output = Result<(), sqlx::Error>>) -> Result<bool, sqlx::Error> {
    let timed_out = || sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
    tokio::time::timeout(RETURN_TIMEOUT, ping).await.map_err(|_| timed_out())??;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::connect::{Ledger, LedgerOptions};
    use crate::schema::Schema;
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    use std::time::Duration;

    static TOYS: Schema =
        Schema { name: "toy_service", file: "toys.sqlite", topics: &[], migrations: |_| Vec::new(), tables: &[] };

    #[tokio::test]
    async fn every_connection_to_a_file_flushes_and_checks_foreign_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = LedgerOptions { busy_timeout: Duration::from_millis(4_321), ..LedgerOptions::default() };
        let ledger = Ledger::connect(&TOYS.embedded_url(folder.path()), &TOYS, options).await.expect("connects");
        let ask = async |pragma: &str| {
            let question = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
            ledger.connection().query_one_raw(question).await.expect("queried").expect("answered")
        };
        let mode: String = ask("journal_mode").await.try_get_by_index(0).expect("text");
        assert_eq!(mode, "wal");
        for (pragma, wanted) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 4_321)] {
            let value: i32 = ask(pragma).await.try_get_by_index(0).expect("a number");
            assert_eq!(value, wanted, "{pragma}");
        }
    }

    /// A closed port of the loopback address refuses; a host in brackets could not even be looked up.
    #[tokio::test]
    async fn databases_are_reached_by_their_ipv6_addresses() {
        for url in ["postgres://u:p@[::1]:1/db", "mysql://u:p@[::1]:1/toy_service"] {
            let options = LedgerOptions { acquire_timeout: Duration::from_millis(500), ..LedgerOptions::default() };
            let refused = Ledger::connect(url, &TOYS, options).await.expect_err("nobody listens").to_string();
            assert!(!refused.contains("lookup") && !refused.contains("resolve"), "{refused}");
        }
    }

    /// SQLite undoes a change by itself when a commit meets a full disk.
    #[tokio::test]
    async fn changes_after_one_that_the_database_undid_are_stored() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = TOYS.embedded_url(folder.path());
        let options = LedgerOptions { max_connections: 1, ..LedgerOptions::default() };
        let ledger = Ledger::connect(&url, &TOYS, options).await.expect("connects");
        let sqlite = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
        ledger.connection().execute_raw(sqlite("CREATE TABLE things (name TEXT)")).await.expect("made");
        let change = ledger.begin().await.expect("begun");
        change.connection().execute_raw(sqlite("ROLLBACK")).await.expect("undone behind the driver's back");
        change.commit().await.expect_err("there is nothing to commit");
        drop(ledger.begin().await.expect("begun"));
        for name in ["a", "b"] {
            let change = ledger.begin().await.expect("begun");
            let insert = Statement::from_string(DbBackend::Sqlite, format!("INSERT INTO things VALUES ('{name}')"));
            change.connection().execute_raw(insert).await.expect("there is room again");
            change.commit().await.expect("kept");
        }
        ledger.close().await.expect("closes");
        let ledger = Ledger::connect(&url, &TOYS, options).await.expect("connects");
        let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM things");
        let row = ledger.connection().query_one_raw(count).await.expect("queried").expect("answered");
        assert_eq!(row.try_get_by_index::<i64>(0).expect("a number"), 2);
    }
}
