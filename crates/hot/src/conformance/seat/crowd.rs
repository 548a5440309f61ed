//! Everybody wants the same seats.

use crate::line::Clock;
use crate::port::SeatPort;
use domain::id::ReservationId;
use domain::line::QueueNumber;
use domain::seat::{HoldOutcome, HoldRequest, Window};
use domain::{AccountId, ScheduleId, SeatId};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

const TTL_MS: u64 = 300_000;

/// Lets `people` ask for the same seat at once, through these handles of one engine, and then for four seats each of a few.
///
/// # Panics
/// When a seat is held twice, or by nobody; when a person has only a part of what was asked for, or more than four.
pub async fn run_crowd<P: SeatPort>(doors: Vec<P>, people: usize) {
    let doors: Vec<Arc<P>> = doors.into_iter().map(Arc::new).collect();
    let schedule = ScheduleId(Uuid::new_v4());
    let seats: Vec<SeatId> = (0..9).map(|_| SeatId(Uuid::new_v4())).collect();
    let users: Vec<AccountId> = (0..people).map(|_| AccountId(Uuid::new_v4())).collect();
    let one = ask_all(&doors, schedule, &users, |_| vec![seats[0]]).await;
    assert_eq!(one.len(), 1, "one seat, one hold");
    // Groups that share seats: of those that touch each other at most one holds.
    let groups = |n: usize| (0..4).map(|k| seats[1 + (n * 3 + k) % 8]).collect::<Vec<_>>();
    let many = ask_all(&doors, schedule, &users, groups).await;
    assert!(!many.is_empty(), "somebody holds four seats");
    let mut holders: BTreeMap<SeatId, ReservationId> = BTreeMap::new();
    for (reservation, _, held) in one.iter().chain(&many) {
        for seat in held {
            assert_eq!(holders.insert(*seat, *reservation), None, "{seat} is held twice");
        }
    }
    let shown = doors[0].holds(schedule, Window::OPEN, Clock::Engine).await.expect("shown");
    let shown: BTreeMap<_, _> = shown.holds.into_iter().map(|(seat, hold)| (seat, hold.reservation)).collect();
    assert_eq!(shown, holders, "what was told stands, all of it, and nothing else");
    assert!(many.iter().all(|(_, user, _)| *user != one[0].1), "the first has a seat already, and may have three more");
}

type Holder = (ReservationId, AccountId, Vec<SeatId>);

/// Those who hold what they asked for.
async fn ask_all<P: SeatPort>(
    doors: &[Arc<P>],
    schedule: ScheduleId,
    users: &[AccountId],
    seats: impl Fn(usize) -> Vec<SeatId>,
) -> Vec<Holder> {
    let requests = users.iter().enumerate().map(|(n, user)| HoldRequest {
        schedule,
        reservation: ReservationId(Uuid::new_v4()),
        user: *user,
        seats: seats(n),
        replaces: None,
        rowless: Vec::new(),
        ticket: Some(QueueNumber(n as u64 + 1)),
        is_retake: false,
        seats_max: 4,
        ttl_ms: TTL_MS,
        window: Window::OPEN,
    });
    let calls = requests.zip(doors.iter().cycle()).map(|(request, door)| {
        let door = door.clone();
        tokio::spawn(async move {
            let outcome = door.hold(vec![request.clone()], Clock::Engine).await.remove(0).expect("decided");
            let is_held = matches!(outcome, HoldOutcome::Held { .. });
            is_held.then_some((request.reservation, request.user, request.seats))
        })
    });
    let calls: Vec<_> = calls.collect();
    join_all(calls).await.into_iter().filter_map(|told| told.expect("runs")).collect()
}
