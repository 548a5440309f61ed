//! Messages on their way from decisions to rows: outboxes, one bus, and the groups that consume.

use super::engines::make_folder;
use super::kafka;
use super::role::Outbox;
use super::supervisor::{Supervisor, Task};
use crate::config::{BusEngine, Config};
use anyhow::Context;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters};
use bus::local::{LocalBus, LocalDeadLetters};
use bus::{ConsumerOptions, DeadLetters, Handler, Publisher, Relay, RelayOptions};
use hot::lease::Lease;
use onsale_http::Failures;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait at the end for the relays to hand over what was decided: the rest waits in its outbox.
const RELAYS_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest wait at the end for a lease to be given up: it runs out by itself.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest wait at the end for consumers to finish their batches: unhandled messages come again.
const CONSUMERS_TIMEOUT: Duration = Duration::from_secs(20);

/// The bus with the consumers of this process.
enum Bus {
    Local(LocalBus),
    Kafka(KafkaBus),
}

/// What carries messages while the program serves.
pub struct Messaging {
    bus: Bus,
    dead_letters: Arc<dyn DeadLetters>,
    /// Where others may publish.
    pub publisher: Arc<dyn Publisher>,
}

/// The relays of this process.
pub struct Relays {
    supervisor: Supervisor,
    leases: Vec<Arc<Lease>>,
}

fn local_dead_letters(config: &Config) -> anyhow::Result<LocalDeadLetters> {
    let folder = &config.data.dir;
    make_folder(folder)?;
    LocalDeadLetters::open(&folder.join(LocalDeadLetters::FILE)).context("the dead letters cannot be opened")
}

/// The dead letters of the configured bus.
///
/// # Errors
/// When they cannot be opened.
pub fn dead_letters(config: &Config) -> anyhow::Result<Arc<dyn DeadLetters>> {
    Ok(match config.bus_engine() {
        BusEngine::Local => Arc::new(local_dead_letters(config)?),
        BusEngine::Kafka(brokers) => Arc::new(KafkaDeadLetters::connect(&brokers).context(kafka::CANNOT_USE)?),
    })
}

impl Messaging {
    /// Starts the bus with these consumers.
    ///
    /// # Errors
    /// When the dead letters cannot be opened, or the bus cannot be used.
    pub fn start(config: &Config, handlers: Vec<Arc<dyn Handler>>) -> anyhow::Result<Self> {
        Ok(match config.bus_engine() {
            BusEngine::Local => {
                let dead_letters = local_dead_letters(config)?;
                let bus = LocalBus::start(handlers, dead_letters.clone(), ConsumerOptions::default());
                Self { publisher: Arc::new(bus.clone()), dead_letters: Arc::new(dead_letters), bus: Bus::Local(bus) }
            }
            BusEngine::Kafka(brokers) => {
                let dead_letters = dead_letters(config)?;
                let bus = KafkaBus::start(&brokers, handlers, dead_letters.clone(), KafkaBusOptions::default());
                let bus = bus.context(kafka::CANNOT_USE)?;
                Self { publisher: Arc::new(kafka::publisher(&brokers)?), dead_letters, bus: Bus::Kafka(bus) }
            }
        })
    }

    /// Carries these outboxes to the bus.
    pub fn relay(&self, outboxes: Vec<Outbox>, failures: &Failures) -> Relays {
        let leases = outboxes.iter().filter_map(|outbox| outbox.lease.clone()).collect();
        let tasks = outboxes.into_iter().map(|outbox| self.relay_task(outbox)).collect();
        Relays { supervisor: Supervisor::start(tasks, &self.publisher, failures), leases }
    }

    fn relay_task(&self, Outbox { name, source, .. }: Outbox) -> Task {
        let dead_letters = self.dead_letters.clone();
        Task::ending(name, move |context| {
            let relay = Relay {
                name,
                source: source.clone(),
                publisher: context.publisher,
                dead_letters: dead_letters.clone(),
                options: RelayOptions::default(),
            };
            relay.run(context.shutdown)
        })
    }

    /// Whether a consumer has ended while the bus runs: it cannot be started again in this process.
    pub fn has_failed(&self) -> bool {
        match &self.bus {
            Bus::Local(bus) => bus.has_failed(),
            Bus::Kafka(bus) => bus.has_failed(),
        }
    }

    /// Stops the consumers, bounded. The relays have to be stopped before.
    pub async fn stop(self) {
        let stop = async {
            match &self.bus {
                Bus::Local(bus) => bus.stop().await,
                Bus::Kafka(bus) => bus.stop().await,
            }
        };
        if tokio::time::timeout(CONSUMERS_TIMEOUT, stop).await.is_err() {
            tracing::warn!("consumers did not end in time; their messages come again");
        }
    }
}

impl Relays {
    /// Hands over what was decided, then stops, bounded.
    pub async fn stop(self) {
        self.supervisor.stop(RELAYS_TIMEOUT).await;
        for lease in self.leases {
            let _ = tokio::time::timeout(RELEASE_TIMEOUT, lease.release()).await;
        }
    }
}
