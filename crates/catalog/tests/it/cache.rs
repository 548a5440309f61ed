//! Answers that are made once: one loader, no old answer after a change, and the tables where hot state is away.

use crate::support::{NOON, Shop, schedule};
use async_trait::async_trait;
use bytes::Bytes;
use catalog::cache::{Cache, Loaded, Name};
use catalog::schema::SCHEMA;
use domain::{EventId, Timestamp};
use hot::embedded::EmbeddedKeys;
use hot::{HotError, KeyPort};
use ledger::Ledger;
use ledger_testkit::{Site, patient};
use onsale_http::ApiError;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Hot state that can be taken away.
#[derive(Default)]
struct Faulty {
    inner: EmbeddedKeys,
    is_away: AtomicBool,
}

impl Faulty {
    fn check(&self) -> Result<(), HotError> {
        if self.is_away.load(Ordering::SeqCst) { Err(HotError::unavailable("away")) } else { Ok(()) }
    }

    fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }
}

#[async_trait]
impl KeyPort for Faulty {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        self.check()?;
        self.inner.put(entries, ttl_ms, now).await
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError> {
        self.check()?;
        self.inner.claim(entries, ttl_ms, now).await
    }

    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        self.check()?;
        self.inner.get(names, now).await
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        self.check()?;
        self.inner.remove(names).await
    }

    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError> {
        self.check()?;
        self.inner.remove_if(name, value, now).await
    }
}

fn name() -> Name {
    Name::Event(EventId(Uuid::from_u128(1)))
}

/// What the tables say, and how often they were asked.
#[derive(Clone, Default)]
struct Source {
    value: Arc<AtomicUsize>,
    loads: Arc<AtomicUsize>,
}

impl Source {
    /// Reads the value, and answers only after a while.
    async fn load(self, takes: Duration) -> Result<Loaded, ApiError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let value = self.value.load(Ordering::SeqCst);
        tokio::time::sleep(takes).await;
        Ok(Loaded { bytes: Bytes::from(value.to_string()), life_ms: 60_000, etag: false })
    }

    async fn read(&self, cache: &Cache, takes: Duration) -> String {
        let source = self.clone();
        let read = cache.read(&name(), move || source.clone().load(takes)).await.expect("read");
        String::from_utf8(read.bytes.to_vec()).expect("text")
    }
}

#[tokio::test]
async fn a_thousand_readers_of_a_cold_name_on_two_instances_have_one_loader() {
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let instances = [Cache::new(keys.clone(), 60_000), Cache::new(keys, 60_000)];
    let source = Source::default();
    let begun = std::time::Instant::now();
    let readers = (0..1_000).map(|reader| {
        let (source, cache) = (source.clone(), instances[reader % 2].clone());
        tokio::spawn(async move { source.read(&cache, Duration::from_millis(300)).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        assert_eq!(reader.await.expect("ran"), "0");
    }
    // A busy machine may need longer than the two seconds for which one instance waits for the other's load.
    let waits = usize::try_from(begun.elapsed().as_secs() / 2).expect("a short time");
    assert!((1..=1 + waits).contains(&source.loads.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_its_load_to_the_others() {
    let cache = Cache::new(Arc::new(EmbeddedKeys::default()), 60_000);
    let source = Source::default();
    let gone = tokio::spawn({
        let (source, cache) = (source.clone(), cache.clone());
        async move { source.read(&cache, Duration::from_millis(300)).await }
    });
    while source.loads.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(source.read(&cache, Duration::ZERO).await, "0");
    assert_eq!(source.loads.load(Ordering::SeqCst), 1, "the first load has ended by itself");
}

#[tokio::test]
async fn a_loader_that_never_ends_is_waited_for_two_seconds() {
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let (stuck, other) = (Cache::new(keys.clone(), 60_000), Cache::new(keys, 60_000));
    let source = Source::default();
    let stalled = tokio::spawn({
        let source = source.clone();
        async move { source.read(&stuck, Duration::from_secs(600)).await }
    });
    while source.loads.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.read(&other, Duration::ZERO).await, "0");
    assert_eq!(source.loads.load(Ordering::SeqCst), 2);
    stalled.abort();
}

#[tokio::test]
async fn a_late_write_of_an_old_load_is_never_read() {
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let (slow, other) = (Cache::new(keys.clone(), 60_000), Cache::new(keys, 60_000));
    let source = Source::default();
    let loading = tokio::spawn({
        let source = source.clone();
        async move { source.read(&slow, Duration::from_millis(400)).await }
    });
    while source.loads.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    // The old value was read, and is not stored yet: a change begins and is answered.
    let value = source.value.clone();
    let change = async move {
        value.store(1, Ordering::SeqCst);
        Ok(())
    };
    other.changing(vec![name()], change).await.expect("changed");
    assert_eq!(loading.await.expect("ran"), "0", "that reader came before the change was answered");
    for cache in [&other] {
        assert_eq!(source.read(cache, Duration::ZERO).await, "1");
    }
}

/// Changes and reads on three instances, each in its own task: no reader is told less than what was answered before it asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_answered_is_seen_by_every_reader() {
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let instances: Vec<Cache> = (0..3).map(|_| Cache::new(keys.clone(), 60_000)).collect();
    let (source, answered) = (Source::default(), Arc::new(AtomicUsize::new(0)));
    let is_over = Arc::new(AtomicBool::new(false));
    let readers = (0..12).map(|reader| {
        let (source, cache) = (source.clone(), instances[reader % 3].clone());
        let (answered, is_over) = (answered.clone(), is_over.clone());
        tokio::spawn(async move {
            let mut reads = 0u32;
            while !is_over.load(Ordering::SeqCst) {
                let known = answered.load(Ordering::SeqCst);
                let told: usize = source.read(&cache, Duration::from_millis(2)).await.parse().expect("a number");
                assert!(told >= known, "{told} was told after {known} had been answered");
                reads += 1;
                tokio::task::yield_now().await;
            }
            reads
        })
    });
    let readers: Vec<_> = readers.collect();
    for round in 1..=60usize {
        let value = source.value.clone();
        let change = async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            value.store(round, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(())
        };
        instances[round % 3].changing(vec![name()], change).await.expect("changed");
        answered.store(round, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    is_over.store(true, Ordering::SeqCst);
    for reader in readers {
        assert!(reader.await.expect("no reader was told an old value") > 0);
    }
}

#[tokio::test]
async fn a_process_that_dies_in_a_change_leaves_no_old_answer() {
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let (dying, other) = (Cache::new(keys.clone(), 60_000), Cache::new(keys, 60_000));
    let source = Source::default();
    assert_eq!(source.read(&other, Duration::ZERO).await, "0");
    let value = source.value.clone();
    let change = async move {
        value.store(1, Ordering::SeqCst);
        std::future::pending::<Result<(), ApiError>>().await
    };
    // Its transaction is stored, and its versions are never renewed.
    let died = tokio::time::timeout(Duration::from_millis(50), dying.changing(vec![name()], change)).await;
    assert!(died.is_err());
    assert_eq!(source.read(&other, Duration::ZERO).await, "1");
}

#[tokio::test]
async fn without_hot_state_the_tables_are_read_one_load_at_a_time() {
    let keys = Arc::new(Faulty::default());
    let cache = Cache::new(keys.clone(), 60_000);
    let source = Source::default();
    assert_eq!(source.read(&cache, Duration::ZERO).await, "0");
    keys.set_away(true);
    source.value.store(1, Ordering::SeqCst);
    let readers = (0..200).map(|_| {
        let (source, cache) = (source.clone(), cache.clone());
        tokio::spawn(async move { source.read(&cache, Duration::from_millis(100)).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        assert_eq!(reader.await.expect("ran"), "1", "no copy counts that nobody can check");
    }
    assert!(source.loads.load(Ordering::SeqCst) <= 4, "{:?}", source.loads);
    let refused = cache.changing(vec![name()], async { panic!("no change is begun") }).await;
    assert_eq!(refused.map(|()| 0).expect_err("refused").code, domain::ErrorCode::ServiceUnavailable);
    keys.set_away(false);
    assert_eq!(
        source.read(&cache, Duration::ZERO).await,
        "0",
        "what was kept before counts again: nothing was changed"
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_dropped_is_not_kept_meanwhile() {
    let keys = Arc::new(Faulty::default());
    let cache = Cache::new(keys.clone(), 60_000);
    let source = Source::default();
    assert_eq!(source.read(&cache, Duration::ZERO).await, "0");
    let (value, away) = (source.value.clone(), keys.clone());
    let change = async move {
        value.store(1, Ordering::SeqCst);
        away.set_away(true);
        Ok(())
    };
    cache.changing(vec![name()], change).await.expect("the change stands");
    keys.set_away(false);
    assert_eq!(source.read(&cache, Duration::ZERO).await, "1", "the mark still stands");
    cache.renew_told().await;
    let loads = source.loads.load(Ordering::SeqCst);
    assert_eq!(source.read(&cache, Duration::ZERO).await, "1");
    assert_eq!(source.read(&cache, Duration::ZERO).await, "1");
    assert_eq!(source.loads.load(Ordering::SeqCst), loads + 1, "and is kept again");
}

#[tokio::test]
async fn a_change_on_one_instance_is_seen_on_the_other_at_once() {
    let _clock = clock::set(NOON);
    let keys: Arc<dyn KeyPort> = Arc::new(EmbeddedKeys::default());
    let one = Shop::open_with(Site::sqlite(), keys.clone()).await;
    let ledger = Ledger::connect(&one.site.url, &SCHEMA, patient()).await.expect("connects");
    let other = Shop::over(Site::sqlite(), ledger, keys);
    let place = one.small_place().await;
    let id = one.open_event(&place, json!({})).await;
    let path = format!("/events/{id}");
    for round in 0..10 {
        for shop in [&one, &other] {
            shop.get(&path).await.expect(200);
            shop.get("/events").await.expect(200);
        }
        let (changing, title) = (if round % 2 == 0 { &one } else { &other }, format!("round {round}"));
        changing.patch(&path, &json!({"title": title})).await.expect(200);
        for shop in [&one, &other] {
            assert_eq!(shop.get(&path).await.expect(200)["title"], title.as_str());
            assert_eq!(shop.get("/events").await.expect(200)["list"][0]["title"], title.as_str());
        }
    }
    other.delete(&path).await.expect(200);
    assert_eq!(one.get(&path).await.status, 404);
    assert_eq!(one.get("/events").await.expect(200)["totalElements"], 0);
}

#[tokio::test]
async fn with_hot_state_away_readers_are_answered_and_changes_are_not_begun() {
    let _clock = clock::set(NOON);
    let keys = Arc::new(Faulty::default());
    let shop = Shop::open_with(Site::sqlite(), keys.clone()).await;
    let place = shop.small_place().await;
    let id = shop.open_event(&place, json!({})).await;
    let schedule = shop.schedules(&id).await.remove(0);
    keys.set_away(true);
    for path in [
        "/events".to_owned(),
        format!("/events/{id}"),
        format!("/events/schedules/{schedule}"),
        format!("/events/schedules/{schedule}/seats"),
        format!("/events/schedules/{schedule}/plan"),
    ] {
        shop.get(&path).await.expect(200);
    }
    let refused = shop.patch(&format!("/events/{id}"), &json!({"title": "New"})).await;
    assert_eq!((refused.code(), refused.header("retry-after").as_str()), ((503, "SERVICE_UNAVAILABLE"), "1"));
    assert_eq!(shop.get(&format!("/events/{id}")).await.expect(200)["title"], "Autumn night");
    keys.set_away(false);
    shop.patch(&format!("/events/{id}"), &json!({"title": "New"})).await.expect(200);
    assert_eq!(shop.get(&format!("/events/{id}")).await.expect(200)["title"], "New");
}

/// What the tables say past our code shows how long an answer is kept: ten seconds after an opening, later longer.
#[tokio::test]
async fn an_answer_lives_shorter_right_after_an_opening() {
    let clock = clock::set(NOON);
    let shop = Shop::open(Site::sqlite()).await;
    let place = shop.small_place().await;
    let id = shop.open_event(&place, json!({"schedules": [schedule(1, 60, 600)]})).await;
    let raw = shop.raw().await;
    let life = async |limit: u64| {
        raw.run("UPDATE events SET title = 'before'").await.expect("set");
        clock.advance(Duration::from_secs(301));
        shop.get(&format!("/events/{id}")).await.expect(200);
        raw.run("UPDATE events SET title = 'after'").await.expect("set");
        let mut seconds = 0;
        while shop.get(&format!("/events/{id}")).await.expect(200)["title"] == "before" && seconds < limit {
            clock.advance(Duration::from_secs(1));
            seconds += 1;
        }
        seconds
    };
    assert_eq!(life(400).await, 300);
    // 13:00 is the opening: 301 s later its first ten minutes are not over.
    clock.advance(Duration::from_secs(3_600 - 301 - 300));
    assert_eq!(life(400).await, 10);
    clock.advance(Duration::from_secs(600));
    assert_eq!(life(400).await, 30, "while seats are sold");
}
