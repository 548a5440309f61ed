//! From an outbox to the bus (MSG-002).

use crate::support::{Store, TOPIC, envelope, until};
use async_trait::async_trait;
use bus::{
    Cause, Looks, Offer, OutboxSource, PublishError, Publisher, RefusedMessage, Relay, RelayOptions, Settled,
    SourceUnavailable, Stop,
};
use domain::message::Envelope;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// An outbox in memory.
#[derive(Default)]
struct Outbox {
    offers: Mutex<Vec<Offer>>,
    settled: Mutex<Vec<Settled>>,
    unavailable: AtomicBool,
    written: Notify,
}

impl Outbox {
    fn write(&self, ids: impl IntoIterator<Item = u128>, topic: &str) {
        let offer = |id| Offer { position: id as u64, topic: topic.to_owned(), envelope: envelope(id) };
        self.offers.lock().expect("not poisoned").extend(ids.into_iter().map(offer));
    }

    fn is_empty(&self) -> bool {
        self.offers.lock().expect("not poisoned").is_empty()
    }
}

#[async_trait]
impl OutboxSource for Outbox {
    async fn next(&self, limit: usize) -> Result<Vec<Offer>, SourceUnavailable> {
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(SourceUnavailable(Cause::new("no route")));
        }
        Ok(self.offers.lock().expect("not poisoned").iter().take(limit).cloned().collect())
    }

    async fn written(&self) {
        self.written.notified().await;
    }

    async fn settle(&self, settled: &[Settled]) -> Result<(), SourceUnavailable> {
        let mut offers = self.offers.lock().expect("not poisoned");
        for (offer, settled) in offers.iter().zip(settled) {
            assert_eq!(offer.position, settled.position, "settled from the front, in order");
        }
        offers.drain(..settled.len());
        self.settled.lock().expect("not poisoned").extend_from_slice(settled);
        Ok(())
    }
}

/// A broker that refuses some messages and can become unavailable.
#[derive(Default)]
struct Broker {
    accepted: Mutex<Vec<u128>>,
    refuses: Vec<u128>,
    unavailable: AtomicBool,
    hangs: AtomicBool,
    calls: AtomicU32,
}

#[async_trait]
impl Publisher for Broker {
    async fn publish(&self, _topic: &str, batch: &[Arc<Envelope>]) -> Result<(), PublishError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(PublishError::Unavailable(Cause::new("no broker")));
        }
        let mut refused = Vec::new();
        for (index, envelope) in batch.iter().enumerate() {
            let id = envelope.event_id.as_u128();
            if self.refuses.contains(&id) {
                refused.push(RefusedMessage { index, cause: Cause::new(format!("{id} is too large")) });
            } else {
                self.accepted.lock().expect("not poisoned").push(id);
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(PublishError::Refused(refused)) }
    }
}

struct Scene {
    outbox: Arc<Outbox>,
    broker: Arc<Broker>,
    store: Store,
    stop: Stop,
}

impl Scene {
    fn new(broker: Broker) -> Self {
        Self { outbox: Arc::default(), broker: Arc::new(broker), store: Store::new(), stop: Stop::default() }
    }

    fn start(&self, options: RelayOptions) -> JoinHandle<()> {
        let relay = Relay {
            name: "test",
            source: Arc::clone(&self.outbox) as _,
            publisher: Arc::clone(&self.broker) as _,
            dead_letters: Arc::new(self.store.dead_letters.clone()),
            options,
        };
        tokio::spawn(relay.run(self.stop.shutdown()))
    }

    fn accepted(&self) -> Vec<u128> {
        self.broker.accepted.lock().expect("not poisoned").clone()
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_published_in_order_within_a_second_even_without_a_wake_up() {
    let scene = Scene::new(Broker::default());
    let relay = scene.start(RelayOptions::default());
    tokio::time::sleep(Duration::from_secs(60)).await;
    let written = Instant::now();
    scene.outbox.write(1..=1_200, TOPIC);
    until("all published", async || scene.outbox.is_empty()).await;
    assert!(written.elapsed() < Duration::from_secs(1));
    assert_eq!(scene.accepted(), (1..=1_200).collect::<Vec<_>>());
    scene.stop.stop();
    relay.await.expect("ended");
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_saves_the_wait() {
    let scene = Scene::new(Broker::default());
    let relay = scene.start(RelayOptions { look: Looks::every(Duration::from_secs(3_600)), ..RelayOptions::default() });
    tokio::time::sleep(Duration::from_secs(60)).await;
    scene.outbox.write([1], TOPIC);
    scene.outbox.written.notify_one();
    until("published", async || scene.outbox.is_empty()).await;
    scene.stop.stop();
    relay.await.expect("ended");
}

#[tokio::test(start_paused = true)]
async fn while_the_broker_is_unavailable_the_order_is_kept_and_nothing_counts() {
    let scene = Scene::new(Broker { unavailable: AtomicBool::new(true), ..Broker::default() });
    let relay = scene.start(RelayOptions::default());
    scene.outbox.write([3, 1, 2], TOPIC);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(scene.broker.calls.load(Ordering::SeqCst) > 100);
    scene.broker.unavailable.store(false, Ordering::SeqCst);
    until("published", async || scene.outbox.is_empty()).await;
    assert_eq!(scene.accepted(), [3, 1, 2]);
    assert_eq!(scene.store.all().await, []);
    scene.stop.stop();
    relay.await.expect("ended");
}

#[tokio::test(start_paused = true)]
async fn a_message_refused_three_times_becomes_a_dead_letter_and_the_others_are_published() {
    let scene = Scene::new(Broker { refuses: vec![2, 4], ..Broker::default() });
    scene.outbox.write(1..=3, TOPIC);
    scene.outbox.write(4..=5, "payment.events");
    scene.outbox.write(6..=6, TOPIC);
    let relay = scene.start(RelayOptions::default());
    until("settled", async || scene.outbox.is_empty()).await;
    assert_eq!(scene.accepted(), [1, 3, 5, 6]);
    assert_eq!(scene.broker.calls.load(Ordering::SeqCst), 3 + 3 + 1, "three attempts, of the refused only");
    let letters = scene.store.all().await;
    let seen: Vec<_> = letters.iter().map(|l| (l.topic.as_str(), l.reason.as_str(), l.error.as_str())).collect();
    let reason = "MAX_RETRY_EXCEEDED";
    assert_eq!(seen, [("dlq.coupon", reason, "2 is too large"), ("dlq.payment", reason, "4 is too large")]);
    let refused: Vec<u64> = {
        let settled = scene.outbox.settled.lock().expect("not poisoned");
        settled.iter().filter(|one| one.refused.is_some()).map(|one| one.position).collect()
    };
    assert_eq!(refused, [2, 4]);
    scene.stop.stop();
    relay.await.expect("ended");
}

#[tokio::test(start_paused = true)]
async fn the_relay_waits_for_an_unavailable_outbox() {
    let scene = Scene::new(Broker::default());
    scene.outbox.unavailable.store(true, Ordering::SeqCst);
    scene.outbox.write([1], TOPIC);
    let relay = scene.start(RelayOptions::default());
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.outbox.unavailable.store(false, Ordering::SeqCst);
    until("published", async || scene.outbox.is_empty()).await;
    scene.stop.stop();
    relay.await.expect("ended");
}

#[tokio::test(start_paused = true)]
async fn messages_written_before_the_shutdown_are_still_published() {
    let scene = Scene::new(Broker::default());
    let relay = scene.start(RelayOptions { look: Looks::every(Duration::from_secs(3_600)), ..RelayOptions::default() });
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.outbox.write(1..=2_000, TOPIC);
    scene.stop.stop();
    relay.await.expect("ended");
    assert_eq!(scene.accepted().len(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_does_not_wait_for_ever_for_a_bus_that_is_unavailable_or_hangs() {
    for (unavailable, hangs) in [(true, false), (false, true)] {
        let broker = Broker { unavailable: unavailable.into(), hangs: hangs.into(), ..Broker::default() };
        let scene = Scene::new(broker);
        scene.outbox.write([1], TOPIC);
        let relay = scene.start(RelayOptions::default());
        tokio::time::sleep(Duration::from_secs(60)).await;
        let stopped_at = Instant::now();
        scene.stop.stop();
        relay.await.expect("ended");
        assert!(stopped_at.elapsed() <= RelayOptions::default().flush_limit + Duration::from_millis(10));
        assert!(!scene.outbox.is_empty(), "it is offered again at the next start");
    }
}
