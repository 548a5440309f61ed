//! The parts that all use cases of reservations share.

use crate::holds::{Deciding, Picks, Waiting};
use crate::peers::{Catalog, Coupons, HeardHoldNo, Kept, Peers, Queue};
use crate::rows::{TimeSource, cancelled, counter};
use crate::seats::{Board, Live, SeatStreams};
use crate::settings::Settings;
use crate::steps::{Fence, ReservationSteps, Terms};
use crate::workers::{Parts, Windows, Workers};
use async_trait::async_trait;
use domain::seat::Window;
use domain::ticket::TicketKeys;
use domain::{ScheduleId, Timestamp};
use hot::KeyPort;
use hot::seat::SeatPort;
use ledger::{Ledger, LedgerError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reservations. Cheap to clone.
#[derive(Clone)]
pub struct ReservationService(Arc<Inner>);

struct Inner {
    settings: Settings,
    tickets: TicketKeys,
    ledger: Ledger,
    steps: ReservationSteps,
    seats: Arc<dyn SeatPort>,
    catalog: Catalog,
    queue: Queue,
    coupons: Coupons,
    live: Live,
    board: Board,
    streams: SeatStreams,
    deciding: Deciding,
    waiting: Waiting,
    picks: Picks,
    cancelled: Cancelled,
    workers: Workers,
}

/// Engines under the service.
pub struct Engines {
    /// The tables.
    pub ledger: Ledger,
    /// Held seats.
    pub seats: Arc<dyn SeatPort>,
    /// Passes, and what is kept for a while.
    pub keys: Arc<dyn KeyPort>,
    /// Whose clock decides whether a hold has run out: the database's, but for tests.
    pub time: TimeSource,
}

impl ReservationService {
    /// Reservations over these engines and other roles; `tickets` sign tickets. Needs a tokio runtime.
    pub fn open(
        settings: Settings,
        tickets: TicketKeys,
        ledger: Ledger,
        seats: Arc<dyn SeatPort>,
        keys: Arc<dyn KeyPort>,
        peers: Peers,
    ) -> Self {
        Self::over(settings, tickets, Engines { ledger, seats, keys, time: TimeSource::Database }, peers)
    }

    /// As [`ReservationService::open`].
    pub fn over(settings: Settings, tickets: TicketKeys, engines: Engines, peers: Peers) -> Self {
        let Engines { ledger, seats, keys, time } = engines;
        let heard = HeardHoldNo::default();
        let steps = ReservationSteps::start(&ledger, Terms { time, fence: Fence::new(heard.clone()) });
        let catalog = Catalog::new(peers.catalog.clone(), keys.clone(), heard);
        let queue = Queue::new(peers.queue, keys.clone());
        let live = Live::new(seats.clone(), catalog.clone(), queue.clone(), settings.returned_ms());
        let board = Board::new(live.clone(), keys.clone());
        let (most, per_network) = (settings.streams_max, settings.streams_max_per_network);
        let streams = SeatStreams::new(board.clone(), catalog.clone(), queue.clone(), most, per_network);
        let workers = Workers::new(Parts {
            ledger: ledger.clone(),
            steps: steps.clone(),
            seats: seats.clone(),
            windows: Arc::new(live.clone()),
            catalog: peers.catalog,
            payment: peers.payment,
        });
        Self(Arc::new(Inner {
            settings,
            tickets,
            ledger,
            steps,
            seats,
            catalog,
            queue,
            coupons: Coupons::new(peers.coupon),
            waiting: Waiting::new(live.clone()),
            live,
            board,
            streams,
            deciding: Deciding::new(keys),
            picks: Picks::default(),
            cancelled: Cancelled::default(),
            workers,
        }))
    }

    /// What happens by itself: loops and consumers.
    pub fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The keys of tickets.
    pub fn tickets(&self) -> &TicketKeys {
        &self.0.tickets
    }

    /// The tables.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The machine for steps.
    pub fn steps(&self) -> &ReservationSteps {
        &self.0.steps
    }

    /// Ends every stream and refuses new ones, when the server stops.
    pub fn end_streams(&self) {
        self.0.streams.end();
    }

    /// Now, by the clock that decides (part 2, 15).
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn now(&self) -> Result<Timestamp, LedgerError> {
        Ok(counter::moment(self.ledger().connection(), self.time_source()).await?.now)
    }

    pub(crate) fn time_source(&self) -> TimeSource {
        self.steps().terms().time
    }

    pub(crate) fn seats(&self) -> &dyn SeatPort {
        &*self.0.seats
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    pub(crate) fn coupons(&self) -> &Coupons {
        &self.0.coupons
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub(crate) fn board(&self) -> &Board {
        &self.0.board
    }

    pub(crate) fn streams(&self) -> &SeatStreams {
        &self.0.streams
    }

    pub(crate) fn deciding(&self) -> &Deciding {
        &self.0.deciding
    }

    pub(crate) fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }

    pub(crate) fn picks(&self) -> &Picks {
        &self.0.picks
    }

    pub(crate) fn cancelled(&self) -> &Cancelled {
        &self.0.cancelled
    }
}

#[async_trait]
impl Windows for Live {
    async fn window(&self, schedule: ScheduleId) -> Window {
        Self::window(self, schedule).await
    }
}

/// Schedules that are remembered as cancelled, as they were known a second ago. The transaction of a step looks again.
pub(crate) struct Cancelled(Kept<bool>);

impl Default for Cancelled {
    fn default() -> Self {
        Self(Kept::new(1_000, 10_000))
    }
}

impl Cancelled {
    /// Whether the schedule is remembered as cancelled.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn has(&self, ledger: &Ledger, id: ScheduleId) -> Result<bool, LedgerError> {
        let load = |last: Option<bool>| async move {
            // What is cancelled stays so.
            if last == Some(true) {
                return Ok(true);
            }
            let known = cancelled::among(ledger.connection(), &BTreeSet::from([id])).await?;
            Ok(!known.is_empty())
        };
        self.0.get(id, load).await
    }
}
