//! Shared by the tests of routes: reservations over embedded engines, and people who ask.

use crate::stand_ins::{Others, Show, prefix};
use access::{Caller, Callers, InternalKeys, KeyRing, Peer, Person, making, rows};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response};
use domain::account::UserRole;
use domain::id::{PaymentId, PaymentKey};
use domain::line::{IssuedPass, Pass, QueueNumber, pass_text};
use domain::quota::Quotas;
use domain::reservation::{HeardOf, PaymentNews, Step};
use domain::seat::Holding;
use domain::ticket::{TicketKey, TicketKeys, TicketNumber};
use domain::{AccountId, PassId, ReservationId, ScheduleId, SeatId, Timestamp};
use hot::KeyPort;
use hot::embedded::{EmbeddedKeys, EmbeddedSeats, JournalOptions};
use hot::line::Clock;
use hot::seat::SeatPort;
use ledger::{Ledger, Schema};
use ledger_testkit::{Site, patient};
use onsale_http::{Calls, HttpSettings, standard, with_calls};
use reservation::rows::TimeSource;
use reservation::schema::SCHEMA;
use reservation::{Engines, Peers, ReservationService, Settings, api};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

pub const SERVICE_KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
/// 2026-12-01T12:00:00.123: in the sale of [`SHOW`].
pub const NOON: Timestamp = Timestamp(1_796_126_400_123);
pub const SHOW: ScheduleId = ScheduleId(Uuid::from_u128(0x2000_0001 << 96));
pub const OTHER_SHOW: ScheduleId = ScheduleId(Uuid::from_u128(0x2000_0002 << 96));

static KEYS: Schema = Schema {
    name: "key_service",
    file: "keys.sqlite",
    topics: &[],
    migrations: |_| rows::migrations().into_iter().collect(),
    tables: &[rows::TABLE, rows::tenants::TABLE],
};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
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

/// Reservations over embedded engines.
pub struct World {
    pub service: ReservationService,
    pub others: Others,
    pub keys: Arc<dyn KeyPort>,
    pub seats: Arc<EmbeddedSeats>,
    pub site: Site,
    pub router: Router,
    key_ledger: Ledger,
    folder: Arc<TempDir>,
    _key_site: Site,
}

pub fn person(number: u128) -> Person {
    Person { id: user(number), role: UserRole::User }
}

pub fn admin() -> Person {
    Person { id: user(999_999), role: UserRole::Admin }
}

pub fn user(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(0x1000_0000 + number))
}

/// The seat of [`SHOW`] with this index: 0 to 9 are, 10 to 19 B-1 to B-10.
pub fn seat(index: u32) -> SeatId {
    prefix(SHOW).seat(index)
}

pub fn seats(indices: &[u32]) -> Vec<SeatId> {
    indices.iter().map(|index| seat(*index)).collect()
}

/// Where seats are in an answer, by their index.
pub fn indices(list: &Value) -> Vec<u32> {
    let ids = list.as_array().unwrap_or_else(|| panic!("{list} is no list")).iter();
    let index =
        |id: &Value| prefix(SHOW).index(id.as_str().expect("an id").parse().expect("an id")).expect("of the show");
    ids.map(index).collect()
}

/// On sale since an hour ago; played in eleven days.
pub fn show() -> Show {
    let now = clock::now();
    Show {
        event: Uuid::from_u128(0x5000_0000),
        sale_start_at: now.plus_seconds(-3_600),
        sale_end_at: now.plus_seconds(10 * 86_400),
        event_start_at: now.plus_seconds(11 * 86_400),
        is_cancelled: false,
        has_plan: true,
        sold: BTreeSet::new(),
    }
}

pub fn id_of(value: &Value) -> ReservationId {
    let id = value["reservationId"].as_str().unwrap_or_else(|| panic!("{value} has no reservation"));
    id.parse().expect("an id")
}

fn tickets() -> TicketKeys {
    TicketKeys::new(TicketKey::from_bytes(&[7; 32]), &[TicketKey::from_bytes(&[6; 32])])
}

impl World {
    /// Two shows, of which one is on sale and the other is not asked for.
    pub async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let seats = Arc::new(EmbeddedSeats::open(folder.path(), JournalOptions::default()).expect("opens"));
        let keys = Arc::new(EmbeddedKeys::default());
        Self::over(settings, Site::sqlite(), TimeSource::Process, seats, folder, keys, Others::default()).await
    }

    /// On this database, by its clock.
    pub async fn on(site: Site) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let seats = Arc::new(EmbeddedSeats::open(folder.path(), JournalOptions::default()).expect("opens"));
        let (settings, keys) = (Settings::default(), Arc::new(EmbeddedKeys::default()));
        Self::over(settings, site, TimeSource::Database, seats, folder, keys, Others::default()).await
    }

    /// Another instance over the same tables, hot state and other roles.
    pub async fn beside(&self) -> Self {
        let site = Site::on_server(self.site.engine, self.site.url.clone());
        let settings = self.service.settings().clone();
        let (seats, folder) = (self.seats.clone(), self.folder.clone());
        Self::over(settings, site, TimeSource::Process, seats, folder, self.keys.clone(), self.others.clone()).await
    }

    async fn over(
        settings: Settings,
        site: Site,
        time: TimeSource,
        seats: Arc<EmbeddedSeats>,
        folder: Arc<TempDir>,
        keys: Arc<dyn KeyPort>,
        others: Others,
    ) -> Self {
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        for id in [SHOW, OTHER_SHOW] {
            others.known().shows.entry(id).or_insert_with(show);
        }
        let peers = Peers {
            catalog: peer("catalog", &others.catalog()),
            queue: peer("queue", &others.queue()),
            payment: peer("payment", &others.payment()),
            coupon: peer("coupon", &others.coupon()),
        };
        let engines = Engines { ledger: ledger.clone(), seats: seats.clone(), keys: keys.clone(), time };
        let service = ReservationService::over(settings, tickets(), engines, peers);
        let key_site = Site::sqlite();
        let key_ledger = Ledger::connect(&key_site.url, &KEYS, patient()).await.expect("connects");
        key_ledger.migrate().await.expect("migrates");
        let callers = Callers::by_table(KeyRing::load(key_ledger.clone()).await.expect("loads"), false);
        let nobody: onsale_http::calls::Identify = Arc::new(|_, _| Box::pin(std::future::ready(None)));
        let calls = Calls::new(nobody, Arc::new(ledger), Duration::from_secs(30));
        let routes = with_calls(api::routes(service.clone(), callers), calls);
        let internal = api::internal_routes(service.clone(), InternalKeys::accepting([SERVICE_KEY]));
        let settings = HttpSettings { request_timeout: Duration::from_secs(30), ..HttpSettings::default() };
        let router = standard(routes.merge(internal), settings);
        Self { service, others, keys, seats, site, router, key_ledger, folder, _key_site: key_site }
    }

    /// A pass for this person: number `ticket` in the line of the show.
    pub async fn pass(&self, of: u128, ticket: u64) -> String {
        self.pass_for(of, SHOW, ticket).await
    }

    pub async fn pass_for(&self, of: u128, schedule: ScheduleId, ticket: u64) -> String {
        let pass = Pass { id: PassId(Uuid::new_v4()), since: clock::now(), until: clock::now().plus_seconds(600) };
        let issued = IssuedPass::new(user(of), schedule, QueueNumber(ticket), &pass);
        let entry = vec![(IssuedPass::key(pass.id), issued.written())];
        self.keys.put(entry, 600_000, clock::now()).await.expect("stored");
        pass_text(pass.id)
    }

    pub async fn request(
        &self,
        by: Option<Person>,
        method: Method,
        path: &str,
        body: Body,
        headers: &[(&str, &str)],
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).expect("a request");
        if let Some(person) = by {
            person.enter(request.extensions_mut());
        }
        self.router.clone().oneshot(request).await.expect("answered")
    }

    pub async fn send(
        &self,
        by: Option<Person>,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let bytes = body.map(|body| serde_json::to_vec(&body).expect("written"));
        let mut headers = headers.to_vec();
        let length = bytes.as_ref().map_or(0, Vec::len).to_string();
        if bytes.is_some() {
            headers.extend([("content-type", "application/json"), ("content-length", length.as_str())]);
        }
        read(self.request(by, method, path, Body::from(bytes.unwrap_or_default()), &headers).await).await
    }

    pub async fn get(&self, by: u128, path: &str) -> Answer {
        self.send(Some(person(by)), Method::GET, path, None, &[]).await
    }

    pub async fn delete(&self, by: u128, path: &str) -> Answer {
        self.send(Some(person(by)), Method::DELETE, path, None, &[]).await
    }

    pub async fn post(&self, by: u128, pass: &str, path: &str, body: Value) -> Answer {
        self.send(Some(person(by)), Method::POST, path, Some(body), &[("x-queue-token", pass)]).await
    }

    pub async fn put(&self, by: u128, pass: &str, path: &str, body: Value) -> Answer {
        self.send(Some(person(by)), Method::PUT, path, Some(body), &[("x-queue-token", pass)]).await
    }

    /// Asks as another service.
    pub async fn internal(&self, path: &str) -> Answer {
        self.send(None, Method::GET, path, None, &[("x-service-api-key", SERVICE_KEY)]).await
    }

    pub async fn internal_post(&self, path: &str, body: Value) -> Answer {
        self.send(None, Method::POST, path, Some(body), &[("x-service-api-key", SERVICE_KEY)]).await
    }

    /// Asks for seats of the show with a fresh pass; the number of the person is the queue number.
    pub async fn hold(&self, by: u128, indices: &[u32]) -> Answer {
        self.hold_with(by, json!({"scheduleId": SHOW, "seatIds": seats(indices)})).await
    }

    pub async fn hold_with(&self, by: u128, body: Value) -> Answer {
        let pass = self.pass(by, u64::try_from(by).expect("small")).await;
        self.post(by, &pass, "/reservations/hold", body).await
    }

    /// Holds seats that are free.
    pub async fn held(&self, by: u128, indices: &[u32]) -> ReservationId {
        id_of(&self.hold(by, indices).await.expect(201))
    }

    pub async fn claim(&self, id: ReservationId, by: u128) -> Value {
        let amount = self.internal(&format!("/internal/reservations/{id}")).await.expect(200)["totalAmount"].clone();
        let body =
            json!({"paymentId": payment(id), "paymentKey": payment_key(id), "userId": user(by), "amount": amount});
        self.internal_post(&format!("/internal/reservations/{id}/claim"), body).await.expect(200)
    }

    /// Claims and secures, as payment does when the money is there.
    pub async fn secured(&self, id: ReservationId, by: u128) -> Value {
        let claimed = self.claim(id, by).await;
        let body = json!({"paymentId": payment(id), "amount": claimed["totalAmount"], "holdNo": claimed["holdNo"],
            "paidAt": domain::catalog::PreciseTime(clock::now())});
        self.internal_post(&format!("/internal/reservations/{id}/secure"), body).await.expect(200)
    }

    /// A paid ticket.
    pub async fn ticket(&self, by: u128, indices: &[u32]) -> ReservationId {
        let id = self.held(by, indices).await;
        self.pay(id, by, indices).await;
        id
    }

    /// Pays a hold of these seats.
    pub async fn pay(&self, id: ReservationId, by: u128, indices: &[u32]) {
        let secured = self.secured(id, by).await;
        let news = PaymentNews::Success {
            amount: secured["totalAmount"].as_i64().expect("an amount"),
            hold_no: secured["holdNo"].as_i64(),
            seats: seats(indices),
        };
        self.hear(id, news).await;
    }

    /// Takes these seats of a reservation out of hot state, as if it had lost them.
    pub async fn lose_hot(&self, reservation: ReservationId, by: u128, indices: &[u32]) {
        let of = Holding { schedule: SHOW, reservation, user: user(by), seats: seats(indices) };
        assert_eq!(self.seats.sold(&of, Clock::Engine).await.expect("gone"), seats(indices));
    }

    /// A message of the reservation's payment.
    pub async fn hear(&self, id: ReservationId, news: PaymentNews) {
        let ticket_number = TicketNumber::new(clock::now(), id.get().as_u64_pair().1);
        let heard = HeardOf { reservation: id, payment: payment(id), news, ticket_number };
        self.service.steps().decide(Step::Hear(heard)).await.expect("stored").expect("allowed");
    }

    /// The key of a door or an administrator.
    pub async fn key(&self, caller: Caller) -> String {
        let made =
            making::make(&self.key_ledger, &caller, making::Restrictions::default(), Quotas::default(), clock::now());
        made.await.expect("made").text
    }

    /// Seats of the show as this person sees them: held and sold, by index.
    pub async fn seen(&self, by: u128, ticket: u64) -> (Vec<u32>, Vec<u32>) {
        let pass = self.pass(by, ticket).await;
        let path = format!("/reservations/seats/{SHOW}");
        let seen = self.send(Some(person(by)), Method::GET, &path, None, &[("x-queue-token", &pass)]).await.expect(200);
        (indices(&seen["hold"]), indices(&seen["sold"]))
    }
}

/// The payment of a reservation in these tests.
pub fn payment(id: ReservationId) -> PaymentId {
    PaymentId(Uuid::new_v5(&id.get(), b"payment"))
}

pub fn payment_key(id: ReservationId) -> PaymentKey {
    PaymentKey(Uuid::new_v5(&id.get(), b"key"))
}

fn peer(role: &'static str, routes: &Router) -> Peer {
    let peer = Peer::in_process(role, "key", Duration::from_secs(60)).expect("a key");
    peer.connect(routes);
    peer
}

pub async fn read(response: Response<Body>) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status, headers, bytes, body }
}
