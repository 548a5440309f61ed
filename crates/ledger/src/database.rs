//! Where the tables stand on each kind of database (`contract.md`, Tables).
//!
//! | | a service's own tables | the tables that all services share |
//! |---|---|---|
//! | SQLite | the service's file | the same file |
//! | PostgreSQL | the schema of [`Schema::name`] | schema `common` of the same database |
//! | MySQL, MariaDB | the database in the URL, usually [`Schema::name`] | the database `common` beside it |
//!
//! On MySQL the name of the shared database follows the URL's: `coupon_service` has `common`, and
//! `staging_coupon_service` has `staging_common`, so that two systems can live on one server. A database of any other
//! name holds both kinds of tables, of one service only.

use crate::error::LedgerError;
use crate::schema::Schema;
use sea_orm::sea_query::{Alias, IntoIden, IntoTableRef, TableRef};
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectOptions, DbBackend};
use std::path::PathBuf;
use std::sync::Arc;

/// The PostgreSQL schema of the tables that all services share.
pub(crate) const COMMON_SCHEMA: &str = "common";

/// The database of a URL, and how the tables of a schema are named there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    /// The tables.
    pub(crate) schema: &'static Schema,
    /// The kind of database.
    pub(crate) backend: DbBackend,
    /// The URL in the one spelling that the driver reads.
    pub(crate) url: Arc<str>,
    /// The database named by the URL; none for SQLite.
    database: Option<Arc<str>>,
    /// The user named by the URL; none for SQLite.
    user: Option<Arc<str>>,
    /// The qualifier of the common tables' names.
    pub(crate) common: Option<Arc<str>>,
}

impl Database {
    /// Reads a URL as in `ledger.url`.
    pub(crate) fn of_url(url: &str, schema: &'static Schema) -> Result<Self, LedgerError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "sqlite" => Ok(Self {
                schema,
                backend: DbBackend::Sqlite,
                url: url.into(),
                database: None,
                user: None,
                common: None,
            }),
            "postgres" | "postgresql" => Self::of_postgres(&format!("postgres:{rest}"), schema),
            "mysql" | "mariadb" => Self::of_mysql(&format!("mysql:{rest}"), schema),
            _ => Err(LedgerError::Schema("the ledger's url must begin with sqlite:, postgres:// or mysql://".into())),
        }
    }

    fn of_postgres(url: &str, schema: &'static Schema) -> Result<Self, LedgerError> {
        let options: PgConnectOptions = url.parse().map_err(unreadable)?;
        let user = options.get_username();
        Ok(Self {
            schema,
            backend: DbBackend::Postgres,
            url: url.into(),
            database: Some(options.get_database().unwrap_or(user).into()),
            user: Some(user.into()),
            common: Some(COMMON_SCHEMA.into()),
        })
    }

    fn of_mysql(url: &str, schema: &'static Schema) -> Result<Self, LedgerError> {
        let options: MySqlConnectOptions = url.parse().map_err(unreadable)?;
        let nameless =
            || LedgerError::Schema(format!("the ledger's url must name a database: mysql://.../{}", schema.name));
        let database = options.get_database().filter(|name| !name.is_empty()).ok_or_else(nameless)?;
        let prefix = database.strip_suffix(schema.name);
        Ok(Self {
            schema,
            backend: DbBackend::MySql,
            url: url.into(),
            database: Some(database.into()),
            user: Some(options.get_username().into()),
            common: prefix.map(|prefix| format!("{prefix}{COMMON_SCHEMA}").into()),
        })
    }

    /// The full name of a common table.
    pub(crate) fn shared(&self, table: impl IntoIden) -> TableRef {
        match &self.common {
            Some(schema) => (Alias::new(&**schema), table.into_iden()).into_table_ref(),
            None => table.into_iden().into_table_ref(),
        }
    }

    /// Options of the pool that contain only the URL.
    pub(crate) fn connect_options(&self) -> ConnectOptions {
        ConnectOptions::new(&*self.url)
    }

    /// The file of an SQLite database; none for one in memory, and for other databases.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let is_file = self.backend == DbBackend::Sqlite && !self.url.contains(":memory:");
        let options: SqliteConnectOptions = self.url.parse().ok().filter(|_| is_file)?;
        Some(options.get_filename().to_owned())
    }

    /// The names of the PostgreSQL schemas.
    pub(crate) fn schemas(&self) -> [&'static str; 2] {
        [self.schema.name, COMMON_SCHEMA]
    }

    /// The names of the MySQL databases: the URL's, and the shared one beside it.
    pub(crate) fn databases(&self) -> impl Iterator<Item = &str> {
        [self.database.as_deref(), self.common.as_deref()].into_iter().flatten()
    }

    /// The database's name for messages; for SQLite the URL.
    pub(crate) fn name(&self) -> &str {
        self.database.as_deref().unwrap_or(&self.url)
    }

    /// The user's name for messages.
    pub(crate) fn user(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }
}

/// A host as the system resolves it: a URL writes an IPv6 address in brackets, and the drivers leave them there.
pub(crate) fn bare_host(host: &str) -> Option<String> {
    Some(host.strip_prefix('[')?.strip_suffix(']')?.to_owned())
}

/// The driver's own message is dropped because it may contain the password.
fn unreadable(_: sea_orm::sqlx::Error) -> LedgerError {
    LedgerError::Schema(
        "the ledger's url cannot be read; it should be like postgres://user:password@host/database".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    static TOYS: Schema =
        Schema { name: "toy_service", file: "toys.sqlite", topics: &[], migrations: |_| Vec::new(), tables: &[] };

    #[test]
    fn the_common_tables_stand_beside_the_own_ones() {
        for (url, common) in [
            ("sqlite:/tmp/toys.sqlite?mode=rwc", None),
            ("postgres://u:p@localhost/ticketing", Some("common")),
            ("postgresql://u:p@localhost/ticketing", Some("common")),
            ("mysql://u:p@localhost/toy_service", Some("common")),
            ("mariadb://u:p@localhost:3307/toy_service?ssl-mode=disabled", Some("common")),
            ("mysql://u:p@localhost/staging_toy_service", Some("staging_common")),
            ("mysql://u:p@localhost/shop", None),
        ] {
            let database = Database::of_url(url, &TOYS).expect("a url");
            assert_eq!(database.common.as_deref(), common, "{url}");
            assert!(["sqlite:", "postgres://", "mysql://"].iter().any(|start| database.url.starts_with(start)));
        }
    }

    /// A URL writes an IPv6 address in brackets (RFC 3986), which no resolver knows.
    #[test]
    fn ipv6_addresses_lose_their_brackets_and_other_hosts_stay() {
        for (host, bare) in [
            ("[::1]", Some("::1")),
            ("[fd00::7]", Some("fd00::7")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("127.0.0.1", None),
            ("db.example.com", None),
            ("[half", None),
        ] {
            assert_eq!(bare_host(host).as_deref(), bare, "{host}");
        }
    }

    #[test]
    fn an_unusable_url_is_refused_without_its_password() {
        for url in [
            "",
            "oracle://u:secret@host/db",
            "mysql://u:secret@host",
            "mysql://u:secret@host/",
            "postgres://u:secret@[/",
        ] {
            let refused = Database::of_url(url, &TOYS).expect_err(url);
            assert!(matches!(refused, LedgerError::Schema(_)), "{refused:?}");
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
    }
}
