//! The tables of one service, described as a value.

use crate::common;
use crate::database::Database;
use sea_orm_migration::MigrationTrait;
use std::fmt;
use std::path::Path;

/// The tables of one service: their schema, their migrations, and the rights of the service's user.
///
/// Every schema includes the common tables `outbox_events` and `processed_events`. On PostgreSQL all services share one
/// pair of them in the schema `common`, on MySQL in the database `common`; each SQLite file has a pair of its own.
///
/// # A new service
///
/// A service with tables of its own touches these files:
///
/// 1. `crates/NAME/src/schema.rs`: `pub static SCHEMA: Schema`, with the first migration in a file beside it. The list of
///    migrations contains [`common_tables`](crate::common_tables), usually first, and [`call_tables`](crate::call_tables),
///    whose tables stand in [`Schema::tables`]; with consumers of messages [`place_table`](crate::place_table), too.
/// 2. `crates/NAME/src/rows/`: the entities, and one module of queries for each table or group of tables.
/// 3. `deploy/sql/postgres.sql` and `deploy/sql/mysql.sql`: the block from `-- Service` to `-- End of service`
///    once more, with the names of the schema and the user.
/// 4. `crates/onsale/src/wiring/schemas.rs`: a line in the list, with its setting `ledger.NAME.url`. `serve`, `migrate`
///    and `doctor` go through the list.
///    The file of the role in `wiring/roles/` names the schema in its `SCHEMAS`, by which old rows are deleted
///    ([`purge::run`](crate::purge::run)); a relay over [`outbox`](crate::outbox).
/// 5. `crates/NAME/tests/it`: tests of the queries on every database, with the crate `ledger-testkit`.
///
/// Nothing in this crate changes.
pub struct Schema {
    /// The PostgreSQL schema, for example `coupon_service`. On MySQL the usual name of the database; a prefix before it
    /// is allowed, as in `staging_coupon_service`.
    pub name: &'static str,
    /// The SQLite file in the data folder, for example `coupon_service.sqlite`.
    pub file: &'static str,
    /// The topics whose messages this service writes to the outbox. A topic belongs to one service: services share one
    /// outbox table, and each relay hands over the messages of its own service only.
    pub topics: &'static [&'static str],
    /// Every migration of these tables, in order. A released migration keeps its name and its position.
    pub migrations: fn(&Database) -> Vec<Box<dyn MigrationTrait>>,
    /// The service's own tables; the common tables are not listed here.
    pub tables: &'static [Table],
}

impl Schema {
    /// The URL of the SQLite file in a data folder. The file is made when it is missing.
    pub fn embedded_url(&self, data_dir: &Path) -> String {
        // `%`, `?` and `#` would be read as parts of the URL.
        let path = data_dir.join(self.file).to_string_lossy().replace('%', "%25").replace('?', "%3F");
        format!("sqlite:{}?mode=rwc", path.replace('#', "%23"))
    }

    /// The URL of this schema in the system whose URL is `url`; it may name the database of any schema in `all`.
    ///
    /// On PostgreSQL all schemas are in one database. On MySQL each is a database, so the name in the URL is replaced:
    /// with `account_service`, `staging_coupon_service` becomes `staging_account_service`. A URL whose database is named
    /// after none of them is returned as it is.
    pub fn url_beside<'a>(&self, url: &str, all: impl IntoIterator<Item = &'a Schema>) -> String {
        if !["mysql://", "mariadb://"].iter().any(|scheme| url.starts_with(scheme)) {
            return url.to_owned();
        }
        let (place, options) = url.split_at(url.find('?').unwrap_or(url.len()));
        let prefixes = all.into_iter().filter_map(|schema| place.strip_suffix(schema.name));
        match prefixes.min_by_key(|prefix| prefix.len()) {
            Some(prefix) => format!("{prefix}{}{options}", self.name),
            None => url.to_owned(),
        }
    }

    /// The service's own tables and the common tables.
    pub fn all_tables(&self) -> impl Iterator<Item = &'static Table> {
        self.tables.iter().chain(common::TABLES)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Schema").field("name", &self.name).field("file", &self.file).finish_non_exhaustive()
    }
}

/// A table and the rights that the service's user needs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// The least rights that the queries need.
    pub rights: &'static [Right],
}

/// A right of a user on the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read rows.
    Select,
    /// Add rows.
    Insert,
    /// Change rows, or lock them.
    Update,
    /// Remove rows.
    Delete,
    /// Change this column, and no other.
    UpdateOf(&'static str),
}

/// The words in a `GRANT` statement.
impl fmt::Display for Right {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select => out.write_str("SELECT"),
            Self::Insert => out.write_str("INSERT"),
            Self::Update => out.write_str("UPDATE"),
            Self::Delete => out.write_str("DELETE"),
            Self::UpdateOf(column) => write!(out, "UPDATE ({column})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ALPHA: Schema =
        Schema { name: "alpha_service", file: "alpha.sqlite", topics: &[], migrations: |_| Vec::new(), tables: &[] };
    static BETA: Schema =
        Schema { name: "beta_service", file: "beta.sqlite", topics: &[], migrations: |_| Vec::new(), tables: &[] };

    #[test]
    fn a_schema_finds_its_database_beside_that_of_another() {
        for (url, beside) in [
            ("postgres://u:p@h/ticketing", "postgres://u:p@h/ticketing"),
            ("mysql://u:p@h/alpha_service", "mysql://u:p@h/beta_service"),
            ("mysql://u:p@h/beta_service", "mysql://u:p@h/beta_service"),
            (
                "mysql://u:p@h:1/staging_alpha_service?ssl-mode=disabled",
                "mysql://u:p@h:1/staging_beta_service?ssl-mode=disabled",
            ),
            ("mysql://u:p@h/shop", "mysql://u:p@h/shop"),
        ] {
            assert_eq!(BETA.url_beside(url, [&ALPHA, &BETA]), beside);
        }
    }
}
