//! PostgreSQL and MariaDB: start, answer, die, come back with what was committed.

use crate::{Kit, MariaDb, Postgres, PostgresVersion, available};

fn postgres_keeps_what_was_committed(version: PostgresVersion, number: &str) {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(server) = available(Postgres::start(&kit, version)) else { return };
    assert!(server.execute("show server_version").expect("answers").starts_with(number));
    server.execute("create table t as select 7 as kept").expect("made");
    server.kill().expect("killed");
    server.execute("select 1").expect_err("it does not run");
    server.restart().expect("starts");
    assert_eq!(server.execute("select kept from t").expect("answers"), "7");
    let url = server.fresh_database("orders").expect("made");
    let other = server.fresh_database("orders").expect("made");
    assert_ne!(url, other);
    assert!(url.starts_with("postgres://orders_") && url.contains(&format!("@127.0.0.1:{}/orders_", server.port())));
    server.fresh_database("x; drop table t").expect_err("no name");
    let plain = server.execute("select count(*) from pg_roles where rolname like 'orders%' and not rolsuper");
    assert_eq!(plain.expect("answers"), "2");
}

#[test]
fn postgres_15_keeps_what_was_committed() {
    postgres_keeps_what_was_committed(PostgresVersion::V15, "15.");
}

#[test]
fn postgres_18_keeps_what_was_committed() {
    postgres_keeps_what_was_committed(PostgresVersion::V18, "18.");
}

#[test]
fn mariadb_keeps_what_was_committed() {
    let Some(kit) = available(Kit::temporary()) else { return };
    let Some(server) = available(MariaDb::start(&kit)) else { return };
    server.execute("create database d; create table d.t (kept int) engine=innodb").expect("made");
    server.execute("insert into d.t values (7)").expect("written");
    server.kill().expect("killed");
    server.execute("select 1").expect_err("it does not run");
    server.restart().expect("starts");
    assert_eq!(server.execute("select kept from d.t").expect("answers"), "7");
    let url = server.fresh_database("orders").expect("made");
    assert!(url.starts_with("mysql://orders_") && url.contains(&format!("@127.0.0.1:{}/orders_", server.port())));
    server.stall().expect("stalled");
    server.resume().expect("resumed");
    server.execute("select 1").expect("answers");
}
