//! Servers that all tests of a run share. Each test uses names of its own, and no test may stop them.

use crate::error::{KitError, Result};
use crate::kafka::Kafka;
use crate::kit::{Kit, check_wanted};
use crate::mariadb::MariaDb;
use crate::postgres::{Postgres, PostgresVersion};
use crate::redis::{Flavor, RedisCluster, RedisNode};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Names the folder of a whole test run. Without it, each process has servers of its own.
pub const RUN: &str = "ONSALE_TESTKIT_RUN";

/// Brokers of the shared Kafka.
const BROKERS: usize = 3;

/// A server is started on its first use.
type Slot<T> = OnceLock<Result<T>>;

/// The servers of a test run, or of this process.
#[derive(Debug, Default)]
pub struct Shared {
    kit: Slot<Kit>,
    redis: Slot<RedisNode>,
    valkey: Slot<RedisNode>,
    redis_cluster: Slot<RedisCluster>,
    valkey_cluster: Slot<RedisCluster>,
    kafka: Slot<Kafka>,
    postgres: Slot<Postgres>,
    postgres_18: Slot<Postgres>,
    mariadb: Slot<MariaDb>,
}

static SHARED: OnceLock<Shared> = OnceLock::new();

/// The servers that all tests share.
pub fn shared() -> &'static Shared {
    SHARED.get_or_init(Shared::default)
}

/// The folder of the test run.
pub(crate) fn run_folder() -> Option<PathBuf> {
    std::env::var_os(RUN).map(PathBuf::from)
}

impl Shared {
    fn kit(&self) -> Result<&Kit> {
        check_wanted()?;
        let joined = || run_folder().and_then(|folder| Kit::joined(&folder));
        lent(self.kit.get_or_init(|| joined().map_or_else(Kit::temporary, Ok)))
    }

    fn get<'a, T>(&'a self, slot: &'a Slot<T>, open: impl FnOnce(&Kit) -> Result<T>) -> Result<&'a T> {
        lent(slot.get_or_init(|| open(self.kit()?)))
    }

    /// A Redis server.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn redis(&self) -> Result<&RedisNode> {
        self.get(&self.redis, |kit| RedisNode::open(kit, "redis", Flavor::Redis))
    }

    /// A Valkey server.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn valkey(&self) -> Result<&RedisNode> {
        self.get(&self.valkey, |kit| RedisNode::open(kit, "valkey", Flavor::Valkey))
    }

    /// Six Redis nodes.
    ///
    /// # Errors
    /// When they are not installed or do not start.
    pub fn redis_cluster(&self) -> Result<&RedisCluster> {
        self.get(&self.redis_cluster, |kit| RedisCluster::open(kit, "redis-cluster", Flavor::Redis))
    }

    /// Six Valkey nodes.
    ///
    /// # Errors
    /// When they are not installed or do not start.
    pub fn valkey_cluster(&self) -> Result<&RedisCluster> {
        self.get(&self.valkey_cluster, |kit| RedisCluster::open(kit, "valkey-cluster", Flavor::Valkey))
    }

    /// Three Kafka brokers, or the stand-in.
    ///
    /// # Errors
    /// When neither can be had or they do not start.
    pub fn kafka(&self) -> Result<&Kafka> {
        self.get(&self.kafka, |kit| Kafka::open(kit, "kafka", BROKERS))
    }

    /// PostgreSQL 15.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn postgres(&self) -> Result<&Postgres> {
        self.get(&self.postgres, |kit| Postgres::open(kit, "postgres-15", PostgresVersion::V15))
    }

    /// PostgreSQL 18.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn postgres_18(&self) -> Result<&Postgres> {
        self.get(&self.postgres_18, |kit| Postgres::open(kit, "postgres-18", PostgresVersion::V18))
    }

    /// MariaDB.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub fn mariadb(&self) -> Result<&MariaDb> {
        self.get(&self.mariadb, |kit| MariaDb::open(kit, "mariadb"))
    }
}

fn lent<T>(slot: &Result<T>) -> Result<&T> {
    slot.as_ref().map_err(KitError::clone)
}
