//! `cargo xtask up`: the whole system on this machine, without containers. What runs already is left as it is.

use crate::steps::Steps;
use crate::up_programs::{Engines, start_programs};
use crate::workspace::target;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use testkit::{Flavor, Kafka, Kit, MariaDb, Postgres, PostgresVersion, RedisCluster};

const BROKERS: usize = 3;
/// What the system's database is called, before its number.
const DATABASE: &str = "onsale";
/// The contexts that have a database of their own on MariaDB, beside that of coupons.
const CONTEXTS: [&str; 4] = ["user", "catalog", "reservation", "payment"];

/// `cargo xtask up`.
#[derive(Args)]
pub struct UpArguments {
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
    /// The database
    #[arg(long, value_enum, default_value_t = Database::Mariadb)]
    ledger: Database,
    /// How many coupon servers stand behind NGINX
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
    servers: u16,
    /// A key of the configuration for all programs, such as gate.dispatch_mode=kafka; repeat for more
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Only Redis, Kafka and the database, without the programs and NGINX
    #[arg(long)]
    engines: bool,
}

/// Which database.
#[derive(Clone, Copy, ValueEnum)]
enum Database {
    /// MariaDB
    Mariadb,
    /// PostgreSQL 15
    Postgres,
}

/// `gate.dispatch_mode=kafka`, as programs take it from their environment.
fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be a key, = and a value")?;
    Ok((format!("ONSALE__{}", key.replace('.', "__").to_uppercase()), value.to_owned()))
}

/// The folder of the whole system.
///
/// # Errors
/// When cargo does not name its target folder.
pub fn folder() -> anyhow::Result<PathBuf> {
    Ok(target()?.join("up"))
}

/// Runs the command.
///
/// # Errors
/// The first step that failed. Servers started before it run on: `cargo xtask down`.
pub fn run(arguments: &UpArguments) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let outcome = take_steps(&mut steps, arguments);
    steps.print();
    println!("\nThe system runs on after this command: `cargo xtask status`, `cargo xtask down`.");
    outcome
}

fn take_steps(steps: &mut Steps, arguments: &UpArguments) -> anyhow::Result<()> {
    if arguments.yes {
        testkit::install::answer_yes();
    }
    let kit = Kit::named(&folder()?)?;
    let redis = steps.take("Redis, six nodes", || Ok(RedisCluster::open(&kit, "redis", Flavor::Redis)?))?;
    let kafka = steps.take("Kafka, three brokers", || Ok(Kafka::open(&kit, "kafka", BROKERS)?))?;
    let (ledger_url, mut more) = steps.take("database", || ledger(&kit, arguments.ledger))?;
    more.extend(arguments.set.iter().cloned());
    let engines = Engines { hot_url: redis.url(), bus_url: kafka.url(), ledger_url, more };
    tell_engines(&engines);
    if arguments.engines {
        return Ok(());
    }
    let first = kept(&kit.folder().join("ledger"), || Ok(engines.ledger_url.clone()))?;
    if first != engines.ledger_url {
        bail!("the decisions in Redis belong to the other database; start over with: cargo xtask down --remove");
    }
    start_programs(steps, &kit, engines, arguments.servers)
}

/// The URL of the system's database, made when it is up for the first time, and the settings of further ones: on MariaDB each
/// context has its own.
fn ledger(kit: &Kit, database: Database) -> anyhow::Result<(String, Vec<(String, String)>)> {
    match database {
        Database::Mariadb => {
            let server = MariaDb::open(kit, "mariadb")?;
            let url = kept(&kit.folder().join("mariadb.url"), || Ok(server.fresh_database(DATABASE)?))?;
            let more = CONTEXTS.map(|context| -> anyhow::Result<(String, String)> {
                let file = kit.folder().join(format!("mariadb-{context}.url"));
                let url = kept(&file, || Ok(server.fresh_database(context)?))?;
                Ok((format!("ONSALE__LEDGER__{}__URL", context.to_uppercase()), url))
            });
            Ok((url, more.into_iter().collect::<anyhow::Result<Vec<_>>>()?))
        }
        Database::Postgres => {
            let server = Postgres::open(kit, "postgres", PostgresVersion::V15)?;
            Ok((kept(&kit.folder().join("postgres.url"), || Ok(server.fresh_database(DATABASE)?))?, Vec::new()))
        }
    }
}

/// A text that is made once and kept in a file that only we can read.
pub fn kept(file: &Path, make: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<String> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Ok(text) = std::fs::read_to_string(file) {
        return Ok(text);
    }
    let text = make()?;
    let mut options = std::fs::File::options();
    let mut open = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
    open.write_all(text.as_bytes()).with_context(|| file.display().to_string())?;
    Ok(text)
}

fn tell_engines(engines: &Engines) {
    println!(
        "\nhot.url    = {:?}\nbus.url    = {:?}\nledger.url = {:?}",
        engines.hot_url, engines.bus_url, engines.ledger_url
    );
}
