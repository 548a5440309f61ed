//! Shared by the tests: a schema with these tables, and dead letters in memory.

use async_trait::async_trait;
use bus::{DeadLetter, DeadLetters, DeadLettersUnavailable, Reason};
use call::{Actor, ActorKind, Call};
use domain::Timestamp;
use ledger::calls::{AUDIT_TABLE, KEPT_TABLE};
use ledger::{Ledger, Schema, call_tables, common_tables};
use ledger_testkit::{Site, patient};
use operators::appeal::{Answer, TABLE, appeal_table};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// 2026-12-01T12:00:00Z.
pub const NOON: Timestamp = Timestamp(1_796_126_400_000);

/// The coupon schema, as far as operators are concerned.
pub static SCHEMA: Schema = Schema {
    name: "coupon_service",
    file: "coupon_service.sqlite",
    topics: &[],
    migrations: |database| vec![common_tables(database), call_tables(), appeal_table()],
    tables: &[AUDIT_TABLE, KEPT_TABLE, TABLE],
};

/// A migrated ledger on a database of its own, which lives as long as the site.
pub async fn open(site: &Site) -> Ledger {
    let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

/// An answer of reservation to Kim.
pub fn answer(at: Timestamp, trace: &str) -> Answer {
    Answer {
        at_ms: at.millis(),
        role: "reservation".into(),
        route: "POST /reservations/hold".into(),
        status: 409,
        code: Some("SEAT_ALREADY_HELD".into()),
        target: Some("schedule".into()),
        trace_id: trace.into(),
        user_id: Some("kim".into()),
        times: 1,
    }
}

/// An operator's call.
pub fn operator() -> Call {
    Call::new(Actor { kind: ActorKind::User, id: "op".into() }, "t-op", None)
}

/// Dead letters in memory.
#[derive(Clone, Default)]
pub struct Buried(Arc<Mutex<BTreeMap<i64, DeadLetter>>>);

impl Buried {
    pub fn of(count: i64) -> Self {
        let buried = Self::default();
        buried.known().extend((1..=count).map(|id| (id, letter(id))));
        buried
    }

    pub fn known(&self) -> MutexGuard<'_, BTreeMap<i64, DeadLetter>> {
        self.0.lock().expect("not poisoned")
    }
}

pub fn letter(id: i64) -> DeadLetter {
    DeadLetter {
        id,
        topic: "dlq.payment".into(),
        group: Some("reservation-payment-consumer".into()),
        reason: if id % 2 == 0 { Reason::Invalid } else { Reason::Malformed },
        error: "refused for kim@example.com".into(),
        original_topic: "payment.events".into(),
        original_partition: 0,
        original_offset: id,
        key: "0190a1b2-0000-7000-8000-000000000001".into(),
        headers: vec![("eventType".into(), "PaymentSuccess".into())],
        value: br#"{"payload":{"email":"kim@example.com","amount":5}}"#.to_vec(),
        stored_at: Timestamp(NOON.millis() + id),
        replay_requested: false,
    }
}

#[async_trait]
impl DeadLetters for Buried {
    async fn store(&self, letters: &[DeadLetter]) -> Result<(), DeadLettersUnavailable> {
        self.known().extend(letters.iter().map(|letter| (letter.id, letter.clone())));
        Ok(())
    }

    async fn list(&self, after: i64, limit: usize) -> Result<Vec<DeadLetter>, DeadLettersUnavailable> {
        Ok(self.known().range(after + 1..).take(limit).map(|(_, letter)| letter.clone()).collect())
    }

    async fn show(&self, id: i64) -> Result<Option<DeadLetter>, DeadLettersUnavailable> {
        Ok(self.known().get(&id).cloned())
    }

    async fn replay(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        Ok(self.known().get_mut(&id).map(|letter| letter.replay_requested = true).is_some())
    }

    async fn remove(&self, id: i64) -> Result<bool, DeadLettersUnavailable> {
        Ok(self.known().remove(&id).is_some())
    }
}
