//! A payment role whose PortOne is the sandbox, whose reservation, coupon and catalog are books of the test, and whose time
//! is the test's.

use crate::workers_roles::{Catalog, Coupons, Reservations, peer};
use axum::Router;
use axum::body::{Body, to_bytes};
use clock::SetClock;
use domain::Timestamp;
use domain::id::{AccountId, CouponId, PaymentId, PaymentKey, ReservationId, ScheduleId, SeatId};
use domain::message::Envelope;
use domain::payment::refund::Refund;
use domain::payment::steps::Changed;
use domain::payment::{Begin, Payment, PaymentStatus, RefundKind};
use http::{Method, Request};
use ledger::{Ledger, outbox};
use ledger_testkit::{Site, patient};
use payment::schema::SCHEMA;
use payment::steps::{PaymentSteps, StepOutcome};
use payment::{PaymentService, Peers, PortOneSettings, Settings, rows};
use sandbox::command::{Listeners, serve};
use sandbox::{Sandbox, SandboxSettings};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

pub const AMOUNT: i64 = 50_000;
/// How long the hold of a payment runs.
pub const HOLD_SECONDS: i64 = 300;
/// When every test begins. The sandbox takes its time from the same clock.
const BEGIN: Timestamp = Timestamp(1_800_000_000_000);

/// The shop of a test.
pub struct World {
    pub ledger: Ledger,
    pub site: Site,
    pub service: PaymentService,
    pub steps: PaymentSteps,
    pub reservations: Reservations,
    pub coupons: Coupons,
    pub catalog: Catalog,
    pub clock: SetClock,
    doors: Router,
    settings: Settings,
    peers: Peers,
    folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::on(Site::sqlite()).await
    }

    /// Over a database.
    pub async fn on(site: Site) -> Self {
        Self::with(site, Duration::from_secs(60)).await
    }

    /// Waits so briefly for PortOne that an answer that never comes does not take long.
    pub async fn impatient() -> Self {
        Self::with(Site::sqlite(), Duration::from_secs(2)).await
    }

    async fn with(site: Site, timeout: Duration) -> Self {
        let clock = clock::set(BEGIN);
        let ledger = Ledger::connect(&site.url, &SCHEMA, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        let folder = TempDir::new().expect("a folder");
        let sandbox = Sandbox::open(folder.path(), SandboxSettings::default()).expect("opens");
        let doors = sandbox::routes(sandbox.clone());
        let portone = listen(sandbox).await;
        let (reservations, coupons, catalog) = (Reservations::default(), Coupons::default(), Catalog::default());
        let steps = PaymentSteps::start(&ledger);
        let settings = settings(portone, timeout);
        let peers = Peers {
            reservation: peer("reservation", reservations.routes()),
            coupon: peer("coupon", coupons.routes()),
            catalog: peer("catalog", catalog.routes()),
        };
        let service = PaymentService::open(settings.clone(), ledger.clone(), peers.clone()).expect("opens");
        Self { ledger, site, service, steps, reservations, coupons, catalog, clock, doors, settings, peers, folder }
    }

    /// Another process of the role over the same tables.
    pub fn another(&self) -> PaymentService {
        PaymentService::open(self.settings.clone(), self.ledger.clone(), self.peers.clone()).expect("opens")
    }

    /// From now on PortOne knows none of the payments, as after a wrong `payment.portone.base_url`.
    pub async fn another_store(&mut self) {
        let empty = Sandbox::open(&self.folder.path().join("empty"), SandboxSettings::default()).expect("opens");
        let base_url = format!("http://{}/sandbox/portone/api", listen(empty).await);
        self.settings.portone.base_url = base_url;
        self.service = self.another();
    }

    /// From now on PortOne refuses our secret.
    pub fn another_secret(&mut self) {
        self.settings.portone.api_secret = "another".to_owned();
        self.service = self.another();
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance(Duration::from_secs(seconds.unsigned_abs()));
    }

    /// Something at the sandbox: its body, whatever its status.
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = Request::builder().method(method).uri(format!("/sandbox/portone{path}"));
        let request = request.header("authorization", "PortOne sandbox-api-secret");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.header("content-type", "application/json").body(body).expect("a request");
        let answer = self.doors.clone().oneshot(request).await.expect("never fails");
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// A door of the sandbox.
    pub async fn door(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, body).await;
        assert!(matches!(status, 200 | 204), "{path}: {status} {answer}");
        answer
    }

    /// Orders a fault of PortOne.
    pub async fn fault(&self, order: Value) {
        self.door("/faults", order).await;
    }

    pub async fn no_faults(&self) {
        self.fault(json!({"mode": "none"})).await;
    }

    /// What PortOne's books say: captured, refunded, and how often it was asked to cancel.
    pub async fn books(&self, key: PaymentKey) -> (i64, i64, i64) {
        let (_, books) = self.ask(Method::GET, &format!("/payments/{key}"), Value::Null).await;
        let number = |value: &Value| value.as_i64().expect("a number");
        (number(&books["captured"]), number(&books["refunded"]), number(&books["calls"]["cancel"]))
    }

    pub async fn pay(&self, payment: &Payment, body: Value) {
        self.door(&format!("/payments/{}/pay", payment.key), body).await;
    }

    /// Money of a payment, taken outside of what is registered.
    pub async fn capture(&self, payment: &Payment, amount: i64) {
        self.door(&format!("/payments/{}/capture", payment.key), json!({"amount": amount})).await;
    }

    /// An operator gives money back in PortOne's console; all of it without an amount.
    pub async fn console(&self, payment: &Payment, amount: Option<i64>) {
        let body = amount.map_or_else(|| json!({}), |amount| json!({"amount": amount}));
        self.door(&format!("/payments/{}/cancel", payment.key), body).await;
    }

    /// A payment that waits for its buyer: claimed at reservation, registered at PortOne.
    pub async fn pending(&self) -> Payment {
        self.pending_with(None).await
    }

    /// The same with a coupon that takes this much off.
    pub async fn pending_with(&self, coupon: Option<(CouponId, i64)>) -> Payment {
        let payment = self.made(coupon).await;
        let body = json!({"storeId": "store-sandbox", "totalAmount": payment.amount, "currency": "KRW"});
        let (status, _) = self.ask(Method::POST, &format!("/api/payments/{}/pre-register", payment.key), body).await;
        assert_eq!(status, 200);
        payment
    }

    /// The row and the claim alone.
    async fn made(&self, coupon: Option<(CouponId, i64)>) -> Payment {
        let (now, until) = (clock::now(), clock::now().plus_seconds(HOLD_SECONDS));
        let discount = coupon.map_or(0, |(_, discount)| discount);
        let new = Begin {
            id: PaymentId(Uuid::new_v4()),
            key: PaymentKey(Uuid::new_v4()),
            reservation: ReservationId(Uuid::new_v4()),
            user: AccountId(Uuid::new_v4()),
            schedule: ScheduleId(Uuid::new_v4()),
            seats: vec![SeatId(Uuid::new_v4())],
            total_amount: AMOUNT,
            discount,
            coupon: coupon.map(|(coupon, _)| coupon),
            hold_no: self.reservations.next_hold_no(),
            hold_expires_at: until,
        };
        self.reservations.claimed(&new);
        let id = new.id;
        let make = move |_| {
            let due_at = Some(until.plus_seconds(10));
            Payment { registered_at: Some(now), due_at, ..Payment::adopt(new.clone(), false, now) }
        };
        match self.steps.make(id, make).await.expect("made") {
            StepOutcome::Done(payment) => *payment,
            other => panic!("{other:?}"),
        }
    }

    /// A payment that is SUCCESS: paid in time, and settled by the workers.
    pub async fn success(&self) -> Payment {
        let payment = self.pending().await;
        self.pay(&payment, json!({})).await;
        self.notice(&payment).await;
        self.service.look_at_due().await.expect("looked");
        self.demand(&payment, PaymentStatus::Success).await
    }

    /// A payment that is FAILED and has taken this much.
    pub async fn failed(&self, taken: Option<i64>) -> Payment {
        let payment = self.pending().await;
        if let Some(taken) = taken {
            self.pay(&payment, json!({"amount": taken})).await;
        }
        self.pass(HOLD_SECONDS + 10);
        self.service.look_at_due().await.expect("looked");
        self.demand(&payment, PaymentStatus::Failed).await
    }

    /// PortOne has told that something has happened.
    pub async fn notice(&self, payment: &Payment) {
        self.change(payment, |payment, now| Some(Changed::quietly(payment.noticed(now)))).await;
    }

    /// The reservation has ended: what the consumer does.
    pub async fn cancelled(&self, payment: &Payment, reason: &'static str) {
        let hold_no = Some(payment.hold_no);
        self.change(payment, move |payment, now| payment.reservation_cancelled(reason, hold_no, now)).await;
    }

    pub async fn change(
        &self,
        payment: &Payment,
        rule: impl Fn(&Payment, Timestamp) -> Option<Changed> + Send + Sync + 'static,
    ) -> StepOutcome {
        let rule =
            move |payment: &Payment, now: Timestamp| rule(payment, now).ok_or(domain::payment::Refusal::NotAsking);
        self.steps.change(payment.id, rule).await.expect("stored")
    }

    /// The payment as it stands.
    pub async fn read(&self, payment: &Payment) -> Payment {
        rows::payments::by_id(&self.ledger, payment.id).await.expect("read").expect("there").payment
    }

    /// The payment, which has this status.
    pub async fn demand(&self, payment: &Payment, status: PaymentStatus) -> Payment {
        let standing = self.read(payment).await;
        assert_eq!(standing.status, status, "{standing:?}");
        standing
    }

    /// The refund of a kind.
    pub async fn refund(&self, payment: &Payment, kind: RefundKind) -> Option<Refund> {
        let all = rows::refunds::of_payment(&self.ledger, payment.id).await.expect("read");
        all.into_iter().map(|one| one.refund).find(|refund| refund.kind == kind)
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
            self.pass(1);
        }
    }

    /// The messages about a payment, in order.
    pub async fn told(&self, payment: &Payment) -> Vec<String> {
        self.messages(payment).await.into_iter().map(|message| message.event_type).collect()
    }

    pub async fn messages(&self, payment: &Payment) -> Vec<Envelope> {
        let waiting = outbox::next(&self.ledger, 100_000).await.expect("read");
        let id = payment.id.to_string();
        waiting.into_iter().map(|one| one.envelope).filter(|message| message.aggregate_id == id).collect()
    }
}

/// Serves a sandbox until the test ends.
async fn listen(sandbox: Sandbox) -> SocketAddr {
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let listeners = Listeners::take(any, None).await.expect("listens");
    let address = listeners.http_address().expect("an address");
    tokio::spawn(serve(sandbox, listeners, None, std::future::pending()));
    address
}

fn settings(portone: SocketAddr, timeout: Duration) -> Settings {
    let portone = PortOneSettings {
        base_url: format!("http://{portone}/sandbox/portone/api"),
        api_secret: "sandbox-api-secret".to_owned(),
        store_id: "store-sandbox".to_owned(),
        channel_key: "channel-key-sandbox".to_owned(),
        webhook_secret: SandboxSettings::default().portone.webhook_secret,
        accept_test_channel: true,
        timeout,
        breaker_open: Duration::from_secs(1),
    };
    Settings { portone, settle_after_seconds: 10 }
}

/// The kinds of the messages that payments tell.
pub mod kind {
    pub use domain::message::event_type::{
        PAYMENT_FAILED as FAILED, PAYMENT_REFUNDED as REFUNDED, PAYMENT_SUCCESS as SUCCESS,
    };
}
