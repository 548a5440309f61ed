//! A desk of the payment role: its service and its routes over a database of its own, the sandbox, and books of the other
//! roles. The time is the test's; the sandbox reads the same clock.

use crate::role::Role;
use crate::workers_roles::{Catalog, Coupons, peer};
use access::{InternalKeys, Person};
use axum::Router;
use axum::body::{Body, to_bytes};
use clock::SetClock;
use domain::account::UserRole;
use domain::message::Envelope;
use domain::payment::refund::Refund;
use domain::payment::{Payment, RefundKind};
use domain::{AccountId, PaymentId, ReservationId, Timestamp};
use http::{Method, Request};
use ledger::{Ledger, outbox};
use ledger_testkit::{Raw, Site, patient};
use onsale_http::{ApiError, Language, TraceId};
use payment::schema::SCHEMA;
use payment::{PaymentService, Peers, PortOneSettings, Settings, api, rows};
use sandbox::command::{Listeners, serve};
use sandbox::{Sandbox, SandboxSettings};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

/// The key of the other roles.
pub const KEY: &str = "5f4d1c1e-8f0c-4d7e-9c60-0a3b5d0c7e11";
/// When every test begins.
pub const BEGIN: Timestamp = Timestamp(1_800_000_000_000);

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub headers: http::HeaderMap,
}

impl Reply {
    /// The code of an error; empty for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field}: {}", self.body)).to_owned()
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Status and code.
    pub fn said(&self) -> (u16, &str) {
        (self.status, self.code())
    }
}

/// A payment that was begun: what its buyer's page knows.
#[derive(Clone, Debug)]
pub struct Begun {
    pub id: PaymentId,
    pub key: String,
    pub reservation: ReservationId,
    pub user: AccountId,
    pub amount: i64,
}

pub struct Desk {
    pub service: PaymentService,
    pub ledger: Ledger,
    pub site: Site,
    pub role: Role,
    pub coupons: Coupons,
    pub clock: SetClock,
    pub settings: Settings,
    pub peers: Peers,
    doors: Router,
    _folder: TempDir,
}

impl Desk {
    pub async fn new() -> Self {
        Self::on(Site::sqlite()).await
    }

    pub async fn on(site: Site) -> Self {
        Self::with(site, |_| {}).await
    }

    /// At a PortOne of the test's own.
    pub async fn at(url: String) -> Self {
        Self::with(Site::sqlite(), |settings| settings.portone.base_url = url).await
    }

    pub async fn with(site: Site, set: impl FnOnce(&mut Settings)) -> Self {
        let clock = clock::set(BEGIN);
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        let folder = TempDir::new().expect("a folder");
        let sandbox = Sandbox::open(folder.path(), SandboxSettings::default()).expect("opens");
        let doors = sandbox::routes(sandbox.clone());
        let mut settings = settings(listen(sandbox).await);
        set(&mut settings);
        let (role, coupons) = (Role::default(), Coupons::default());
        let peers = Peers {
            reservation: peer("reservation", role.routes()),
            coupon: peer("coupon", coupons.routes()),
            catalog: peer("catalog", Catalog::default().routes()),
        };
        let service = PaymentService::open(settings.clone(), ledger.clone(), peers.clone()).expect("opens");
        Self { service, ledger, site, role, coupons, clock, settings, peers, doors, _folder: folder }
    }

    /// Another process of the role over the same tables.
    pub fn another(&self) -> PaymentService {
        PaymentService::open(self.settings.clone(), self.ledger.clone(), self.peers.clone()).expect("opens")
    }

    pub fn pass_ms(&self, ms: i64) {
        self.clock.advance(Duration::from_millis(ms.unsigned_abs()));
    }

    pub async fn raw(&self) -> Raw {
        Raw::open(&self.site, &SCHEMA).await
    }

    /// Asks a route of the service as a person; nobody without one.
    pub async fn ask(&self, user: Option<AccountId>, method: &str, path: &str, body: Option<Value>) -> Reply {
        ask(api::routes(self.service.clone()), user, method, path, body).await
    }

    pub async fn post(&self, user: AccountId, path: &str, body: Value) -> Reply {
        self.ask(Some(user), "POST", path, Some(body)).await
    }

    pub async fn get(&self, user: AccountId, path: &str) -> Reply {
        self.ask(Some(user), "GET", path, None).await
    }

    /// Asks an internal route with this key.
    pub async fn internal(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let routes = api::internal_routes(self.service.clone(), InternalKeys::accepting([KEY]));
        let request = Request::builder().method(method).uri(path).header("x-service-api-key", key);
        let request = request.header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        reply(routes.oneshot(request.body(body).expect("a request")).await.expect("answered")).await
    }

    /// A person begins to pay a reservation of [`TOTAL`](crate::role::TOTAL).
    pub async fn pay(&self, user: AccountId, reservation: ReservationId) -> Reply {
        self.post(user, "/payments", new(reservation, crate::role::TOTAL)).await
    }

    /// A new person holds two seats and has begun to pay.
    pub async fn begun(&self) -> Begun {
        let user = somebody();
        let reservation = self.role.hold(user);
        let reply = self.pay(user, reservation).await.ok();
        Begun::of(&reply, user, reservation)
    }

    /// The buyer pays in PortOne's window; the transaction is returned.
    pub async fn paid(&self, begun: &Begun, body: Value) -> String {
        let answer = self.door(&format!("/payments/{}/pay", begun.key), body).await;
        answer["transactionId"].as_str().unwrap_or_default().to_owned()
    }

    /// The buyer's page says that it is paid.
    pub async fn confirm(&self, begun: &Begun, transaction: &str) -> Reply {
        self.post(begun.user, "/payments/confirm", begun.confirmation(transaction)).await
    }

    /// A purchase from the hold to SUCCESS.
    pub async fn bought(&self) -> Begun {
        let begun = self.begun().await;
        let transaction = self.paid(&begun, json!({})).await;
        let reply = self.confirm(&begun, &transaction).await.ok();
        assert_eq!(reply.body["status"], "SUCCESS", "{}", reply.body);
        begun
    }

    /// The payment as it stands.
    pub async fn read(&self, id: PaymentId) -> Payment {
        rows::payments::by_id(&self.ledger, id).await.expect("read").expect("there").payment
    }

    /// The payment of a reservation, if there is one.
    pub async fn of(&self, reservation: ReservationId) -> Option<Payment> {
        let found = rows::payments::by_reservation(&self.ledger, reservation).await.expect("read");
        found.map(|one| one.payment)
    }

    /// The refunds of a payment.
    pub async fn refunds(&self, id: PaymentId) -> Vec<Refund> {
        let all = rows::refunds::of_payment(&self.ledger, id).await.expect("read");
        all.into_iter().map(|one| one.refund).collect()
    }

    /// Kind and reason of what is owed, or was.
    pub async fn owed(&self, id: PaymentId) -> Vec<(RefundKind, String)> {
        self.refunds(id).await.into_iter().map(|refund| (refund.kind, refund.reason)).collect()
    }

    /// All messages, in order.
    pub async fn messages(&self) -> Vec<Envelope> {
        let waiting = outbox::next(&self.ledger, 100_000).await.expect("read");
        waiting.into_iter().map(|one| one.envelope).collect()
    }

    /// The kinds of the messages about a payment, in order.
    pub async fn told(&self, id: PaymentId) -> Vec<String> {
        let about = |message: &Envelope| message.aggregate_id == id.to_string();
        self.messages().await.into_iter().filter(about).map(|message| message.event_type).collect()
    }

    /// A door of the sandbox.
    pub async fn door(&self, path: &str, body: Value) -> Value {
        let request = Request::builder().method(Method::POST).uri(format!("/sandbox/portone{path}"));
        let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
        let reply = reply(self.doors.clone().oneshot(request.expect("a request")).await.expect("answered")).await;
        assert!(matches!(reply.status, 200 | 204), "{path}: {} {}", reply.status, reply.body);
        reply.body
    }

    pub async fn fault(&self, order: Value) {
        self.door("/faults", order).await;
    }

    pub async fn no_faults(&self) {
        self.fault(json!({"mode": "none"})).await;
    }

    /// PortOne's books about a payment.
    pub async fn books(&self, key: &str) -> Value {
        let request = Request::builder().uri(format!("/sandbox/portone/payments/{key}")).body(Body::empty());
        reply(self.doors.clone().oneshot(request.expect("a request")).await.expect("answered")).await.body
    }

    /// How often PortOne was asked about a payment: registrations and look-ups.
    pub async fn calls(&self, key: &str) -> (i64, i64) {
        let calls = self.books(key).await["calls"].clone();
        (calls["preRegister"].as_i64().expect("a count"), calls["get"].as_i64().expect("a count"))
    }

    /// A notice of the payment's present state, as PortOne sends it: headers and body.
    pub async fn notice(&self, key: &str, good: bool) -> (Vec<(String, String)>, String) {
        let made = self.door(&format!("/payments/{key}/webhook"), json!({"good": good})).await;
        let headers = made["headers"].as_object().expect("headers").iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()));
        (headers.collect(), made["body"].as_str().expect("a body").to_owned())
    }

    /// Sends a notice.
    pub async fn hear(&self, headers: &[(String, String)], body: &str) -> Reply {
        let mut request = Request::builder().method("POST").uri("/payments/webhook");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        reply(api::routes(self.service.clone()).oneshot(request).await.expect("answered")).await
    }

    /// One round of everything that goes on by itself.
    pub async fn round(&self) {
        self.service.look_at_due().await.expect("looked");
        self.service.give_back_due().await.expect("gave back");
        self.service.release_due_coupons().await.expect("released");
    }

    /// Rounds, each a second after the other.
    pub async fn rounds(&self, count: usize) {
        for _ in 0..count {
            self.round().await;
            self.pass_ms(1_000);
        }
    }
}

impl Begun {
    pub fn of(reply: &Reply, user: AccountId, reservation: ReservationId) -> Self {
        let amount = reply.body["amount"].as_i64().expect("an amount");
        Self {
            id: reply.text("paymentId").parse().expect("an id"),
            key: reply.text("paymentKey"),
            reservation,
            user,
            amount,
        }
    }

    pub fn confirmation(&self, transaction: &str) -> Value {
        json!({"reservationId": self.reservation, "paymentId": self.id, "paymentKey": self.key,
            "transactionId": transaction, "amount": self.amount})
    }
}

/// A new person.
pub fn somebody() -> AccountId {
    AccountId(Uuid::new_v4())
}

/// The body of `POST /payments`.
pub fn new(reservation: ReservationId, amount: i64) -> Value {
    json!({"reservationId": reservation, "amount": amount, "paymentMethod": "CARD"})
}

/// Asks a route as a person.
pub async fn ask(routes: Router, user: Option<AccountId>, method: &str, path: &str, body: Option<Value>) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    send(routes, user, request.body(body).expect("a request")).await
}

/// Sends a request as a person.
pub async fn send(routes: Router, user: Option<AccountId>, mut request: Request<Body>) -> Reply {
    if let Some(id) = user {
        Person { id, role: UserRole::User }.enter(request.extensions_mut());
    }
    reply(routes.oneshot(request).await.expect("answered")).await
}

async fn reply(response: http::Response<Body>) -> Reply {
    let (head, body) = response.into_parts();
    let bytes = match head.extensions.get::<ApiError>() {
        // The layers that write the body of an error stand around a whole server.
        Some(error) => {
            let mut written = Vec::new();
            error.write_body(Language::En, clock::now(), &TraceId::fresh(), &mut written);
            written.into()
        }
        None => to_bytes(body, 1 << 20).await.expect("a body"),
    };
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Reply { status: head.status.as_u16(), body, headers: head.headers }
}

/// Serves a sandbox until the test ends.
async fn listen(sandbox: Sandbox) -> String {
    let any = ([127, 0, 0, 1], 0).into();
    let listeners = Listeners::take(any, None).await.expect("listens");
    let address = listeners.http_address().expect("an address");
    tokio::spawn(serve(sandbox, listeners, None, std::future::pending()));
    format!("http://{address}/sandbox/portone/api")
}

fn settings(base_url: String) -> Settings {
    let portone = PortOneSettings {
        base_url,
        api_secret: "sandbox-api-secret".to_owned(),
        store_id: "store-sandbox".to_owned(),
        channel_key: "channel-key-sandbox".to_owned(),
        webhook_secret: SandboxSettings::default().portone.webhook_secret,
        accept_test_channel: true,
        ..PortOneSettings::default()
    };
    Settings { portone, ..Settings::default() }
}
