//! Shared by the tests of seats on Redis.

use domain::line::QueueNumber;
use domain::seat::{HoldEnd, HoldOutcome, HoldRequest, Holding, LineMark, Release, SeatHold, Window};
use domain::{AccountId, ReservationId, ScheduleId, SeatId, Timestamp};
use hot::line::Clock;
use hot::redis::{Ack, RedisSeats, SeatOptions};
use hot::{HotError, SeatPort};
use std::time::{Duration, Instant};
use testkit::RedisNode;
use uuid::Uuid;

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const TTL_MS: u64 = 300_000;

pub async fn open(url: &str, ack: Ack) -> RedisSeats {
    RedisSeats::new(crate::connect(url).await, SeatOptions { ack })
}

/// A schedule of its own; its seats, people and reservations are numbered.
#[derive(Clone, Copy, Debug)]
pub struct Show(pub ScheduleId);

impl Show {
    pub fn new() -> Self {
        Self(ScheduleId(Uuid::new_v4()))
    }

    pub fn seat(self, n: u64) -> SeatId {
        SeatId(Uuid::from_u64_pair(self.0.get().as_u64_pair().0, n))
    }

    pub fn reservation(self, n: u64) -> ReservationId {
        ReservationId(Uuid::from_u64_pair(7, n))
    }

    /// Each reservation is another person's.
    pub fn user(self, n: u64) -> AccountId {
        AccountId(Uuid::from_u64_pair(8, n))
    }

    pub fn seats(self, seats: &[u64]) -> Vec<SeatId> {
        seats.iter().map(|n| self.seat(*n)).collect()
    }

    pub fn ask(self, n: u64, seats: &[u64]) -> HoldRequest {
        HoldRequest {
            schedule: self.0,
            reservation: self.reservation(n),
            user: self.user(n),
            seats: self.seats(seats),
            replaces: None,
            rowless: Vec::new(),
            ticket: Some(QueueNumber(100)),
            is_retake: false,
            seats_max: 4,
            ttl_ms: TTL_MS,
            window: Window::OPEN,
        }
    }

    pub fn holding(self, n: u64, seats: &[u64]) -> Holding {
        Holding { schedule: self.0, reservation: self.reservation(n), user: self.user(n), seats: self.seats(seats) }
    }

    pub fn release(self, n: u64, seats: &[u64], window: Window) -> Release {
        Release { of: self.holding(n, seats), window }
    }

    pub fn row(self, seat: u64, n: u64, end: HoldEnd) -> (SeatId, SeatHold) {
        (self.seat(seat), SeatHold { reservation: self.reservation(n), user: self.user(n), end })
    }

    /// The names of the contract's keys.
    pub fn key(self, name: &str) -> String {
        format!("{name}:{{{}}}", self.0)
    }
}

/// People wait, and everybody up to this number was admitted.
pub fn waiting(highest_admitted: u64) -> Window {
    let line = LineMark { highest_admitted: QueueNumber(highest_admitted), is_waiting: true };
    Window { line, returned_ms: 120_000 }
}

pub async fn hold(seats: &RedisSeats, request: HoldRequest) -> Result<HoldOutcome, HotError> {
    let mut answers = seats.hold(vec![request], Clock::Engine).await;
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

pub fn is_held(answer: &Result<HoldOutcome, HotError>) -> bool {
    matches!(answer, Ok(HoldOutcome::Held { .. }))
}

pub fn is_unknown(error: &HotError) -> bool {
    matches!(error, HotError::Unknown(_))
}

/// Whose the held seats are.
pub async fn holders(seats: &RedisSeats, show: Show) -> Vec<(SeatId, ReservationId)> {
    let now = seats.holds(show.0, Window::OPEN, Clock::Engine).await.expect("shown");
    now.holds.into_iter().map(|(seat, hold)| (seat, hold.reservation)).collect()
}

/// A moment of this machine, whose clock is that of its Redis.
pub fn now() -> Timestamp {
    clock::now()
}

/// The answer to a command, a text.
pub fn text(redis: &RedisNode, words: &[&str]) -> String {
    redis.ask(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// The answer to a command, a number.
pub fn number(redis: &RedisNode, words: &[&str]) -> i64 {
    let asked: Vec<&str> =
        ["EVAL", "return tostring(redis.call(unpack(ARGV)))", "0"].iter().chain(words).copied().collect();
    text(redis, &asked).parse().expect("a number")
}

pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
