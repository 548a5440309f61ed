//! The engines by the forms of their URLs, and the combinations that work.

use super::sections::{Bus, Config};
use bus::kafka::KafkaAddress;
use hot::redis::RedisAddress;
use std::path::Path;

pub(super) const HOT_FORMS: &str =
    "\"embedded:\", \"redis://host:port\" or \"redis+cluster://host:port,host:port\" (rediss for TLS)";
pub(super) const BUS_FORMS: &str = "\"local:\", \"kafka://host:port,host:port\" or \"kafka+ssl://host:port,host:port\"";
/// Tables in files of the data folder.
pub const SQLITE_URL: &str = "sqlite:";

pub(super) const LEDGER_FORMS_OR_NONE: &str =
    "\"sqlite:\", \"postgres://user:password@host/database\" or \"mysql://...\", or \"\" for ledger.url";
pub(super) const LEDGER_FORMS: &str = "\"sqlite:\", \"postgres://user:password@host/database\" or \"mysql://...\"";

pub(super) const SMTP_FORMS: &str =
    "\"smtp://host:587\", \"smtps://host:465\" with user:password@ where needed, or \"\" for none";

/// The engine of the hot state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HotEngine {
    /// Inside this process.
    Embedded,
    /// Redis.
    Redis(RedisAddress),
}

/// The message bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusEngine {
    /// Inside this process.
    Local,
    /// Kafka, with these brokers.
    Kafka(KafkaAddress),
}

fn hot(url: &str) -> Option<HotEngine> {
    if url == "embedded:" { Some(HotEngine::Embedded) } else { RedisAddress::parse(url).map(HotEngine::Redis) }
}

fn bus(url: &str) -> Option<BusEngine> {
    if url == "local:" {
        return Some(BusEngine::Local);
    }
    let is_kafka = ["kafka://", "kafka+ssl://"].iter().any(|scheme| url.starts_with(scheme));
    let address = KafkaAddress::new(url);
    (is_kafka && address.is_whole()).then_some(BusEngine::Kafka(address))
}

pub(super) fn is_hot_url(url: &str) -> bool {
    hot(url).is_some()
}

pub(super) fn is_bus_url(url: &str) -> bool {
    bus(url).is_some()
}

pub(super) fn is_ledger_url(url: &str) -> bool {
    let schemes = ["postgres://", "postgresql://", "mysql://"];
    url == SQLITE_URL || schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

pub(super) fn is_ledger_url_or_none(url: &str) -> bool {
    url.is_empty() || is_ledger_url(url)
}

pub(super) fn is_smtp_url(url: &str) -> bool {
    let rest = url.strip_prefix("smtp://").or_else(|| url.strip_prefix("smtps://"));
    url.is_empty() || rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// A file that is named.
fn given(file: &Path) -> Option<&Path> {
    Some(file).filter(|file| !file.as_os_str().is_empty())
}

impl Bus {
    fn secured(&self, address: KafkaAddress) -> KafkaAddress {
        let address = address.with_authorities(given(&self.ca_file));
        if self.sasl_mechanism.is_empty() {
            return address;
        }
        address.with_login(&self.sasl_mechanism, &self.sasl_username, &self.sasl_password)
    }
}

impl Config {
    /// The file with the authorities that are trusted for the database.
    pub fn ledger_authorities(&self) -> Option<&Path> {
        given(&self.ledger.ca_file)
    }

    /// The file with the authorities that are trusted for our own services.
    pub fn internal_authorities(&self) -> Option<&Path> {
        given(&self.internal.ca_file)
    }

    /// The engine of the hot state.
    pub fn hot_engine(&self) -> HotEngine {
        match hot(&self.hot.url) {
            Some(HotEngine::Redis(address)) => HotEngine::Redis(address.with_authorities(given(&self.hot.ca_file))),
            other => other.unwrap_or(HotEngine::Embedded),
        }
    }

    /// The message bus.
    pub fn bus_engine(&self) -> BusEngine {
        match bus(&self.bus.url) {
            Some(BusEngine::Kafka(address)) => BusEngine::Kafka(self.bus.secured(address)),
            other => other.unwrap_or(BusEngine::Local),
        }
    }

    /// Why these engines cannot serve a process that has only some of the roles. `schemas`: the names of the schemas
    /// that the roles need; a role without any has no messages either.
    pub fn why_not_apart<'a>(&self, schemas: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
        if self.hot_engine() == HotEngine::Embedded {
            return Some(
                "the embedded engine needs all roles in one process; start without role names, or set hot.url to a Redis",
            );
        }
        let mut schemas = schemas.into_iter().peekable();
        schemas.peek()?;
        if self.bus_engine() == BusEngine::Local {
            return Some(
                "the local bus needs all roles in one process; start without role names, or set bus.url to a Kafka",
            );
        }
        if schemas.any(|schema| self.ledger.url_of(schema) == SQLITE_URL) {
            return Some(
                "SQLite needs all roles in one process; start without role names, or set ledger.url to a database server",
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_recognized_by_their_urls() {
        for url in [
            "embedded:",
            "redis://127.0.0.1:6379",
            "redis://me:secret@cache:6379",
            "redis+cluster://a:1,b:2",
            "rediss://a:1",
            "rediss+cluster://a:1,[::1]:2",
        ] {
            assert!(is_hot_url(url), "{url}");
        }
        for url in ["", "redis", "redis:", "kafka://a:1", "embedded", "rediss://a:1/#insecure"] {
            assert!(!is_hot_url(url), "{url}");
        }
        assert_eq!(bus("kafka://a:9092,b:9092"), Some(BusEngine::Kafka(KafkaAddress::new("a:9092,b:9092"))));
        for url in ["", "kafka://", "kafka://a", "kafka://a:x", "kafka://a:1,", "local"] {
            assert!(!is_bus_url(url), "{url}");
        }
        for url in ["sqlite:", "postgres://u:p@h/d", "mysql://u:p@h/d"] {
            assert!(is_ledger_url(url), "{url}");
        }
        assert!(!is_ledger_url("oracle://h") && !is_ledger_url("postgres://"));
    }
}
