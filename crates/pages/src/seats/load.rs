//! What the page of seats asks the API for.

use super::board::Board;
use super::plan::{Hall, Plan};
use crate::visitor::request;
use crate::{Pages, Problem, Visitor};
use axum::body::{Body, to_bytes};
use domain::Timestamp;
use http::{Method, StatusCode};
use moka::future::Cache;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use uuid::Uuid;

/// How long what is the same for everybody is kept: before the sale prices may still change.
const SHOW_LIFE: Duration = Duration::from_secs(5);
const SHOWS_MAX: u64 = 64;
/// Largest state that is read: two bits for each of 100,000 seats, and room.
const STATE_BYTES_MAX: usize = 65_536;
/// Most own reservations that are looked through for holds, and most holds that are shown.
const RESERVATIONS_MAX: usize = 20;
const HOLDS_MAX: usize = 4;

/// Halls and names of schedules; the same for everybody.
static SHOWS: LazyLock<Cache<Uuid, Arc<Show>>> =
    LazyLock::new(|| Cache::builder().max_capacity(SHOWS_MAX).time_to_live(SHOW_LIFE).build());

/// What a schedule is called, and its hall.
#[derive(Debug)]
pub(super) struct Show {
    pub title: String,
    pub venue: String,
    pub starts_at: Option<Timestamp>,
    pub hall: Hall,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleAnswer {
    event_id: String,
    event_start_at: String,
}

#[derive(Deserialize)]
struct EventAnswer {
    title: String,
    venue: Named,
    halls: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A hold of this person.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub reservation: String,
    /// Indices of its seats.
    pub seats: Vec<u32>,
    /// Seats as the ticket would name them.
    pub numbers: Vec<String>,
    pub until: Option<Timestamp>,
    /// None where it is kept until the payment is decided.
    pub left_ms: Option<i64>,
    pub is_paying: bool,
}

#[derive(Deserialize)]
struct Listed {
    list: Vec<ListedReservation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedReservation {
    reservation_id: String,
    status: String,
    /// Absent in answers of an older server.
    schedule_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    reservation_id: String,
    schedule_id: String,
    status: String,
    seats: Vec<ReservedSeat>,
    hold_expires_at: Option<String>,
    hold_expires_in_ms: Option<i64>,
    payment_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReservedSeat {
    seat_id: String,
    seat_number: String,
}

/// What the schedule is called, and its hall.
pub(super) async fn show(pages: &Pages, visitor: &Visitor, id: Uuid) -> Result<Arc<Show>, Problem> {
    if let Some(show) = SHOWS.get(&id).await {
        return Ok(show);
    }
    let (schedule, plan) = (format!("/events/schedules/{id}"), format!("/events/schedules/{id}/plan"));
    let (schedule, plan) =
        tokio::try_join!(pages.api.get::<ScheduleAnswer>(visitor, &schedule), pages.api.get::<Plan>(visitor, &plan))?;
    let event: EventAnswer = pages.api.get(visitor, &format!("/events/{}", schedule.event_id)).await?;
    let hall_name = event.halls.map(|hall| hall.name).unwrap_or_default();
    let show = Arc::new(Show {
        title: event.title,
        venue: format!("{} {hall_name}", event.venue.name).trim().to_owned(),
        starts_at: web::texts::read_time(&schedule.event_start_at),
        hall: Hall::new(plan),
    });
    SHOWS.insert(id, show.clone()).await;
    Ok(show)
}

/// How the seats stand. Needs a session and a pass, as the filters judge.
pub(super) async fn board(pages: &Pages, visitor: &Visitor, id: Uuid) -> Result<Board, Problem> {
    let request = request(visitor, Method::GET, &format!("/reservations/seats/{id}/state"))?.body(Body::empty());
    let request = request.map_err(|_| Problem::not_found(visitor))?;
    let (parts, body) = pages.api.call(request).await.into_parts();
    if parts.status != StatusCode::OK {
        return Err(Problem::of_answer(visitor, parts, body).await);
    }
    let bits = to_bytes(body, STATE_BYTES_MAX).await.map_err(|error| Problem::broken(visitor, error))?;
    let open = parts.headers.get("x-open-seats").map(|value| value.as_bytes()).unwrap_or_default();
    Ok(Board::new(bits, &String::from_utf8_lossy(open)))
}

/// Holds of this person in this schedule, the newest first. Without an answer none are shown: choosing goes on, and the server
/// still counts them.
pub(super) async fn holds(pages: &Pages, visitor: &Visitor, id: Uuid, hall: &Hall) -> Vec<Hold> {
    let list = pages.api.get::<Listed>(visitor, &format!("/reservations?size={RESERVATIONS_MAX}")).await;
    let Ok(Listed { list }) = list else { return Vec::new() };
    let schedule = id.to_string();
    let is_wanted =
        |one: &&ListedReservation| one.status == "PENDING" && one.schedule_id.as_ref().is_none_or(|of| *of == schedule);
    let mut holds = Vec::new();
    for one in list.iter().filter(is_wanted).take(HOLDS_MAX) {
        let found = pages.api.get::<Reservation>(visitor, &format!("/reservations/{}", one.reservation_id)).await;
        let here = found.ok().filter(|one| one.schedule_id == schedule && one.status == "PENDING");
        holds.extend(here.and_then(|one| hold_of(one, hall)));
    }
    holds
}

fn hold_of(reservation: Reservation, hall: &Hall) -> Option<Hold> {
    let Reservation { reservation_id, seats, hold_expires_at, hold_expires_in_ms, payment_id, .. } = reservation;
    if hold_expires_in_ms.is_some_and(|left| left <= 0) {
        return None;
    }
    Some(Hold {
        reservation: reservation_id,
        numbers: seats.iter().map(|seat| seat.seat_number.clone()).collect(),
        seats: seats.iter().filter_map(|seat| hall.index(&seat.seat_id)).collect(),
        until: hold_expires_at.as_deref().and_then(web::texts::read_time),
        left_ms: hold_expires_in_ms,
        is_paying: payment_id.is_some(),
    })
}
