//! The loop of a group: each message once, with its effect and its place in one transaction.

use super::bus::DeadLetter;
use super::instance::Instance;
use super::messages::{Message, Rows};
use super::store::Store;
use super::{Shared, World};
use crate::bug::Bug;
use domain::Timestamp;
use std::cell::Cell;
use std::rc::Rc;

/// How long it waits for news at most, and for what is away, in milliseconds.
const IDLE_MS: i64 = 3_600_000;
const AWAY_MS: i64 = 1_000;

/// A group of consumers on a topic.
pub(crate) struct Group<R: Rows> {
    pub(crate) name: &'static str,
    pub(crate) topic: &'static str,
    pub(crate) store: fn(&World) -> &Store<R>,
    /// The effect, in the transaction. Whether it may count as processed: else it comes again.
    pub(crate) handle: fn(&World, &mut R, &Message, Timestamp) -> bool,
    /// Told after the commit.
    pub(crate) then: fn(&Shared, crate::machine::Owner, &Message),
}

impl<R: Rows> Clone for Group<R> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

/// Runs for ever. `at_broker`: the place that a broker would keep.
pub(crate) async fn run<R: Rows>(world: Shared, at: Instance, group: Group<R>, at_broker: Rc<Cell<usize>>) {
    let topic = Rc::clone(world.bus.topic(group.topic));
    let is_at_broker = world.has(Bug::PlaceAtBroker);
    loop {
        let seen = topic.news.count();
        if !world.instances.leads(at) {
            world.follow().await;
            continue;
        }
        let store = (group.store)(&world);
        let Ok(place) = store.read(|rows, _| rows.messages().place(group.name)).await else {
            world.machine.sleep(AWAY_MS).await;
            continue;
        };
        let place = if is_at_broker { at_broker.get() } else { place };
        let next = topic.log.borrow().get(place).map(Rc::clone);
        let Some(message) = next else {
            let until_ms = world.machine.now_ms() + if world.is_rush.get() { AWAY_MS * 20 } else { IDLE_MS };
            topic.news.after(&world.machine, seen, until_ms).await;
            continue;
        };
        if world.has(Bug::PlaceBeforeEffect) {
            move_on(&world, &group, place).await;
        }
        if world.machine.fault(world.faults.dead_letter) {
            dead_letter(&world, &group, &message, place).await;
        } else if !take(&world, at, &group, &message, place).await {
            world.machine.sleep(AWAY_MS).await;
            continue;
        }
        if is_at_broker {
            at_broker.set(at_broker.get().max(place + 1));
        }
    }
}

/// Whether it was taken, or was before.
async fn take<R: Rows>(world: &Shared, at: Instance, group: &Group<R>, message: &Rc<Message>, place: usize) -> bool {
    let store = (group.store)(world);
    let taken = store.change(|rows, now| {
        let key = (group.name, message.id);
        let is_new = !rows.messages().processed.contains(&key);
        if is_new && !(group.handle)(world, rows, message, now) {
            return None;
        }
        rows.messages_mut().processed.insert(key);
        let next = rows.messages().place(group.name).max(place + 1);
        rows.messages_mut().places.insert(group.name, next);
        Some(is_new)
    });
    match taken.await {
        Ok(Some(is_new)) => {
            if is_new {
                (group.then)(world, at.owner, message);
            }
            true
        }
        Ok(None) | Err(_) => false,
    }
}

/// Three times refused: it lies among the dead letters, and the group goes on.
async fn dead_letter<R: Rows>(world: &Shared, group: &Group<R>, message: &Rc<Message>, place: usize) {
    world.tell(|| format!("{} cannot handle {} of #{}", group.name, message.kind(), message.aggregate.as_u128()));
    let letter = DeadLetter { message: Rc::clone(message), group: Some(group.name), is_replayed: false };
    world.bus.dead_letters.borrow_mut().push(letter);
    move_on(world, group, place).await;
}

/// The place is behind this message.
async fn move_on<R: Rows>(world: &Shared, group: &Group<R>, place: usize) {
    let moved = (group.store)(world).change(|rows, _| {
        let next = rows.messages().place(group.name).max(place + 1);
        rows.messages_mut().places.insert(group.name, next);
    });
    let _ = moved.await;
}
