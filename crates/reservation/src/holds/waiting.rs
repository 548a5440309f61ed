//! Calls that wait for taken seats (`waitMs`). One look for all that wait in a schedule; who came first is told first.

use crate::peers::Schedule;
use crate::seats::{Live, SeatsAt};
use crate::views::hold::BestWish;
use domain::line::QueueNumber;
use domain::{ScheduleId, SeatId};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Most calls that wait in one schedule for their seats; further ones wait for their time alone.
const WAITING_MAX: usize = 20_000;
/// Of calls that wait for the best seats so many are looked at each time: each costs a walk through the hall.
const BEST_LOOKED_AT_MAX: usize = 16;

/// What a call waits for.
#[derive(Clone, Debug)]
enum For {
    /// All of these.
    Seats(Vec<SeatId>),
    /// So many of a kind.
    Enough(BestWish),
}

struct Waiter {
    number: u64,
    wanted: For,
    ticket: Option<QueueNumber>,
    wake: oneshot::Sender<()>,
}

#[derive(Default)]
struct Line {
    last_number: u64,
    /// In the order in which they came.
    waiters: Vec<Waiter>,
}

/// The lines of all schedules. Cheap to clone.
#[derive(Clone)]
struct Lines {
    of: Arc<Mutex<HashMap<ScheduleId, Line>>>,
    /// Most places of a line.
    places_max: usize,
}

/// Calls that wait. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Waiting {
    lines: Lines,
    live: Live,
}

/// A place in the line, given up when the call ends.
struct Place {
    lines: Lines,
    schedule: ScheduleId,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = self.lines.locked();
        if let Some(line) = lines.get_mut(&self.schedule) {
            line.waiters.retain(|waiter| waiter.number != self.number);
        }
    }
}

impl Lines {
    fn new(places_max: usize) -> Self {
        Self { of: Arc::default(), places_max }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<ScheduleId, Line>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place at the end of a line, and whether nobody looks for that line yet; none where it is full.
    fn enter(&self, id: ScheduleId, waiter: Waiter) -> Option<(Place, bool)> {
        let mut lines = self.locked();
        if lines.get(&id).map_or(0, |line| line.waiters.len()) >= self.places_max {
            return None;
        }
        let is_first = !lines.contains_key(&id);
        let line = lines.entry(id).or_default();
        line.last_number += 1;
        let number = line.last_number;
        line.waiters.push(Waiter { number, ..waiter });
        Some((Place { lines: self.clone(), schedule: id, number }, is_first))
    }

    /// Whether the line is empty, and gone.
    fn is_left(&self, id: ScheduleId) -> bool {
        let mut lines = self.locked();
        let is_empty = lines.get(&id).is_none_or(|line| line.waiters.is_empty());
        if is_empty {
            lines.remove(&id);
        }
        is_empty
    }
}

/// Waits until a place is called, or the time is over. Without a place nobody calls: the caller tries once more when its time is
/// over, since one that tried again at once would find the same, as often as it can ask.
async fn until_called(place: Option<Place>, woken: oneshot::Receiver<()>, deadline: Instant) {
    match place {
        Some(_place) => {
            let _ = tokio::time::timeout_at(deadline, woken).await;
        }
        None => tokio::time::sleep_until(deadline).await,
    }
}

impl Waiting {
    pub fn new(live: Live) -> Self {
        Self { lines: Lines::new(WAITING_MAX), live }
    }

    /// Waits until these seats seem to be free, or are sold, or the time is over.
    pub async fn until_free(
        &self,
        schedule: &Schedule,
        seats: &[SeatId],
        ticket: Option<QueueNumber>,
        deadline: Instant,
    ) {
        self.wait(schedule, For::Seats(seats.to_vec()), ticket, deadline).await;
    }

    /// Waits until so many seats of the kind seem to be free, or the time is over.
    pub async fn until_enough(
        &self,
        schedule: &Schedule,
        wish: &BestWish,
        ticket: Option<QueueNumber>,
        deadline: Instant,
    ) {
        self.wait(schedule, For::Enough(wish.clone()), ticket, deadline).await;
    }

    async fn wait(&self, schedule: &Schedule, wanted: For, ticket: Option<QueueNumber>, deadline: Instant) {
        let (wake, woken) = oneshot::channel();
        let entered = self.lines.enter(schedule.show.id, Waiter { number: 0, wanted, ticket, wake });
        if entered.as_ref().is_some_and(|(_, is_first)| *is_first) {
            tokio::spawn(self.clone().look_for_all(schedule.clone()));
        }
        until_called(entered.map(|(place, _)| place), woken, deadline).await;
    }

    /// Looks until nobody waits.
    async fn look_for_all(self, schedule: Schedule) {
        let id = schedule.show.id;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.lines.is_left(id) {
                return;
            }
            // What cannot be read now is read the next time; the calls end by their own time.
            if let Ok(at) = self.live.at(id).await {
                let mut lines = self.lines.locked();
                if let Some(line) = lines.get_mut(&id) {
                    line.wake(&schedule, &at);
                }
            }
        }
    }
}

impl Line {
    /// Wakes those whose seats are free, in order: what one is woken for is not free for the next.
    fn wake(&mut self, schedule: &Schedule, at: &SeatsAt) {
        let closed = Closed::of(schedule, at);
        let mut given: HashSet<u32> = HashSet::new();
        let mut looked_at = 0;
        let waiters = std::mem::take(&mut self.waiters);
        for waiter in waiters.into_iter().filter(|waiter| !waiter.wake.is_closed()) {
            let is_open =
                |index: u32, given: &HashSet<u32>| !given.contains(&index) && closed.is_open(index, waiter.ticket);
            let found = match &waiter.wanted {
                For::Seats(seats) if seats.iter().any(|seat| at.sold.contains(seat)) => Some(Vec::new()),
                For::Seats(seats) => {
                    let indices: Vec<u32> = seats.iter().filter_map(|seat| schedule.seats.index(*seat)).collect();
                    indices.iter().all(|index| is_open(*index, &given)).then_some(indices)
                }
                For::Enough(_) if looked_at >= BEST_LOOKED_AT_MAX => None,
                For::Enough(wish) => {
                    looked_at += 1;
                    schedule.seats.hall().best(&wish.wish(), |index| is_open(index, &given))
                }
            };
            match found {
                Some(indices) => {
                    given.extend(indices);
                    let _ = waiter.wake.send(());
                }
                None => self.waiters.push(waiter),
            }
        }
    }
}

/// Seats that are not free: for nobody, or for those with a queue number up to one.
struct Closed(HashMap<u32, Option<QueueNumber>>);

impl Closed {
    fn of(schedule: &Schedule, at: &SeatsAt) -> Self {
        let index = |seat: &SeatId| schedule.seats.index(*seat);
        let returned = at.now.returned.iter().filter_map(|(seat, one)| Some((index(seat)?, Some(one.above))));
        let mut closed: HashMap<u32, Option<QueueNumber>> = returned.collect();
        let held = at.now.holds.iter().map(|(seat, _)| seat).chain(&at.sold);
        closed.extend(held.filter_map(|seat| Some((index(seat)?, None))));
        Self(closed)
    }

    fn is_open(&self, index: u32, ticket: Option<QueueNumber>) -> bool {
        match self.0.get(&index) {
            None => true,
            Some(None) => false,
            Some(Some(above)) => ticket.is_some_and(|ticket| ticket > *above),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seats::{test_schedule, test_stands};

    fn waiter(number: u64, seats: &[u32], ticket: u64) -> (Waiter, oneshot::Receiver<()>) {
        let schedule = test_schedule();
        let (wake, woken) = oneshot::channel();
        let seats = seats.iter().map(|index| schedule.seats.id(*index)).collect();
        (Waiter { number, wanted: For::Seats(seats), ticket: Some(QueueNumber(ticket)), wake }, woken)
    }

    #[test]
    fn who_came_first_is_woken_for_a_seat_that_is_free_again() {
        let schedule = test_schedule();
        // Seat 1 is held, seat 2 is for numbers above 7, seat 3 is sold.
        let at = test_stands(&schedule);
        let (mut line, mut woken) = (Line::default(), Vec::new());
        for (number, seats, ticket) in
            [(1, vec![0], 1), (2, vec![0], 1), (3, vec![0, 1], 1), (4, vec![2], 7), (5, vec![2], 8), (6, vec![3], 9)]
        {
            let (waiter, receiver) = waiter(number, &seats, ticket);
            line.waiters.push(waiter);
            woken.push((number, receiver));
        }
        line.wake(&schedule, &at);
        let woken: Vec<u64> =
            woken.iter_mut().filter_map(|(number, woken)| woken.try_recv().is_ok().then_some(*number)).collect();
        assert_eq!(woken, [1, 5, 6], "6 hears that its seat is sold");
        assert_eq!(line.waiters.iter().map(|waiter| waiter.number).collect::<Vec<_>>(), [2, 3, 4]);
    }

    /// Kind: without a place it is over at once, and the caller asks again as fast as it can, for all its time.
    #[tokio::test(start_paused = true)]
    async fn a_call_that_finds_the_line_full_waits_for_its_time() {
        let (lines, id) = (Lines::new(1), test_schedule().show.id);
        let deadline = || Instant::now() + Duration::from_secs(15);
        let (first, mut called) = waiter(0, &[0], 1);
        let (place, is_first) = lines.enter(id, first).expect("a place");
        assert!(is_first);
        let (second, woken) = waiter(0, &[0], 1);
        let (end, none) = (deadline(), lines.enter(id, second));
        assert!(none.is_none(), "it is full");
        until_called(None, woken, end).await;
        assert!(Instant::now() >= end, "it has waited");
        assert!(called.try_recv().is_err() && !lines.is_left(id), "the first waits on");
        drop(place);
        let (third, woken) = waiter(0, &[0], 1);
        let (place, _) = lines.enter(id, third).expect("the place of one that is gone");
        let end = deadline();
        lines.locked().get_mut(&id).expect("a line").wake(&test_schedule(), &SeatsAt::default());
        until_called(Some(place), woken, end).await;
        assert!(Instant::now() < end, "it was called before its time");
        assert!(lines.is_left(id));
    }

    #[test]
    fn who_is_gone_keeps_nobody_from_a_seat() {
        let schedule = test_schedule();
        let mut line = Line::default();
        let (first, gone) = waiter(1, &[0], 1);
        let (second, mut woken) = waiter(2, &[0], 1);
        drop(gone);
        line.waiters.extend([first, second]);
        line.wake(&schedule, &SeatsAt::default());
        assert!(woken.try_recv().is_ok());
    }
}
