//! The relay of an outbox: tells what is committed, and marks it. Between both it may be killed, so messages come twice.

use super::bus::DeadLetter;
use super::instance::Instance;
use super::messages::{Message, Rows};
use super::store::Store;
use super::{Shared, World};
use crate::bug::Bug;
use std::rc::Rc;

/// Messages in one round.
const ROUND_MAX: usize = 20;
/// How long it waits for news at most, and for what is away, in milliseconds.
const IDLE_MS: i64 = 3_600_000;
const AWAY_MS: i64 = 1_000;

/// Runs for ever.
pub(crate) async fn run<R: Rows>(world: Shared, at: Instance, store: fn(&World) -> &Store<R>) {
    loop {
        let seen = store(&world).outbox_news.count();
        if !world.instances.leads(at) {
            world.follow().await;
            continue;
        }
        let Ok(waiting) = store(&world).read(|rows, _| rows.messages().waiting(ROUND_MAX)).await else {
            world.machine.sleep(AWAY_MS).await;
            continue;
        };
        if waiting.is_empty() {
            let until_ms = world.machine.now_ms() + if world.is_rush.get() { AWAY_MS * 20 } else { IDLE_MS };
            store(&world).outbox_news.after(&world.machine, seen, until_ms).await;
            continue;
        }
        for message in waiting {
            hand_over(&world, &message, store(&world)).await;
        }
    }
}

async fn hand_over<R: Rows>(world: &Shared, message: &Rc<Message>, store: &Store<R>) {
    if world.machine.fault(world.faults.dead_letter) {
        world.tell(|| format!("the broker refuses {} of #{}", message.kind(), message.aggregate.as_u128()));
        world.bus.dead_letters.borrow_mut().push(DeadLetter {
            message: Rc::clone(message),
            group: None,
            is_replayed: false,
        });
        let _ = store.change(|rows, _| rows.messages_mut().mark(message.id, false)).await;
        return;
    }
    if world.has(Bug::MarkedBeforeSent) {
        let _ = store.change(|rows, _| rows.messages_mut().mark(message.id, true)).await;
    }
    if world.bus.send(message).await.is_err() {
        world.machine.sleep(AWAY_MS).await;
        return;
    }
    // Nobody knows whether it was marked when this fails: it comes again.
    let _ = store.change(|rows, _| rows.messages_mut().mark(message.id, true)).await;
}
