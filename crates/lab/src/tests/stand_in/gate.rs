//! The gate of the substitute server: a waiting line, correct or with a planted fault.

use super::{StandIn, decide, is_admin};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

/// The fault of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GateFault {
    #[default]
    None,
    /// Admits some newcomers before earlier users.
    Overtake,
    /// Sometimes returns a worse rank than before.
    WorseRank,
    /// Loses a place.
    ForgetPlace,
    /// Moves a user that enqueues again to the end.
    NewPlace,
    /// Admits all users at once.
    Hurry,
    /// Issues the coupon without admission.
    NoPassNeeded,
    /// Reports success on every request of a user.
    Again,
    /// Sometimes responds 500.
    Error,
    /// Never returns the decision.
    Silence,
}

/// The line before all campaigns. Clones are the same line.
#[derive(Clone)]
pub struct Gate {
    fault: GateFault,
    rate_per_second: u32,
    /// Number of polls before the first admission, so that the wait does not depend on the machine.
    opens_after_looks: u64,
    line: Arc<Mutex<Line>>,
}

struct Line {
    /// All users in order; the first `admitted` of them are admitted.
    order: Vec<String>,
    admitted: usize,
    credit: f64,
    looked_at: Instant,
    outcomes: HashMap<String, &'static str>,
    requests: u64,
    /// Number of returned ranks and documents.
    looks: u64,
}

impl Gate {
    pub fn new(rate_per_second: u32, opens_after_looks: u64, fault: GateFault) -> Self {
        let line = Line {
            order: Vec::new(),
            admitted: 0,
            credit: 0.0,
            looked_at: Instant::now(),
            outcomes: HashMap::new(),
            requests: 0,
            looks: 0,
        };
        Self { fault, rate_per_second, opens_after_looks, line: Arc::new(Mutex::new(line)) }
    }

    /// The line for a poll, which is counted.
    fn looked_at(&self) -> MutexGuard<'_, Line> {
        let mut line = self.line();
        line.looks += 1;
        line
    }

    /// The present line. Unused admissions expire while no user waits.
    fn line(&self) -> MutexGuard<'_, Line> {
        let mut line = self.line.lock().expect("nobody panicked");
        let elapsed = line.looked_at.elapsed();
        line.looked_at += elapsed;
        if line.looks >= self.opens_after_looks {
            line.credit += f64::from(self.rate_per_second) * elapsed.as_secs_f64();
        }
        let waiting = line.order.len() - line.admitted;
        let hurries = self.fault == GateFault::Hurry && line.looks >= self.opens_after_looks;
        let go = if hurries { waiting } else { (line.credit as usize).min(waiting) };
        line.admitted += go;
        line.credit = if go == waiting { 0.0 } else { line.credit - go as f64 };
        line.requests += 1;
        line
    }

    pub fn is_admitted(&self, user: &str) -> bool {
        self.fault == GateFault::NoPassNeeded || self.line().is_inside(user)
    }
}

impl Line {
    fn place(&self, user: &str) -> Option<usize> {
        self.order.iter().position(|one| one == user)
    }

    fn is_inside(&self, user: &str) -> bool {
        self.place(user).is_some_and(|place| place < self.admitted)
    }

    /// The rank from 1; 0 when admitted.
    fn rank(&self, user: &str) -> Option<usize> {
        Some((self.place(user)? + 1).saturating_sub(self.admitted))
    }
}

impl StandIn {
    /// Puts a line before every campaign.
    pub fn with_gate(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }
}

pub fn routes() -> Router<StandIn> {
    Router::new()
        .route("/gate/events/{event}/enqueue", post(enqueue))
        .route("/gate/events/{event}/rank", get(rank))
        .route("/issue/events/{event}", post(issue))
        .route("/queue/serving/{line}", get(serving))
        .route("/queue/admin/stats", get(stats))
}

type Named = Query<HashMap<String, String>>;

fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

async fn enqueue(State(server): State<StandIn>, Query(query): Named) -> Response {
    let Some(gate) = &server.gate else { return not_found() };
    let (mut line, user) = (gate.line(), &query["userId"]);
    if gate.fault == GateFault::Error && line.requests.is_multiple_of(50) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(rank) = line.rank(user) {
        if gate.fault == GateFault::NewPlace && rank > 1 {
            line.order.retain(|one| one != user);
            line.order.push(user.clone());
            let rank = line.rank(user);
            return Json(json!({"status": "ENQUEUED", "rank": rank})).into_response();
        }
        return Json(json!({"status": "ALREADY_ENQUEUED", "rank": rank})).into_response();
    }
    let waiting = line.order.len() - line.admitted;
    if gate.fault == GateFault::Overtake && waiting > 10 && line.order.len().is_multiple_of(20) {
        let before = line.admitted + waiting / 2;
        line.order.insert(before, user.clone());
    } else {
        line.order.push(user.clone());
    }
    let rank = line.rank(user);
    Json(json!({"status": "ENQUEUED", "rank": rank})).into_response()
}

fn status(status: &str, rank: Option<usize>) -> Response {
    Json(json!({"status": status, "rank": rank})).into_response()
}

async fn rank(State(server): State<StandIn>, Query(query): Named) -> Response {
    let Some(gate) = &server.gate else { return not_found() };
    let (line, user) = (gate.looked_at(), &query["userId"]);
    let number = line.requests;
    match (line.outcomes.get(user), line.rank(user)) {
        (Some(outcome), _) => status(outcome, None),
        (None, None) => status("UNKNOWN", None),
        (None, Some(0)) => status("ACTIVE", None),
        (None, Some(_)) if gate.fault == GateFault::ForgetPlace && number.is_multiple_of(97) => status("UNKNOWN", None),
        (None, Some(rank)) if gate.fault == GateFault::WorseRank && number.is_multiple_of(31) => {
            status("WAITING", Some(rank + 1_000))
        }
        (None, rank) => status("WAITING", rank),
    }
}

async fn issue(State(server): State<StandIn>, Path(event): Path<String>, Query(query): Named) -> Response {
    let Some(gate) = &server.gate else { return not_found() };
    let user = &query["userId"];
    let result = |result: &str| Json(json!({"result": result})).into_response();
    if !gate.is_admitted(user) {
        return result("NOT_IN_ACTIVE_QUEUE");
    }
    if gate.fault == GateFault::Silence {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(decision) = decide(&server, user, &event) else { return not_found() };
    let (reply, outcome) = match decision["code"].as_str() {
        Some("ISSUED") => ("SUCCESS", "ISSUED"),
        Some("ALREADY_ISSUED") if gate.fault == GateFault::Again => ("SUCCESS", "ISSUED"),
        Some("ALREADY_ISSUED") => ("ALREADY_ISSUED", "ISSUED"),
        _ => ("OUT_OF_STOCK", "SOLD_OUT"),
    };
    gate.line().outcomes.insert(user.clone(), outcome);
    result(reply)
}

fn document(line: &Line, name: &str, rate_per_second: u32) -> Value {
    json!({"line": name, "serving": line.admitted, "ratePerSecond": rate_per_second, "left": [],
        "at": "2026-12-01T20:00:00"})
}

async fn serving(State(server): State<StandIn>, Path(name): Path<String>) -> Response {
    let Some(gate) = &server.gate else { return not_found() };
    Json(document(&gate.looked_at(), &name, gate.rate_per_second)).into_response()
}

async fn stats(State(server): State<StandIn>, headers: HeaderMap) -> Response {
    let Some(gate) = server.gate.as_ref().filter(|_| is_admin(&headers)) else { return not_found() };
    let line = gate.line();
    let one = |event: &String| {
        json!({"scheduleId": format!("gate:{event}"), "admittedCount": line.admitted,
            "ratePerSecond": gate.rate_per_second})
    };
    let lines: Vec<Value> = server.world().campaigns.keys().map(one).collect();
    Json(json!({ "scheduleStats": lines })).into_response()
}
