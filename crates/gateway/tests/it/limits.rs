//! Buckets of persons and payments, and stores that are away.

use crate::stack::{PASS, Stack, access_token, bearer, claims, keys};
use async_trait::async_trait;
use domain::Timestamp;
use domain::account::UserRole::{Admin, User};
use domain::limit::{Rate, RateDecision};
use hot::{HotError, KeyPort, LimitPort};
use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use onsale_http::limits::OneVisit;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn payment(stack: &mut Stack) {
    stack.settings.payments_per_user_per_minute = 3;
    stack.settings.payments_per_ip_per_minute = 5;
}

#[tokio::test]
async fn a_persons_requests_have_a_bucket_of_their_own() {
    let clock = clock::set(crate::stack::NOON);
    let mut stack = Stack::default();
    stack.settings.per_user_per_minute = 2;
    let front = stack.telling();
    let (user, admin) = (bearer(User), bearer(Admin));
    for left in [1, 0] {
        let answer = front.get("/users/me", &[("authorization", &user)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"user\";q=2;w=60"));
        assert!(
            answer.header("ratelimit").is_some_and(|text| text.starts_with(&format!("\"user\";r={left};"))),
            "{answer:?}"
        );
    }
    for path in ["/users/me", "/events", "/api/v1/coupons/status/shoes"] {
        let answer = front.get(path, &[("authorization", &user)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "RATE_LIMIT_EXCEEDED"), "{path}");
        assert_eq!(answer.header("retry-after"), Some("30"));
        assert!(answer.header("ratelimit-policy").is_some_and(|text| text.starts_with("\"user\"")));
    }
    // What takes nothing from a bucket is answered all the same, and so is everybody else.
    for path in ["/queue/serving/shop", "/queue/check?line=shop", "/time", "/assets/wait.js"] {
        assert_eq!(front.get(path, &[("authorization", &user)]).await.status, 200, "{path}");
    }
    assert_eq!(front.get("/users/me", &[("authorization", &admin)]).await.status, 200);
    assert_eq!(front.get("/events", &[]).await.status, 200);
    clock.advance(std::time::Duration::from_secs(30));
    assert_eq!(front.get("/users/me", &[("authorization", &user)]).await.status, 200);
}

#[tokio::test]
async fn the_calls_of_one_visit_to_a_page_count_once() {
    let _clock = clock::set(crate::stack::NOON);
    let mut stack = Stack::default();
    stack.settings.per_user_per_minute = 2;
    let front = stack.telling();
    let user = bearer(User);
    let ask = async |visit: &OneVisit| {
        let mut request = crate::stack::request("GET", "/users/me", &[("authorization", &user)], "");
        request.extensions_mut().insert(visit.clone());
        front.send(request).await.status().as_u16()
    };
    for _ in 0..2 {
        let visit = OneVisit::default();
        let mut time = crate::stack::request("GET", "/time", &[("authorization", &user)], "");
        time.extensions_mut().insert(visit.clone());
        assert_eq!(front.send(time).await.status(), 200, "takes nothing, and is not the call that counts");
        assert_eq!([ask(&visit).await, ask(&visit).await, ask(&visit).await], [200; 3]);
    }
    assert_eq!(ask(&OneVisit::default()).await, 429);
    let headers = [("authorization", &*user), ("one-visit", "1"), ("x-one-visit", "1")];
    assert_eq!(front.get("/users/me", &headers).await.status, 429, "nobody says so from outside");
}

#[tokio::test]
async fn payments_have_three_more_and_the_first_that_is_empty_answers() {
    let clock = clock::set(crate::stack::NOON);
    let mut stack = Stack::default();
    payment(&mut stack);
    let front = stack.telling();
    let pay = async |path: &str, role| {
        let headers = [("authorization", &*bearer(role)), ("x-queue-token", PASS)];
        front.call("POST", path, &headers, "{}").await
    };
    for path in ["/payments", "/payments/confirm", "/payments"] {
        let answer = pay(path, User).await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.header("ratelimit-policy").is_some_and(|policy| policy.starts_with("\"payment-user\";q=3;w=60"))
        );
    }
    let answer = pay("/payments/confirm", User).await;
    assert_eq!(answer.status, 429);
    assert!(
        answer.header("ratelimit-policy").is_some_and(|policy| policy.starts_with("\"payment-user\"")),
        "{answer:?}"
    );
    // The refused one took a unit of the network's bucket as well: one is left of five.
    assert_eq!(pay("/payments", Admin).await.status, 200);
    let answer = pay("/payments", Admin).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("ratelimit-policy").is_some_and(|policy| policy.starts_with("\"payment-ip\"")), "{answer:?}");
    // Looking at payments is not paying.
    assert_eq!(front.get("/payments", &[("authorization", &bearer(User))]).await.status, 200);
    drop(clock);
}

#[tokio::test]
async fn all_payments_together_have_a_bucket_and_notices_have_one() {
    let clock = clock::set(crate::stack::NOON);
    let mut stack = Stack::default();
    stack.settings.payments_per_second = 1;
    stack.settings.webhooks_per_second = 2;
    let front = stack.telling();
    let pay = async |role| {
        let headers = [("authorization", &*bearer(role)), ("x-queue-token", PASS)];
        front.call("POST", "/payments", &headers, "{}").await
    };
    assert_eq!(pay(User).await.status, 200);
    let answer = pay(Admin).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("ratelimit-policy").is_some_and(|policy| policy.starts_with("\"payment-all\"")));
    let notice = async || front.call("POST", "/payments/webhook", &[], "{}").await.status;
    assert_eq!([notice().await, notice().await, notice().await], [200, 200, 429]);
    drop(clock);
}

/// A store that does not answer, in either way.
struct Away {
    hangs: bool,
}

impl Away {
    async fn fail<T>(&self) -> Result<T, HotError> {
        if self.hangs { std::future::pending().await } else { Err(HotError::unavailable("the store is away")) }
    }
}

#[async_trait]
impl KeyPort for Away {
    async fn put(&self, _: Vec<(String, Vec<u8>)>, _: u64, _: Timestamp) -> Result<(), HotError> {
        self.fail().await
    }

    async fn claim(&self, _: Vec<(String, Vec<u8>)>, _: u64, _: Timestamp) -> Result<Vec<bool>, HotError> {
        self.fail().await
    }

    async fn get(&self, _: &[String], _: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        self.fail().await
    }

    async fn remove(&self, _: &[String]) -> Result<(), HotError> {
        self.fail().await
    }

    async fn remove_if(&self, _: &str, _: &[u8], _: Timestamp) -> Result<bool, HotError> {
        self.fail().await
    }
}

#[async_trait]
impl LimitPort for Away {
    async fn take(&self, _: &[(String, Rate)], _: u64) -> Result<Vec<RateDecision>, HotError> {
        self.fail().await
    }
}

/// Counts by name.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<HashMap<String, Arc<Count>>>>);

#[derive(Default)]
struct Count(AtomicU64);

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::SeqCst);
    }

    fn absolute(&self, value: u64) {
        self.0.store(value, Ordering::SeqCst);
    }
}

impl Counts {
    fn of(&self, name: &str) -> u64 {
        self.0.lock().expect("not poisoned").get(name).map_or(0, |count| count.0.load(Ordering::SeqCst))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut counts = self.0.lock().expect("not poisoned");
        Counter::from_arc(counts.entry(key.name().to_owned()).or_default().clone())
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn stores_that_are_away_let_through_and_are_counted() {
    for hangs in [false, true] {
        let counts = Counts::default();
        metrics::with_local_recorder(&counts, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut stack =
                    Stack { keys: Arc::new(Away { hangs }), limits: Arc::new(Away { hangs }), ..Stack::default() };
                stack.settings.time_limits.store = std::time::Duration::from_millis(20);
                let front = stack.telling();
                let headers = [("authorization", &*bearer(User)), ("x-queue-token", PASS)];
                assert_eq!(front.call("POST", "/payments", &headers, "{}").await.status, 200);
                // A token that is not good is not let through.
                let bad = format!("Bearer {}x", access_token(User));
                assert_eq!(front.get("/users/me", &[("authorization", &bad)]).await.status, 401);
            });
        });
        assert_eq!(counts.of("onsale_gateway_blacklist_let_through_total"), 1, "hangs: {hangs}");
        assert!(counts.of("onsale_gateway_limits_let_through_total") >= 1, "hangs: {hangs}");
        assert!(gateway::COUNTERS.iter().all(|name| name.contains("let_through")));
    }
}

#[tokio::test]
async fn a_token_on_the_blacklist_is_refused() {
    let stack = Stack::default();
    let front = stack.telling();
    let claims = claims(User);
    let token = format!("Bearer {}", keys().access_token(&claims));
    assert_eq!(front.get("/users/me", &[("authorization", &token)]).await.status, 200);
    let entry = (format!("token:blacklist:{}", claims.jti), b"1".to_vec());
    stack.keys.put(vec![entry], 3_600_000, clock::now()).await.expect("kept");
    let answer = front.get("/users/me", &[("authorization", &token)]).await;
    assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_TOKEN"));
    let answer = front.get("/events", &[("authorization", &token)]).await;
    assert_eq!((answer.status, answer.json()["person"].is_null()), (200, true), "ignored where nobody is needed");
}
