//! The parts that all use cases of the catalog share.

use crate::cache::{Cache, Name};
use crate::counted::CountedAnswers;
use crate::counts::{Counts, HeldNow};
use crate::holds::Overlaid;
use crate::messages::{PaymentGroup, ReservationGroup};
use crate::posters::Pictures;
use crate::seat_plans::SeatPlans;
use async_trait::async_trait;
use bus::{Handler, Places};
use domain::{ErrorCode, ScheduleId, SeatId};
use hot::KeyPort;
use ledger::{Ledger, LedgerError, Transaction};
use onsale_http::ApiError;
use std::collections::HashSet;
use std::sync::Arc;

/// Settings of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long answers are kept at most, in seconds (`catalog.cache_ttl_seconds`).
    pub cache_ttl_seconds: u64,
    /// The same in the first ten minutes of a sale (`catalog.cache_ttl_open_seconds`).
    pub cache_ttl_open_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_ttl_seconds: 300, cache_ttl_open_seconds: 10 }
    }
}

/// Who knows which seats are held: the reservation role.
#[async_trait]
pub trait HeldSeats: Send + Sync + 'static {
    /// Whether a seat of any of these schedules is held.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when nobody knows now.
    async fn is_any_held(&self, schedules: &[ScheduleId]) -> Result<bool, ApiError> {
        for schedule in schedules {
            if self.held(*schedule).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many seats of a schedule are reservations' that stand, paid ones among them.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when nobody knows now.
    async fn held(&self, schedule: ScheduleId) -> Result<u64, ApiError>;

    /// Which seats those are.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when nobody knows now.
    async fn held_seats(&self, schedule: ScheduleId) -> Result<HashSet<SeatId>, ApiError>;
}

/// The catalog. Cheap to clone.
#[derive(Clone)]
pub struct CatalogService {
    pub(crate) ledger: Ledger,
    pub(crate) cache: Cache,
    pub(crate) plans: Arc<SeatPlans>,
    pub(crate) settings: Settings,
    pub(crate) held: Option<Arc<dyn HeldSeats>>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) answers: Arc<CountedAnswers>,
    pub(crate) held_now: Arc<HeldNow>,
    pub(crate) overlaid: Arc<Overlaid>,
    pub(crate) pictures: Arc<Pictures>,
}

/// What a change has decided: done, or refused with nothing changed.
pub(crate) type Decided<T> = Result<Result<T, ApiError>, LedgerError>;

impl CatalogService {
    /// The catalog over these tables and this hot state.
    pub fn open(settings: Settings, ledger: Ledger, keys: Arc<dyn KeyPort>) -> Self {
        let life_max = settings.cache_ttl_seconds.max(settings.cache_ttl_open_seconds);
        let cache = Cache::new(keys, life_max.saturating_mul(1_000));
        Self {
            ledger,
            cache,
            plans: Arc::default(),
            settings,
            held: None,
            counts: Arc::default(),
            answers: Arc::default(),
            held_now: Arc::default(),
            overlaid: Arc::default(),
            pictures: Arc::default(),
        }
    }

    /// Asks this before an event is deleted, for `left` and `inPayment`, and for seats that are `HOLD`.
    #[must_use]
    pub fn with_held_seats(self, held: Arc<dyn HeldSeats>) -> Self {
        let (counts, held_now) = (Counts::of_source(held.clone()), HeldNow::of_source(held.clone()));
        Self { counts: Arc::new(counts), held_now: Arc::new(held_now), held: Some(held), ..self }
    }

    /// The tables.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The consumers of messages about payments and reservations.
    pub fn handlers(&self, places: Places) -> Vec<Arc<dyn Handler>> {
        let payments = PaymentGroup::new(self.clone(), places);
        vec![Arc::new(payments), Arc::new(ReservationGroup::new(self.clone(), places))]
    }

    /// Drops answers that messages have changed, and copies that nobody asks for; until the process ends.
    pub async fn run_cache(self) {
        self.cache.run().await;
    }

    /// Drops now what messages have changed, without waiting for [`CatalogService::run_cache`].
    pub async fn drop_told(&self) {
        self.cache.renew_told().await;
    }

    /// Carries out a change of the tables that may be refused.
    pub(crate) async fn decide<T, F>(&self, work: impl Fn(Transaction) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Decided<T>>,
    {
        self.ledger.change(work).await?
    }

    /// As [`CatalogService::decide`], of what these names show.
    pub(crate) async fn decide_and_drop<T, F>(
        &self,
        names: Vec<Name>,
        work: impl Fn(Transaction) -> F,
    ) -> Result<T, ApiError>
    where
        F: Future<Output = Decided<T>>,
    {
        self.cache.changing(names, self.decide(work)).await
    }
}

/// `NOT_FOUND`, with what is not there.
pub(crate) fn not_found(what: &str) -> ApiError {
    ApiError::new(ErrorCode::NotFound).detail(format!("there is no such {what}"))
}
