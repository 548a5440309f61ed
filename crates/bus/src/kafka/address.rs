//! Where the brokers are, and how they are spoken to.

use rdkafka::config::ClientConfig;
use std::fmt;
use std::path::{Path, PathBuf};

/// The mechanisms by which a client names itself.
pub const SASL_MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

const PLAIN_SCHEME: &str = "kafka://";
const ENCRYPTED_SCHEME: &str = "kafka+ssl://";

/// The brokers of `bus.url`, with the settings beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaAddress {
    /// `host:port,host:port`.
    list: String,
    is_encrypted: bool,
    authorities: Option<PathBuf>,
    sasl: Option<Sasl>,
}

#[derive(Clone, PartialEq, Eq)]
struct Sasl {
    mechanism: String,
    username: String,
    password: String,
}

/// Shows no password.
impl fmt::Debug for KafkaAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.sasl.as_ref().map(|sasl| sasl.username.as_str());
        let mut shown = out.debug_struct("KafkaAddress");
        shown.field("brokers", &self.list).field("is_encrypted", &self.is_encrypted).field("user", &user).finish()
    }
}

impl KafkaAddress {
    /// Whether TLS is spoken.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// `host:port,host:port`, `kafka://...` before it, or `kafka+ssl://...` for TLS, where certificate and host name are
    /// always checked.
    pub fn new(url: &str) -> Self {
        let url = url.trim();
        let encrypted = url.strip_prefix(ENCRYPTED_SCHEME);
        let list = encrypted.unwrap_or_else(|| url.strip_prefix(PLAIN_SCHEME).unwrap_or(url));
        Self {
            list: list.trim_end_matches('/').to_owned(),
            is_encrypted: encrypted.is_some(),
            authorities: None,
            sasl: None,
        }
    }

    /// Trusts the authorities of this file, in PEM, instead of the system's. Without TLS it has no effect.
    #[must_use]
    pub fn with_authorities(self, file: Option<&Path>) -> Self {
        Self { authorities: file.map(Path::to_owned), ..self }
    }

    /// Logs in. `mechanism`: one of [`SASL_MECHANISMS`].
    #[must_use]
    pub fn with_login(self, mechanism: &str, username: &str, password: &str) -> Self {
        let (mechanism, username, password) = (mechanism.to_owned(), username.to_owned(), password.to_owned());
        Self { sasl: Some(Sasl { mechanism, username, password }), ..self }
    }

    /// `host:port,host:port`.
    pub fn brokers(&self) -> &str {
        &self.list
    }

    /// Whether every broker has a host and a port.
    pub fn is_whole(&self) -> bool {
        let is_broker = |broker: &str| {
            broker.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        self.list.split(',').all(is_broker)
    }

    /// What the library needs to reach them.
    pub(super) fn configure(&self, config: &mut ClientConfig) {
        let protocol = match (self.is_encrypted, &self.sasl) {
            (false, None) => "PLAINTEXT",
            (true, None) => "SSL",
            (false, Some(_)) => "SASL_PLAINTEXT",
            (true, Some(_)) => "SASL_SSL",
        };
        config.set("bootstrap.servers", &self.list).set("security.protocol", protocol);
        if self.is_encrypted {
            // Both are the defaults of today's library.
            config
                .set("enable.ssl.certificate.verification", "true")
                .set("ssl.endpoint.identification.algorithm", "https");
            if let Some(file) = &self.authorities {
                config.set("ssl.ca.location", file.to_string_lossy());
            }
        }
        if let Some(sasl) = &self.sasl {
            config
                .set("sasl.mechanisms", &sasl.mechanism)
                .set("sasl.username", &sasl.username)
                .set("sasl.password", &sasl.password);
        }
    }
}

impl From<&str> for KafkaAddress {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<&String> for KafkaAddress {
    fn from(url: &String) -> Self {
        Self::new(url)
    }
}

impl From<&Self> for KafkaAddress {
    fn from(address: &Self) -> Self {
        address.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_speaking_is_checked() {
        let protocol = |address: &KafkaAddress| {
            let mut config = ClientConfig::new();
            address.configure(&mut config);
            let set = |name: &str| config.get(name).unwrap_or_default().to_owned();
            (set("security.protocol"), set("ssl.endpoint.identification.algorithm"), set("sasl.mechanisms"))
        };
        let of = |one: &str, two: &str, three: &str| (one.to_owned(), two.to_owned(), three.to_owned());
        let (plain, encrypted) = (KafkaAddress::new("kafka://a:1,b:2/"), KafkaAddress::new("kafka+ssl://a:1,[::1]:2"));
        assert_eq!((plain.brokers(), encrypted.brokers()), ("a:1,b:2", "a:1,[::1]:2"));
        assert_eq!(protocol(&plain), of("PLAINTEXT", "", ""));
        assert_eq!(protocol(&encrypted), of("SSL", "https", ""));
        let login = |address: KafkaAddress| address.with_login("SCRAM-SHA-512", "me", "secret");
        assert_eq!(protocol(&login(plain)), of("SASL_PLAINTEXT", "", "SCRAM-SHA-512"));
        assert_eq!(protocol(&login(encrypted.clone())), of("SASL_SSL", "https", "SCRAM-SHA-512"));
        assert!(!format!("{:?}", login(encrypted)).contains("secret"));
    }
}
