//! One suite for every engine of seats: random histories on the engine and on [`domain::seat::SeatBook`] must give equal
//! replies.
//!
//! A new engine calls [`run`] with a function that makes an engine, empty or not, and one that restarts it, and [`run_crowd`]
//! with several handles of one engine.

mod crowd;
mod steps;

pub use crowd::run_crowd;

use super::Histories;
use crate::line::Clock;
use crate::port::SeatPort;
use domain::id::ReservationId;
use domain::seat::{HoldEnd, HoldOutcome, HoldRequest, Holding, Release, SeatBook, SeatHold, SeatsNow, Window};
use domain::{AccountId, ScheduleId, SeatId, Timestamp};
use proptest::strategy::{Strategy, ValueTree};
use std::collections::BTreeMap;
use std::future::Future;
use steps::{Ask, RESERVATIONS, SCHEDULES, SEATS, Step, USERS, any_step};
use uuid::Uuid;

/// A history as it runs on both sides.
struct History<P> {
    engine: P,
    /// Part of every id: histories may share an engine.
    mark: u128,
    books: BTreeMap<ScheduleId, SeatBook>,
    now_ms: i64,
    /// What was shown last, by schedule.
    shown: BTreeMap<ScheduleId, SeatsNow>,
    met: Met,
}

/// How often what matters was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Met {
    held: u32,
    taken: u32,
    too_many: u32,
    /// Holds that a person's own lost ones gave way to.
    taken_over: u32,
    /// Requests refused for nothing but a window.
    not_open: u32,
    returned: u32,
    gone: u32,
    made: u32,
    extended: u32,
    restarts: u32,
}

impl Met {
    fn add(&mut self, other: Self) {
        self.held += other.held;
        self.taken += other.taken;
        self.too_many += other.too_many;
        self.taken_over += other.taken_over;
        self.not_open += other.not_open;
        self.returned += other.returned;
        self.gone += other.gone;
        self.made += other.made;
        self.extended += other.extended;
        self.restarts += other.restarts;
    }

    fn is_everything(self) -> bool {
        let rare = [self.taken_over, self.not_open, self.returned, self.gone, self.made, self.extended, self.restarts];
        [self.held, self.taken, self.too_many].iter().chain(&rare).all(|count| *count > 0)
    }
}

impl<P: SeatPort> History<P> {
    fn new(engine: P) -> Self {
        Self {
            engine,
            mark: u128::from(Uuid::new_v4().as_u64_pair().0) << 64,
            books: BTreeMap::new(),
            now_ms: 1_700_000_000_000,
            shown: BTreeMap::new(),
            met: Met::default(),
        }
    }

    fn id(&self, kind: u128, n: u8) -> Uuid {
        Uuid::from_u128(self.mark | kind << 32 | u128::from(n))
    }

    fn schedule(&self, n: u8) -> ScheduleId {
        ScheduleId(self.id(1, n))
    }

    fn reservation(&self, n: u8) -> ReservationId {
        ReservationId(self.id(3, n))
    }

    fn user(&self, reservation: u8) -> AccountId {
        AccountId(self.id(4, reservation % USERS))
    }

    fn seats(&self, seats: &[u8]) -> Vec<SeatId> {
        seats.iter().map(|n| SeatId(self.id(2, *n))).collect()
    }

    fn request(&self, ask: &Ask) -> HoldRequest {
        HoldRequest {
            schedule: self.schedule(ask.schedule),
            reservation: self.reservation(ask.reservation),
            user: self.user(ask.reservation),
            seats: self.seats(&ask.seats),
            replaces: ask.is_swap.then(|| self.reservation(ask.reservation)),
            rowless: ask.rowless.iter().map(|n| self.reservation(*n)).collect(),
            ticket: ask.ticket,
            is_retake: ask.is_retake,
            seats_max: ask.seats_max,
            ttl_ms: ask.ttl_ms,
            window: ask.window,
        }
    }

    fn holding(&self, schedule: u8, reservation: u8, seats: &[u8]) -> Holding {
        Holding {
            schedule: self.schedule(schedule),
            reservation: self.reservation(reservation),
            user: self.user(reservation),
            seats: self.seats(seats),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms)
    }

    fn book(&mut self, schedule: ScheduleId) -> &mut SeatBook {
        self.books.entry(schedule).or_default()
    }

    async fn step(&mut self, step: &Step) {
        let (now, clock) = (self.now(), Clock::At(self.now()));
        match step {
            Step::Hold(asks) => self.hold(asks).await,
            Step::Release(parts) => {
                let release = |(schedule, reservation, seats, window): &(u8, u8, Vec<u8>, Window)| Release {
                    of: self.holding(*schedule, *reservation, seats),
                    window: *window,
                };
                let batch: Vec<Release> = parts.iter().map(release).collect();
                let heard = self.engine.release(batch.clone(), clock).await;
                assert_eq!(heard.len(), batch.len());
                for (release, heard) in batch.iter().zip(heard) {
                    assert_eq!(heard, Ok(self.book(release.of.schedule).release(release, now)), "{release:?}");
                }
            }
            Step::Extend(schedule, reservation, seats, in_ms) => {
                let of = self.holding(*schedule, *reservation, seats);
                let until = Timestamp(self.now_ms + in_ms);
                let expected = self.book(of.schedule).extend(&of, until, now);
                assert_eq!(self.engine.extend(&of, until, clock).await, Ok(expected), "{of:?} until {until:?}");
            }
            Step::Keep(schedule, reservation, seats) => {
                let of = self.holding(*schedule, *reservation, seats);
                let expected = self.book(of.schedule).keep(&of, now);
                assert_eq!(self.engine.keep(&of, clock).await, Ok(expected), "{of:?} kept");
            }
            Step::Sold(schedule, reservation, seats) => {
                let of = self.holding(*schedule, *reservation, seats);
                let expected = self.book(of.schedule).sold(&of);
                assert_eq!(self.engine.sold(&of, clock).await, Ok(expected), "{of:?} sold");
            }
            Step::Holds(schedule, window) => self.look(self.schedule(*schedule), *window).await,
            Step::PutRight(schedule, seed, age_ms, window) => self.put_right(*schedule, *seed, *age_ms, *window).await,
            Step::Wait(ms) => self.now_ms += ms,
            Step::Restart => self.met.restarts += 1,
        }
    }

    async fn hold(&mut self, asks: &[Ask]) {
        let now = self.now();
        let batch: Vec<HoldRequest> = asks.iter().map(|ask| self.request(ask)).collect();
        let heard = self.engine.hold(batch.clone(), Clock::At(now)).await;
        assert_eq!(heard.len(), batch.len());
        for (request, heard) in batch.iter().zip(heard) {
            let book = self.book(request.schedule);
            let before = book.clone();
            let expected = book.hold(request, now);
            let without = HoldRequest { rowless: Vec::new(), ..request.clone() };
            let open = HoldRequest { is_retake: true, ..request.clone() };
            let is_held = |outcome: &HoldOutcome| matches!(outcome, HoldOutcome::Held { .. });
            match &expected {
                HoldOutcome::Held { .. } => {
                    self.met.held += 1;
                    self.met.taken_over += u32::from(!is_held(&before.clone().hold(&without, now)));
                }
                HoldOutcome::Taken { .. } => {
                    self.met.taken += 1;
                    self.met.not_open += u32::from(is_held(&before.clone().hold(&open, now)));
                }
                HoldOutcome::TooMany { .. } => self.met.too_many += 1,
            }
            assert_eq!(heard, Ok(expected), "{request:?}");
        }
    }

    /// Rows like what stands, with some missing, some longer, and some that nothing stands for.
    async fn put_right(&mut self, schedule: u8, seed: u64, age_ms: i64, window: Window) {
        let (id, now) = (self.schedule(schedule), self.now());
        let held: BTreeMap<SeatId, SeatHold> = self.book(id).look(Window::OPEN, now).holds.into_iter().collect();
        let mut rows = Vec::new();
        for n in 0..SEATS {
            let seat = SeatId(self.id(2, n));
            let reservation = (seed >> (n % 4)) as u8 % RESERVATIONS;
            let end = if seed >> n & 2 == 0 { HoldEnd::Kept } else { HoldEnd::At(Timestamp(self.now_ms + 90_000)) };
            let made_up = SeatHold { reservation: self.reservation(reservation), user: self.user(reservation), end };
            match (seed >> (n * 3) & 7, held.get(&seat)) {
                (0..=3, Some(hold)) => rows.push((seat, *hold)),
                (4, Some(hold)) => rows.push((seat, SeatHold { end, ..*hold })),
                (5, _) => rows.push((seat, made_up)),
                _ => {}
            }
        }
        let older_than = Timestamp(self.now_ms - age_ms);
        let expected = self.book(id).put_right(&rows, older_than, window, now);
        self.met.gone += expected.gone;
        self.met.made += expected.made;
        self.met.extended += expected.extended;
        let heard = self.engine.put_right(id, rows.clone(), older_than, window, Clock::At(now)).await;
        assert_eq!(heard, Ok(expected), "{rows:?} older than {older_than:?}");
    }

    async fn look(&mut self, schedule: ScheduleId, window: Window) {
        let now = self.now();
        let counts = self.book(schedule).counts(now);
        assert_eq!(self.engine.counts(schedule, Clock::At(now)).await, Ok(counts), "counts of {schedule}");
        let expected = self.book(schedule).holds(window, now);
        let seats = self.engine.holds(schedule, window, Clock::At(now)).await.expect("shown");
        assert_eq!((&seats.holds, &seats.returned), (&expected.holds, &expected.returned), "seats of {schedule}");
        self.met.returned += seats.returned.len() as u32;
        if let Some(before) = self.shown.insert(schedule, seats.clone()) {
            assert!(before.sequence <= seats.sequence, "a sequence goes back");
            let is_same = before.holds == seats.holds && before.returned == seats.returned;
            assert!(is_same || before.sequence < seats.sequence, "a change has no sequence");
        }
    }

    /// Every schedule shows the same, and those in which anything stands are listed.
    async fn compare_all(&mut self) {
        for n in 0..SCHEDULES {
            self.look(self.schedule(n), Window::OPEN).await;
        }
        let listed = self.engine.schedules().await.expect("listed");
        for (schedule, book) in &self.books {
            assert!(book.is_empty() || listed.contains(schedule), "{schedule} is missing");
        }
    }
}

/// Plays random histories on an engine and on the rules.
///
/// Prints what was met.
///
/// # Panics
/// When they disagree, with the steps of the history; when something that matters was never met.
pub async fn run<P: SeatPort, Fresh: Future<Output = P>, Again: Future<Output = P>>(
    histories: Histories,
    fresh: impl Fn() -> Fresh,
    restart: impl Fn(P) -> Again,
) {
    let mut runner = histories.runner();
    let strategy = proptest::collection::vec(any_step(), histories.steps);
    let mut met = Met::default();
    for number in 0..histories.count {
        let script = strategy.new_tree(&mut runner).expect("a history").current();
        let mut history = History::new(fresh().await);
        let shown = Shown { number, history: &script };
        for step in &script {
            history.step(step).await;
            if matches!(step, Step::Restart) {
                let History { engine, mark, books, now_ms, shown, met } = history;
                history = History { engine: restart(engine).await, mark, books, now_ms, shown, met };
            }
        }
        history.compare_all().await;
        met.add(history.met);
        std::mem::forget(shown);
    }
    println!("{} histories agree: {met:?}", histories.count);
    assert!(met.is_everything(), "something was never met");
}

/// Prints the history when an assertion in it fails.
struct Shown<'a> {
    number: u32,
    history: &'a [Step],
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("history {}: {:?}", self.number, self.history);
    }
}
