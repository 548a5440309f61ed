//! Where the tables stand on each kind of database (`contract.md`, Tables).
//!
//! | | a service's own tables | the tables that all services share |
//! |---|---|---|
//! | SQLite | the one file | the same file |
//! | PostgreSQL | schema `coupon_service` | schema `common` of the same database |
//! | MySQL, MariaDB | the database in the url, by custom `coupon_service` | the database `common` beside it |
//!
//! On MySQL the name of the shared database follows the url's: `coupon_service` has `common`, and
//! `staging_coupon_service` has `staging_common`, so that two systems can live on one server. A database of any other
//! name holds both kinds of tables.

use crate::error::LedgerError;
use sea_orm::sea_query::{Alias, IntoIden, IntoTableRef, TableRef};
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectOptions, DbBackend};
use std::sync::Arc;

/// Schema, and on MySQL usual database, of the service's own tables.
pub(crate) const OWN_SCHEMA: &str = "coupon_service";
/// Schema of the tables that all services share.
pub(crate) const COMMON_SCHEMA: &str = "common";

/// One database, and how its tables are named there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Which kind of database it is.
    pub backend: DbBackend,
    /// The url in the one spelling that the driver reads.
    pub url: Arc<str>,
    /// The database named by the url; none for SQLite.
    pub database: Option<Arc<str>>,
    /// The user named by the url; none for SQLite.
    pub user: Option<Arc<str>>,
    /// What the shared tables' names are qualified with.
    pub common: Option<Arc<str>>,
}

impl Place {
    /// Reads a url of `ledger.url`.
    pub(crate) fn of_url(url: &str) -> Result<Self, LedgerError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "sqlite" => {
                Ok(Self { backend: DbBackend::Sqlite, url: url.into(), database: None, user: None, common: None })
            }
            "postgres" | "postgresql" => Self::of_postgres(&format!("postgres:{rest}")),
            "mysql" | "mariadb" => Self::of_mysql(&format!("mysql:{rest}")),
            _ => Err(LedgerError::Schema("the ledger's url must begin with sqlite:, postgres:// or mysql://".into())),
        }
    }

    fn of_postgres(url: &str) -> Result<Self, LedgerError> {
        let options: PgConnectOptions = url.parse().map_err(unreadable)?;
        let user = options.get_username();
        Ok(Self {
            backend: DbBackend::Postgres,
            url: url.into(),
            database: Some(options.get_database().unwrap_or(user).into()),
            user: Some(user.into()),
            common: Some(COMMON_SCHEMA.into()),
        })
    }

    fn of_mysql(url: &str) -> Result<Self, LedgerError> {
        let options: MySqlConnectOptions = url.parse().map_err(unreadable)?;
        let nameless =
            || LedgerError::Schema(format!("the ledger's url must name a database: mysql://.../{OWN_SCHEMA}"));
        let database = options.get_database().filter(|name| !name.is_empty()).ok_or_else(nameless)?;
        let prefix = database.strip_suffix(OWN_SCHEMA);
        Ok(Self {
            backend: DbBackend::MySql,
            url: url.into(),
            database: Some(database.into()),
            user: Some(options.get_username().into()),
            common: prefix.map(|prefix| format!("{prefix}{COMMON_SCHEMA}").into()),
        })
    }

    /// A table that all services share, by its full name.
    pub(crate) fn shared(&self, table: impl IntoIden) -> TableRef {
        match &self.common {
            Some(schema) => (Alias::new(&**schema), table.into_iden()).into_table_ref(),
            None => table.into_iden().into_table_ref(),
        }
    }

    /// Options of the pool, with nothing in them but the url.
    pub(crate) fn connect_options(&self) -> ConnectOptions {
        ConnectOptions::new(&*self.url)
    }

    /// The database's name for messages; SQLite's is its url.
    pub(crate) fn name(&self) -> &str {
        self.database.as_deref().unwrap_or(&self.url)
    }

    /// The user's name for messages.
    pub(crate) fn user(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }
}

/// The driver's own words may hold the password.
fn unreadable(_: sea_orm::sqlx::Error) -> LedgerError {
    LedgerError::Schema(
        "the ledger's url can not be read; it should be like postgres://user:password@host/database".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_tables_stand_beside_the_own_ones() {
        for (url, common) in [
            ("sqlite:/tmp/coupon_service.sqlite?mode=rwc", None),
            ("postgres://u:p@localhost/ticketing", Some("common")),
            ("postgresql://u:p@localhost/ticketing", Some("common")),
            ("mysql://u:p@localhost/coupon_service", Some("common")),
            ("mariadb://u:p@localhost:3307/coupon_service?ssl-mode=disabled", Some("common")),
            ("mysql://u:p@localhost/staging_coupon_service", Some("staging_common")),
            ("mysql://u:p@localhost/shop", None),
        ] {
            let place = Place::of_url(url).expect("a url");
            assert_eq!(place.common.as_deref(), common, "{url}");
            assert!(["sqlite:", "postgres://", "mysql://"].iter().any(|start| place.url.starts_with(start)));
        }
    }

    #[test]
    fn a_url_that_can_not_be_used_is_refused_without_its_password() {
        for url in [
            "",
            "oracle://u:secret@host/db",
            "mysql://u:secret@host",
            "mysql://u:secret@host/",
            "postgres://u:secret@[/",
        ] {
            let refused = Place::of_url(url).expect_err(url);
            assert!(matches!(refused, LedgerError::Schema(_)), "{refused:?}");
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
    }
}
