//! Rights of keys: kind `door`, scopes, networks, end, last use. Keys that were made before keep all rights.

use ledger::columns::{moment, name, table};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::prelude::*;

/// Every scope by name, with room for later ones.
const SCOPES_LENGTH: u32 = 255;
/// See [`super::NETWORKS_MAX`].
const NETWORKS_LENGTH: u32 = 2_000;
/// SHA-256 in hexadecimal.
const HASH_LENGTH: u32 = 64;
/// The checks under new names: one statement takes the old ones away and adds these.
const CHECKS: [(&str, &str, &str); 2] = [
    ("ck_api_keys_kind", "ck_api_keys_kinds", "kind IN ('tenant', 'service', 'admin', 'door')"),
    ("ck_api_keys_name", "ck_api_keys_owner", "kind IN ('admin', 'door') OR name IS NOT NULL"),
];

/// Columns for the rights of keys.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => make_again(manager).await,
            // A second run after a lost connection finds the columns.
            DbBackend::MySql if manager.has_column("api_keys", "scopes").await? => Ok(()),
            _ => alter(manager).await,
        }
    }
}

fn columns(manager: &SchemaManager<'_>) -> [ColumnDef; 5] {
    [
        ColumnDef::new("scopes").string_len(SCOPES_LENGTH).take(),
        ColumnDef::new("networks").string_len(NETWORKS_LENGTH).take(),
        ColumnDef::new("schedule_id").uuid().take(),
        moment(manager, "expires_at"),
        moment(manager, "last_used_at"),
    ]
}

/// One statement: MySQL ends a transaction at each.
async fn alter(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (backend, connection) = (manager.get_database_backend(), manager.get_connection());
    let (moment, uuid) =
        if backend == DbBackend::MySql { ("datetime(6)", "binary(16)") } else { ("timestamp with time zone", "uuid") };
    let is_mariadb = backend == DbBackend::MySql && {
        let version = Statement::from_string(backend, "SELECT VERSION()");
        let row = connection.query_one_raw(version).await?;
        row.and_then(|row| row.try_get_by_index::<String>(0).ok()).is_some_and(|text| text.contains("MariaDB"))
    };
    let drop = if backend == DbBackend::MySql && !is_mariadb { "DROP CHECK" } else { "DROP CONSTRAINT" };
    let mut parts = vec![
        format!("ADD COLUMN scopes varchar({SCOPES_LENGTH})"),
        format!("ADD COLUMN networks varchar({NETWORKS_LENGTH})"),
        format!("ADD COLUMN schedule_id {uuid}"),
        format!("ADD COLUMN expires_at {moment}"),
        format!("ADD COLUMN last_used_at {moment}"),
    ];
    for (old, new, check) in CHECKS {
        parts.push(format!("{drop} {old}"));
        parts.push(format!("ADD CONSTRAINT {new} CHECK ({check})"));
    }
    connection.execute_unprepared(&format!("ALTER TABLE api_keys {}", parts.join(", "))).await?;
    Ok(())
}

/// SQLite changes no check: the table is made again with its rows.
async fn make_again(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut keys = table(manager, "api_keys_with_rights")
        .col(ColumnDef::new("id").uuid().not_null().primary_key())
        .col(ColumnDef::new("kind").string_len(16).not_null())
        .col(name(manager, "name"))
        .col(ColumnDef::new("secret_hash").char_len(HASH_LENGTH).not_null())
        .col(ColumnDef::new("label").string_len(64).not_null())
        .col(moment(manager, "created_at").not_null())
        .col(moment(manager, "revoked_at"))
        .take();
    for mut column in columns(manager) {
        keys.col(&mut column);
    }
    for (_, name, check) in CHECKS {
        keys.check((name, Expr::cust(check)));
    }
    keys.index(Index::create().name("uq_api_keys_secret_hash").col("secret_hash").unique());
    manager.create_table(keys).await?;
    let old = "id, kind, name, secret_hash, label, created_at, revoked_at";
    let connection = manager.get_connection();
    for line in [
        format!("INSERT INTO api_keys_with_rights ({old}) SELECT {old} FROM api_keys"),
        "DROP TABLE api_keys".to_owned(),
        "ALTER TABLE api_keys_with_rights RENAME TO api_keys".to_owned(),
    ] {
        connection.execute_unprepared(&line).await?;
    }
    Ok(())
}
