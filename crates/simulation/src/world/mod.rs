//! Everything there is in a history: instances of roles with clocks of their own, databases, hot state, broker, provider.

pub(crate) mod bus;
pub(crate) mod consumer;
pub(crate) mod hot;
pub(crate) mod instance;
pub(crate) mod messages;
pub(crate) mod network;
pub(crate) mod provider;
pub(crate) mod relay;
pub(crate) mod show;
pub(crate) mod store;
pub(crate) mod story;

use crate::bug::Bug;
use crate::catalog::CatalogRows;
use crate::life::BrokerPlaces;
use crate::machine::Machine;
use crate::payment::PaymentRows;
use crate::plan::{Faults, Plan};
use crate::reservation::ReservationRows;
use books::records::{History, Remark};
use bus::Bus;
use domain::line::QueueNumber;
use domain::seat::{LineMark, Window};
use domain::{AccountId, Timestamp};
use hot::Hot;
use instance::{Instances, Role};
use provider::Provider;
use show::Show;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use store::Store;
use story::Story;
use uuid::Uuid;

/// `reservation.returned_seconds`, shortened so that people see its end.
const RETURNED_MS: u64 = 30_000;
/// One that does not lead looks again after this time, in milliseconds.
const FOLLOWS_MS: i64 = 6 * 3_600_000;
/// When every history begins.
pub(crate) const BEGIN_MS: i64 = 1_800_000_000_000;

/// The world. Tasks share it.
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) faults: Faults,
    pub(crate) bug: Option<Bug>,
    pub(crate) instances: Instances,
    pub(crate) reservation: Store<ReservationRows>,
    pub(crate) payment: Store<PaymentRows>,
    pub(crate) catalog: Store<CatalogRows>,
    pub(crate) hot: Hot,
    pub(crate) bus: Bus,
    pub(crate) provider: Provider,
    pub(crate) show: Show,
    window: Window,
    pub(crate) histories: RefCell<BTreeMap<AccountId, History>>,
    /// When each remark was heard.
    pub(crate) heard_at_ms: RefCell<BTreeMap<AccountId, Vec<i64>>>,
    pub(crate) story: Story,
    pub(crate) places: BrokerPlaces,
    /// Times of which a database has lost what it had said (a role, from, to).
    pub(crate) forgotten: RefCell<Vec<(Role, i64, i64)>>,
    /// Whether people still come: afterwards everything settles.
    pub(crate) is_rush: Cell<bool>,
    next_id: Cell<u128>,
}

/// What tasks have of the world.
pub(crate) type Shared = Rc<World>;

impl World {
    pub(crate) fn new(seed: u64, plan: &Plan, is_told: bool) -> Shared {
        let machine = Machine::new(seed, BEGIN_MS);
        let is_calm = machine.chance(plan.faults.calm);
        let faults = if is_calm { Faults::none() } else { plan.faults.varied(|count| machine.one_of(count)) };
        let skew = || if faults.skew_ms > 0 { machine.pick(-faults.skew_ms..faults.skew_ms + 1) } else { 0 };
        let show = Show::new(machine.pick(plan.seats.clone()));
        let line = LineMark { highest_admitted: QueueNumber(machine.one_of(4) as u64), is_waiting: true };
        let window = if machine.chance(500) { Window::OPEN } else { Window { line, returned_ms: RETURNED_MS } };
        let world = Self {
            instances: Instances::new(skew),
            reservation: Store::new(&machine, ReservationRows::default(), skew(), faults.commit),
            payment: Store::new(&machine, PaymentRows::default(), skew(), faults.commit),
            catalog: Store::new(&machine, CatalogRows::default(), skew(), faults.commit),
            hot: Hot::new(&machine, skew(), faults.commit),
            bus: Bus::new(&machine, faults.message),
            provider: Provider::new(&machine, skew(), faults.provider),
            show,
            window,
            histories: RefCell::default(),
            heard_at_ms: RefCell::default(),
            story: Story::new(is_told),
            places: BrokerPlaces::default(),
            forgotten: RefCell::default(),
            is_rush: Cell::new(true),
            next_id: Cell::new(1),
            bug: plan.bug,
            faults,
            machine,
        };
        Rc::new(world)
    }

    /// Waits as one that does not lead, until another one leads.
    pub(crate) async fn follow(&self) {
        let until_ms = self.machine.now_ms() + FOLLOWS_MS;
        self.instances.news.after(&self.machine, self.instances.news.count(), until_ms).await;
    }

    /// How seats that come back are given out.
    pub(crate) fn window(&self) -> Window {
        if self.is_rush.get() { self.window } else { Window::OPEN }
    }

    /// Whether this mistake is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// A new id. Later ones are greater, and nothing follows from it.
    pub(crate) fn id(&self) -> Uuid {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        Uuid::from_u128(id)
    }

    /// A person has heard this.
    pub(crate) fn remark(&self, user: AccountId, remark: Remark) {
        self.tell(|| format!("{} hears {remark:?}", story::name(user.get())));
        let mut histories = self.histories.borrow_mut();
        let history = histories.entry(user).or_insert_with(|| History { user: Some(user), remarks: Vec::new() });
        history.remarks.push(remark);
        self.heard_at_ms.borrow_mut().entry(user).or_default().push(self.machine.now_ms());
    }

    /// Writes a line of the story, if somebody reads it.
    pub(crate) fn tell(&self, line: impl FnOnce() -> String) {
        self.story.line(self.machine.now_ms(), line);
    }

    /// The true time. Only what stands outside of the system reads it.
    pub(crate) fn true_now(&self) -> Timestamp {
        Timestamp(self.machine.now_ms())
    }
}
