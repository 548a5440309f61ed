//! Servers whose certificate is not trusted: an operator must hear which setting decides that (SEC-002).
//!
//! Drivers tell their causes as text alone, each in other words; all of them say "certificate".

use crate::config::{BusEngine, Config};
use anyhow::bail;
use bus::kafka::KafkaPublisher;

/// The settings that name the trusted authorities of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Redis.
    Hot,
    /// Kafka.
    Bus,
    /// The database.
    Ledger,
}

impl Trust {
    fn setting(self) -> &'static str {
        match self {
            Self::Hot => "hot.ca_file",
            Self::Bus => "bus.ca_file",
            Self::Ledger => "ledger.ca_file",
        }
    }

    /// What to change, if a connection failed because of the server's certificate; `said`: the error with its causes.
    pub fn change(self, said: &str) -> Option<String> {
        let setting = self.setting();
        said.to_lowercase().contains("certificate").then(|| {
            format!(
                "the server's certificate is not trusted: name in {setting} the file with the certificate of the authority that \
                 has signed it, and in the URL the host that it is for"
            )
        })
    }
}

/// Refuses to go on with brokers whose certificate is not trusted: messages would wait for ever. Brokers that are away are
/// waited for while serving. Asks encrypted brokers alone; that takes five seconds where none answers.
///
/// # Errors
/// With the line to change.
pub async fn demand_of_brokers(config: &Config) -> anyhow::Result<()> {
    let BusEngine::Kafka(brokers) = config.bus_engine() else { return Ok(()) };
    if !brokers.is_encrypted() {
        return Ok(());
    }
    let Err(error) = KafkaPublisher::connect(&brokers)?.ping().await else { return Ok(()) };
    let said = bus::chain(&error);
    match Trust::Bus.change(&said) {
        Some(change) => bail!("{said}; {change}"),
        None => {
            tracing::warn!(error = %said, "no broker answers at the start");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certificate_leads_to_the_setting() {
        let change = Trust::Hot.change("127.0.0.1:6379: invalid peer Certificate: UnknownIssuer").expect("one");
        assert!(change.contains("hot.ca_file"), "{change}");
        assert_eq!(Trust::Ledger.change("connection refused"), None);
    }
}
