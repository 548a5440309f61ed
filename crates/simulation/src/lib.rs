//! The saga of a ticket on made-up time: seeded histories over the rules of `domain`, with faults at every step.
//!
//! People, several instances of each role with clocks of their own, databases, hot state, a broker and a provider of payments are
//! played in one thread. All that is decided is decided by the rules that the product runs: [`domain::seat`],
//! [`domain::reservation`], [`domain::payment`], [`domain::catalog`]. Between them is the thinnest glue that keeps the contract's
//! order of steps. Instances are killed and stalled between any two parts, calls are lost, doubled and late, messages come
//! late, twice or never, databases are put back. In the end everything settles by itself, and the ten invariants of
//! [`books::check()`] hold.
//!
//! ```text
//! machine      time, tasks, kills: a computer that a seed decides
//! world        instances, network, databases, hot state, broker, provider
//! reservation  payment  catalog      the roles
//! people       buyers, doors, operators
//! faults       what goes wrong beside single calls
//! rest         after the rush: until nothing is left to do
//! bug          mistakes that can be planted in the glue, to see that they are found
//! ```
//!
//! [`play`] with the same seed and plan plays the same; [`tell`] tells it in words.

mod bug;
mod catalog;
mod faults;
mod gather;
mod life;
mod machine;
mod payment;
mod people;
mod plan;
mod reservation;
mod rest;
mod world;

#[cfg(test)]
mod tests;

pub use bug::Bug;
pub use plan::{Faults, Plan};

use books::Findings;
use domain::payment::PaymentStatus;
use world::{Shared, World};

/// What has come of a history.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What the checker has found.
    pub findings: Findings,
    /// Tickets that stand at the end.
    pub tickets: usize,
    /// Payments that were made.
    pub payments: usize,
    /// Those that were given back.
    pub refunded: usize,
    /// Those that have failed with money taken.
    pub paid_in_vain: usize,
}

/// Plays the history of this seed.
pub fn play(seed: u64, plan: &Plan) -> Outcome {
    outcome(&whole(seed, plan, false))
}

/// Plays it once more, and tells it in words.
pub fn tell(seed: u64, plan: &Plan) -> (Outcome, Vec<String>) {
    let world = whole(seed, plan, true);
    let outcome = outcome(&world);
    (outcome, world.story.take())
}

fn whole(seed: u64, plan: &Plan, is_told: bool) -> Shared {
    let world = World::new(seed, plan, is_told);
    for instance in world.instances.all() {
        life::start(&world, instance);
    }
    people::come(&world, plan);
    faults::start(&world, plan.rush_ms);
    rest::play(&world, plan.rush_ms);
    world
}

fn outcome(world: &Shared) -> Outcome {
    let books = gather::books(world);
    let findings = books::check(&books);
    let counted = world.payment.look(|rows| {
        let of = |status| rows.payments.values().filter(move |one| one.status == status);
        let in_vain = of(PaymentStatus::Failed).filter(|one| one.captured_amount > 0).count();
        (of(PaymentStatus::Success).count(), rows.payments.len(), of(PaymentStatus::Refunded).count(), in_vain)
    });
    // Tasks hold the world, and the world holds them: without this nothing would ever be freed.
    world.machine.clear();
    let (tickets, payments, refunded, paid_in_vain) = counted;
    Outcome { findings, tickets, payments, refunded, paid_in_vain }
}
