//! The engines by the forms of their URLs, and the combinations that work.

use super::sections::Config;
use hot::redis::RedisAddress;

pub(super) const HOT_FORMS: &str = "\"embedded:\", \"redis://host:port\" or \"redis+cluster://host:port,host:port\"";
pub(super) const BUS_FORMS: &str = "\"local:\" or \"kafka://host:port,host:port\"";
pub(super) const LEDGER_FORMS: &str = "\"sqlite:\", \"postgres://user:password@host/database\" or \"mysql://...\"";

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
    Kafka(String),
}

fn hot(url: &str) -> Option<HotEngine> {
    if url == "embedded:" { Some(HotEngine::Embedded) } else { RedisAddress::parse(url).map(HotEngine::Redis) }
}

fn bus(url: &str) -> Option<BusEngine> {
    if url == "local:" {
        return Some(BusEngine::Local);
    }
    let brokers = url.strip_prefix("kafka://")?;
    let is_broker = |broker: &str| {
        broker.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    };
    brokers.split(',').all(is_broker).then(|| BusEngine::Kafka(brokers.to_owned()))
}

pub(super) fn is_hot_url(url: &str) -> bool {
    hot(url).is_some()
}

pub(super) fn is_bus_url(url: &str) -> bool {
    bus(url).is_some()
}

pub(super) fn is_ledger_url(url: &str) -> bool {
    let schemes = ["postgres://", "postgresql://", "mysql://"];
    url == "sqlite:" || schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

impl Config {
    /// The engine of the hot state.
    pub fn hot_engine(&self) -> HotEngine {
        hot(&self.hot.url).unwrap_or(HotEngine::Embedded)
    }

    /// The message bus.
    pub fn bus_engine(&self) -> BusEngine {
        bus(&self.bus.url).unwrap_or(BusEngine::Local)
    }

    /// Why these engines cannot serve a process that has only some of the roles. `needs_tables`: one of them has rows or
    /// messages; the role `queue` has neither.
    pub fn why_not_apart(&self, needs_tables: bool) -> Option<&'static str> {
        if self.hot_engine() == HotEngine::Embedded {
            return Some(
                "the embedded engine needs all roles in one process; start without role names, or set hot.url to a Redis",
            );
        }
        if !needs_tables {
            return None;
        }
        if self.bus_engine() == BusEngine::Local {
            return Some(
                "the local bus needs all roles in one process; start without role names, or set bus.url to a Kafka",
            );
        }
        if self.ledger.url == "sqlite:" {
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
        for url in ["embedded:", "redis://127.0.0.1:6379", "redis://me:secret@cache:6379", "redis+cluster://a:1,b:2"] {
            assert!(is_hot_url(url), "{url}");
        }
        for url in ["", "redis", "redis:", "kafka://a:1", "embedded"] {
            assert!(!is_hot_url(url), "{url}");
        }
        assert_eq!(bus("kafka://a:9092,b:9092"), Some(BusEngine::Kafka("a:9092,b:9092".into())));
        for url in ["", "kafka://", "kafka://a", "kafka://a:x", "kafka://a:1,", "local"] {
            assert!(!is_bus_url(url), "{url}");
        }
        for url in ["sqlite:", "postgres://u:p@h/d", "mysql://u:p@h/d"] {
            assert!(is_ledger_url(url), "{url}");
        }
        assert!(!is_ledger_url("oracle://h") && !is_ledger_url("postgres://"));
    }
}
