//! The local bus keeps the promises of every bus.

use crate::support::Store;
use async_trait::async_trait;
use bus::conformance::{self, BusUnderTest};
use bus::local::LocalBus;
use bus::{ConsumerOptions, DeadLetters, Handler, Publisher};
use std::sync::{Arc, Mutex, PoisonError};

struct Local {
    store: Store,
    running: Mutex<Option<LocalBus>>,
}

impl Local {
    fn running(&self) -> LocalBus {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone().expect("started")
    }
}

#[async_trait]
impl BusUnderTest for Local {
    fn topic(&self) -> &'static str {
        "coupon.events"
    }

    async fn start(&self, handlers: Vec<Arc<dyn Handler>>, options: ConsumerOptions) {
        let bus = LocalBus::start(handlers, self.store.dead_letters.clone(), options);
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(bus);
    }

    async fn stop(&self) {
        self.running().stop().await;
    }

    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::new(self.running())
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        Arc::new(self.store.dead_letters.clone())
    }

    async fn publish_bytes(&self, _key: &str, _value: &[u8]) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn the_local_bus_keeps_every_promise() {
    conformance::run(|| Local { store: Store::new(), running: Mutex::default() }).await;
}
