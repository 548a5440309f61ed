//! Choosing the best seats for people who choose at the same moment (RSV-014): no two calls of one process choose the same, so that
//! a rush for the best does not end in a queue of refusals.

use crate::peers::Schedule;
use crate::service::ReservationService;
use crate::views::hold::BestWish;
use domain::line::QueueNumber;
use domain::seat::best::{WISH_MAX, Wish};
use domain::{ErrorCode, ScheduleId, SeatId};
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So long a choice that was made stays out of others': reads that began before it was stored have ended then.
const SETTLED_AFTER: Duration = Duration::from_secs(3);
/// Most tries of one call to choose seats that nobody else is choosing.
const TRIES_MAX: usize = 20;
/// Pause before the next.
const TRY_PAUSE: Duration = Duration::from_millis(15);

/// When a seat may be chosen again; none while its choice is under way.
type Choices = HashMap<u32, Option<Instant>>;

/// Seats that are being chosen, or were a moment ago. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picks(Arc<Mutex<HashMap<ScheduleId, Choices>>>);

/// A choice, until it is known what came of it.
#[derive(Debug)]
pub(super) struct Pick {
    of: Picks,
    schedule: ScheduleId,
    indices: Vec<u32>,
    seats: Vec<SeatId>,
    is_settled: bool,
}

impl Picks {
    /// Chooses while nobody else does. `choose` gets the seats that are others' choices.
    fn choose(
        &self,
        schedule: &Schedule,
        choose: impl FnOnce(&dyn Fn(u32) -> bool) -> Option<Vec<u32>>,
    ) -> Option<Pick> {
        let id = schedule.show.id;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let choices = all.entry(id).or_default();
        let now = Instant::now();
        choices.retain(|_, until| until.is_none_or(|until| now < until));
        let indices = choose(&|index| choices.contains_key(&index));
        let is_empty = choices.is_empty();
        let Some(indices) = indices else {
            if is_empty {
                all.remove(&id);
            }
            return None;
        };
        choices.extend(indices.iter().map(|index| (*index, None)));
        let seats = indices.iter().map(|index| schedule.seats.id(*index)).collect();
        Some(Pick { of: self.clone(), schedule: id, indices, seats, is_settled: false })
    }

    fn has_any(&self, schedule: ScheduleId) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&schedule).is_some_and(|choices| choices.values().any(Option::is_none))
    }
}

impl Pick {
    /// The seats.
    pub(super) fn seats(&self) -> &[SeatId] {
        &self.seats
    }

    /// The seats are held.
    pub(super) fn succeeded(mut self) {
        self.is_settled = true;
        self.end(|choices, index| {
            choices.insert(index, Some(Instant::now() + SETTLED_AFTER));
        });
    }

    /// They are not: somebody else has some of them, as the next read shows.
    pub(super) fn failed(self) {}

    fn end(&self, each: impl Fn(&mut Choices, u32)) {
        let mut all = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(choices) = all.get_mut(&self.schedule) {
            self.indices.iter().for_each(|index| each(choices, *index));
            if choices.is_empty() {
                all.remove(&self.schedule);
            }
        }
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        if !self.is_settled {
            self.end(|choices, index| {
                choices.remove(&index);
            });
        }
    }
}

impl BestWish {
    /// As the rule takes it.
    pub(super) fn wish(&self) -> Wish {
        let count = u8::try_from(self.count).unwrap_or(WISH_MAX);
        Wish { count, grade: self.grade, flags: self.flags.clone() }
    }
}

impl ReservationService {
    /// The best seats that are free and not among `refused`; `None` where there are not so many.
    pub(super) async fn pick(
        &self,
        schedule: &Schedule,
        wish: &BestWish,
        ticket: Option<QueueNumber>,
        refused: &[SeatId],
    ) -> Result<Option<Pick>, ApiError> {
        let wish = wish.wish();
        for _ in 0..TRIES_MAX {
            let at = self.live().at(schedule.show.id).await?;
            let mut taken = at.taken(schedule, ticket, &[]);
            taken.extend(refused.iter().filter_map(|seat| schedule.seats.index(*seat)));
            let choose = |is_chosen: &dyn Fn(u32) -> bool| {
                schedule.seats.hall().best(&wish, |index| !taken.contains(&index) && !is_chosen(index))
            };
            let pick = self.picks().choose(schedule, choose);
            // Seats that others are choosing may come back at once.
            if pick.is_some() || !self.picks().has_any(schedule.show.id) {
                return Ok(pick);
            }
            tokio::time::sleep(TRY_PAUSE).await;
        }
        Ok(None)
    }

    /// `SEAT_NOT_AVAILABLE`, with seats of another grade where one was named (amendment 19).
    pub(super) async fn none_left(
        &self,
        schedule: &Schedule,
        wish: &BestWish,
        ticket: Option<QueueNumber>,
    ) -> ApiError {
        let refusal = ApiError::new(ErrorCode::SeatNotAvailable);
        if wish.grade.is_none() {
            return refusal;
        }
        let instead = match self.live().at(schedule.show.id).await {
            Ok(at) => {
                let taken: HashSet<u32> = at.taken(schedule, ticket, &[]);
                let wish = Wish { grade: None, ..wish.wish() };
                schedule.seats.hall().best(&wish, |index| !taken.contains(&index)).unwrap_or_default()
            }
            Err(_) => Vec::new(),
        };
        let instead: Vec<SeatId> = instead.into_iter().map(|index| schedule.seats.id(index)).collect();
        refusal.with_json("instead", &instead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seats::test_schedule;

    #[tokio::test(start_paused = true)]
    async fn no_two_choose_the_same_until_it_is_known_what_came_of_it() {
        let (picks, schedule) = (Picks::default(), test_schedule());
        let first_free =
            |is_chosen: &dyn Fn(u32) -> bool| (0..6).find(|index| !is_chosen(*index)).map(|index| vec![index]);
        let pick = || picks.choose(&schedule, first_free).expect("a choice");
        let (one, other) = (pick(), pick());
        assert_eq!((&one.indices, &other.indices), (&vec![0], &vec![1]));
        assert!(picks.has_any(schedule.show.id));
        other.failed();
        one.succeeded();
        assert!(!picks.has_any(schedule.show.id));
        assert_eq!(pick().indices, [1], "what was held a moment ago is not chosen again");
        tokio::time::advance(SETTLED_AFTER).await;
        assert_eq!(pick().indices, [0], "by now every read shows it");
        drop(picks.choose(&schedule, |_| None));
        assert!(!picks.has_any(schedule.show.id));
    }
}
