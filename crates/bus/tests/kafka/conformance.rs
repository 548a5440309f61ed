//! The bus on brokers keeps the promises of every bus.

use super::support::*;
use async_trait::async_trait;
use bus::conformance::{self, BusUnderTest};
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters};
use bus::{ConsumerOptions, DeadLetters, Handler, Publisher};
use std::sync::{Arc, Mutex, PoisonError};

struct OnBrokers {
    bootstrap: String,
    names: Names,
    dead_letters: KafkaDeadLetters,
    running: Mutex<Option<KafkaBus>>,
}

impl OnBrokers {
    fn new(bootstrap: &str) -> Self {
        let names = Names::new();
        let dead_letters = dead_letters(bootstrap, &names);
        Self { bootstrap: bootstrap.to_owned(), names, dead_letters, running: Mutex::default() }
    }
}

#[async_trait]
impl BusUnderTest for OnBrokers {
    fn topic(&self) -> &'static str {
        self.names.topic
    }

    async fn start(&self, handlers: Vec<Arc<dyn Handler>>, consumer: ConsumerOptions) {
        let store = Arc::new(self.dead_letters.clone());
        let options = KafkaBusOptions { consumer, ..options() };
        let bus = KafkaBus::start(&self.bootstrap, handlers, store, options).expect("brokers are named");
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(bus);
    }

    async fn stop(&self) {
        let bus = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        bus.expect("started").stop().await;
    }

    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::new(publisher(&self.bootstrap))
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        Arc::new(self.dead_letters.clone())
    }

    async fn publish_bytes(&self, key: &str, value: &[u8]) -> bool {
        write_raw(&self.bootstrap, self.names.topic, key, value).await;
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bus_on_brokers_keeps_every_promise() {
    let Some(bootstrap) = real_bootstrap() else { return };
    conformance::run(|| OnBrokers::new(&bootstrap)).await;
}
