//! What happens by itself. Every loop may run in any number of instances: each thing is done once, because a row decides it.
//!
//! | loop | what |
//! |---|---|
//! | [`Workers::run_sweep`] | holds whose time is over end, within a second (RSV-007); cancelled events, 500 a transaction (hole 6) |
//! | [`Workers::run_put_right`] | hot state follows the rows, within ten seconds (hole 17) |
//! | [`Workers::run_questions`] | payment is asked for what no message has told (holes 5, 9) |
//! | [`Workers::run_sold`] | seats that the catalog shows as sold leave hot state |
//! | [`Workers::run_catalog`] | schedules that the catalog calls cancelled are remembered (hole 6) |
//! | [`Workers::run_fence`] | whether this database was put back to an older copy (hole 7) |
//! | [`Workers::run_follow`] | hot state hears of steps that messages and answers have made |

mod catalog;
mod fence;
mod hot;
mod put_right;
mod questions;
mod sold;
mod sweep;

pub use hot::HotNews;
pub(crate) use questions::new_ticket_number;
pub use sweep::Swept;

use crate::steps::{ReservationSteps, Terms};
use ::hot::SeatPort;
use access::Peer;
use async_trait::async_trait;
use domain::ScheduleId;
use domain::seat::Window;
use ledger::Ledger;
use std::sync::Arc;
use tokio::sync::Notify;

/// How seats of a schedule that come back are given out: where its line stands, and for how long they are for its people.
#[async_trait]
pub trait Windows: Send + Sync + 'static {
    /// The window now. One that cannot be learned is [`Window::OPEN`].
    async fn window(&self, schedule: ScheduleId) -> Window;
}

/// What the loops work with.
pub struct Parts {
    /// The tables.
    pub ledger: Ledger,
    /// The steps.
    pub steps: ReservationSteps,
    /// Seats in hot state.
    pub seats: Arc<dyn SeatPort>,
    /// How returned seats are given out.
    pub windows: Arc<dyn Windows>,
    /// The catalog.
    pub catalog: Peer,
    /// Payment.
    pub payment: Peer,
}

/// The loops. Cheap to clone.
#[derive(Clone)]
pub struct Workers(Arc<Inner>);

struct Inner {
    parts: Parts,
    news: HotNews,
    /// Something has to be swept now.
    swept_soon: Notify,
}

impl Workers {
    /// The loops over these parts; nothing runs yet.
    pub fn new(parts: Parts) -> Self {
        let news = HotNews::new(parts.seats.clone(), parts.windows.clone());
        Self(Arc::new(Inner { parts, news, swept_soon: Notify::new() }))
    }

    /// The tables.
    pub fn ledger(&self) -> &Ledger {
        &self.0.parts.ledger
    }

    /// The role that has payments.
    pub(crate) fn payment(&self) -> &Peer {
        &self.0.parts.payment
    }

    /// What is decided by.
    pub fn terms(&self) -> &Terms {
        self.0.parts.steps.terms()
    }

    /// What hot state has to hear of.
    pub fn news(&self) -> &HotNews {
        &self.0.news
    }

    /// Lets the sweep look at once: an event was cancelled.
    pub fn sweep_soon(&self) {
        self.0.swept_soon.notify_one();
    }

    /// Tells hot state what messages and answers have changed, until the process ends.
    pub async fn run_follow(self) {
        self.0.news.run().await;
    }
}
