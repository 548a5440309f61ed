//! Calls from one to another: answered, lost on the way there or back, doubled, or late.

use super::instance::{Instance, Role};
use super::{Shared, World};
use crate::machine::Reply;
use domain::{ErrorCode, Timestamp};
use std::future::Future;
use std::rc::Rc;

/// No answer: what was asked for may have happened, or may happen later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer;

/// What a route answers.
pub(crate) type Answer<T> = Result<T, ErrorCode>;

/// Latest arrival of a call that was held up on its way, in milliseconds.
const LATE_MS: i64 = 40_000;

/// What happens to a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Plain,
    LostThere,
    LostBack,
    Doubled,
    Late,
}

impl World {
    fn fate(&self) -> Fate {
        if !self.machine.fault(self.faults.call) {
            return Fate::Plain;
        }
        [Fate::LostThere, Fate::LostBack, Fate::Doubled, Fate::Late][self.machine.one_of(4)]
    }

    /// The time by an instance's clock.
    pub(crate) fn now_of(&self, instance: Instance) -> Timestamp {
        Timestamp(self.machine.now_ms() + self.instances.skew_ms(instance))
    }
}

/// Calls a role, whichever instance of it answers, and waits at most so long.
pub(crate) async fn call<T, F, W>(world: &Shared, role: Role, limit_ms: i64, work: F) -> Result<T, NoAnswer>
where
    T: 'static,
    F: Fn(Shared, Instance) -> W + 'static,
    W: Future<Output = T> + 'static,
{
    let fate = world.fate();
    let up = world.instances.up(role);
    if up.is_empty() || fate == Fate::LostThere {
        // Refused at once, or nobody ever answers.
        let wait_ms = if up.is_empty() { world.machine.pick(1..10) } else { limit_ms };
        world.machine.sleep(wait_ms).await;
        return Err(NoAnswer);
    }
    let reply = Reply::new(&world.machine);
    let work = Rc::new(work);
    let copies = if fate == Fate::Doubled { 2 } else { 1 };
    for _ in 0..copies {
        let instance = up[world.machine.one_of(up.len())];
        let wait_ms = if fate == Fate::Late { world.machine.pick(5_000..LATE_MS) } else { world.machine.pick(0..10) };
        let (there, reply, work) = (Rc::clone(world), reply.clone(), Rc::clone(&work));
        world.machine.spawn(instance.owner, async move {
            there.machine.sleep(wait_ms).await;
            let answer = work(Rc::clone(&there), instance).await;
            there.machine.point();
            there.machine.sleep(there.machine.pick(0..5)).await;
            if fate != Fate::LostBack {
                reply.set(answer);
            }
        });
    }
    reply.within(limit_ms).await.ok_or(NoAnswer)
}
