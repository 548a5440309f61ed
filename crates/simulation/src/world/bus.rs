//! The broker: a log for each topic, and the dead letters.

use super::messages::Message;
use crate::machine::{Machine, Notify, WORLD};
use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS, RESERVATION_EVENTS};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A message is late by at most so much, in milliseconds.
const LATE_MS: i64 = 60_000;

/// A topic.
pub(crate) struct Topic {
    name: &'static str,
    pub(crate) log: RefCell<Vec<Rc<Message>>>,
    pub(crate) news: Notify,
}

impl Topic {
    fn append(&self, machine: &Machine, message: Rc<Message>) {
        self.log.borrow_mut().push(message);
        self.news.tell(machine);
    }
}

/// A dead letter.
pub(crate) struct DeadLetter {
    pub(crate) message: Rc<Message>,
    /// The group that could not handle it; none: the relay.
    pub(crate) group: Option<&'static str>,
    /// Whether an operator has told it again: once, or letters would make letters for ever.
    pub(crate) is_replayed: bool,
}

/// The broker.
pub(crate) struct Bus {
    machine: Machine,
    topics: [Rc<Topic>; 3],
    away_until_ms: Cell<i64>,
    /// Thousandths of messages that are late or come twice.
    disorder: u32,
    /// Messages that are late, and not there yet.
    on_their_way: Rc<Cell<u32>>,
    pub(crate) dead_letters: RefCell<Vec<DeadLetter>>,
}

/// The broker does not answer.
pub(crate) struct BusAway;

impl Bus {
    pub(crate) fn new(machine: &Machine, disorder: u32) -> Self {
        let topic = |name| Rc::new(Topic { name, log: RefCell::default(), news: Notify::default() });
        Self {
            machine: machine.clone(),
            topics: [PAYMENT_EVENTS, RESERVATION_EVENTS, EVENT_EVENTS].map(topic),
            away_until_ms: Cell::new(i64::MIN),
            disorder,
            on_their_way: Rc::default(),
            dead_letters: RefCell::default(),
        }
    }

    pub(crate) fn topic(&self, name: &str) -> &Rc<Topic> {
        self.topics.iter().find(|topic| topic.name == name).unwrap_or(&self.topics[0])
    }

    /// Takes a message. It is read by groups at once, late, or twice.
    pub(crate) async fn send(&self, message: &Rc<Message>) -> Result<(), BusAway> {
        self.machine.sleep(self.machine.pick(1..10)).await;
        if self.machine.now_ms() < self.away_until_ms.get() {
            return Err(BusAway);
        }
        self.arrive(message);
        Ok(())
    }

    /// As [`Bus::send`], without the way there.
    pub(crate) fn arrive(&self, message: &Rc<Message>) {
        let is_late = self.machine.fault(self.disorder);
        let comes_again = self.machine.fault(self.disorder);
        if !is_late {
            self.topic(message.topic()).append(&self.machine, Rc::clone(message));
        }
        for _ in 0..u32::from(is_late) + u32::from(comes_again) {
            let (machine, topic) = (self.machine.clone(), Rc::clone(self.topic(message.topic())));
            let (message, wait_ms) = (Rc::clone(message), self.machine.pick(0..LATE_MS));
            let on_their_way = Rc::clone(&self.on_their_way);
            on_their_way.set(on_their_way.get() + 1);
            self.machine.spawn(WORLD, async move {
                machine.sleep(wait_ms).await;
                on_their_way.set(on_their_way.get() - 1);
                topic.append(&machine, message);
            });
        }
    }

    /// Whether all that was sent has arrived.
    pub(crate) fn is_quiet(&self) -> bool {
        self.on_their_way.get() == 0
    }

    pub(crate) fn go_away(&self, until_ms: i64) {
        self.away_until_ms.set(until_ms);
    }
}
