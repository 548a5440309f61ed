//! Seats that people hold while they pay: what every engine for seats promises.

use super::line::Clock;
use super::{HotError, HotHealth};
use async_trait::async_trait;
use domain::seat::{HoldOutcome, HoldRequest, Holding, PutRight, Release, SeatCounts, SeatHold, SeatsNow, Window};
use domain::{ScheduleId, SeatId, Timestamp};

/// Contended seats (RSV-001, -002, -003, -005, -007, -015): the rules of [`domain::seat::SeatBook`], one book a schedule.
///
/// A hold is durable before any caller is told of it. Every call may be repeated, and after [`HotError::Unknown`] it should
/// be. Seats that do not exist are held like any: the caller knows the schedule's.
///
/// The truth of a reservation is its row. A caller changes the row first and then calls here, but for new seats of a hold or
/// a swap, which are held here before they are in a row; what goes wrong in between [`SeatPort::put_right`] repairs.
#[async_trait]
pub trait SeatPort: Send + Sync + 'static {
    /// Holds seats, for each request all or none, in the order of the batch ([`domain::seat::SeatBook::hold`]). One answer
    /// each. The same request again is answered [`HoldOutcome::Held`] again as long as it stands.
    async fn hold(&self, batch: Vec<HoldRequest>, clock: Clock) -> Vec<Result<HoldOutcome, HotError>>;

    /// Gives seats back ([`domain::seat::SeatBook::release`]). Returns for each the seats that the reservation had, run-out
    /// holds included.
    async fn release(&self, batch: Vec<Release>, clock: Clock) -> Vec<Result<Vec<SeatId>, HotError>>;

    /// Lets holds live until `until` at least; a seat that nobody holds is held again ([`domain::seat::SeatBook::extend`]).
    /// Returns the seats that another reservation holds: empty is success.
    async fn extend(&self, of: &Holding, until: Timestamp, clock: Clock) -> Result<Vec<SeatId>, HotError>;

    /// Takes the end from holds; a seat that nobody holds is held again ([`domain::seat::SeatBook::keep`]). A shared engine
    /// forgets kept holds after ten minutes in which neither this nor [`SeatPort::put_right`] has named them. Returns the
    /// seats that another reservation holds: empty is success.
    async fn keep(&self, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError>;

    /// The catalog has these seats as sold: the holds go, and nothing has come back. Returns the seats that the reservation
    /// had.
    async fn sold(&self, of: &Holding, clock: Clock) -> Result<Vec<SeatId>, HotError>;

    /// What stands in a schedule; holds that have run out are counted as returned from this call on. Costs time with the
    /// number of holds: ask once a second for everybody.
    async fn holds(&self, schedule: ScheduleId, window: Window, clock: Clock) -> Result<SeatsNow, HotError>;

    /// How many seats stand in which state.
    async fn counts(&self, schedule: ScheduleId, clock: Clock) -> Result<SeatCounts, HotError>;

    /// Makes the book agree with the rows ([`domain::seat::SeatBook::put_right`]): `rows` are all seats of live reservations of
    /// this schedule that the catalog does not have as sold, as they were read at a moment ten seconds after `older_than`.
    async fn put_right(
        &self,
        schedule: ScheduleId,
        rows: Vec<(SeatId, SeatHold)>,
        older_than: Timestamp,
        window: Window,
        clock: Clock,
    ) -> Result<PutRight, HotError>;

    /// Schedules that have holds here, or had some minutes ago: those to put right beside those that have live rows.
    async fn schedules(&self) -> Result<Vec<ScheduleId>, HotError>;

    /// Whether decisions can be made durable now: whether a write passed lately. Costs no waiting.
    async fn health(&self) -> HotHealth;
}
