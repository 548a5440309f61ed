//! Two services with a schema and a user each: neither touches the other's tables or messages.

use crate::support::{MakeTable, insert, message};
use domain::Timestamp;
use ledger::{Ledger, Right, Schema, SchemaState, Table, common_tables, outbox, processed, purge};
use ledger_testkit::{Own, Raw, on_every_server, patient};
use uuid::Uuid;

on_every_server!(
    ledger_testkit::Own;
    two_services_on_one_server_have_their_own_tables_and_messages,
    a_service_migrates_beside_common_tables_that_it_does_not_own,
);

const POSTGRES: &str = include_str!("../../../../deploy/sql/postgres.sql");
const MYSQL: &str = include_str!("../../../../deploy/sql/mysql.sql");
/// Later than every moment at which a test runs.
const LATER: Timestamp = Timestamp(253_402_300_799_000);
const OWN_RIGHTS: &[Right] = &[Right::Select, Right::Insert];

static ALPHA: Schema = Schema {
    name: "alpha_service",
    file: "alpha_service.sqlite",
    topics: &["alpha.events"],
    migrations: |database| vec![Box::new(MakeTable("alphas")), common_tables(database)],
    tables: &[Table { name: "alphas", rights: OWN_RIGHTS }],
};

static BETA: Schema = Schema {
    name: "beta_service",
    file: "beta_service.sqlite",
    topics: &["beta.events"],
    migrations: |database| vec![Box::new(MakeTable("betas")), common_tables(database)],
    tables: &[Table { name: "betas", rights: OWN_RIGHTS }],
};

/// The service's user in `deploy/sql`, with the schema's name.
fn user_of(schema: &Schema) -> String {
    schema.name.replace("_service", "_svc_user")
}

/// The URL of a user in the database of a service.
fn url(own: &Own, user: &str, schema: &Schema) -> String {
    let (scheme, database) = if own.engine.is_postgres() { ("postgres", "ticketing") } else { ("mysql", schema.name) };
    format!("{scheme}://{user}:change-me@127.0.0.1:{}/{database}", own.port())
}

async fn connect(own: &Own, user: &str, schema: &'static Schema) -> Ledger {
    Ledger::connect(&url(own, user, schema), schema, patient()).await.expect("connects")
}

async fn run_as_administrator(own: &Own, sql: &str) {
    let database = if own.engine.is_postgres() { "ticketing" } else { "mysql" };
    let raw = Raw::to(&own.administrator(database), own.engine, &ALPHA).await;
    raw.run(sql).await.expect("the administrator may");
}

/// Splits the documented file into the part for all services and the block of one service.
fn parts_of_file(own: &Own) -> (&'static str, &'static str) {
    let file = if own.engine.is_postgres() { POSTGRES } else { MYSQL };
    let (shared, rest) = file.split_once("-- Service:").expect("a block");
    let (_, block) = rest.split_once('\n').expect("lines");
    (shared, block.split_once("-- End of service").expect("an end").0)
}

/// Runs the block of a service with the names of `schema`.
async fn add_service(own: &Own, schema: &Schema) {
    let (_, block) = parts_of_file(own);
    let block = block.replace("coupon_service", schema.name).replace("coupon_svc_user", &user_of(schema));
    run_as_administrator(own, &block).await;
}

/// Gives the service's user the rights that its schema lists, as `deploy/sql/*-rights.sql` does after a migration.
async fn grant_rights(own: &Own, schema: &Schema) {
    let user = if own.engine.is_postgres() { user_of(schema) } else { format!("'{}'@'%'", user_of(schema)) };
    let mut lines = vec![format!("GRANT SELECT ON {}.seaql_migrations TO {user}", schema.name)];
    lines.extend(schema.all_tables().map(|table| {
        let rights: Vec<String> = table.rights.iter().map(ToString::to_string).collect();
        let container = if schema.tables.contains(table) { schema.name } else { "common" };
        format!("GRANT {} ON {container}.{} TO {user}", rights.join(", "), table.name)
    }));
    run_as_administrator(own, &lines.join("; ")).await;
}

async fn prepare(own: &Own) {
    if own.engine.is_postgres() {
        own.execute("CREATE DATABASE ticketing");
    }
    run_as_administrator(own, parts_of_file(own).0).await;
}

/// Stores a row of the service, a message, and the record of a processed message, in one change.
async fn write(ledger: &Ledger, table: &'static str, topic: &str, id: u128) {
    let change = ledger.begin().await.expect("begins");
    insert(&change, table, "first").await.expect("stored");
    outbox::append(&change, topic, &message(id)).await.expect("written");
    let recorded = processed::record(&change, &format!("{table}-group"), &[&message(7)]).await.expect("recorded");
    assert_eq!(recorded.len(), 1, "each service processes the same message once");
    change.commit().await.expect("commits");
}

async fn waiting(ledger: &Ledger) -> Vec<Uuid> {
    outbox::next(ledger, 10).await.expect("read").iter().map(|waiting| waiting.envelope.event_id).collect()
}

/// Publishes the messages of one service and purges everything that is old: the other's message still waits.
async fn publish_and_purge(one: &Ledger, other: &Ledger) {
    assert_eq!((waiting(one).await, waiting(other).await), (vec![Uuid::from_u128(1)], vec![Uuid::from_u128(2)]));
    let sequence = outbox::next(one, 10).await.expect("read")[0].sequence;
    outbox::mark_published(one, &[sequence]).await.expect("marked");
    assert_eq!((waiting(one).await, waiting(other).await), (vec![], vec![Uuid::from_u128(2)]));
    assert_eq!(purge::once(one, LATER).await.expect("purged").0, 1, "published messages only");
    assert_eq!(waiting(other).await, [Uuid::from_u128(2)]);
}

async fn two_services_on_one_server_have_their_own_tables_and_messages(own: Own) {
    prepare(&own).await;
    add_service(&own, &ALPHA).await;
    connect(&own, "onsale_migrate", &ALPHA).await.migrate().await.expect("migrates");
    grant_rights(&own, &ALPHA).await;
    // The second service comes when the common tables exist.
    add_service(&own, &BETA).await;
    // One URL is enough for every schema.
    let url_of_beta = BETA.url_beside(&url(&own, "onsale_migrate", &ALPHA), [&ALPHA, &BETA]);
    let migrator = Ledger::connect(&url_of_beta, &BETA, patient()).await.expect("connects");
    assert!(matches!(migrator.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 3));
    migrator.migrate().await.expect("migrates");
    grant_rights(&own, &BETA).await;
    let beta = connect(&own, &user_of(&BETA), &BETA).await;
    let alpha = connect(&own, &user_of(&ALPHA), &ALPHA).await;
    assert_eq!((alpha.is_migrated().await, beta.is_migrated().await), (Ok(true), Ok(true)));
    write(&alpha, "alphas", "alpha.events", 1).await;
    write(&beta, "betas", "beta.events", 2).await;
    publish_and_purge(&alpha, &beta).await;
    for (schema, other, table) in [(&ALPHA, &BETA, "beta_service.betas"), (&BETA, &ALPHA, "alpha_service.alphas")] {
        neither_reads_nor_writes(&own, schema, other, table).await;
    }
}

/// The user of `schema` is refused every statement about a table of `other`.
async fn neither_reads_nor_writes(own: &Own, schema: &Schema, other: &Schema, table: &str) {
    let raw = Raw::to(&url(own, &user_of(schema), schema), own.engine, schema).await;
    assert_eq!(raw.numbers("SELECT count(*) FROM common.outbox_events").await, [1], "the common tables are shared");
    for statement in [
        format!("SELECT * FROM {table}"),
        format!("INSERT INTO {table} (name) VALUES ('second')"),
        format!("UPDATE {table} SET name = 'other'"),
        format!("DELETE FROM {table}"),
        format!("DROP TABLE {table}"),
        format!("SELECT * FROM {}.seaql_migrations", other.name),
        format!("CREATE TABLE {}.more (n INT)", schema.name),
        "DROP TABLE common.outbox_events".to_owned(),
    ] {
        let refused = raw.run(&statement).await.expect_err(&statement).to_lowercase();
        assert!(["denied", "must be owner"].iter().any(|word| refused.contains(word)), "{statement}: {refused}");
    }
}

/// A user that owns its schema but only reads and writes rows of the common tables.
async fn a_service_migrates_beside_common_tables_that_it_does_not_own(own: Own) {
    prepare(&own).await;
    add_service(&own, &ALPHA).await;
    connect(&own, "onsale_migrate", &ALPHA).await.migrate().await.expect("migrates");
    run_as_administrator(
        &own,
        if own.engine.is_postgres() {
            "CREATE USER beta_owner PASSWORD 'change-me'; GRANT CONNECT ON DATABASE ticketing TO beta_owner; \
             CREATE SCHEMA beta_service AUTHORIZATION beta_owner; GRANT USAGE ON SCHEMA common TO beta_owner; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA common TO beta_owner"
        } else {
            "CREATE USER beta_owner@'%' IDENTIFIED BY 'change-me'; GRANT ALL ON beta_service.* TO beta_owner@'%'; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON common.* TO beta_owner@'%'"
        },
    )
    .await;
    let beta = connect(&own, "beta_owner", &BETA).await;
    beta.migrate().await.expect("migrates");
    assert_eq!(beta.is_migrated().await, Ok(true));
    write(&beta, "betas", "beta.events", 2).await;
    assert_eq!(waiting(&beta).await, [Uuid::from_u128(2)]);
}

#[tokio::test]
async fn two_services_in_one_folder_have_a_file_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = async |schema: &'static Schema| {
        Ledger::connect(&schema.embedded_url(folder.path()), schema, patient()).await.expect("connects")
    };
    let (alpha, beta) = (open(&ALPHA).await, open(&BETA).await);
    alpha.migrate().await.expect("migrates");
    assert!(matches!(beta.schema_state().await, Ok(SchemaState::Behind(missing)) if missing.len() == 4));
    beta.migrate().await.expect("migrates");
    write(&alpha, "alphas", "alpha.events", 1).await;
    write(&beta, "betas", "beta.events", 2).await;
    publish_and_purge(&alpha, &beta).await;
    let change = alpha.begin().await.expect("begins");
    insert(&change, "betas", "second").await.expect_err("no such table in this file");
    for schema in [&ALPHA, &BETA] {
        assert!(folder.path().join(schema.file).exists());
    }
}
