//! What goes wrong beside single calls: kills and stalls between any two parts, absences, lost hot state, restored databases.

use crate::life;
use crate::machine::{Owner, WORLD};
use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use std::cell::Cell;
use std::rc::Rc;

/// Thousandths of points at which an instance dies or stalls, while some of it is left to happen.
const AT_POINT: u32 = 12;
/// Longest stall; longest absence; how old a copy is that is put back, in milliseconds.
const STALL_MS: i64 = 25_000;
const AWAY_MS: i64 = 60_000;
const COPY_MS: i64 = 60_000;

/// Sets them off.
pub(crate) fn start(world: &Shared, rush_ms: i64) {
    let faults = &world.faults;
    strike_at_points(world, world.machine.pick(0..faults.kills + 1), world.machine.pick(0..faults.stalls + 1));
    for _ in 0..world.machine.pick(0..faults.absences + 1) {
        later(world, rush_ms, |world| {
            let until_ms = world.machine.now_ms() + world.machine.pick(1_000..AWAY_MS);
            let name = [
                "reservation's database",
                "payment's database",
                "the catalog's database",
                "hot state",
                "the broker",
                "the provider",
            ];
            let which = world.machine.one_of(name.len());
            world.tell(|| format!("{} is away for {} s", name[which], (until_ms - world.machine.now_ms()) / 1_000));
            match which {
                0 => world.reservation.go_away(until_ms),
                1 => world.payment.go_away(until_ms),
                2 => world.catalog.go_away(until_ms),
                3 => world.hot.go_away(until_ms),
                4 => world.bus.go_away(until_ms),
                _ => world.provider.go_away(until_ms),
            }
        });
    }
    if world.machine.fault(faults.hot_lost) {
        later(world, rush_ms, |world| {
            world.tell(|| "hot state is lost".to_owned());
            world.hot.lose();
        });
    }
    if world.machine.fault(faults.restored) {
        let role = Role::ALL[world.machine.one_of(3)];
        later(world, rush_ms, move |world| restore(world, role));
    }
}

fn later(world: &Shared, rush_ms: i64, work: impl Fn(&Shared) + 'static) {
    let (there, wait_ms) = (Rc::clone(world), world.machine.pick(0..rush_ms));
    world.machine.spawn(WORLD, async move {
        there.machine.sleep(wait_ms).await;
        work(&there);
    });
}

/// Instances die and stall in the middle of what they do.
fn strike_at_points(world: &Shared, kills: i64, stalls: i64) {
    if kills + stalls == 0 {
        return;
    }
    let (kills, stalls, there) = (Cell::new(kills), Cell::new(stalls), Rc::downgrade(world));
    world.machine.at_point(move |owner| {
        let Some(world) = there.upgrade() else { return };
        let is_over = kills.get() + stalls.get() == 0 || !world.is_rush.get();
        if is_over || !world.machine.fault(AT_POINT) {
            return;
        }
        let is_kill = kills.get() > 0 && (stalls.get() == 0 || world.machine.chance(600));
        let left = if is_kill { &kills } else { &stalls };
        left.set(left.get() - 1);
        let struck = Rc::clone(&world);
        world.machine.spawn(WORLD, async move { strike(&struck, owner, is_kill).await });
    });
}

async fn strike(world: &Shared, owner: Owner, is_kill: bool) {
    let Some(instance) = world.instances.all().into_iter().find(|instance| instance.owner == owner) else { return };
    if !world.instances.is_up(instance) {
        return;
    }
    if is_kill {
        world.tell(|| format!("{:?} {} is killed", instance.role, owner.0));
        kill_for(world, instance, world.machine.pick(200..20_000)).await;
    } else {
        let until_ms = world.machine.now_ms() + world.machine.pick(500..STALL_MS);
        world.tell(|| format!("{:?} {} stalls", instance.role, owner.0));
        world.machine.stall(owner, until_ms);
        // The others notice after a while.
        world.machine.sleep(3_000).await;
        world.instances.pass_on(instance, &world.machine);
    }
}

async fn kill_for(world: &Shared, instance: Instance, for_ms: i64) {
    life::kill(world, instance);
    world.machine.sleep(for_ms).await;
    if !world.instances.is_up(instance) {
        life::start(world, instance);
    }
}

/// A role's database is put back to a copy, with the role stopped.
fn restore(world: &Shared, role: Role) {
    match role {
        Role::Reservation => world.reservation.save(),
        Role::Payment => world.payment.save(),
        Role::Catalog => world.catalog.save(),
    }
    let there = Rc::clone(world);
    world.machine.spawn(WORLD, async move {
        let from_ms = there.machine.now_ms();
        there.machine.sleep(COPY_MS).await;
        for instance in there.instances.of(role) {
            life::kill(&there, instance);
        }
        there.tell(|| format!("the database of {role:?} is put back to a copy 60 s old"));
        let is_back = match role {
            Role::Reservation => there.reservation.put_back(),
            Role::Payment => there.payment.put_back(),
            Role::Catalog => there.catalog.put_back(),
        };
        if is_back {
            there.forgotten.borrow_mut().push((role, from_ms, there.machine.now_ms()));
        }
        there.machine.sleep(there.machine.pick(500..20_000)).await;
        for instance in there.instances.of(role) {
            if !there.instances.is_up(instance) {
                life::start(&there, instance);
            }
        }
    });
}
