//! Messages on their way from decisions to rows: two outboxes, one bus, and the groups that listen.

use super::parts::make_folder;
use super::{Deciding, Parts, gate, kafka};
use crate::cli::Role;
use crate::config::{BusEngine, Config};
use anyhow::Context;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters};
use bus::local::{LocalBus, LocalDeadLetters};
use bus::{Cause, ConsumerOptions, DeadLetters, Handler, Leased, OutboxSource, Publisher, Relay, RelayOptions, Stop};
use coupon::issuer::{CouponGroup, HotOutbox, Issuer, LedgerOutbox, Requests};
use coupon::messages::RevocationGroup;
use hot::lease::{Hold, Lease};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Longest wait at the end for a lease to be given up.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The bus's listeners in this process.
enum Listeners {
    Local(LocalBus),
    Kafka(KafkaBus),
}

/// What carries messages while the program serves.
pub struct Courier {
    stop: Stop,
    relays: Vec<JoinHandle<()>>,
    /// Of what one process at a time carries.
    leases: Vec<Arc<Lease>>,
    listeners: Listeners,
    /// Where others may publish.
    pub publisher: Arc<dyn Publisher>,
}

fn local_letters(config: &Config) -> anyhow::Result<LocalDeadLetters> {
    let folder = &config.data.dir;
    make_folder(folder)?;
    LocalDeadLetters::open(&folder.join(LocalDeadLetters::FILE)).context("the dead letters can not be opened")
}

/// The dead letters of the configured bus.
///
/// # Errors
/// When they can not be opened.
pub fn dead_letters(config: &Config) -> anyhow::Result<Arc<dyn DeadLetters>> {
    Ok(match config.bus_engine() {
        BusEngine::Local => Arc::new(local_letters(config)?),
        BusEngine::Kafka(brokers) => Arc::new(KafkaDeadLetters::connect(&brokers).context(kafka::CAN_NOT_USE)?),
    })
}

/// Who listens in this process.
fn handlers(config: &Config, parts: &Parts) -> anyhow::Result<Vec<Arc<dyn Handler>>> {
    let mut handlers: Vec<Arc<dyn Handler>> = Vec::new();
    if parts.roles.contains(&Role::Issuer) {
        let requests = Requests::new(parts.ledger.clone(), gate::told_by_issuer(config, parts)?);
        handlers.push(Arc::new(CouponGroup::new(Issuer::new(parts.ledger.clone()), requests)));
    }
    if let Some(deciding) = parts.coupon_service() {
        handlers.push(Arc::new(RevocationGroup::new(deciding.coupons.port.clone())));
    }
    Ok(handlers)
}

impl Courier {
    /// Starts carrying.
    ///
    /// # Errors
    /// When the dead letters can not be opened, or the bus can not be used.
    pub fn start(config: &Config, parts: &Parts) -> anyhow::Result<Self> {
        let handlers = handlers(config, parts)?;
        let (publisher, letters, listeners): (Arc<dyn Publisher>, Arc<dyn DeadLetters>, Listeners) =
            match config.bus_engine() {
                BusEngine::Local => {
                    let letters = local_letters(config)?;
                    let bus = LocalBus::start(handlers, letters.clone(), ConsumerOptions::default());
                    (Arc::new(bus.clone()), Arc::new(letters), Listeners::Local(bus))
                }
                BusEngine::Kafka(brokers) => {
                    let letters = dead_letters(config)?;
                    let bus = KafkaBus::start(&brokers, handlers, letters.clone(), KafkaBusOptions::default());
                    let bus = bus.context(kafka::CAN_NOT_USE)?;
                    (Arc::new(kafka::publisher(&brokers)?), letters, Listeners::Kafka(bus))
                }
            };
        let stop = Stop::default();
        let (mut relays, mut leases) = (Vec::new(), Vec::new());
        if let Some(Deciding { coupons, keys, .. }) = parts.coupon_service() {
            let relay = |name, source: Arc<dyn OutboxSource>| {
                let (publisher, dead_letters) = (publisher.clone(), letters.clone());
                let options = RelayOptions::default();
                let relay = Relay { name, source, publisher, dead_letters, wake: Arc::new(Notify::new()), options };
                tokio::spawn(relay.run(stop.shutdown()))
            };
            relays.push(relay("decisions", Arc::new(HotOutbox(coupons.port.clone()))));
            let lease = Arc::new(Lease::new(keys.clone(), "coupon-steps"));
            let held = lease.clone();
            let is_held = move || {
                let lease = held.clone();
                async move { Ok::<_, Cause>(lease.hold().await? != Hold::Others) }
            };
            let steps = Leased::new(LedgerOutbox(parts.ledger.clone()), is_held);
            relays.push(relay("steps", Arc::new(steps)));
            leases.push(lease);
        }
        if parts.roles.contains(&Role::Issuer) {
            let (ledger, shutdown) = (parts.ledger.clone(), stop.shutdown());
            relays.push(tokio::spawn(async move { ledger::purge::run(ledger, shutdown.stopped()).await }));
        }
        Ok(Self { stop, relays, leases, listeners, publisher })
    }

    /// Hands over what was decided, then stops.
    pub async fn stop(self) {
        self.stop.stop();
        for relay in self.relays {
            if let Err(error) = relay.await {
                tracing::error!(%error, "a relay did not end well");
            }
        }
        for lease in self.leases {
            // It runs out by itself.
            let _ = tokio::time::timeout(RELEASE_TIMEOUT, lease.release()).await;
        }
        match self.listeners {
            Listeners::Local(bus) => bus.stop().await,
            Listeners::Kafka(bus) => bus.stop().await,
        }
    }
}
