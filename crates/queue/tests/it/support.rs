//! Shared by the tests: lines in a folder of their own, a catalog and a reservation role that answer as told, and a client.

use access::remote::RemoteKeys;
use access::{Callers, InternalKeys, Peer, Person};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use domain::account::UserRole;
use domain::line::{Challenge, LineId, LineStatus};
use domain::{AccountId, PassId, ScheduleId, Timestamp};
use hot::embedded::{EmbeddedKeys, EmbeddedLimits, EmbeddedLines, JournalOptions};
use hot::line::{Clock, LinePort, LineUser};
use hot::{KeyPort, LimitPort};
use lines::operation::Defaults;
use lines::{Challenges, LineClient, ServingCache, Streams};
use onsale_http::{Failures, HttpSettings, standard};
use queue::api::{self, QueueApi, control, site_lines};
use queue::tickets;
use queue::{CookieKeys, PublicNames, Site, SiteOptions, TicketParts, TicketPeers, TicketQueue, TicketSettings, site};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

/// The key that internal routes take.
pub const SERVICE_KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
/// 2026-12-01T12:00:00: the sale of [`SCHEDULE`] and [`OTHER`] has begun an hour ago, and ends in an hour.
pub const NOON: Timestamp = Timestamp(1_796_126_400_000);
pub const SCHEDULE: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
pub const OTHER: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a12";
pub const UNKNOWN: &str = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6aff";

/// What the other roles answer.
#[derive(Default)]
pub struct World {
    /// Times by schedule: begin and end of the sale, and whether it was cancelled.
    pub sales: Mutex<HashMap<String, (Timestamp, Timestamp, bool)>>,
    pub ended: Mutex<Vec<String>>,
    pub catalog_calls: AtomicUsize,
    pub is_catalog_away: AtomicBool,
    pub is_catalog_stuck: AtomicBool,
    /// Free seats and holders by schedule; without any the route is missing.
    pub stock: Mutex<HashMap<String, Value>>,
    pub is_reservation_away: AtomicBool,
}

impl World {
    pub fn sell(&self, schedule: &str, from: Timestamp, until: Timestamp) {
        self.sales.lock().expect("whole").insert(schedule.to_owned(), (from, until, false));
    }

    pub fn cancel(&self, schedule: &str) {
        self.sales.lock().expect("whole").get_mut(schedule).expect("is sold").2 = true;
    }

    pub fn stock(&self, free: u64, holders: u64) {
        self.stock.lock().expect("whole").insert(SCHEDULE.into(), json!({"free": free, "holders": holders}));
    }
}

async fn sellable(State(world): State<Arc<World>>, Path(id): Path<String>) -> (StatusCode, Json<Value>) {
    world.catalog_calls.fetch_add(1, Ordering::SeqCst);
    if world.is_catalog_stuck.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    if world.is_catalog_away.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
    }
    let Some((from, until, is_cancelled)) = world.sales.lock().expect("whole").get(&id).copied() else {
        return (StatusCode::NOT_FOUND, Json(json!({"code": "NOT_FOUND"})));
    };
    let precise = domain::catalog::PreciseTime;
    let reason = is_cancelled.then_some("CANCELLED");
    let body = json!({"sellable": !is_cancelled, "reason": reason,
        "saleStartAt": precise(from), "saleEndAt": precise(until)});
    (StatusCode::OK, Json(body))
}

async fn ended(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({"scheduleIds": *world.ended.lock().expect("whole")}))
}

async fn stock(State(world): State<Arc<World>>, Path(id): Path<String>) -> (StatusCode, Json<Value>) {
    if world.is_reservation_away.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({})));
    }
    match world.stock.lock().expect("whole").get(&id) {
        Some(stock) => (StatusCode::OK, Json(stock.clone())),
        None => (StatusCode::NOT_FOUND, Json(json!({"code": "NOT_FOUND"}))),
    }
}

fn peer(role: &'static str, routes: &Router) -> Peer {
    let peer = Peer::in_process(role, SERVICE_KEY, Duration::from_secs(60)).expect("a key");
    peer.connect(routes);
    peer
}

/// The engines under the lines.
#[derive(Clone)]
pub struct Engines {
    pub lines: Arc<dyn LinePort>,
    pub keys: Arc<dyn KeyPort>,
    pub limits: Arc<dyn LimitPort>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The status with the code of an error.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
        String::from_utf8(value).expect("text")
    }
}

/// A queue role over its engines.
pub struct Scene {
    pub tickets: TicketQueue,
    pub engines: Engines,
    pub world: Arc<World>,
    pub cache: ServingCache,
    pub router: Router,
    _folder: Option<tempfile::TempDir>,
}

/// Settings of a line in which people wait: one person a second.
pub fn slow() -> TicketSettings {
    TicketSettings { rate_per_second: 1, ..TicketSettings::default() }
}

impl Scene {
    pub async fn open(settings: TicketSettings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("opened");
        let engines = Engines {
            lines: Arc::new(lines),
            keys: Arc::new(EmbeddedKeys::default()),
            limits: Arc::new(EmbeddedLimits::default()),
        };
        let world = Arc::new(World::default());
        for schedule in [SCHEDULE, OTHER] {
            world.sell(schedule, NOON.plus_seconds(-3_600), NOON.plus_seconds(3_600));
        }
        Self { _folder: Some(folder), ..Self::over(settings, engines, world) }
    }

    /// Another process over the same engines.
    pub fn over(settings: TicketSettings, engines: Engines, world: Arc<World>) -> Self {
        let catalog = Router::new()
            .route("/internal/schedules/ended", get(ended))
            .route("/internal/schedules/{id}/sellable", get(sellable))
            .with_state(world.clone());
        let reservation =
            Router::new().route("/internal/reservations/stock/{id}", get(stock)).with_state(world.clone());
        let client = LineClient::new(engines.lines.clone());
        let cache = ServingCache::new(engines.lines.clone());
        let unlimited: lines::stream::TenantMax = Arc::new(|_| u64::MAX);
        let streams = Streams::new(client.clone(), cache.clone(), 100, 0, Failures::default(), unlimited);
        let parts = TicketParts {
            lines: client.clone(),
            cache: cache.clone(),
            streams: streams.clone(),
            challenges: None,
            keys: engines.keys.clone(),
            limits: engines.limits.clone(),
            peers: TicketPeers {
                catalog: peer("catalog", &catalog),
                reservation: Some(peer("reservation", &reservation)),
                payment: None,
            },
        };
        let tickets = TicketQueue::open(settings, parts);
        let challenges = Challenges::new(&[7; 32], engines.lines.clone(), engines.keys.clone(), 8, None);
        let router = standard(routes(&tickets, client, cache.clone(), streams, challenges), HttpSettings::default());
        Self { tickets, engines, world, cache, router, _folder: None }
    }

    pub async fn send(
        &self,
        who: Option<Person>,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        let body = body.map(|body| serde_json::to_vec(&body).expect("written"));
        if let Some(body) = &body {
            request = request.header("content-type", "application/json").header("content-length", body.len());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        if let Some(person) = who {
            request.extensions_mut().insert(person);
        }
        let response = self.router.clone().oneshot(request).await.expect("answered");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes: Bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    pub async fn enter(&self, number: u128, schedule: &str) -> Answer {
        self.send(Some(person(number)), Method::POST, "/queue/enter", Some(json!({"scheduleId": schedule})), &[]).await
    }

    pub async fn status(&self, number: u128, schedule: &str) -> Answer {
        let path = format!("/queue/status?scheduleId={schedule}");
        self.send(Some(person(number)), Method::GET, &path, None, &[]).await
    }

    pub async fn leave(&self, number: u128, schedule: &str) -> Answer {
        let path = format!("/queue/leave?scheduleId={schedule}");
        self.send(Some(person(number)), Method::DELETE, &path, None, &[]).await
    }

    /// Asks as another service.
    pub async fn internal(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.send(None, method, path, body, &[("x-service-api-key", SERVICE_KEY)]).await
    }

    pub async fn check_pass(&self, token: &str, number: u128, schedule: &str) -> Answer {
        let body = json!({"token": token, "userId": person(number).id, "scheduleId": schedule});
        self.internal(Method::POST, "/internal/queue/passes/check", Some(body)).await
    }

    /// Calls as an administrator.
    pub async fn operate(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let admin = Person { id: AccountId(Uuid::from_u128(1 << 64)), role: UserRole::Admin };
        self.send(Some(admin), method, path, body, &[]).await
    }

    /// Lets the scheduler have its turn: admits up to so many.
    pub async fn admit(&self, most: usize, schedule: &str) -> usize {
        let passes = (0..most).map(|_| PassId(Uuid::new_v4())).collect();
        self.engines.lines.admit(&line(schedule), passes, Clock::Engine).await.expect("admitted").admitted.len()
    }

    /// Where the line itself says that the person stands.
    pub async fn place(&self, number: u128, schedule: &str) -> LineStatus {
        let who = LineUser { line: line(schedule), user: person(number).id.into() };
        self.engines.lines.check_in(vec![who], Clock::Engine).await.remove(0).expect("answered")
    }

    /// The holder of the claim.
    pub async fn claim(&self, number: u128) -> Option<String> {
        let name = format!("queue:active:{}", person(number).id);
        let value = self.engines.keys.get(&[name], clock::now()).await.expect("answered").remove(0);
        value.map(|value| String::from_utf8(value).expect("text"))
    }

    /// Fills the line: the first go straight through, at the rate; the rest waits. Returns who waits first.
    pub async fn crowd(&self, through: u128, waiting: u128) -> u128 {
        for number in 1..=through + waiting {
            self.enter(number, SCHEDULE).await.expect(200);
        }
        through + 1
    }
}

fn routes(
    tickets: &TicketQueue,
    client: LineClient,
    cache: ServingCache,
    streams: Streams,
    challenges: Challenges,
) -> Router {
    let keys = Arc::new(CookieKeys::new(&[7; 32], None).expect("long enough"));
    let callers = RemoteKeys::new("http://127.0.0.1:9", "key".into(), None).expect("a client");
    let api = QueueApi {
        site: Site::new(client.clone(), cache.clone(), keys.clone(), SiteOptions::default())
            .with_challenges(challenges),
        names: PublicNames::new(client.clone(), Some(keys)),
        callers: Callers::by_coupon_role(callers),
        defaults: Defaults {
            rate_per_second: 10,
            interval_ms: 1_000,
            challenge: Challenge::None,
            positions_per_network: 0,
        },
        new_line: Arc::new(domain::line::LineRule::new(10)),
        may_make_lines: true,
        lines: client,
        cache,
        streams,
    };
    let lines = api::routes(api.clone())
        .merge(control::routes(api.clone()))
        .merge(site_lines::routes(api.clone()))
        .merge(site::api::routes(api.clone()))
        .merge(site::api::proxy_routes(api));
    tickets::api::with_tickets(lines, tickets.clone())
        .merge(tickets::api::routes(tickets.clone()))
        .merge(tickets::api::internal_routes(tickets.clone(), InternalKeys::accepting([SERVICE_KEY])))
}

pub fn person(number: u128) -> Person {
    Person { id: AccountId(Uuid::from_u128(number)), role: UserRole::User }
}

pub fn schedule(id: &str) -> ScheduleId {
    id.parse().expect("an id")
}

pub fn line(id: &str) -> LineId {
    LineId::of_schedule(schedule(id))
}
