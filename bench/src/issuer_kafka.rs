//! The issuer behind real brokers: messages lie in Kafka, and the group keeps them as fast as it can.

use crate::issuer::NoGate;
use async_trait::async_trait;
use bus::kafka::{KafkaBus, KafkaBusOptions, KafkaDeadLetters, KafkaPublisher};
use bus::{BATCH_MAX, HandleError, Handler, Message, Places, Publisher};
use coupon::issuer::{CouponGroup, Issuer, Requests};
use domain::message::{Envelope, Place, topic};
use ledger::Ledger;
use std::sync::Arc;
use testkit::{Kafka, Kit};
use tokio::sync::watch;

const BROKERS: usize = 3;

/// Brokers with the issuer's group behind them.
pub struct Pipe {
    publisher: KafkaPublisher,
    bus: KafkaBus,
    open: watch::Sender<bool>,
    kept: watch::Receiver<u64>,
    _kafka: Kafka,
}

/// The consumer group, which starts on request.
struct Held {
    group: CouponGroup,
    open: watch::Receiver<bool>,
    /// Messages dealt with since the start. Asking the database instead would cost it more than the rows do.
    kept: watch::Sender<u64>,
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

    async fn places(&self, counted: &[Place]) -> Result<Vec<Place>, HandleError> {
        self.group.places(counted).await
    }

    async fn handle(&self, batch: &[Message]) -> Result<(), HandleError> {
        let mut open = self.open.clone();
        let told = open.wait_for(|open| *open).await.map(drop);
        told.map_err(|closed| HandleError::Unavailable(closed.into()))?;
        self.group.handle(batch).await?;
        self.kept.send_modify(|kept| *kept += batch.len() as u64);
        Ok(())
    }
}

impl Pipe {
    /// Starts brokers, and the group.
    pub async fn open(kit: &Kit, ledger: &Ledger) -> anyhow::Result<Self> {
        let kafka = Kafka::start(kit, BROKERS)?;
        let bootstrap = kafka.bootstrap();
        let publisher = KafkaPublisher::connect(&bootstrap)?;
        publisher.ensure_topics().await?;
        let ((open, may_begin), (count, kept)) = (watch::channel(true), watch::channel(0));
        let requests = Requests::new(ledger.clone(), Arc::new(NoGate));
        let group = CouponGroup::new(Issuer::new(ledger.clone()), requests, Places::Kept);
        let handler: Arc<dyn Handler> = Arc::new(Held { group, open: may_begin, kept: count });
        let letters = Arc::new(KafkaDeadLetters::connect(&bootstrap)?);
        let bus = KafkaBus::start(&bootstrap, vec![handler], letters, KafkaBusOptions::default())?;
        Ok(Self { publisher, bus, open, kept, _kafka: kafka })
    }

    /// Lays messages into the brokers while the group waits.
    pub async fn fill(&self, messages: &[Arc<Envelope>]) -> anyhow::Result<()> {
        self.open.send_replace(false);
        for some in messages.chunks(BATCH_MAX) {
            self.publisher.publish(topic::COUPON_EVENTS, some).await?;
        }
        Ok(())
    }

    /// Starts the group, and waits until it has processed this many more messages.
    pub async fn drain(&mut self, messages: u32) -> anyhow::Result<()> {
        let all = *self.kept.borrow() + u64::from(messages);
        self.open.send_replace(true);
        self.kept.wait_for(|kept| *kept >= all).await?;
        Ok(())
    }

    /// Ends the group.
    pub async fn close(self) {
        self.bus.stop().await;
    }
}
