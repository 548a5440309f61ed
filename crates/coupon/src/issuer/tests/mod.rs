//! From the decision to the row, over the real engine, the real bus and the real tables.

mod gate_call;
mod requests;

use super::{CouponGroup, GateReporter, HotOutbox, Issuer, Outcome, Requests};
use crate::campaigns::open_with_stock;
use crate::rows::{campaigns, coupons};
use crate::schema::SCHEMA;
use crate::steps::{CouponStep, CouponSteps, StepOutcome, Wish};
use ::outbox::LedgerOutbox;
use async_trait::async_trait;
use bus::local::{LocalBus, LocalDeadLetters};
use bus::{
    ConsumerOptions, DeadLetter, DeadLetters, Looks, OutboxSource, Places, Publisher, Relay, RelayOptions, Stop,
};
use domain::message::{CouponIssued, Envelope, event_type, topic};
use domain::{Campaign, CampaignId, CouponId, EventName, TenantName, Timestamp, UserId};
use hot::embedded::{EmbeddedEngine, JournalOptions};
use hot::{CouponPort, IssueRequest};
use ledger::group::GroupCommit;
use ledger::{Ledger, LedgerOptions, outbox, purge};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(30);

/// Records the reported outcomes.
#[derive(Default)]
struct RecordingGate(Mutex<Vec<Outcome>>);

impl RecordingGate {
    fn take(&self) -> Vec<Outcome> {
        std::mem::take(&mut self.0.lock().expect("not poisoned"))
    }
}

#[async_trait]
impl GateReporter for RecordingGate {
    async fn report(&self, outcomes: Vec<Outcome>) {
        self.0.lock().expect("not poisoned").extend(outcomes);
    }
}

/// Tables, bus and issuer in a folder of their own.
struct Scene {
    folder: TempDir,
    ledger: Ledger,
    letters: LocalDeadLetters,
    bus: LocalBus,
    gate: Arc<RecordingGate>,
    stop: Stop,
}

impl Scene {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = LedgerOptions { busy_timeout: Duration::from_millis(1), ..LedgerOptions::default() };
        let ledger = Ledger::connect(&SCHEMA.embedded_url(folder.path()), &SCHEMA, options).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        let letters = LocalDeadLetters::open(&folder.path().join(LocalDeadLetters::FILE)).expect("opens");
        let gate = Arc::new(RecordingGate::default());
        let requests = Requests::new(ledger.clone(), gate.clone());
        let group = Arc::new(CouponGroup::new(Issuer::new(ledger.clone()), requests, Places::OfProcess));
        let options = ConsumerOptions { retry_delays: vec![Duration::ZERO; 3], ..ConsumerOptions::default() };
        let bus = LocalBus::start(vec![group], letters.clone(), options);
        Self { folder, ledger, letters, bus, gate, stop: Stop::default() }
    }

    /// A relay that hears of new messages, and polls too rarely for any test.
    fn relay(&self, source: impl OutboxSource) -> JoinHandle<()> {
        let relay = Relay {
            name: "test",
            source: Arc::new(source),
            publisher: Arc::new(self.bus.clone()),
            dead_letters: Arc::new(self.letters.clone()),
            options: RelayOptions { look: Looks::every(Duration::from_secs(3_600)), ..RelayOptions::default() },
        };
        tokio::spawn(relay.run(self.stop.shutdown()))
    }

    async fn publish(&self, messages: impl IntoIterator<Item = Envelope>) {
        let messages: Vec<Arc<Envelope>> = messages.into_iter().map(Arc::new).collect();
        self.bus.publish(topic::COUPON_EVENTS, &messages).await.expect("published");
    }

    async fn kept(&self, sale: &Campaign) -> u64 {
        coupons::counts(&self.ledger, &sale.id).await.expect("counted").kept()
    }

    async fn letters(&self) -> Vec<DeadLetter> {
        self.letters.list(0, 1_000).await.expect("listed")
    }
}

fn sale(stock: u32) -> Campaign {
    let id = CampaignId::new(TenantName::default_tenant(), EventName::new("sale").expect("a name"));
    open_with_stock(id, "Sale", stock)
}

fn issued(sale: &Campaign, serial: u32) -> CouponIssued {
    CouponIssued {
        tenant: sale.id.tenant.to_string(),
        campaign_id: sale.id.event.to_string(),
        coupon_id: CouponId(Uuid::from_u128(u128::from(serial))),
        user_id: format!("u{serial}"),
        serial,
        nth_of_user: 1,
        issued_at_ms: 1_700_000_000_000,
    }
}

fn envelope(id: u128, kind: &str, payload: &impl serde::Serialize) -> Envelope {
    Envelope::about_campaign(Uuid::from_u128(id), kind, "sale".into(), Timestamp(0), None, payload)
}

fn issued_message(coupon: &CouponIssued) -> Envelope {
    envelope(0xE000 + u128::from(coupon.serial), event_type::COUPON_ISSUED, coupon)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let happened = tokio::time::timeout(DEADLINE, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    happened.await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

#[tokio::test]
async fn every_decision_becomes_one_row() {
    let scene = Scene::start().await;
    let sale = sale(700);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let hot = EmbeddedEngine::open(&scene.folder.path().join("hot"), JournalOptions::default()).expect("opens");
    hot.put_campaign(sale.clone()).await.expect("put");
    let relay = scene.relay(HotOutbox(Arc::new(hot.clone())));
    let request = |n: u32| IssueRequest {
        campaign: sale.id.clone(),
        user: UserId::new(&format!("u{n}")).expect("a name"),
        key: None,
        admitted: false,
        coupon_id: None,
    };
    for first in (0..1_000).step_by(100) {
        hot.issue((first..first + 100).map(request).collect(), Timestamp(1_700_000_000_123)).await;
    }
    until("all stored", async || scene.kept(&sale).await == 700).await;
    scene.stop.stop();
    relay.await.expect("ended");
    assert_eq!(hot.stats().await.outbox_pending, 0, "stored messages are acknowledged");
    let mut book = coupons::entries(&scene.ledger, &sale.id, None, 10_000).await.expect("read");
    book.sort_by_key(|entry| entry.serial);
    let decided = hot.coupons(&sale.id).await.expect("read");
    assert_eq!(book.len(), decided.len());
    for (kept, coupon) in book.iter().zip(&decided) {
        assert_eq!((kept.coupon_id, kept.serial), (coupon.coupon_id, Some(coupon.serial)));
        assert_eq!(kept.user_id, coupon.user.as_str());
    }
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_repeated_message_is_stored_once() {
    let scene = Scene::start().await;
    let sale = sale(100);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let messages: Vec<Envelope> = (1..=50).map(|serial| issued_message(&issued(&sale, serial))).collect();
    scene.publish(messages.clone()).await;
    scene.publish(messages.iter().cloned().chain(messages.iter().cloned())).await;
    assert_eq!(scene.kept(&sale).await, 50);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}

#[tokio::test]
async fn refused_messages_become_dead_letters_and_are_stored_when_replayed_after_the_repair() {
    let scene = Scene::start().await;
    let sale = sale(100);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let taken = CouponIssued { coupon_id: CouponId(Uuid::from_u128(900)), user_id: "other".into(), ..issued(&sale, 7) };
    let bad_name = CouponIssued { user_id: "a b".into(), ..issued(&sale, 60) };
    let mut messages: Vec<Envelope> = (1..=50).map(|serial| issued_message(&issued(&sale, serial))).collect();
    messages.insert(20, envelope(1, event_type::COUPON_ISSUED, &taken));
    messages.insert(30, issued_message(&issued(&sale, 101)));
    messages.insert(40, envelope(2, event_type::COUPON_ISSUED, &bad_name));
    messages.push(envelope(3, event_type::COUPON_REVOKED, &serde_json::json!({"half": true})));
    scene.publish(messages).await;
    assert_eq!(scene.kept(&sale).await, 50, "the other messages are stored");
    let mut letters = scene.letters().await;
    letters.sort_by_key(|letter| letter.id);
    let errors: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(letters.len(), 4);
    assert!(letters.iter().all(|letter| letter.reason == bus::Reason::Invalid), "{errors:?}");
    for part in ["userId", "payload: ", "UNIQUE", "serial 101 is beyond the stock of 100"] {
        assert!(errors.iter().any(|error| error.contains(part)), "{part}: {errors:?}");
    }
    campaigns::update(&scene.ledger, &Campaign { stock: 101, ..sale.clone() }).await.expect("more stock");
    let beyond = letters.iter().find(|letter| letter.error.contains("beyond")).expect("there");
    assert_eq!(scene.letters.replay(beyond.id).await, Ok(true));
    until("the dead letter is gone", async || scene.letters().await.len() == 3).await;
    assert_eq!(scene.kept(&sale).await, 51);
    scene.bus.stop().await;
}

#[tokio::test]
async fn while_the_database_is_unavailable_no_message_is_lost_or_counted_as_failed() {
    let scene = Scene::start().await;
    let sale = sale(100);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    let holder = scene.ledger.begin().await.expect("holds the write lock");
    let publishing = tokio::spawn({
        let (bus, message) = (scene.bus.clone(), Arc::new(issued_message(&issued(&sale, 1))));
        async move { bus.publish(topic::COUPON_EVENTS, &[message]).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!publishing.is_finished(), "the consumer waits");
    drop(holder);
    let outcome = tokio::time::timeout(DEADLINE, publishing).await.expect("in time").expect("ran");
    assert_eq!(outcome, Ok(()));
    assert_eq!(scene.kept(&sale).await, 1);
    assert_eq!(scene.letters().await, []);
    scene.bus.stop().await;
}

#[tokio::test]
async fn a_step_in_the_ledger_is_published_once_and_purged_after_its_retention() {
    let scene = Scene::start().await;
    let sale = sale(100);
    campaigns::create(&scene.ledger, &sale).await.expect("created");
    scene.publish([issued_message(&issued(&sale, 1))]).await;
    let step = CouponStep {
        tenant: sale.id.tenant.clone(),
        coupon: CouponId(Uuid::from_u128(1)),
        wish: Wish::Revoke { return_to_stock: true },
    };
    let relay = scene.relay(LedgerOutbox::new(scene.ledger.clone()));
    // It has found nothing by then, and waits.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let outcome = GroupCommit::start(&scene.ledger, CouponSteps).run(step).await;
    assert!(matches!(outcome, Ok(StepOutcome::Done(..))), "{outcome:?}");
    let waiting = async || outbox::next(&scene.ledger, 10).await.expect("read").len();
    until("published", async || waiting().await == 0).await;
    scene.stop.stop();
    relay.await.expect("ended");
    assert_eq!(scene.letters().await, []);
    let now = clock::now();
    assert_eq!(purge::once(&scene.ledger, now.plus_seconds(6 * 86_400)).await, Ok((0, 0)));
    assert_eq!(purge::once(&scene.ledger, now.plus_seconds(8 * 86_400)).await, Ok((1, 0)));
    assert_eq!(purge::once(&scene.ledger, now.plus_seconds(31 * 86_400)).await, Ok((0, 2)));
    scene.bus.stop().await;
}
