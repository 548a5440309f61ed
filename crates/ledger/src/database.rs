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
use sea_orm::sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{self};
use sea_orm::{ConnectOptions, DbBackend};
use std::path::{Path, PathBuf};
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
    /// The file with the certificates of the authorities that are trusted instead of the system's.
    authorities: Option<Arc<Path>>,
}

/// Whether the URL says how to encrypt.
fn names_tls_mode(url: &str) -> bool {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').any(|pair| matches!(pair.split('=').next(), Some("sslmode" | "ssl-mode")))
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
                authorities: None,
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
            authorities: None,
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
            authorities: None,
        })
    }

    /// Trusts the authorities of a file in PEM instead of the system's.
    pub(crate) fn with_authorities(self, file: Option<&Path>) -> Self {
        Self { authorities: file.map(Into::into), ..self }
    }

    /// Where the server listens, for messages; `None` for a file.
    pub(crate) fn address(&self) -> Option<String> {
        match self.backend {
            DbBackend::Postgres => self.postgres().ok().map(|own| address(own.get_host(), own.get_port())),
            DbBackend::MySql => self.mysql().ok().map(|own| address(own.get_host(), own.get_port())),
            _ => None,
        }
    }

    /// The options of one connection to PostgreSQL.
    pub(crate) fn postgres(&self) -> Result<PgConnectOptions, sqlx::Error> {
        Ok(self.secured_postgres(self.url.parse()?))
    }

    /// With the address as it is meant. Without a mode in the URL: checked where authorities are given, else plain. The
    /// driver's own default would encrypt for anybody who answers.
    pub(crate) fn secured_postgres(&self, options: PgConnectOptions) -> PgConnectOptions {
        let host = options.get_host().to_owned();
        let options = bare_host(&host).into_iter().fold(options, |options, host| options.host(&host));
        let options = match (&self.authorities, names_tls_mode(&self.url)) {
            (Some(_), false) => options.ssl_mode(PgSslMode::VerifyFull),
            (None, false) => options.ssl_mode(PgSslMode::Disable),
            (_, true) => options,
        };
        self.authorities.iter().fold(options, |options, file| options.ssl_root_cert(file))
    }

    /// The options of one connection to MySQL.
    pub(crate) fn mysql(&self) -> Result<MySqlConnectOptions, sqlx::Error> {
        Ok(self.secured_mysql(self.url.parse()?))
    }

    /// As [`Database::secured_postgres`].
    pub(crate) fn secured_mysql(&self, options: MySqlConnectOptions) -> MySqlConnectOptions {
        let host = options.get_host().to_owned();
        let options = bare_host(&host).into_iter().fold(options, |options, host| options.host(&host));
        let options = match (&self.authorities, names_tls_mode(&self.url)) {
            (Some(_), false) => options.ssl_mode(MySqlSslMode::VerifyIdentity),
            (None, false) => options.ssl_mode(MySqlSslMode::Disabled),
            (_, true) => options,
        };
        self.authorities.iter().fold(options, |options, file| options.ssl_ca(file))
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

fn address(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
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
    fn an_address_is_read_in_every_form() {
        for (url, address) in [
            ("postgres://u:p@127.0.0.1:5433/d", Some("127.0.0.1:5433")),
            ("postgres://u:p@db.example/d", Some("db.example:5432")),
            ("postgres://u:p@[::1]:5432/d", Some("[::1]:5432")),
            ("postgres://u:p@[2001:db8::7]/d", Some("[2001:db8::7]:5432")),
            ("mysql://u:p@[::1]:3306/toy_service", Some("[::1]:3306")),
            ("mariadb://u:p@db:3307/toy_service", Some("db:3307")),
            ("sqlite:toys.sqlite", None),
        ] {
            let database = Database::of_url(url, &TOYS).expect("a url");
            assert_eq!(database.address().as_deref(), address, "{url}");
        }
        let host = |url| Database::of_url(url, &TOYS).expect("a url").mysql().expect("options").get_host().to_owned();
        assert_eq!(host("mysql://u:p@[::1]:3306/toy_service"), "::1", "as the resolver takes it");
    }

    #[test]
    fn encryption_is_checked_unless_the_url_says_otherwise() {
        let authorities = Some(Path::new("/etc/ca.pem"));
        let postgres = |url, file| {
            let database = Database::of_url(url, &TOYS).expect("a url").with_authorities(file);
            format!("{:?}", database.postgres().expect("options").get_ssl_mode())
        };
        assert_eq!(postgres("postgres://u:p@h/d", None), "Disable");
        assert_eq!(postgres("postgres://u:p@h/d", authorities), "VerifyFull");
        assert_eq!(postgres("postgres://u:p@h/d?sslmode=verify-full", None), "VerifyFull");
        assert_eq!(postgres("postgres://u:p@h/d?sslmode=require", authorities), "Require");
        let mysql = |url, file| {
            let database = Database::of_url(url, &TOYS).expect("a url").with_authorities(file);
            format!("{:?}", database.mysql().expect("options").get_ssl_mode())
        };
        assert_eq!(mysql("mysql://u:p@h/toy_service", None), "Disabled");
        assert_eq!(mysql("mysql://u:p@h/toy_service", authorities), "VerifyIdentity");
        assert_eq!(mysql("mysql://u:p@h/toy_service?ssl-mode=VERIFY_IDENTITY", None), "VerifyIdentity");
        assert_eq!(mysql("mysql://u:p@h/toy_service?charset=utf8mb4&ssl-mode=REQUIRED", None), "Required");
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
