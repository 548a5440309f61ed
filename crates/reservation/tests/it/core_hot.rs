//! Hot state follows the rows, and the catalog.

use crate::core_support::*;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use domain::reservation::Step;
use domain::seat::{HoldEnd, HoldOutcome, HoldRequest, Window};
use domain::{ScheduleId, SeatId};
use hot::SeatPort;
use hot::line::Clock;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

on_every_database!(
    hot_state_that_was_lost_gets_the_holds_of_the_rows,
    a_hold_without_a_row_goes_after_ten_seconds,
    seats_leave_hot_state_when_the_catalog_shows_them_as_sold,
    a_schedule_that_the_catalog_calls_cancelled_is_remembered,
);

async fn holds(books: &Books) -> Vec<(SeatId, HoldEnd)> {
    let now = books.seats.holds(schedule(1), Window::OPEN, Clock::Engine).await.expect("read");
    now.holds.into_iter().map(|(seat, hold)| (seat, hold.end)).collect()
}

fn ghost(of: u128, seats: &[u128]) -> HoldRequest {
    HoldRequest {
        schedule: schedule(1),
        reservation: id(of),
        user: user(of),
        seats: seats.iter().map(|number| seat(*number)).collect(),
        replaces: None,
        rowless: Vec::new(),
        ticket: None,
        is_retake: false,
        seats_max: 4,
        ttl_ms: TTL_MS as u64,
        window: Window::OPEN,
    }
}

async fn hot_state_that_was_lost_gets_the_holds_of_the_rows(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    books.hold(1, 1, &[1]).await;
    books.secured(2, 2, &[2]).await;
    books.confirmed(3, 3, &[3]).await;
    books.hold(4, 4, &[4]).await;
    books.done(Step::Cancel(cancellation(4, 4))).await;
    assert_eq!(holds(&books).await, []);
    let changed = books.alone().put_right().await.expect("compared");
    assert_eq!((changed.made, changed.gone), (3, 0));
    let kept = HoldEnd::Kept;
    assert_eq!(holds(&books).await, [(seat(1), HoldEnd::At(after(TTL_MS))), (seat(2), kept), (seat(3), kept)]);
    assert!(books.alone().put_right().await.expect("compared").is_nothing());
    // An extension whose second half was lost.
    books.done(Step::Extend { reservation: id(1), user: user(1), by_ms: 120_000 }).await;
    assert_eq!(books.alone().put_right().await.expect("compared").extended, 1);
    assert_eq!(holds(&books).await[0].1, HoldEnd::At(after(TTL_MS + 120_000)));
    // Run out and not swept: nobody's.
    clock.advance(Duration::from_millis(TTL_MS as u64 + 120_000));
    books.alone().put_right().await.expect("compared");
    assert_eq!(holds(&books).await, [(seat(2), kept), (seat(3), kept)]);
}

async fn a_hold_without_a_row_goes_after_ten_seconds(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let held = books.seats.hold(vec![ghost(1, &[1, 2])], Clock::Engine).await;
    assert!(matches!(held[0], Ok(HoldOutcome::Held { .. })));
    clock.advance(Duration::from_secs(10));
    assert_eq!(books.alone().put_right().await.expect("compared").gone, 0, "its row may just be written");
    clock.advance(Duration::from_millis(1));
    assert_eq!(books.alone().put_right().await.expect("compared").gone, 2);
    assert_eq!(holds(&books).await, []);
    // A cancellation whose second half was lost: kept holds have no end of their own.
    books.secured(2, 2, &[3]).await;
    books.alone().put_right().await.expect("compared");
    books.done(hear(2, 2, domain::reservation::PaymentNews::Failed)).await;
    clock.advance(Duration::from_secs(11));
    assert_eq!(books.alone().put_right().await.expect("compared").gone, 1);
}

/// What the catalog says: seats that are sold, schedules that are cancelled.
#[derive(Clone, Default)]
struct Catalog(Arc<Mutex<(BTreeSet<SeatId>, BTreeSet<ScheduleId>)>>);

impl Catalog {
    fn routes(&self) -> Router {
        let sold = |State(own): State<Self>, Path(_): Path<ScheduleId>| async move {
            Json(json!({"scheduleId": schedule(1), "soldSeatIds": own.0.lock().expect("whole").0.clone()}))
        };
        let sellable = |State(own): State<Self>, Path(id): Path<ScheduleId>| async move {
            let reason: Value =
                if own.0.lock().expect("whole").1.contains(&id) { "CANCELLED".into() } else { Value::Null };
            Json(json!({"sellable": reason.is_null(), "reason": reason}))
        };
        Router::new()
            .route("/internal/seats/status/{id}", get(sold))
            .route("/internal/schedules/{id}/sellable", get(sellable))
            .with_state(self.clone())
    }
}

async fn seats_leave_hot_state_when_the_catalog_shows_them_as_sold(site: Site) {
    let clock = clock::set(START);
    let books = Books::open(&site).await;
    let catalog = Catalog::default();
    let workers = books.workers(Router::new(), catalog.routes());
    books.confirmed(1, 1, &[1, 2]).await;
    books.confirmed(2, 2, &[3]).await;
    books.secured(3, 3, &[4]).await;
    workers.put_right().await.expect("compared");
    assert_eq!(workers.follow_sold().await, Ok(0));
    // One of two is not sold yet: from payment to SOLD a seat is never free.
    catalog.0.lock().expect("whole").0.extend([seat(1), seat(3), seat(4)]);
    assert_eq!(workers.follow_sold().await, Ok(1));
    let left: Vec<SeatId> = holds(&books).await.into_iter().map(|(seat, _)| seat).collect();
    assert_eq!(left, [seat(1), seat(2), seat(4)]);
    catalog.0.lock().expect("whole").0.insert(seat(2));
    assert_eq!(workers.follow_sold().await, Ok(1));
    // What the catalog shows is not put into hot state again.
    clock.advance(Duration::from_secs(20));
    assert!(workers.put_right().await.expect("compared").is_nothing());
    let left: Vec<SeatId> = holds(&books).await.into_iter().map(|(seat, _)| seat).collect();
    assert_eq!(left, [seat(4)]);
    assert_eq!(workers.follow_sold().await, Ok(0));
}

async fn a_schedule_that_the_catalog_calls_cancelled_is_remembered(site: Site) {
    let _clock = clock::set(START);
    let books = Books::open(&site).await;
    let catalog = Catalog::default();
    let workers = books.workers(Router::new(), catalog.routes());
    books.hold(1, 1, &[1]).await;
    books.done(Step::Hold(hold_wish(2, 2, 2, &[2]))).await;
    catalog.0.lock().expect("whole").1.insert(schedule(2));
    assert_eq!(workers.compare_schedules(None).await, Ok(Some(schedule(2))));
    assert_eq!(workers.compare_schedules(Some(schedule(2))).await, Ok(None), "begin again");
    assert_eq!(workers.sweep().await.expect("swept").cancelled, 1);
    assert_eq!((books.stands(1).await.0, books.stands(2).await.1), ("PENDING", "EVENT_CANCELLED"));
}
