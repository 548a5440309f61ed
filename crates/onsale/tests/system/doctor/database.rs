//! Databases whose settings lose rows.

use crate::doctor::patient::{Patient, Report};
use testkit::onsale::onsale;
use testkit::{Kit, MariaDb, Postgres, PostgresVersion, available};

const ALL: [&str; 8] = [
    "database",
    "database-version",
    "database-tables",
    "database-read-only",
    "database-write",
    "database-encoding",
    "database-durable",
    "clocks",
];

/// The databases of the contexts beside coupon's, which on MariaDB are databases of their own.
const BESIDE: [(&str, &str); 4] = [
    ("ONSALE__LEDGER__USER__URL", "doctor_people"),
    ("ONSALE__LEDGER__CATALOG__URL", "doctor_shows"),
    ("ONSALE__LEDGER__RESERVATION__URL", "doctor_seats"),
    ("ONSALE__LEDGER__PAYMENT__URL", "doctor_money"),
];

/// The settings of this URL.
fn settings(url: &str) -> Vec<(&'static str, String)> {
    let mut settings = vec![("ONSALE__LEDGER__URL", url.to_owned())];
    if let Some((server, _)) = url.rsplit_once('/').filter(|_| url.starts_with("mysql:")) {
        settings.extend(BESIDE.map(|(variable, name)| (variable, format!("{server}/{name}"))));
    }
    settings
}

fn ask(url: &str) -> Report {
    let settings = settings(url);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Patient::new(&settings).ask(&[])
}

fn migrate(url: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = onsale(folder.path(), &["migrate"]).envs(settings(url)).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.lines().any(|line| line == "coupon_service: the tables are up to date"), "{shown}");
}

#[test]
fn postgres_is_checked() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(server) = available(Postgres::start(&kit, PostgresVersion::V15)) else { return };
    let tell = |statement: &str| server.execute(statement).expect("carried out");
    let url = server.fresh_database("doctor").expect("a database");
    let report = ask(&url);
    report.says("database-tables", "wrong", "coupon_service: the tables lack", "onsale migrate");
    assert!(report.check("database-write").is_none());
    migrate(&url);
    let report = ask(&url);
    report.is_well();
    report.is_ok(&ALL);
    report.says("database-version", "ok", "PostgreSQL 15", "");

    for (setting, bad, good, line) in [
        ("fsync", "off", "on", "\"fsync = on\" in postgresql.conf"),
        ("full_page_writes", "off", "on", "\"full_page_writes = on\" in postgresql.conf"),
        ("synchronous_commit", "off", "on", "ALTER SYSTEM SET synchronous_commit = on"),
    ] {
        tell(&format!("alter system set {setting} = {bad}"));
        tell("select pg_reload_conf()");
        seen(&url, "database-durable", "wrong").says("database-durable", "wrong", setting, line);
        tell(&format!("alter system set {setting} = {good}"));
        tell("select pg_reload_conf()");
        seen(&url, "database-durable", "ok");
    }

    let database = url.rsplit('/').next().expect("a name");
    tell(&format!("alter database {database} set default_transaction_read_only = on"));
    let report = ask(&url);
    report.says("database-read-only", "wrong", "takes no writes", "name the primary");
    report.says("database-write", "wrong", "read-only", "rights on the tables");
    tell(&format!("alter database {database} reset default_transaction_read_only"));
    ask(&url).is_well();

    tell("create database narrow encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0");
    ask(&server.url("narrow")).says("database-encoding", "wrong", "SQL_ASCII", "--encoding UTF8");
    let nobody = format!("postgres://nobody:nobody@127.0.0.1:{}/{database}", server.port());
    ask(&nobody).says("database", "wrong", "cannot be reached", "ledger.url");
}

/// Repeats the check until a changed setting is visible.
#[track_caller]
fn seen(url: &str, name: &str, verdict: &str) -> Report {
    let look = || {
        let report = ask(url);
        let check = report.check(name).cloned().unwrap_or_default();
        if check["verdict"] == verdict { Ok(report) } else { Err(check.to_string()) }
    };
    testkit::until(name, testkit::onsale::PATIENCE, look).expect("seen")
}

#[test]
fn mariadb_is_checked() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(server) = available(MariaDb::start(&kit)) else { return };
    let tell = |statement: &str| server.execute(statement).expect("carried out");
    let url = server.fresh_database("doctor").expect("a database");
    let user = url.rsplit('/').next().expect("a name");
    for (_, name) in BESIDE {
        tell(&format!("create database {name}; grant all on {name}.* to {user}@'127.0.0.1'"));
    }
    ask(&url).says("database-tables", "wrong", "the tables lack", "onsale migrate");
    migrate(&url);
    let report = ask(&url);
    report.is_well();
    report.is_ok(&ALL);
    report.says("database-version", "ok", "MariaDB 10", "");

    tell("set global innodb_flush_log_at_trx_commit = 2");
    let line = "SET GLOBAL innodb_flush_log_at_trx_commit = 1";
    ask(&url).says("database-durable", "wrong", "innodb_flush_log_at_trx_commit is 2", line);
    tell("set global innodb_flush_log_at_trx_commit = 1");

    tell("set global read_only = 1");
    let report = ask(&url);
    report.says("database-read-only", "wrong", "takes no writes", "SET GLOBAL read_only = 0");
    report.says("database-write", "wrong", "cannot be written", "rights on the tables");
    tell("set global read_only = 0");

    let (name, user) = (url.rsplit('/').next().expect("a name"), "doctor_reader");
    tell(&format!("create user {user}@'127.0.0.1' identified by 'x'; grant select on {name}.* to {user}@'127.0.0.1'"));
    let reader = format!("mysql://{user}:x@127.0.0.1:{}/{name}", server.port());
    ask(&reader).says("database-write", "wrong", "denied", "rights on the tables");

    ask(&url).is_well();
    tell(&format!("alter table {name}.api_keys convert to character set latin1"));
    ask(&url).says("database-encoding", "wrong", "api_keys (InnoDB, latin1", "COLLATE utf8mb4_bin");
}
