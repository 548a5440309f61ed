//! People: buyers, doors, operators.

mod buyer;
mod choice;
mod operator;
mod routes;
mod window;

use crate::plan::Plan;
use crate::world::Shared;

/// Everybody comes.
pub(crate) fn come(world: &Shared, plan: &Plan) {
    let count = world.machine.pick(plan.people.clone());
    for number in 1..=count {
        buyer::come(world, number.unsigned_abs(), plan.rush_ms);
    }
    operator::come(world, plan.rush_ms);
}

pub(crate) use operator::rest;
