//! The instances of roles.

use crate::machine::{Machine, Notify, Owner};
use std::cell::{Cell, RefCell};

/// A role of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Reservation,
    Payment,
    Catalog,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Reservation, Self::Payment, Self::Catalog];
}

/// One process of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) owner: Owner,
    pub(crate) role: Role,
}

struct State {
    instance: Instance,
    skew_ms: i64,
    is_up: Cell<bool>,
    /// Whether it has seen what others have stored since its start (hole 7).
    is_ready: Cell<bool>,
}

/// How many instances a role has.
const OF_ROLE: usize = 2;

/// All of them.
pub(crate) struct Instances {
    states: Vec<State>,
    /// Whose turn it is to work in the background, by role.
    leaders: RefCell<[usize; 3]>,
    /// Told when another one leads.
    pub(crate) news: Notify,
}

impl Instances {
    pub(crate) fn new(skew: impl Fn() -> i64) -> Self {
        let roles = Role::ALL.into_iter().flat_map(|role| [role; OF_ROLE]);
        let state = |(number, role)| State {
            instance: Instance { owner: Owner(number), role },
            skew_ms: skew(),
            is_up: Cell::new(true),
            is_ready: Cell::new(false),
        };
        Self { states: roles.enumerate().map(state).collect(), leaders: RefCell::new([0; 3]), news: Notify::default() }
    }

    pub(crate) fn all(&self) -> Vec<Instance> {
        self.states.iter().map(|state| state.instance).collect()
    }

    pub(crate) fn of(&self, role: Role) -> Vec<Instance> {
        self.states.iter().map(|state| state.instance).filter(|instance| instance.role == role).collect()
    }

    pub(crate) fn up(&self, role: Role) -> Vec<Instance> {
        self.of(role).into_iter().filter(|instance| self.is_up(*instance)).collect()
    }

    pub(crate) fn is_up(&self, instance: Instance) -> bool {
        self.states[instance.owner.0].is_up.get()
    }

    pub(crate) fn set_up(&self, instance: Instance, is_up: bool) {
        let state = &self.states[instance.owner.0];
        state.is_up.set(is_up);
        state.is_ready.set(false);
    }

    pub(crate) fn is_ready(&self, instance: Instance) -> bool {
        self.states[instance.owner.0].is_ready.get()
    }

    pub(crate) fn set_ready(&self, instance: Instance) {
        self.states[instance.owner.0].is_ready.set(true);
    }

    pub(crate) fn skew_ms(&self, instance: Instance) -> i64 {
        self.states[instance.owner.0].skew_ms
    }

    /// Whether this instance does the role's work in the background now. After a kill or a stall another one does, while the
    /// first may still be in the middle of something: nothing may rely on there being one.
    pub(crate) fn leads(&self, instance: Instance) -> bool {
        let leaders = self.leaders.borrow();
        leaders[instance.role as usize] == instance.owner.0 % OF_ROLE
    }

    /// Lets another instance of the role lead.
    pub(crate) fn pass_on(&self, from: Instance, machine: &Machine) {
        let mut leaders = self.leaders.borrow_mut();
        if leaders[from.role as usize] == from.owner.0 % OF_ROLE {
            leaders[from.role as usize] = (from.owner.0 + 1) % OF_ROLE;
        }
        drop(leaders);
        self.news.tell(machine);
    }
}
