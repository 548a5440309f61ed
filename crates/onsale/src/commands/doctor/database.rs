//! The database of rows, where it is a server.

use super::clocks::Clock;
use super::finding::{Finding, numbers};
use crate::config::Config;
use coupon::schema::SCHEMA;
use ledger::{Diagnostics, Engine, Ledger, LedgerError, LedgerOptions, SchemaState};

const POSTGRES_MIN: [u32; 1] = [14];
const MARIADB_MIN: [u32; 2] = [10, 6];
/// The first that looks at CHECK constraints.
const MYSQL_MIN: [u32; 3] = [8, 0, 16];

/// All checks of a database server, and its clock.
pub(super) async fn examine(config: &Config) -> (Vec<Finding>, Vec<Clock>) {
    let survey = async {
        let ledger = Ledger::connect(&config.ledger.url, &SCHEMA, LedgerOptions::default()).await?;
        ledger.diagnose().await
    };
    match survey.await {
        Ok(survey) => {
            let clock = |ahead_ms| Clock { server: survey.engine.name().to_owned(), ahead_ms };
            (judge(&survey), survey.clock_ahead_ms.map(clock).into_iter().collect())
        }
        Err(LedgerError::Schema(text)) => {
            (vec![Finding::wrong("database", text, "the line above; or set ledger.url")], Vec::new())
        }
        Err(error) => {
            let change = "start it, or set ledger.url; a database that is not there yet is made by `onsale migrate` on \
                          MySQL and MariaDB, and by createdb on PostgreSQL";
            (vec![Finding::wrong("database", error.to_string(), change)], Vec::new())
        }
    }
}

fn judge(survey: &Diagnostics) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("database", "answers"), version(survey), tables(survey), read_only(survey)];
    findings.extend(write(survey));
    findings.extend([encoding(survey), durable(survey)]);
    findings.extend(binlog(survey));
    findings
}

fn version(survey: &Diagnostics) -> Finding {
    let least = match survey.engine {
        Engine::Postgres => POSTGRES_MIN.to_vec(),
        Engine::MariaDb => MARIADB_MIN.to_vec(),
        Engine::MySql => MYSQL_MIN.to_vec(),
        Engine::Sqlite => Vec::new(),
    };
    let said = format!("{} {}", survey.engine.name(), survey.version);
    if numbers(&survey.version) < least {
        let least = least.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        let change = format!("install {} {least} or later", survey.engine.name());
        return Finding::wrong("database-version", said, change);
    }
    Finding::ok("database-version", said)
}

fn tables(survey: &Diagnostics) -> Finding {
    let name = "database-tables";
    match &survey.schema {
        SchemaState::Current => Finding::ok(name, "the tables are up to date"),
        state @ SchemaState::Behind(_) => Finding::wrong(name, state.to_string(), "run `onsale migrate`"),
        state @ SchemaState::Newer(_) => {
            Finding::wrong(name, state.to_string(), "install that version of Onsale, or set ledger.url")
        }
    }
}

fn read_only(survey: &Diagnostics) -> Finding {
    let name = "database-read-only";
    if survey.is_read_only {
        let change = match survey.engine {
            Engine::Postgres => {
                "name the primary in ledger.url; if this is it: \
                 ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()"
            }
            _ => "name the primary in ledger.url; if this is it: SET GLOBAL read_only = 0",
        };
        return Finding::wrong(name, "it takes no writes: a replica, or told so", change);
    }
    Finding::ok(name, "it is no replica")
}

/// None when it was not tried.
fn write(survey: &Diagnostics) -> Option<Finding> {
    let name = "database-write";
    if survey.schema != SchemaState::Current {
        return None;
    }
    Some(match &survey.write_refused {
        None => Finding::ok(name, "a row can be written (it was taken back)"),
        Some(why) => Finding::wrong(
            name,
            format!("a row can not be written: {why}"),
            "GRANT SELECT, INSERT, UPDATE, DELETE on the tables to this user (deploy/sql), or make room on its disk",
        ),
    })
}

fn encoding(survey: &Diagnostics) -> Finding {
    let name = "database-encoding";
    if survey.engine == Engine::Postgres && survey.encoding != "UTF8" {
        let said = format!("the database is in {}, not UTF8", survey.encoding);
        return Finding::wrong(name, said, "createdb --encoding UTF8 --template template0 NAME, and set ledger.url");
    }
    if let Some(first) = survey.altered_tables.first() {
        let table = first.split(' ').next().unwrap_or_default();
        let said = format!("{}: not as they were made; Kim and kim may be one user", survey.altered_tables.join(", "));
        let change =
            format!("ALTER TABLE {table} ENGINE = InnoDB, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        return Finding::wrong(name, said, change);
    }
    Finding::ok(name, "names are kept in Unicode, letter for letter")
}

/// A row that was acknowledged must be there after a power cut: its message counts as dealt with.
fn durable(survey: &Diagnostics) -> Finding {
    let wrong = |setting: &str, value: &str, change: &str| {
        let said = format!("{setting} is {value}: a row may be gone after a power cut");
        Finding::wrong("database-durable", said, change)
    };
    for (setting, value) in &survey.settings {
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
                              (and not otherwise for this role or database)";
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

/// None where there is no binary log.
fn binlog(survey: &Diagnostics) -> Option<Finding> {
    let name = "database-binlog";
    Some(match survey.settings.get("sync_binlog")?.as_str() {
        "1" => Finding::ok(name, "the binary log is flushed with each commit"),
        value => Finding::warning(
            name,
            format!("sync_binlog is {value}: after a power cut a replica may lack rows"),
            "SET GLOBAL sync_binlog = 1, and \"sync_binlog = 1\" under [mysqld] in my.cnf",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn survey(engine: Engine, version: &str) -> Diagnostics {
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
            assert_eq!(version(&survey(engine, old)).verdict, Verdict::Wrong, "{old}");
            assert_eq!(version(&survey(engine, new)).verdict, Verdict::Ok, "{new}");
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
            let mut survey = survey(Engine::Postgres, "15.1");
            survey.settings.insert(setting, good.into());
            assert_eq!(durable(&survey).verdict, Verdict::Ok, "{setting}");
            survey.settings.insert(setting, bad.into());
            assert_eq!(durable(&survey).verdict, Verdict::Wrong, "{setting}");
        }
        let mut survey = survey(Engine::MySql, "8.4.0");
        assert_eq!(binlog(&survey), None);
        survey.settings.insert("sync_binlog", "0".into());
        assert_eq!(binlog(&survey).expect("a log").verdict, Verdict::Warning);
    }

    #[test]
    fn a_database_that_can_not_be_written_is_wrong_and_nothing_is_said_of_one_without_tables() {
        let mut survey = survey(Engine::Postgres, "15.1");
        survey.write_refused = Some("no room".into());
        assert_eq!(write(&survey).expect("tried").verdict, Verdict::Wrong);
        survey.schema = SchemaState::Behind(vec!["all".into()]);
        assert_eq!((write(&survey), tables(&survey).verdict), (None, Verdict::Wrong));
    }
}
