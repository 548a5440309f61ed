//! The lives of instances: started, killed, started again.

use crate::world::Shared;
use crate::world::instance::{Instance, Role};
use crate::{catalog, payment, reservation};
use std::cell::Cell;
use std::rc::Rc;

/// Where a broker would keep the places of all groups.
#[derive(Default)]
pub(crate) struct BrokerPlaces {
    reservation: reservation::BrokerPlaces,
    payment: Rc<Cell<usize>>,
    catalog: catalog::BrokerPlaces,
}

/// Starts an instance.
pub(crate) fn start(world: &Shared, instance: Instance) {
    world.instances.set_up(instance, true);
    match instance.role {
        Role::Reservation => reservation::start(world, instance, &world.places.reservation),
        Role::Payment => payment::start(world, instance, &world.places.payment),
        Role::Catalog => catalog::start(world, instance, &world.places.catalog),
    }
}

/// Kills it; another one leads.
pub(crate) fn kill(world: &Shared, instance: Instance) {
    world.machine.kill(instance.owner);
    world.instances.set_up(instance, false);
    world.instances.pass_on(instance, &world.machine);
}
