//! The schemas of the program: the tables of each context, one line a schema, and how they are opened.
//!
//! A role names the schemas that it needs (`roles/`). `serve` opens those of its roles, `onsale migrate` and `onsale
//! doctor` go through [`ALL`].

use super::engines::make_folder;
use super::trust::Trust;
use crate::config::{Config, SQLITE_URL};
use anyhow::{Context, bail};
use ledger::{Ledger, LedgerError, LedgerOptions};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process decides on its data folder: then no other does.
static HAS_FOLDER: AtomicBool = AtomicBool::new(false);

/// This process has locked its data folder.
pub(super) fn note_own_folder() {
    HAS_FOLDER.store(true, Ordering::Relaxed);
}

/// The tables of one context.
#[derive(Debug)]
pub struct ContextSchema {
    /// The name of the context; `ledger.<name>.url` is the setting of its URL.
    pub name: &'static str,
    /// The tables.
    pub tables: &'static ledger::Schema,
}

/// The tables of the coupon context, and the API keys.
pub static COUPON: ContextSchema = ContextSchema { name: "coupon", tables: &coupon::schema::SCHEMA };

/// Accounts.
pub static USER: ContextSchema = ContextSchema { name: "user", tables: &account::schema::SCHEMA };

/// Venues, events and seats.
pub static CATALOG: ContextSchema = ContextSchema { name: "catalog", tables: &catalog::schema::SCHEMA };

/// Seats that people hold, and their tickets.
pub static RESERVATION: ContextSchema = ContextSchema { name: "reservation", tables: &reservation::schema::SCHEMA };

/// Payments.
pub static PAYMENT: ContextSchema = ContextSchema { name: "payment", tables: &payment::schema::SCHEMA };

/// Every schema of the program. A new one is a line here, and its key `ledger.<name>.url`.
pub static ALL: [&ContextSchema; 5] = [&COUPON, &USER, &CATALOG, &RESERVATION, &PAYMENT];

impl ContextSchema {
    /// Whether the tables are in a SQLite file of the data folder.
    pub fn is_embedded(&self, config: &Config) -> bool {
        config.ledger.url_of(self.name) == SQLITE_URL
    }

    /// Whether the tables may be there: those of the data folder are when their file is.
    pub fn is_there(&self, config: &Config) -> bool {
        !self.is_embedded(config) || config.data.dir.join(self.tables.file).is_file()
    }

    /// The URL of the tables.
    fn url(&self, config: &Config) -> String {
        if self.is_embedded(config) {
            return self.tables.embedded_url(&config.data.dir);
        }
        match config.ledger.own_url_of(self.name) {
            Some(url) => url.to_owned(),
            None => self.tables.url_beside(&config.ledger.url, ALL.map(|schema| schema.tables)),
        }
    }

    /// Connects to the tables as they are.
    ///
    /// # Errors
    /// Those of [`Ledger::connect_trusting`].
    pub async fn connect(&self, config: &Config) -> Result<Ledger, LedgerError> {
        let authorities = config.ledger_authorities();
        Ledger::connect_trusting(&self.url(config), authorities, self.tables, LedgerOptions::default()).await
    }
}

/// Where the books of tickets are, by the configuration.
pub fn books_of(config: &Config) -> books::read::Places {
    let sandbox = config.data.dir.join("sandbox.sqlite");
    books::read::Places {
        reservation: RESERVATION.url(config),
        payment: PAYMENT.url(config),
        catalog: CATALOG.url(config),
        coupon: Some(COUPON.url(config)),
        sandbox: Some(sandbox).filter(|file| file.is_file()),
        seats_max: config.reservation.max_seats,
    }
}

/// Why these schemas cannot be used together; none when they can. On MySQL each is a database: two in one would mix their tables.
pub fn why_not_together(config: &Config, schemas: &[&ContextSchema]) -> Option<String> {
    let urls: Vec<(&str, String)> = schemas.iter().map(|schema| (schema.name, schema.url(config))).collect();
    let is_mysql = |url: &str| url.starts_with("mysql://") || url.starts_with("mariadb://");
    let place = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    urls.iter().enumerate().find_map(|(number, (name, url))| {
        let (other, _) = urls[..number].iter().find(|(_, earlier)| is_mysql(url) && place(earlier) == place(url))?;
        Some(format!(
            "{other} and {name} have the same database: on MySQL and MariaDB each needs one of its own. Set \
             ledger.{name}.url, or name the databases as deploy/sql/mysql.sql does, or start only the roles that you need \
             (onsale serve coupon issuer gate queue)"
        ))
    })
}

/// Opens the tables of one schema, brought up to date, for one who need not be able to write each of them.
///
/// # Errors
/// When the folder cannot be made, or the database is of a newer version or cannot be opened; when an older server runs on it.
pub async fn open_tables(config: &Config, schema: &ContextSchema) -> anyhow::Result<Ledger> {
    let (folder, embedded) = (&config.data.dir, schema.is_embedded(config));
    if embedded {
        make_folder(folder)?;
    }
    let name = schema.tables.name;
    let is_new = !folder.join(schema.tables.file).exists();
    let ledger = schema.connect(config).await.map_err(|error| {
        let cannot_open = format!("the database of {name} cannot be opened");
        let how = match (embedded, Trust::Ledger.change(&error.to_string())) {
            (true, _) => {
                let folder = folder.display();
                format!("{cannot_open}; put back a copy of the folder {folder}, or choose another folder with --data")
            }
            (false, Some(change)) => format!("{cannot_open}; {change}"),
            (false, None) => cannot_open,
        };
        anyhow::Error::new(error).context(how)
    })?;
    let is_of_others = embedded && !is_new && !HAS_FOLDER.load(Ordering::Relaxed);
    if is_of_others && !ledger.is_migrated().await? && hot::embedded::is_in_use(folder) {
        bail!(
            "a server of another version is running on {}: stop it first, for {name} has to be brought up to date, and an older \
             server cannot read all of what this version writes",
            folder.display()
        );
    }
    ledger.migrate().await.with_context(|| format!("the tables of {name} cannot be brought up to date"))?;
    Ok(ledger)
}

/// As [`open_tables`], for a server: a row is written, and undone.
///
/// # Errors
/// As [`open_tables`]; when a file cannot be written.
pub async fn open_ledger(config: &Config, schema: &ContextSchema) -> anyhow::Result<Ledger> {
    let ledger = open_tables(config, schema).await?;
    let (folder, embedded, name) = (&config.data.dir, schema.is_embedded(config), schema.tables.name);
    match ledger.write_and_undo().await {
        Err(error) if embedded => Err(error).with_context(|| {
            let folder = folder.display();
            format!("the database of {name} in {folder} cannot be written; it must belong to the user that runs this")
        }),
        // A server that takes no writes for a moment is waited for while serving.
        Err(error) => {
            tracing::error!(%error, schema = name, "the database takes no writes at the moment");
            Ok(ledger)
        }
        Ok(()) => Ok(ledger),
    }
}

/// The open tables of a process.
#[derive(Debug, Default)]
pub struct Ledgers(BTreeMap<&'static str, Ledger>);

impl Ledgers {
    /// Opens the tables of these schemas, brought up to date.
    ///
    /// # Errors
    /// Those of [`open_ledger`].
    pub async fn open(config: &Config, schemas: &[&ContextSchema]) -> anyhow::Result<Self> {
        let mut open = BTreeMap::new();
        for schema in schemas {
            open.insert(schema.name, open_ledger(config, schema).await?);
        }
        Ok(Self(open))
    }

    /// The tables of a schema; `None` when no role of this process needs them.
    pub fn of(&self, schema: &ContextSchema) -> Option<&Ledger> {
        self.0.get(schema.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keys::find;
    use crate::config::{Sources, load};
    use ledger::common_tables;
    use tempfile::TempDir;

    /// A context that this build lacks, with the common tables alone.
    static OTHER: ContextSchema = ContextSchema {
        name: "other",
        tables: &ledger::Schema {
            name: "other_service",
            file: "other_service.sqlite",
            topics: &["other.events"],
            migrations: |database| vec![common_tables(database)],
            tables: &[],
        },
    };

    fn config(folder: &TempDir, environment: &[(&str, &str)]) -> Config {
        let data = folder.path().display().to_string();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = environment.iter().chain(&[("ONSALE__DATA__DIR", data.as_str())]).map(own).collect();
        let sources = Sources { folder: folder.path().to_owned(), environment, ..Sources::default() };
        load(&sources).expect("a configuration").config
    }

    #[test]
    fn every_schema_has_a_setting_and_names_of_its_own() {
        for schema in ALL {
            assert!(find(&format!("ledger.{}.url", schema.name)).is_some(), "no key ledger.{}.url", schema.name);
            for table in [ledger::calls::AUDIT_TABLE, ledger::calls::KEPT_TABLE] {
                assert!(schema.tables.tables.contains(&table), "{} lacks {}", schema.name, table.name);
            }
            let same = |other: &&&ContextSchema| {
                let (one, other) = (schema.tables, other.tables);
                one.name == other.name
                    || one.file == other.file
                    || one.topics.iter().any(|topic| other.topics.contains(topic))
            };
            assert_eq!(ALL.iter().filter(same).count(), 1, "{} shares a name, a file or a topic", schema.name);
        }
    }

    #[test]
    fn on_mysql_two_schemas_in_one_database_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |url: &str| why_not_together(&config(&folder, &[("ONSALE__LEDGER__URL", url)]), &[&COUPON, &USER]);
        let refused = told("mysql://u:p@one/any").expect("refused");
        assert!(refused.contains("ledger.user.url") && !refused.contains("u:p"), "{refused}");
        for url in ["mysql://u:p@one/coupon_service", "postgres://u:p@one/any", "sqlite:"] {
            assert_eq!(told(url), None, "{url}");
        }
    }

    #[tokio::test]
    async fn a_second_schema_has_its_own_file_in_the_data_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(&folder, &[]);
        let ledgers = Ledgers::open(&config, &[&COUPON, &OTHER]).await.expect("opened");
        for schema in [&COUPON, &OTHER] {
            let ledger = ledgers.of(schema).expect("open");
            assert_eq!(ledger.is_migrated().await, Ok(true), "{}", schema.name);
            assert!(folder.path().join(schema.tables.file).exists(), "{}", schema.name);
        }
        assert!(Ledgers::open(&config, &[&OTHER]).await.expect("opened").of(&COUPON).is_none());
    }

    #[test]
    fn a_schema_may_have_a_url_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let (all, own) = ("postgres://u:p@one/ticketing", "mysql://u:p@two/coupon_service");
        let both = [("ONSALE__LEDGER__URL", all), ("ONSALE__LEDGER__COUPON__URL", own)];
        let config = config(&folder, &both);
        assert_eq!((COUPON.url(&config).as_str(), OTHER.url(&config).as_str()), (own, all));
        let config = super::tests::config(&folder, &both[..1]);
        assert_eq!(COUPON.url(&config), all);
        let embedded = super::tests::config(&folder, &[both[0], ("ONSALE__LEDGER__COUPON__URL", "sqlite:")]);
        assert!(COUPON.is_embedded(&embedded) && !OTHER.is_embedded(&embedded));
    }
}
