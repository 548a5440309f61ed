//! A small in-memory server with the coupon part of the contract, correct or with a planted fault.

pub mod gate;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::CouponId;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

pub const ADMIN_KEY: &str = "stand-in-admin-key";
/// A campaign whose creation is refused.
pub const REFUSED_CAMPAIGN: &str = "refused";

/// The fault of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Issues one coupon too many.
    Oversell,
    /// Issues the last serial twice.
    DoubleSerial,
    /// Confirms a coupon and forgets it.
    ForgetYes,
    /// Confirms a different coupon from the stored one.
    TellWrongCoupon,
    /// Decides, but never writes one of the rows.
    LoseRow,
    /// Counts the stock wrongly.
    MiscountStock,
    /// Closes the connection within one of this many responses, after the decision.
    BreakAnswers(u64),
    /// Responds 503 to one of this many requests, before the decision.
    Unavailable(u64),
    /// Responds 429 to every request.
    LimitEverything,
    /// Responds in chunks, with spaced JSON.
    Chunked,
    /// Requires a key for every coupon request.
    WantKey,
}

#[derive(Clone)]
struct Coupon {
    coupon_id: CouponId,
    serial: u32,
}

#[derive(Default)]
struct Campaign {
    stock: u32,
    open: bool,
    coupons: Vec<Coupon>,
    holders: HashMap<String, usize>,
}

#[derive(Default)]
struct World {
    campaigns: HashMap<String, Campaign>,
    requests: u64,
}

/// The server's memory, which outlives its connections as a disk would.
#[derive(Clone, Default)]
pub struct StandIn {
    fault: Fault,
    /// The line before every campaign, if there is one.
    gate: Option<gate::Gate>,
    world: Arc<Mutex<World>>,
}

impl StandIn {
    pub fn new(fault: Fault) -> Self {
        Self { fault, gate: None, world: Arc::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("nobody panicked")
    }

    /// Makes an open campaign beforehand.
    pub fn put_campaign(&self, name: &str, stock: u32) {
        let campaign = Campaign { stock, open: true, ..Campaign::default() };
        self.world().campaigns.insert(name.into(), campaign);
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/health/ready", get(|| async { "ready" }))
            .route("/api/v1/coupons/issue", post(issue))
            .route("/api/v1/coupons/status/{event}", get(status))
            .route("/api/v1/coupons/user/{user}/event/{event}", get(of_user))
            .route("/api/v1/admin/campaigns", post(make))
            .route("/api/v1/admin/campaigns/{event}", get(show))
            .route("/api/v1/admin/campaigns/{event}/open", post(open))
            .route("/api/v1/admin/events/{event}/stock", post(short_form))
            .route("/api/v1/admin/reconcile", get(reconcile))
            .merge(gate::routes())
            .with_state(self.clone())
    }

    /// Serves on a thread of its own until [`Running::kill`].
    pub fn serve(&self, address: SocketAddr) -> Running {
        // A recently used port can be bound again while old connections linger.
        let listener = std::net::TcpListener::bind(address).expect("a port");
        let address = listener.local_addr().expect("bound");
        listener.set_nonblocking(true).expect("non-blocking");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let router = self.router();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("served");
        });
        Running { address, runtime }
    }
}

/// A serving thread.
pub struct Running {
    pub address: SocketAddr,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it at once and closes all connections.
    pub fn kill(self) {
        self.runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    }
}

fn every(number: u64, each: u64) -> bool {
    number.is_multiple_of(each)
}

async fn issue(State(server): State<StandIn>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (user, event) = (text("user_id"), text("event_id"));
    let number = {
        let mut world = server.world();
        world.requests += 1;
        world.requests
    };
    let later = |status: StatusCode| (status, [(header::RETRY_AFTER, "0")], "{}").into_response();
    match server.fault {
        Fault::Unavailable(each) if every(number, each) => return later(StatusCode::SERVICE_UNAVAILABLE),
        Fault::LimitEverything => return later(StatusCode::TOO_MANY_REQUESTS),
        Fault::WantKey if headers.get("x-api-key") != Some(&HeaderValue::from_static("tenant-key")) => {
            return (StatusCode::UNAUTHORIZED, r#"{"code":"UNAUTHORIZED"}"#).into_response();
        }
        _ => {}
    }
    if server.gate.as_ref().is_some_and(|gate| !gate.is_admitted(&user)) {
        return Json(json!({"success": false, "code": "NOT_ADMITTED", "remaining_stock": 0})).into_response();
    }
    let Some(decision) = decide(&server, &user, &event) else { return StatusCode::NOT_FOUND.into_response() };
    match server.fault {
        Fault::BreakAnswers(each) if every(number, each) => broken(),
        Fault::Chunked => chunked(&decision),
        _ => Json(decision).into_response(),
    }
}

fn decide(server: &StandIn, user: &str, event: &str) -> Option<Value> {
    let fault = server.fault;
    let mut world = server.world();
    let campaign = world.campaigns.get_mut(event)?;
    let stock = campaign.stock as usize + usize::from(fault == Fault::Oversell);
    let refusal = |code: &str, remaining: usize| json!({"success": false, "code": code, "remaining_stock": remaining});
    let remaining = stock - campaign.coupons.len();
    if let Some(at) = campaign.holders.get(user) {
        let Coupon { coupon_id, serial, .. } = &campaign.coupons[*at];
        let mut answer = refusal("ALREADY_ISSUED", remaining);
        answer["coupon_id"] = json!(coupon_id);
        answer["serial"] = json!(serial);
        return Some(answer);
    }
    if remaining == 0 {
        return Some(refusal("SOLD_OUT", 0));
    }
    let mut serial = campaign.coupons.len() as u32 + 1;
    if fault == Fault::DoubleSerial && remaining == 1 {
        serial -= 1;
    }
    let coupon_id = CouponId(Uuid::new_v4());
    let coupon = Coupon { coupon_id, serial };
    if !(fault == Fault::ForgetYes && serial == 2) {
        campaign.holders.insert(user.into(), campaign.coupons.len());
    }
    campaign.coupons.push(coupon);
    let told = if fault == Fault::TellWrongCoupon && serial == 2 { CouponId(Uuid::new_v4()) } else { coupon_id };
    Some(json!({
        "success": true, "code": "ISSUED", "message": "\"code\":\"SOLD_OUT\"",
        "remaining_stock": remaining - 1, "coupon_id": told, "serial": serial,
    }))
}

/// Half a response, then the end of the connection.
fn broken() -> Response {
    let parts = [Ok(Bytes::from_static(b"{\"success\":")), Err(std::io::Error::other("planted"))];
    let body = Body::from_stream(futures::stream::iter(parts));
    ([(header::CONTENT_LENGTH, "300")], body).into_response()
}

fn chunked(decision: &Value) -> Response {
    let text = serde_json::to_string_pretty(decision).expect("JSON").into_bytes();
    let parts: Vec<_> = text.chunks(7).map(|part| Ok::<_, std::io::Error>(Bytes::copy_from_slice(part))).collect();
    Body::from_stream(futures::stream::iter(parts)).into_response()
}

async fn status(State(server): State<StandIn>, Path(event): Path<String>) -> Response {
    let world = server.world();
    let Some(campaign) = world.campaigns.get(&event) else { return StatusCode::NOT_FOUND.into_response() };
    let mut remaining = (campaign.stock as usize).saturating_sub(campaign.coupons.len());
    remaining += usize::from(server.fault == Fault::MiscountStock);
    let status = match (campaign.open, remaining) {
        (false, _) => "scheduled",
        (true, 0) => "sold_out",
        (true, _) => "active",
    };
    let participants = campaign.coupons.len();
    Json(json!({"event_id": event, "remaining_stock": remaining, "total_participants": participants, "status": status}))
        .into_response()
}

async fn of_user(State(server): State<StandIn>, Path((user, event)): Path<(String, String)>) -> Response {
    let world = server.world();
    let Some(campaign) = world.campaigns.get(&event) else { return StatusCode::NOT_FOUND.into_response() };
    let coupons: Vec<_> = campaign.holders.get(&user).map(|at| campaign.coupons[*at].clone()).into_iter().collect();
    let coupons: Vec<_> = coupons
        .iter()
        .map(|coupon| json!({"coupon_id": coupon.coupon_id, "serial": coupon.serial, "status": "ISSUED"}))
        .collect();
    let first = coupons.first().map(|coupon| coupon["coupon_id"].clone());
    Json(json!({"user_id": user, "event_id": event, "coupon_id": first, "coupons": coupons})).into_response()
}

fn is_admin(headers: &HeaderMap) -> bool {
    headers.get("x-api-key").is_some_and(|key| key == ADMIN_KEY)
}

async fn make(State(server): State<StandIn>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    if !is_admin(&headers) {
        return StatusCode::UNAUTHORIZED;
    }
    let event = body["event_id"].as_str().unwrap_or_default().to_owned();
    let stock = body["stock"].as_u64().unwrap_or_default() as u32;
    if event == REFUSED_CAMPAIGN {
        return StatusCode::BAD_REQUEST;
    }
    let mut world = server.world();
    if world.campaigns.contains_key(&event) {
        return StatusCode::CONFLICT;
    }
    world.campaigns.insert(event, Campaign { stock, ..Campaign::default() });
    StatusCode::CREATED
}

async fn show(State(server): State<StandIn>, Path(event): Path<String>) -> Response {
    match server.world().campaigns.get(&event) {
        Some(campaign) => Json(json!({"event_id": event, "stock": campaign.stock})).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn open(State(server): State<StandIn>, Path(event): Path<String>) -> StatusCode {
    match server.world().campaigns.get_mut(&event) {
        Some(campaign) => {
            campaign.open = true;
            StatusCode::OK
        }
        None => StatusCode::NOT_FOUND,
    }
}

async fn short_form(
    State(server): State<StandIn>,
    Path(event): Path<String>,
    Query(query): Query<HashMap<String, u32>>,
) -> Json<Value> {
    let stock = query["initial_stock"];
    server.world().campaigns.entry(event.clone()).or_insert(Campaign { stock, open: true, ..Campaign::default() });
    Json(json!({"event_id": event, "initial_stock": stock, "message": "ok"}))
}

async fn reconcile(
    State(server): State<StandIn>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if !is_admin(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let event = &query["event_id"];
    let world = server.world();
    let campaign = &world.campaigns[event];
    let hot = campaign.coupons.len();
    let lost = usize::from(server.fault == Fault::LoseRow);
    let mut findings = vec![json!({"kind": "missing"}); lost];
    let beyond = campaign.coupons.iter().filter(|coupon| coupon.serial > campaign.stock).count();
    findings.extend(vec![json!({"kind": "serial_beyond_stock"}); beyond]);
    let balances = findings.is_empty();
    Json(json!({"balances": balances, "checked_at": "2026-12-01T20:00:00", "campaigns": [{
        "tenant": "default", "event_id": event, "stock": campaign.stock, "hot_count": hot,
        "ledger_count": hot - lost, "in_flight": 0, "balances": balances, "findings": findings,
    }]}))
    .into_response()
}
