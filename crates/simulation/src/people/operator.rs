//! Operators: cancel the event, give money back in the provider's console, replay dead letters, repair what was restored.

use crate::machine::WORLD;
use crate::payment;
use crate::reservation::repair;
use crate::world::Shared;
use crate::world::instance::Role;
use crate::world::network::call;
use std::rc::Rc;

/// Looks at the alarms, in milliseconds.
const ROUND_MS: i64 = 45_000;

/// All of them.
pub(super) fn come(world: &Shared, rush_ms: i64) {
    if world.machine.chance(world.faults.event_cancelled) {
        let (there, wait_ms) = (Rc::clone(world), world.machine.pick(0..rush_ms));
        world.machine.spawn(WORLD, async move {
            there.machine.sleep(wait_ms).await;
            there.tell(|| "the event is cancelled".to_owned());
            there.catalog.at_once(|rows, _| rows.cancel(&there));
        });
    }
    let there = Rc::clone(world);
    world.machine.spawn(WORLD, async move {
        loop {
            there.machine.sleep(there.machine.pick(ROUND_MS / 2..ROUND_MS)).await;
            if !there.is_rush.get() {
                return;
            }
            repair::run(&there);
            give_back(&there);
            if there.machine.chance(100) {
                replay(&there, 500);
            }
        }
    });
}

/// What is left to do when the rush is over. Whether there was anything.
pub(crate) fn rest(world: &Shared) -> bool {
    replay(world, 300);
    repair::run(world)
}

fn give_back(world: &Shared) {
    for key in world.provider.keys() {
        if !world.machine.chance(world.faults.by_hand) {
            continue;
        }
        let given = world.provider.give_back_by_hand(key, world.machine.chance(500));
        world.tell(|| format!("an operator gives {given} of key #{} back by hand", key.get().as_u128()));
        if given > 0 && world.machine.chance(500) {
            let there = Rc::clone(world);
            world.machine.spawn(WORLD, async move {
                let _ = call(&there, Role::Payment, 10_000, move |world, _| payment::notice(world, key)).await;
            });
        }
    }
}

/// Some of the dead letters are told again.
fn replay(world: &Shared, thousandths: u32) {
    let mut again = Vec::new();
    for letter in world.bus.dead_letters.borrow_mut().iter_mut().filter(|letter| !letter.is_replayed) {
        if world.machine.chance(thousandths) {
            letter.is_replayed = true;
            again.push(Rc::clone(&letter.message));
        }
    }
    for message in again {
        world.tell(|| format!("{} of #{} is replayed", message.kind(), message.aggregate.as_u128()));
        world.bus.arrive(&message);
    }
}
