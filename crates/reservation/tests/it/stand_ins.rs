//! What stands in for the other roles: their internal routes, with answers that a test sets.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::catalog::{PreciseTime, SeatPrefix};
use domain::{ScheduleId, SeatId, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// A schedule of the stand-in catalog: rows A (VIP) and B (S) of ten seats, A-10 blocked.
#[derive(Clone, Debug)]
pub struct Show {
    pub event: Uuid,
    pub sale_start_at: Timestamp,
    pub sale_end_at: Timestamp,
    pub event_start_at: Timestamp,
    pub is_cancelled: bool,
    pub has_plan: bool,
    pub sold: BTreeSet<SeatId>,
}

/// What the other roles know.
#[derive(Debug, Default)]
pub struct Known {
    pub shows: HashMap<ScheduleId, Show>,
    /// By path: how often it was asked.
    pub asked: BTreeMap<String, u32>,
    /// Roles that give no answer.
    pub away: BTreeSet<&'static str>,
    /// `X-Hold-No` of the catalog's answers.
    pub hold_no: i64,
    pub line: (u64, u64),
    /// The answer of a pass check; none: 404.
    pub pass: Option<Value>,
    /// Payments that are SUCCESS, by the number of their holds.
    pub paid: Vec<Value>,
}

/// The stand-ins. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Others(Arc<Mutex<Known>>);

pub const ROW: u32 = 10;

pub fn prefix(schedule: ScheduleId) -> SeatPrefix {
    SeatPrefix::of(schedule.get())
}

impl Others {
    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("unpoisoned")
    }

    pub fn asked(&self, path: &str) -> u32 {
        self.known().asked.get(path).copied().unwrap_or(0)
    }

    fn show(&self, id: ScheduleId) -> Option<Show> {
        self.known().shows.get(&id).cloned()
    }

    /// Counts a call. The answer of a role that is away.
    fn away(&self, role: &'static str, path: &str) -> Option<Response> {
        let mut known = self.known();
        *known.asked.entry(path.to_owned()).or_default() += 1;
        known.away.contains(role).then(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
    }

    pub fn catalog(&self) -> Router {
        Router::new()
            .route("/internal/schedules/ended", get(ended))
            .route("/internal/schedules/{id}", get(schedule))
            .route("/internal/schedules/{id}/plan", get(plan))
            .route("/internal/schedules/{id}/sellable", get(sellable))
            .route("/internal/seats/status/{id}", get(sold))
            .with_state(self.clone())
    }

    pub fn queue(&self) -> Router {
        Router::new()
            .route("/internal/queue/lines/{id}", get(line))
            .route("/internal/queue/passes/check", post(pass))
            .with_state(self.clone())
    }

    pub fn payment(&self) -> Router {
        Router::new()
            .route("/internal/payments", get(paid))
            .route("/internal/payments/{id}", get(no_payment))
            .with_state(self.clone())
    }

    pub fn coupon(&self) -> Router {
        Router::new().route("/internal/coupons/of/{user}", get(coupons)).with_state(self.clone())
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"code": "NOT_FOUND"}))).into_response()
}

fn numbered(others: &Others, body: Value) -> Response {
    ([("x-hold-no", others.known().hold_no.to_string())], Json(body)).into_response()
}

fn sale(show: &Show) -> Value {
    let now = clock::now();
    let reason = match show {
        show if show.is_cancelled => Some("CANCELLED"),
        show if now < show.sale_start_at => Some("NOT_STARTED"),
        show if now >= show.sale_end_at => Some("ENDED"),
        _ => None,
    };
    json!({"sellable": reason.is_none(), "reason": reason, "saleStartAt": PreciseTime(show.sale_start_at),
        "saleEndAt": PreciseTime(show.sale_end_at)})
}

async fn sellable(State(others): State<Others>, Path(id): Path<Uuid>) -> Response {
    if let Some(away) = others.away("catalog", "sellable") {
        return away;
    }
    others.show(ScheduleId(id)).map_or_else(not_found, |show| numbered(&others, sale(&show)))
}

async fn schedule(State(others): State<Others>, Path(id): Path<Uuid>) -> Response {
    if let Some(away) = others.away("catalog", "schedule") {
        return away;
    }
    let Some(show) = others.show(ScheduleId(id)) else { return not_found() };
    let prefix = prefix(ScheduleId(id));
    let seat = |index: u32| {
        let (row, grade, price) = if index < ROW { ("A", "VIP", 150_000) } else { ("B", "S", 90_000) };
        let number = format!("{row}-{}", index % ROW + 1);
        json!({"id": prefix.seat(index), "seatNumber": number, "grade": grade, "price": price})
    };
    let seats: Vec<Value> = (0..2 * ROW).filter(|index| *index != ROW - 1).map(seat).collect();
    let mut body = json!({"scheduleId": id, "eventId": show.event, "eventTitle": "Autumn night", "artist": "Han River Band",
        "venueName": "Arena", "hallName": "Main", "status": if show.is_cancelled { "CANCELLED" } else { "ONGOING" },
        "eventStartAt": PreciseTime(show.event_start_at), "eventEndAt": PreciseTime(show.event_start_at.plus_seconds(7_200)),
        "seats": seats});
    body.as_object_mut().expect("an object").extend(sale(&show).as_object().expect("an object").clone());
    numbered(&others, body)
}

async fn ended(State(others): State<Others>) -> Response {
    if let Some(away) = others.away("catalog", "ended") {
        return away;
    }
    numbered(&others, json!({"scheduleIds": []}))
}

async fn no_payment(State(others): State<Others>) -> Response {
    let number = [("x-hold-no", others.known().hold_no.to_string())];
    (StatusCode::NOT_FOUND, number, Json(json!({"code": "NOT_FOUND"}))).into_response()
}

async fn paid(State(others): State<Others>, Query(wanted): Query<HashMap<String, i64>>) -> Response {
    if let Some(away) = others.away("payment", "paid") {
        return away;
    }
    let all = others.known().paid.clone();
    let number = |one: &Value| one["holdNo"].as_i64().expect("a number");
    let mut page: Vec<Value> = all.into_iter().filter(|one| number(one) > wanted["aboveHoldNo"]).collect();
    page.sort_by_key(number);
    page.truncate(usize::try_from(wanted["limit"]).expect("small"));
    numbered(&others, json!({"list": page}))
}

async fn plan(State(others): State<Others>, Path(id): Path<Uuid>) -> Response {
    if let Some(away) = others.away("catalog", "plan") {
        return away;
    }
    let Some(_) = others.show(ScheduleId(id)).filter(|show| show.has_plan) else { return not_found() };
    let row = |name: &str, grade: &str, first: u32, flags: Value| {
        json!({"name": grade, "grade": grade,
            "rows": [{"name": name, "first": first, "count": ROW, "grade": grade, "flags": flags}]})
    };
    let sections = [row("A", "VIP", 0, json!({"9": ["blocked"]})), row("B", "S", ROW, json!({"0": ["wheelchair"]}))];
    let grades = json!([{"grade": "VIP", "price": 150_000}, {"grade": "S", "price": 90_000}]);
    let prefix = prefix(ScheduleId(id)).to_string();
    numbered(&others, json!({"scheduleId": id, "idPrefix": prefix, "grades": grades, "sections": sections}))
}

async fn sold(State(others): State<Others>, Path(id): Path<Uuid>) -> Response {
    if let Some(away) = others.away("catalog", "sold") {
        return away;
    }
    let Some(show) = others.show(ScheduleId(id)) else { return not_found() };
    numbered(&others, json!({"scheduleId": id, "soldSeatIds": show.sold}))
}

async fn line(State(others): State<Others>) -> Response {
    if let Some(away) = others.away("queue", "line") {
        return away;
    }
    let (highest_admitted, waiting) = others.known().line;
    Json(json!({"highestAdmitted": highest_admitted, "waiting": waiting})).into_response()
}

async fn pass(State(others): State<Others>, Json(_): Json<Value>) -> Response {
    if let Some(away) = others.away("queue", "pass") {
        return away;
    }
    let pass = others.known().pass.clone();
    pass.map_or_else(not_found, |pass| Json(pass).into_response())
}

async fn coupons(State(others): State<Others>, Query(order): Query<HashMap<String, i64>>) -> Response {
    if let Some(away) = others.away("coupon", "coupons") {
        return away;
    }
    let payable = order["amount"] - 10_000;
    let coupon =
        json!({"couponId": Uuid::from_u128(5), "name": "Welcome", "discountAmount": 10_000, "payable": payable});
    Json(json!({"list": [coupon]})).into_response()
}
