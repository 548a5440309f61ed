//! A computer with made-up time: tasks that wait, instances that can be killed or stalled, and one source of chance. Nothing
//! here knows what is played on it.
//!
//! Everything runs in one thread, in the order of time and then of arrival, so a seed decides all that happens. A task is
//! polled when a moment it waits for has come, and borrows nothing while it waits.

mod notify;
mod reply;
mod sleep;

pub(crate) use notify::Notify;
pub(crate) use reply::Reply;

use sleep::Sleep;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

/// Whose a task is: an instance of a role, or [`WORLD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(pub(crate) usize);

/// People, the network, the provider: what is never killed.
pub(crate) const WORLD: Owner = Owner(usize::MAX);

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// A task. Its place may be another's later, so it has the place's turn, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskKey {
    place: usize,
    turn: u32,
}

struct Place {
    turn: u32,
    owner: Owner,
    /// None while it runs, and when nothing is there.
    work: Option<Work>,
    is_taken: bool,
}

/// What a test does when a task comes to a named point.
type AtPoint = Rc<dyn Fn(Owner)>;

struct Inner {
    now_ms: Cell<i64>,
    arrivals: Cell<u64>,
    timers: RefCell<BinaryHeap<Reverse<(i64, u64, TaskKey)>>>,
    places: RefCell<Vec<Place>>,
    free: RefCell<Vec<usize>>,
    current: Cell<Option<TaskKey>>,
    stalled_until_ms: RefCell<Vec<i64>>,
    random: RefCell<fastrand::Rng>,
    has_faults: Cell<bool>,
    at_point: RefCell<Option<AtPoint>>,
}

/// The computer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Machine(Rc<Inner>);

impl Machine {
    /// A computer at this time, with the chance of a seed.
    pub(crate) fn new(seed: u64, now_ms: i64) -> Self {
        Self(Rc::new(Inner {
            now_ms: Cell::new(now_ms),
            arrivals: Cell::new(0),
            timers: RefCell::default(),
            places: RefCell::default(),
            free: RefCell::default(),
            current: Cell::new(None),
            stalled_until_ms: RefCell::default(),
            random: RefCell::new(fastrand::Rng::with_seed(seed)),
            has_faults: Cell::new(true),
            at_point: RefCell::new(None),
        }))
    }

    /// The true time, which no part of the system knows.
    pub(crate) fn now_ms(&self) -> i64 {
        self.0.now_ms.get()
    }

    /// A number of this range.
    pub(crate) fn pick(&self, range: std::ops::Range<i64>) -> i64 {
        self.0.random.borrow_mut().i64(range)
    }

    /// One of so many.
    pub(crate) fn one_of(&self, count: usize) -> usize {
        self.0.random.borrow_mut().usize(0..count.max(1))
    }

    /// Whether something of this probability, in thousandths, happens.
    pub(crate) fn chance(&self, thousandths: u32) -> bool {
        thousandths > 0 && self.0.random.borrow_mut().u32(0..1_000) < thousandths
    }

    /// The same for something that goes wrong: never once [`Machine::heal`] was called.
    pub(crate) fn fault(&self, thousandths: u32) -> bool {
        self.0.has_faults.get() && self.chance(thousandths)
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.0.has_faults.set(false);
        *self.0.at_point.borrow_mut() = None;
    }

    /// Calls this at every point at which an instance may die, with the instance.
    pub(crate) fn at_point(&self, work: impl Fn(Owner) + 'static) {
        *self.0.at_point.borrow_mut() = Some(Rc::new(work));
    }

    /// Here the instance whose task runs may die: between two parts of something.
    pub(crate) fn point(&self) {
        let Some(task) = self.current() else { return };
        let owner = self.0.places.borrow().get(task.place).map_or(WORLD, |place| place.owner);
        let work = self.0.at_point.borrow().clone();
        if let Some(work) = work.filter(|_| owner != WORLD) {
            work(owner);
        }
    }

    /// A fresh 128-bit number.
    pub(crate) fn number(&self) -> u128 {
        self.0.random.borrow_mut().u128(..)
    }

    /// Starts a task. It first runs when all that is due before it has run.
    pub(crate) fn spawn(&self, owner: Owner, work: impl Future<Output = ()> + 'static) {
        let work: Work = Box::pin(work);
        let mut places = self.0.places.borrow_mut();
        let place = self.0.free.borrow_mut().pop().unwrap_or_else(|| {
            places.push(Place { turn: 0, owner, work: None, is_taken: false });
            places.len() - 1
        });
        let slot = &mut places[place];
        (slot.owner, slot.work, slot.is_taken) = (owner, Some(work), true);
        let key = TaskKey { place, turn: slot.turn };
        drop(places);
        self.wake_at(self.now_ms(), key);
    }

    /// Ends all tasks of an instance where they stand. It must not be the one that calls.
    pub(crate) fn kill(&self, owner: Owner) {
        let mut ended = Vec::new();
        for (index, place) in self.0.places.borrow_mut().iter_mut().enumerate() {
            if place.is_taken && place.owner == owner {
                ended.extend(place.work.take());
                self.give_up(index, place);
            }
        }
        // What they hold is dropped when no place is borrowed.
        drop(ended);
    }

    /// Ends all tasks.
    pub(crate) fn clear(&self) {
        let places = std::mem::take(&mut *self.0.places.borrow_mut());
        self.0.timers.borrow_mut().clear();
        self.0.free.borrow_mut().clear();
        drop(places);
    }

    /// Nothing of an instance runs until then; what was due meanwhile runs at that moment.
    pub(crate) fn stall(&self, owner: Owner, until_ms: i64) {
        let mut stalled = self.0.stalled_until_ms.borrow_mut();
        if stalled.len() <= owner.0 {
            stalled.resize(owner.0 + 1, i64::MIN);
        }
        stalled[owner.0] = until_ms;
    }

    fn stalled_until(&self, owner: Owner) -> i64 {
        self.0.stalled_until_ms.borrow().get(owner.0).copied().unwrap_or(i64::MIN)
    }

    /// Waits.
    pub(crate) fn sleep(&self, ms: i64) -> impl Future<Output = ()> + 'static {
        self.sleep_until(self.now_ms() + ms.max(0))
    }

    /// Waits until this time, at least one turn.
    pub(crate) fn sleep_until(&self, until_ms: i64) -> impl Future<Output = ()> + 'static {
        Sleep::new(self.clone(), until_ms)
    }

    fn wake_at(&self, at_ms: i64, task: TaskKey) {
        let arrival = self.0.arrivals.get();
        self.0.arrivals.set(arrival + 1);
        self.0.timers.borrow_mut().push(Reverse((at_ms.max(self.now_ms()), arrival, task)));
    }

    /// The task that runs. Outside of one there is nothing to wait with.
    fn current(&self) -> Option<TaskKey> {
        self.0.current.get()
    }

    /// Runs everything that is due until `end_ms`, and then it is `end_ms`.
    pub(crate) fn run_until(&self, end_ms: i64) {
        loop {
            let next = self.0.timers.borrow().peek().map(|Reverse((at_ms, ..))| *at_ms);
            if next.is_none_or(|at_ms| at_ms > end_ms) {
                break;
            }
            let popped = self.0.timers.borrow_mut().pop();
            if let Some(Reverse((at_ms, _, task))) = popped {
                self.0.now_ms.set(at_ms.max(self.now_ms()));
                self.run(task);
            }
        }
        self.0.now_ms.set(end_ms.max(self.now_ms()));
    }

    fn run(&self, task: TaskKey) {
        let Some(mut work) = self.take(task) else { return };
        self.0.current.set(Some(task));
        let is_done = work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        self.0.current.set(None);
        let mut places = self.0.places.borrow_mut();
        let place = &mut places[task.place];
        if place.turn != task.turn {
            // It was killed while it ran, which only itself could have done.
            drop(places);
            drop(work);
        } else if is_done {
            self.give_up(task.place, place);
            drop(places);
            drop(work);
        } else {
            place.work = Some(work);
        }
    }

    /// The work of a task that may run now. One that is stalled is put off.
    fn take(&self, task: TaskKey) -> Option<Work> {
        let mut places = self.0.places.borrow_mut();
        let place = places.get_mut(task.place).filter(|place| place.is_taken && place.turn == task.turn)?;
        let stalled_until_ms = self.stalled_until(place.owner);
        if stalled_until_ms > self.now_ms() {
            self.wake_at(stalled_until_ms, task);
            return None;
        }
        place.work.take()
    }

    fn give_up(&self, index: usize, place: &mut Place) {
        place.is_taken = false;
        place.turn = place.turn.wrapping_add(1);
        self.0.free.borrow_mut().push(index);
    }
}

#[cfg(test)]
mod tests;
