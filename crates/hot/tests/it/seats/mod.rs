//! Seats on the embedded engine: the rules, crowds, restarts, killed processes, and replies while the disk is full.

mod death;
mod disk;
mod measure;

use domain::id::ReservationId;
use domain::line::QueueNumber;
use domain::seat::{
    HoldEnd, HoldOutcome, HoldRequest, Holding, LineMark, Release, ReturnedSeat, SeatHold, SeatsNow, Window,
};
use domain::{AccountId, ScheduleId, SeatId, Timestamp};
use hot::conformance::Histories;
use hot::conformance::seat as conformance;
use hot::embedded::{EmbeddedSeats, JournalOptions};
use hot::line::Clock;
use hot::{HotError, SeatPort};
use std::cell::RefCell;
use std::path::Path;
use uuid::Uuid;

/// goals.md, Safety: 2,000 histories of 100 steps each commit.
const HISTORIES: u32 = 2_000;
const STEPS: usize = 100;

const TTL_MS: u64 = 300_000;
const AT: Clock = Clock::At(Timestamp(5));

/// Options that do not wait for the disk, so that thousands of steps take seconds, not minutes.
const NO_FLUSH: JournalOptions = JournalOptions { flush: false, pages_max: None };

const SCHEDULE: ScheduleId = ScheduleId(Uuid::from_u128(0xabc));

fn open(folder: &Path) -> EmbeddedSeats {
    crate::open_seats(folder, JournalOptions::default()).expect("opens")
}

fn seat(n: u128) -> SeatId {
    SeatId(Uuid::from_u128(n))
}

fn reservation(n: u128) -> ReservationId {
    ReservationId(Uuid::from_u128(n))
}

/// Reservation and person `n` ask for these seats.
fn ask(n: u128, seats: &[u128]) -> HoldRequest {
    HoldRequest {
        schedule: SCHEDULE,
        reservation: reservation(n),
        user: AccountId(Uuid::from_u128(n)),
        seats: seats.iter().copied().map(seat).collect(),
        replaces: None,
        rowless: Vec::new(),
        ticket: Some(QueueNumber(1)),
        is_retake: false,
        seats_max: 4,
        ttl_ms: TTL_MS,
        window: Window::OPEN,
    }
}

fn holding(n: u128, seats: &[u128]) -> Holding {
    let HoldRequest { schedule, reservation, user, seats, .. } = ask(n, seats);
    Holding { schedule, reservation, user, seats }
}

async fn hold(seats: &EmbeddedSeats, request: HoldRequest) -> Result<HoldOutcome, HotError> {
    seats.hold(vec![request], AT).await.pop().expect("one answer")
}

async fn release(seats: &EmbeddedSeats, release: Release) -> Result<Vec<SeatId>, HotError> {
    seats.release(vec![release], AT).await.pop().expect("one answer")
}

async fn shown(seats: &EmbeddedSeats) -> SeatsNow {
    seats.holds(SCHEDULE, Window::OPEN, AT).await.expect("shown")
}

fn held() -> Result<HoldOutcome, HotError> {
    Ok(HoldOutcome::Held { until: Timestamp(5 + TTL_MS as i64) })
}

fn taken(seats: &[u128]) -> Result<HoldOutcome, HotError> {
    Ok(HoldOutcome::Taken { seats: seats.iter().copied().map(seat).collect(), own: Vec::new() })
}

#[tokio::test]
async fn random_histories_rules_and_embedded_seats_agree() {
    let folder = RefCell::new(tempfile::tempdir().expect("a temporary folder"));
    let open = || crate::open_seats(folder.borrow().path(), NO_FLUSH).expect("opens");
    let fresh = || async {
        *folder.borrow_mut() = tempfile::tempdir().expect("a temporary folder");
        open()
    };
    let restart = |engine: EmbeddedSeats| async {
        drop(engine);
        open()
    };
    conformance::run(Histories::new(HISTORIES, STEPS), fresh, restart).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_people_who_want_one_seat_one_holds_it() {
    let folder = tempfile::tempdir().expect("a folder");
    conformance::run_crowd(vec![open(folder.path())], 10_000).await;
}

#[tokio::test]
async fn after_a_restart_everything_stands_as_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    let line = LineMark { highest_admitted: QueueNumber(77), is_waiting: true };
    let window = Window { line, returned_ms: 120_000 };
    for n in 1..=4 {
        assert_eq!(hold(&seats, ask(n, &[10 * n, 10 * n + 1])).await, held());
    }
    assert_eq!(seats.keep(&holding(1, &[10]), AT).await, Ok(Vec::new()));
    assert_eq!(seats.extend(&holding(2, &[20]), Timestamp(900_000), AT).await, Ok(Vec::new()));
    assert_eq!(release(&seats, Release { of: holding(3, &[30]), window }).await, Ok(vec![seat(30)]));
    assert_eq!(seats.sold(&holding(4, &[40, 41]), AT).await, Ok(vec![seat(40), seat(41)]));
    let before = shown(&seats).await;
    drop(seats);
    let seats = open(folder.path());
    let after = shown(&seats).await;
    assert_eq!((&after.holds, &after.returned), (&before.holds, &before.returned));
    assert!(after.sequence > before.sequence, "a sequence is told once");
    let returned = ReturnedSeat { above: QueueNumber(77), until: Timestamp(120_005) };
    assert_eq!((after.holds.len(), after.returned), (5, vec![(seat(30), returned)]));
    assert_eq!(after.holds[0].1.end, HoldEnd::Kept);
    assert_eq!(seats.schedules().await, Ok(vec![SCHEDULE]));
    // An end that came while the engine was away is a return like any.
    let waiting = HoldRequest { window, ticket: Some(QueueNumber(77)), ..ask(9, &[31]) };
    let end = Timestamp(5 + TTL_MS as i64);
    let refused = seats.hold(vec![waiting.clone()], Clock::At(end)).await.remove(0);
    assert_eq!(refused, taken(&[31]));
    let admitted_later = HoldRequest { ticket: Some(QueueNumber(78)), ..waiting };
    let outcome = seats.hold(vec![admitted_later], Clock::At(end)).await.remove(0);
    assert_eq!(outcome, Ok(HoldOutcome::Held { until: Timestamp(end.millis() + TTL_MS as i64) }));
}

#[tokio::test]
async fn a_batch_of_many_schedules_is_answered_in_its_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    let at = |schedule: u128, request: HoldRequest| HoldRequest {
        schedule: ScheduleId(Uuid::from_u128(schedule)),
        ..request
    };
    let batch =
        vec![at(2, ask(1, &[1])), at(1, ask(2, &[1])), at(2, ask(3, &[1])), at(1, ask(2, &[1])), at(3, ask(3, &[1]))];
    assert_eq!(seats.hold(batch, AT).await, [held(), held(), taken(&[1]), held(), held()]);
    let mut schedules = seats.schedules().await.expect("listed");
    schedules.sort_unstable();
    assert_eq!(schedules, [1, 2, 3].map(|n| ScheduleId(Uuid::from_u128(n))));
    let gone = |schedule, n| Release {
        of: Holding { schedule: ScheduleId(Uuid::from_u128(schedule)), ..holding(n, &[1]) },
        window: Window::OPEN,
    };
    let released = seats.release(vec![gone(3, 3), gone(2, 2), gone(1, 2)], AT).await;
    assert_eq!(released, [Ok(vec![seat(1)]), Ok(Vec::new()), Ok(vec![seat(1)])]);
    assert_eq!(seats.schedules().await, Ok(vec![ScheduleId(Uuid::from_u128(2))]));
}
