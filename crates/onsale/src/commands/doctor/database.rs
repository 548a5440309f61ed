//! Checks of a database server.

use super::clocks::Clock;
use super::finding::{Finding, numbers};
use crate::config::Config;
use crate::wiring::{ContextSchema, Trust};
use ledger::{Diagnostics, Engine, LedgerError, SchemaState};

const POSTGRES_MIN: [u32; 1] = [14];
const MARIADB_MIN: [u32; 2] = [10, 6];
/// The first version that enforces CHECK constraints.
const MYSQL_MIN: [u32; 3] = [8, 0, 16];

/// Runs all checks of a schema on its database server, and reads the server's clock.
pub(super) async fn examine(config: &Config, schema: &ContextSchema) -> (Vec<Finding>, Vec<Clock>) {
    let diagnostics = async { schema.connect(config).await?.diagnose().await };
    let (findings, clocks) = match diagnostics.await {
        Ok(diagnostics) => {
            let clock = |ahead_ms| Clock { server: diagnostics.engine.name().to_owned(), ahead_ms };
            (judge(&diagnostics), diagnostics.clock_ahead_ms.map(clock).into_iter().collect())
        }
        Err(LedgerError::Schema(text)) => {
            (vec![Finding::wrong("database", text, "follow the line above, or set ledger.url")], Vec::new())
        }
        Err(error) => {
            let away = "start it, or set ledger.url; to create a missing database, run `onsale migrate` (MySQL, MariaDB) \
                          or createdb (PostgreSQL)";
            let change = Trust::Ledger.change(&error.to_string()).unwrap_or_else(|| away.to_owned());
            (vec![Finding::wrong("database", error.to_string(), change)], Vec::new())
        }
    };
    (findings.into_iter().map(|finding| finding.of(schema.tables.name)).collect(), clocks)
}

fn judge(diagnostics: &Diagnostics) -> Vec<Finding> {
    let mut findings =
        vec![Finding::ok("database", "answers"), version(diagnostics), tables(diagnostics), read_only(diagnostics)];
    findings.extend(write(diagnostics));
    findings.extend([encoding(diagnostics), durable(diagnostics)]);
    findings.extend(binlog(diagnostics));
    findings
}

fn version(diagnostics: &Diagnostics) -> Finding {
    let least = match diagnostics.engine {
        Engine::Postgres => POSTGRES_MIN.to_vec(),
        Engine::MariaDb => MARIADB_MIN.to_vec(),
        Engine::MySql => MYSQL_MIN.to_vec(),
        Engine::Sqlite => Vec::new(),
    };
    let detail = format!("{} {}", diagnostics.engine.name(), diagnostics.version);
    if numbers(&diagnostics.version) < least {
        let least = least.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let change = format!("install {} {least} or later", diagnostics.engine.name());
        return Finding::wrong("database-version", detail, change);
    }
    Finding::ok("database-version", detail)
}

fn tables(diagnostics: &Diagnostics) -> Finding {
    let name = "database-tables";
    match &diagnostics.schema {
        SchemaState::Current => Finding::ok(name, "the tables are up to date"),
        state @ SchemaState::Behind(_) => Finding::wrong(name, state.to_string(), "run `onsale migrate`"),
        state @ SchemaState::Newer(_) => {
            Finding::wrong(name, state.to_string(), "install that version of Onsale, or set ledger.url")
        }
    }
}

fn read_only(diagnostics: &Diagnostics) -> Finding {
    let name = "database-read-only";
    if diagnostics.is_read_only {
        let change = match diagnostics.engine {
            Engine::Postgres => {
                "name the primary in ledger.url; if this is the primary: \
                 ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()"
            }
            _ => "name the primary in ledger.url; if this is the primary: SET GLOBAL read_only = 0",
        };
        return Finding::wrong(name, "it takes no writes: it is a replica, or set to read-only", change);
    }
    Finding::ok(name, "it accepts writes")
}

/// Returns `None` when no write was tried.
fn write(diagnostics: &Diagnostics) -> Option<Finding> {
    let name = "database-write";
    if diagnostics.schema != SchemaState::Current {
        return None;
    }
    Some(match &diagnostics.write_refused {
        None => Finding::ok(name, "a row can be written (the test was rolled back)"),
        Some(why) => Finding::wrong(
            name,
            format!("a row cannot be written: {why}"),
            "give this user its rights on the tables (deploy/sql, the file with -rights), or free disk space",
        ),
    })
}

fn encoding(diagnostics: &Diagnostics) -> Finding {
    let name = "database-encoding";
    if diagnostics.engine == Engine::Postgres && diagnostics.encoding != "UTF8" {
        let detail = format!("the encoding of the database is {}, not UTF8", diagnostics.encoding);
        return Finding::wrong(name, detail, "createdb --encoding UTF8 --template template0 NAME, and set ledger.url");
    }
    if let Some(first) = diagnostics.altered_tables.first() {
        let table = first.split(' ').next().unwrap_or_default();
        let detail = format!(
            "{}: encoding or engine changed; Kim and kim may count as one user",
            diagnostics.altered_tables.join(", ")
        );
        let change =
            format!("ALTER TABLE {table} ENGINE = InnoDB, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        return Finding::wrong(name, detail, change);
    }
    Finding::ok(name, "names are stored in Unicode and compared exactly")
}

/// A committed row must survive a power failure, because its message counts as processed.
fn durable(diagnostics: &Diagnostics) -> Finding {
    let wrong = |setting: &str, value: &str, change: &str| {
        let detail = format!("{setting} is {value}: committed rows may be lost in a power failure");
        Finding::wrong("database-durable", detail, change)
    };
    for (setting, value) in &diagnostics.settings {
        match (*setting, value.as_str()) {
            ("fsync", "off") => {
                return wrong(setting, value, "\"fsync = on\" in postgresql.conf; then SELECT pg_reload_conf()");
            }
            ("full_page_writes", "off") => {
                let change = "\"full_page_writes = on\" in postgresql.conf; then SELECT pg_reload_conf()";
                return wrong(setting, value, change);
            }
            ("synchronous_commit", "off") => {
                let change = "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf() \
                              (and remove other settings of it for this role or database)";
                return wrong(setting, value, change);
            }
            ("innodb_flush_log_at_trx_commit", value) if value != "1" => {
                let change = "SET GLOBAL innodb_flush_log_at_trx_commit = 1, \
                              and \"innodb_flush_log_at_trx_commit = 1\" under [mysqld] in my.cnf";
                return wrong(setting, value, change);
            }
            _ => {}
        }
    }
    Finding::ok("database-durable", "a commit waits for the disk")
}

/// Returns `None` where there is no binary log.
fn binlog(diagnostics: &Diagnostics) -> Option<Finding> {
    let name = "database-binlog";
    Some(match diagnostics.settings.get("sync_binlog")?.as_str() {
        "1" => Finding::ok(name, "the binary log is flushed with each commit"),
        value => Finding::warning(
            name,
            format!("sync_binlog is {value}: after a power failure a replica may lack rows"),
            "SET GLOBAL sync_binlog = 1, and \"sync_binlog = 1\" under [mysqld] in my.cnf",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn diagnostics(engine: Engine, version: &str) -> Diagnostics {
        Diagnostics {
            engine,
            version: version.to_owned(),
            is_read_only: false,
            encoding: "UTF8".into(),
            altered_tables: Vec::new(),
            settings: Default::default(),
            clock_ahead_ms: None,
            schema: SchemaState::Current,
            write_refused: None,
        }
    }

    #[test]
    fn old_versions_are_refused() {
        for (engine, old, new) in [
            (Engine::Postgres, "13.22", "14.0"),
            (Engine::MariaDb, "10.5.29-MariaDB", "10.6.0-MariaDB"),
            (Engine::MySql, "8.0.15", "8.4.0"),
        ] {
            assert_eq!(version(&diagnostics(engine, old)).severity, Severity::Wrong, "{old}");
            assert_eq!(version(&diagnostics(engine, new)).severity, Severity::Ok, "{new}");
        }
    }

    #[test]
    fn every_setting_that_loses_rows_is_wrong() {
        for (setting, bad, good) in [
            ("fsync", "off", "on"),
            ("full_page_writes", "off", "on"),
            ("synchronous_commit", "off", "local"),
            ("innodb_flush_log_at_trx_commit", "2", "1"),
        ] {
            let mut diagnostics = diagnostics(Engine::Postgres, "15.1");
            diagnostics.settings.insert(setting, good.into());
            assert_eq!(durable(&diagnostics).severity, Severity::Ok, "{setting}");
            diagnostics.settings.insert(setting, bad.into());
            assert_eq!(durable(&diagnostics).severity, Severity::Wrong, "{setting}");
        }
        let mut diagnostics = diagnostics(Engine::MySql, "8.4.0");
        assert_eq!(binlog(&diagnostics), None);
        diagnostics.settings.insert("sync_binlog", "0".into());
        assert_eq!(binlog(&diagnostics).expect("a log").severity, Severity::Warning);
    }

    #[test]
    fn a_failed_write_is_wrong_and_is_not_reported_while_tables_are_missing() {
        let mut diagnostics = diagnostics(Engine::Postgres, "15.1");
        diagnostics.write_refused = Some("no room".into());
        assert_eq!(write(&diagnostics).expect("tried").severity, Severity::Wrong);
        diagnostics.schema = SchemaState::Behind(vec!["all".into()]);
        assert_eq!((write(&diagnostics), tables(&diagnostics).severity), (None, Severity::Wrong));
    }
}
