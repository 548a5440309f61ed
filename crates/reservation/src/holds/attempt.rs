//! One try to get seats: hot state first, all or none, then the row.

use super::deciding::OneDecision;
use super::lookup;
use super::refusal::{refused, taken, too_many};
use crate::peers::Schedule;
use crate::rows::read;
use crate::service::ReservationService;
use domain::line::QueueNumber;
use domain::reservation::{HoldWish, Refusal, Reservation, SeatWish, SwapWish};
use domain::seat::{HoldOutcome, HoldRequest, Holding, Release};
use domain::{AccountId, ErrorCode, ReservationId, ScheduleId, SeatId};
use hot::HotError;
use hot::line::Clock;
use ledger::LedgerError;
use onsale_http::ApiError;

/// How often hot state is asked for one hold: each time without holds of the same person that have no row.
const ASKED_MAX: usize = 4;

/// Seats that a person wants now.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub schedule: Schedule,
    pub user: AccountId,
    /// The queue number of the pass, where it is one of this schedule.
    pub ticket: Option<QueueNumber>,
    pub seats: Vec<SeatId>,
}

/// Why seats were not given.
#[derive(Clone, Debug)]
pub(super) enum NotGiven {
    /// These are not free.
    Taken {
        is_any_sold: bool,
        /// In the order of the request.
        seats: Vec<SeatId>,
    },
    /// There was a reservation of this id long ago: an `Idempotency-Key` is used anew.
    OldId,
    /// For any other reason.
    Refused(ApiError),
}

impl From<ApiError> for NotGiven {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<LedgerError> for NotGiven {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error.into())
    }
}

impl NotGiven {
    /// The answer, without another choice of seats.
    pub(super) fn answer(self) -> ApiError {
        match self {
            Self::Taken { is_any_sold, seats } => taken(is_any_sold, &seats),
            Self::OldId => ErrorCode::ReservationInProgress.into(),
            Self::Refused(error) => error,
        }
    }

    /// Whether it may be given when others let their seats go.
    pub(super) fn is_worth_waiting(&self) -> bool {
        matches!(self, Self::Taken { is_any_sold: false, .. })
    }

    fn of(refusal: Refusal, asked: &[SeatId]) -> Self {
        match refusal {
            Refusal::SeatsTaken { sold, held } => {
                let is_taken = |seat: &&SeatId| sold.contains(seat) || held.contains(seat);
                let seats = asked.iter().filter(is_taken).copied().collect();
                Self::Taken { is_any_sold: !sold.is_empty(), seats }
            }
            refusal => Self::Refused(refused(refusal)),
        }
    }
}

impl Wanted {
    /// The seats with their prices; `None` where one is not of this schedule, or never sold.
    pub(super) fn wishes(&self) -> Option<Vec<SeatWish>> {
        let wish = |id: &SeatId| {
            let seat = self.schedule.seats.seat(*id)?;
            Some(SeatWish { seat: *id, number: seat.number.to_string(), grade: seat.grade, price: seat.price })
        };
        self.seats.iter().map(wish).collect()
    }

    fn schedule_id(&self) -> ScheduleId {
        self.schedule.show.id
    }

    fn holding(&self, reservation: ReservationId, seats: Vec<SeatId>) -> Holding {
        Holding { schedule: self.schedule_id(), reservation, user: self.user, seats }
    }
}

impl ReservationService {
    /// Makes a reservation of these seats. Runs to its end, even if the caller is gone: what is held in hot state gets its row.
    ///
    /// # Errors
    /// [`NotGiven`]; nothing is held then, but where it is not known whether the row was stored: a worker puts that right.
    pub(super) async fn make(
        &self,
        wanted: Wanted,
        id: ReservationId,
        decision: OneDecision,
    ) -> Result<Reservation, NotGiven> {
        let service = self.clone();
        run_to_end(async move {
            let made = service.hold_and_store(&wanted, id).await;
            decision.end().await;
            made
        })
        .await
    }

    async fn hold_and_store(&self, wanted: &Wanted, id: ReservationId) -> Result<Reservation, NotGiven> {
        let wishes = wanted.wishes().ok_or_else(|| ApiError::from(ErrorCode::SeatNotFound))?;
        if wanted.seats.len() > usize::from(self.settings().max_seats) {
            return Err(too_many(None).into());
        }
        self.refuse_sold(wanted, None).await?;
        self.hold_hot(wanted, id, None, self.settings().hold_ttl_ms()).await?;
        cut::at("hold-hot");
        let wish = HoldWish {
            reservation: id,
            user: wanted.user,
            schedule: wanted.schedule_id(),
            event: wanted.schedule.show.event,
            seats: wishes,
            seats_max: self.settings().max_seats,
            ttl_ms: i64::try_from(self.settings().hold_ttl_ms()).unwrap_or(i64::MAX),
        };
        let stored = self.steps().hold(wish).await;
        cut::at("hold-row");
        let is_old = matches!(stored, Ok(Err(Refusal::OtherHold | Refusal::HoldExpired | Refusal::AlreadyCancelled)));
        let made = self.finish(wanted, id, &wanted.seats, stored).await;
        if is_old { Err(NotGiven::OldId) } else { made.map(|answer| answer.reservation) }
    }

    /// Gives a reservation these seats instead of its own. `ttl_ms`: the rest of its hold.
    ///
    /// # Errors
    /// As [`ReservationService::make`].
    pub(super) async fn exchange(
        &self,
        wanted: Wanted,
        before: Reservation,
        ttl_ms: u64,
        decision: OneDecision,
    ) -> Result<Reservation, NotGiven> {
        let service = self.clone();
        run_to_end(async move {
            let swapped = service.swap_and_store(&wanted, &before, ttl_ms).await;
            decision.end().await;
            swapped
        })
        .await
    }

    async fn swap_and_store(
        &self,
        wanted: &Wanted,
        before: &Reservation,
        ttl_ms: u64,
    ) -> Result<Reservation, NotGiven> {
        let wishes = wanted.wishes().ok_or_else(|| ApiError::from(ErrorCode::SeatNotFound))?;
        let own = before.live_seats();
        let new: Vec<SeatId> = wanted.seats.iter().copied().filter(|seat| !own.contains(seat)).collect();
        if wanted.seats.len() > usize::from(self.settings().max_seats) {
            return Err(too_many(None).into());
        }
        self.refuse_sold(wanted, Some(before.id)).await?;
        self.hold_hot(wanted, before.id, Some(before.id), ttl_ms).await?;
        cut::at("swap-hot");
        let wish =
            SwapWish { reservation: before.id, user: wanted.user, seats: wishes, seats_max: self.settings().max_seats };
        let stored = self.steps().swap(wish).await;
        let answer = self.finish(wanted, before.id, &new, stored).await?;
        self.let_go_hot(&answer.reservation, answer.given_up).await;
        Ok(answer.reservation)
    }

    /// Seats that the board shows as sold are looked up in the tables, which is cheaper than to hold them and to be refused.
    /// `of`: the reservation whose seats are changed.
    async fn refuse_sold(&self, wanted: &Wanted, of: Option<ReservationId>) -> Result<(), NotGiven> {
        let Some(state) = self.board().glance(&wanted.schedule) else { return Ok(()) };
        let is_shown_sold =
            |seat: &SeatId| wanted.schedule.seats.index(*seat).is_some_and(|index| state.is_sold(index));
        if !wanted.seats.iter().any(is_shown_sold) {
            return Ok(());
        }
        let owners = lookup::owners(self.ledger(), wanted.schedule_id(), &wanted.seats).await?;
        let owners: Vec<_> = owners.into_iter().filter(|owner| Some(owner.reservation) != of).collect();
        if !owners.iter().any(|owner| owner.is_sold) {
            return Ok(());
        }
        // Too many comes first.
        let now = self.now().await?;
        let live = read::live_of(self.ledger(), wanted.schedule_id(), wanted.user).await?;
        let others = live.iter().filter(|one| Some(one.id) != of && !one.has_run_out(now));
        let held: usize = others.map(|one| one.live_seats().len()).sum();
        if held + wanted.seats.len() > usize::from(self.settings().max_seats) {
            return Err(too_many(u8::try_from(held).ok()).into());
        }
        let is_owned = |seat: &&SeatId| owners.iter().any(|owner| owner.seat == **seat);
        let seats = wanted.seats.iter().filter(is_owned).copied().collect();
        Err(NotGiven::Taken { is_any_sold: true, seats })
    }

    /// Holds the seats in hot state. Holds of the same person that have no row are taken over (part 2, 17).
    async fn hold_hot(
        &self,
        wanted: &Wanted,
        id: ReservationId,
        replaces: Option<ReservationId>,
        ttl_ms: u64,
    ) -> Result<(), NotGiven> {
        let mut request = HoldRequest {
            schedule: wanted.schedule_id(),
            reservation: id,
            user: wanted.user,
            seats: wanted.seats.clone(),
            replaces,
            rowless: Vec::new(),
            ticket: wanted.ticket,
            is_retake: false,
            seats_max: self.settings().max_seats,
            ttl_ms,
            window: self.live().window(wanted.schedule_id()).await,
        };
        let mut refusal = NotGiven::Refused(ApiError::unavailable());
        for _ in 0..ASKED_MAX {
            let (own, next) = match self.ask_hot(&request).await? {
                HoldOutcome::Held { .. } => return Ok(()),
                HoldOutcome::Taken { seats, own } => (own, NotGiven::Taken { is_any_sold: false, seats }),
                HoldOutcome::TooMany { held, own } => (own, NotGiven::Refused(too_many(Some(held)))),
            };
            refusal = next;
            let own: Vec<ReservationId> = own.into_iter().filter(|id| !request.rowless.contains(id)).collect();
            if own.is_empty() {
                break;
            }
            let rowless = read::rowless(self.ledger(), &own).await?;
            if rowless.is_empty() {
                break;
            }
            request.rowless.extend(rowless);
        }
        Err(refusal)
    }

    /// One decision of hot state. One whose reply was lost is asked for again: the same request finds its own hold.
    async fn ask_hot(&self, request: &HoldRequest) -> Result<HoldOutcome, ApiError> {
        let mut answer = self.ask_hot_once(request).await;
        if matches!(answer, Err(HotError::Unknown(_))) {
            answer = self.ask_hot_once(request).await;
        }
        Ok(answer?)
    }

    async fn ask_hot_once(&self, request: &HoldRequest) -> Result<HoldOutcome, HotError> {
        let answers = self.seats().hold(vec![request.clone()], Clock::Engine).await;
        answers.into_iter().next().unwrap_or_else(|| Err(HotError::unavailable("no answer to a hold")))
    }

    /// What came of the row. Refused, `new` is given back in hot state; where it may have been stored, a worker puts it right.
    async fn finish(
        &self,
        wanted: &Wanted,
        id: ReservationId,
        new: &[SeatId],
        stored: Result<crate::steps::Outcome, LedgerError>,
    ) -> Result<domain::reservation::StepAnswer, NotGiven> {
        match stored {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(refusal)) => {
                self.release_hot(wanted.holding(id, new.to_vec())).await;
                Err(NotGiven::of(refusal, &wanted.seats))
            }
            // Another run of the same call has stored it, or may have.
            Err(error @ (LedgerError::CallRepeated | LedgerError::Unavailable(_))) => Err(ApiError::from(error).into()),
            Err(error) => {
                self.release_hot(wanted.holding(id, new.to_vec())).await;
                Err(ApiError::from(error).into())
            }
        }
    }

    /// Gives seats of a reservation back in hot state. What fails is put right by a worker.
    pub(super) async fn let_go_hot(&self, of: &Reservation, seats: Vec<SeatId>) {
        if !seats.is_empty() {
            let (schedule, reservation, user) = (of.schedule, of.id, of.user);
            self.release_hot(Holding { schedule, reservation, user, seats }).await;
        }
    }

    async fn release_hot(&self, of: Holding) {
        let schedule = of.schedule;
        let release = Release { of, window: self.live().window(schedule).await };
        for answer in self.seats().release(vec![release], Clock::Engine).await {
            if let Err(error) = answer {
                tracing::warn!(%error, %schedule, "seats that were let go are put right in hot state later");
            }
        }
    }
}

/// Runs a change to its end, even if the caller disconnects in between.
async fn run_to_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, NotGiven>> + Send + 'static,
) -> Result<T, NotGiven> {
    match tokio::spawn(call::carried(change)).await {
        Ok(done) => done,
        Err(error) => Err(ApiError::internal(error).into()),
    }
}
