//! The issuer behind real brokers: messages lie in Kafka, and the group keeps them as fast as it can.

use async_trait::async_trait;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters, KafkaPublisher};
use bus::{BATCH_MAX, HandleError, Handler, Message, Publisher};
use domain::message::{Envelope, topic};
use ledger::Ledger;
use services::issuer::{CouponGroup, Issuer};
use std::sync::Arc;
use std::time::Duration;
use testkit::{Kafka, Kit};
use tokio::sync::watch;

const BROKERS: usize = 3;

/// Brokers with the issuer's group behind them.
pub struct Pipe {
    publisher: KafkaPublisher,
    bus: KafkaBus,
    open: watch::Sender<bool>,
    _kafka: Kafka,
}

/// The group, which begins when it is told.
struct Held {
    group: CouponGroup,
    open: watch::Receiver<bool>,
}

#[async_trait]
impl Handler for Held {
    fn group(&self) -> &str {
        self.group.group()
    }

    fn topics(&self) -> &[&str] {
        self.group.topics()
    }

    fn knows(&self, event_type: &str) -> bool {
        self.group.knows(event_type)
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let mut open = self.open.clone();
        let told = open.wait_for(|open| *open).await.map(drop);
        told.map_err(|closed| HandleError::Away(closed.to_string()))?;
        self.group.handle(batch).await
    }
}

impl Pipe {
    /// Starts brokers, and the group.
    pub async fn open(kit: &Kit, ledger: &Ledger) -> anyhow::Result<Self> {
        let kafka = Kafka::start(kit, BROKERS)?;
        let bootstrap = kafka.bootstrap();
        let publisher = KafkaPublisher::connect(&bootstrap)?;
        publisher.ensure_topics().await?;
        let (open, may_begin) = watch::channel(true);
        let group = CouponGroup::new(Issuer::new(ledger.clone()));
        let handler: Arc<dyn Handler> = Arc::new(Held { group, open: may_begin });
        let letters = Arc::new(KafkaDeadLetters::connect(&bootstrap)?);
        let bus = KafkaBus::start(&bootstrap, vec![handler], letters, KafkaBusOptions::default())?;
        Ok(Self { publisher, bus, open, _kafka: kafka })
    }

    /// Lays messages into the brokers while the group waits.
    pub async fn fill(&self, messages: &[Arc<Envelope>]) -> anyhow::Result<()> {
        self.open.send_replace(false);
        for some in messages.chunks(BATCH_MAX) {
            self.publisher.publish(topic::COUPON_EVENTS, some).await?;
        }
        Ok(())
    }

    /// Lets the group begin, and waits until `done`.
    pub async fn drain(&self, mut done: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        self.open.send_replace(true);
        while !done().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends the group.
    pub async fn close(self) {
        self.bus.stop().await;
    }
}
