//! Messages on their way from decisions to rows: two outboxes, one bus, and the groups that listen.

use super::Parts;
use super::parts::make_folder;
use crate::config::Config;
use anyhow::Context;
use bus::local::{LocalBus, LocalDeadLetters};
use bus::{ConsumerOptions, DeadLetters, Handler, OutboxSource, Relay, RelayOptions, Stop};
use services::coupon::messages::RevocationGroup;
use services::issuer::{CouponGroup, HotOutbox, Issuer, LedgerOutbox, tidy};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What carries messages while the program serves.
pub struct Courier {
    stop: Stop,
    relays: Vec<JoinHandle<()>>,
    bus: LocalBus,
}

/// The dead letters of the data folder.
///
/// # Errors
/// When their file can not be opened.
pub fn dead_letters(config: &Config) -> anyhow::Result<LocalDeadLetters> {
    let folder = &config.data.dir;
    make_folder(folder)?;
    LocalDeadLetters::open(&folder.join("bus.sqlite")).context("the dead letters can not be opened")
}

impl Courier {
    /// Starts carrying.
    ///
    /// # Errors
    /// When the dead letters can not be opened.
    pub fn start(config: &Config, parts: &Parts) -> anyhow::Result<Self> {
        let letters = dead_letters(config)?;
        let issuer: Arc<dyn Handler> = Arc::new(CouponGroup::new(Issuer::new(parts.ledger.clone())));
        let revocations: Arc<dyn Handler> = Arc::new(RevocationGroup::new(parts.coupons.port.clone()));
        let bus = LocalBus::start(vec![issuer, revocations], letters.clone(), ConsumerOptions::default());
        let stop = Stop::default();
        let relay = |name, source: Arc<dyn OutboxSource>| {
            let relay = Relay {
                name,
                source,
                publisher: Arc::new(bus.clone()),
                letters: Arc::new(letters.clone()) as Arc<dyn DeadLetters>,
                wake: Arc::new(Notify::new()),
                options: RelayOptions::default(),
            };
            tokio::spawn(relay.run(stop.shutdown()))
        };
        let relays = vec![
            relay("decisions", Arc::new(HotOutbox(parts.coupons.port.clone()))),
            relay("steps", Arc::new(LedgerOutbox(parts.ledger.clone()))),
            tokio::spawn(tidy::run(parts.ledger.clone(), stop.shutdown())),
        ];
        Ok(Self { stop, relays, bus })
    }

    /// Hands over what was decided, then stops.
    pub async fn stop(self) {
        self.stop.stop();
        for relay in self.relays {
            if let Err(error) = relay.await {
                tracing::error!(%error, "a relay did not end well");
            }
        }
        self.bus.stop().await;
    }
}
