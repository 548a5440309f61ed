//! What stands now: held seats from hot state, sold ones from the catalog, the rest is free.

use crate::peers::{Catalog, Joint, Queue, Schedule};
use crate::views::seats::{SeatTotals, SeatsView};
use domain::line::QueueNumber;
use domain::seat::{SeatsNow, Window};
use domain::{ScheduleId, SeatId};
use hot::line::Clock;
use hot::seat::SeatPort;
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// All that is not simply free of a schedule, at one moment.
#[derive(Debug, Default)]
pub(crate) struct SeatsAt {
    /// Holds and seats that came back.
    pub now: SeatsNow,
    /// Seats that the catalog has as sold. Read after the holds: a hold goes when the catalog shows its seats as sold, so no
    /// seat is free in between.
    pub sold: HashSet<SeatId>,
    /// Other choices that were made from this: thousands ask for the same seat.
    choices: Mutex<HashMap<Asked, Vec<SeatId>>>,
}

/// What another choice was made for: seats asked for, those not free, own ones, the queue number.
type Asked = (Vec<SeatId>, Vec<SeatId>, Vec<SeatId>, Option<QueueNumber>);
/// Most choices that are kept of one moment.
const CHOICES_MAX: usize = 1_000;

impl SeatsAt {
    /// What stands at one moment.
    pub fn new(now: SeatsNow, sold: HashSet<SeatId>) -> Self {
        Self { now, sold, choices: Mutex::default() }
    }

    /// Whether a seat is free for a person with this queue number.
    pub fn is_free(&self, seat: SeatId, ticket: Option<QueueNumber>) -> bool {
        let is_held = self.now.holds.binary_search_by_key(&seat, |(id, _)| *id).is_ok();
        let returned = self.now.returned.binary_search_by_key(&seat, |(id, _)| *id).ok();
        let returned = returned.and_then(|at| self.now.returned.get(at));
        let is_closed = returned.is_some_and(|(_, one)| ticket.is_none_or(|ticket| ticket <= one.above));
        !is_held && !is_closed && !self.sold.contains(&seat)
    }

    /// A whole new choice of as many seats as were asked for, grade by grade (amendment 19); empty where there is none.
    /// `not_free`: what is known not to be free since. `own`: seats that count as free.
    pub fn instead(
        &self,
        schedule: &Schedule,
        asked: &[SeatId],
        ticket: Option<QueueNumber>,
        own: &[SeatId],
        not_free: &[SeatId],
    ) -> Vec<SeatId> {
        // Without seats that came back everybody is told the same.
        let ticket = ticket.filter(|_| !self.now.returned.is_empty());
        let key = (asked.to_vec(), not_free.to_vec(), own.to_vec(), ticket);
        if let Some(known) = self.choices.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let table = &schedule.seats;
        let mut taken = self.taken(schedule, ticket, own);
        taken.extend(not_free.iter().filter_map(|seat| table.index(*seat)));
        let indices: Vec<u32> = asked.iter().filter_map(|seat| table.index(*seat)).collect();
        let choice = table.hall().instead(&indices, |index| !taken.contains(&index));
        let choice: Vec<SeatId> = choice.into_iter().map(|index| table.id(index)).collect();
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        if choices.len() < CHOICES_MAX {
            choices.insert(key, choice.clone());
        }
        choice
    }

    /// The seats for a person with this queue number: seats that came back are free for those whom they wait for.
    pub fn view(&self, schedule: &Schedule, ticket: Option<QueueNumber>) -> SeatsView {
        let of_sale = |seat: &SeatId| schedule.seats.seat(*seat).is_some();
        let held = self.now.holds.iter().map(|(seat, _)| *seat);
        let returned = self.now.returned.iter().filter(|(_, one)| ticket.is_none_or(|ticket| ticket <= one.above));
        let closed = held.chain(returned.map(|(seat, _)| *seat));
        let hold: Vec<SeatId> = closed.filter(|seat| of_sale(seat) && !self.sold.contains(seat)).collect();
        let mut sold: Vec<SeatId> = self.sold.iter().copied().filter(of_sale).collect();
        sold.sort_unstable();
        let (total, held) = (schedule.seats.for_sale(), hold.len() as u32);
        let available = total.saturating_sub(sold.len() as u32 + held);
        let seats = SeatTotals { total, available, sold: sold.len() as u32, hold: held };
        SeatsView { schedule_id: schedule.show.id, seats, sold, hold }
    }

    /// Indices that are not free for a person with this queue number. `own`: seats that count as free.
    pub fn taken(&self, schedule: &Schedule, ticket: Option<QueueNumber>, own: &[SeatId]) -> HashSet<u32> {
        let held = self.now.holds.iter().map(|(seat, _)| seat);
        let returned = self.now.returned.iter().filter(|(_, one)| ticket.is_none_or(|ticket| ticket <= one.above));
        let all = held.chain(returned.map(|(seat, _)| seat)).chain(&self.sold);
        all.filter(|seat| !own.contains(seat)).filter_map(|seat| schedule.seats.index(*seat)).collect()
    }
}

/// Reads what stands, for many callers at once. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Live(Arc<Inner>);

struct Inner {
    seats: Arc<dyn SeatPort>,
    catalog: Catalog,
    queue: Queue,
    returned_ms: u64,
    reads: Joint<Arc<SeatsAt>, ApiError>,
}

impl Live {
    /// `returned_ms`: how long a seat that came back is for people in the line; 0: for everybody at once.
    pub fn new(seats: Arc<dyn SeatPort>, catalog: Catalog, queue: Queue, returned_ms: u64) -> Self {
        Self(Arc::new(Inner { seats, catalog, queue, returned_ms, reads: Joint::default() }))
    }

    /// How seats of a schedule that come back are given out now.
    pub async fn window(&self, schedule: ScheduleId) -> Window {
        match self.0.returned_ms {
            0 => Window::OPEN,
            returned_ms => Window { line: self.0.queue.mark(schedule).await, returned_ms },
        }
    }

    /// What stands, read after this call began.
    ///
    /// # Errors
    /// `NOT_FOUND` of a schedule that is gone, `SERVICE_UNAVAILABLE`.
    pub async fn at(&self, schedule: ScheduleId) -> Result<Arc<SeatsAt>, ApiError> {
        self.0.reads.get(schedule, || self.read(schedule)).await
    }

    /// What stood when somebody last asked, whenever that was.
    pub fn latest(&self, schedule: ScheduleId) -> Option<Arc<SeatsAt>> {
        self.0.reads.latest(schedule)
    }

    async fn read(&self, schedule: ScheduleId) -> Result<Arc<SeatsAt>, ApiError> {
        let window = self.window(schedule).await;
        let now = self.0.seats.holds(schedule, window, Clock::Engine).await?;
        let sold = self.0.catalog.sold(schedule).await?;
        Ok(Arc::new(SeatsAt::new(now, sold)))
    }
}
