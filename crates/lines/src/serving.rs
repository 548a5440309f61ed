//! The public document of a line: with it and a ticket number anybody works out the own rank, and a cache may stand
//! in front for a second (`contract.md`, Queue).

use super::draw::announce::DrawDocument;
use super::rates::Rates;
use domain::Timestamp;
use domain::line::{Forecast, LineId};
use hot::line::{Clock, LinePort};
use onsale_http::ApiError;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use utoipa::ToSchema;

/// How long a document is true enough.
pub const FRESH: Duration = Duration::from_secs(1);
/// Most ranges of given-up tickets in a document, those served first; who stands behind more learns of them later.
const RANGES_MAX: usize = 1_000;
/// Lines whose documents are kept at once.
const LINES_MAX: usize = 10_000;

/// What a line serves now. Own rank = ticket - `serving` - numbers in `left` below the ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// Which line.
    #[schema(value_type = String, example = "queue:3f2a")]
    pub line: String,
    /// The highest ticket admitted; 0 for none.
    pub serving: u64,
    /// People a second: as measured lately while people waited, as configured as long as that was not long enough; 0
    /// while nobody is let in.
    pub rate_per_second: f64,
    /// Tickets a second: more than people, for some are given up before their turn comes. Seconds to wait: the smaller
    /// of rank / `ratePerSecond` and (ticket - `serving`) / `ticketsPerSecond`.
    pub tickets_per_second: f64,
    /// Ranges of tickets given up beyond `serving`: first and last.
    pub left: Vec<(u64, u64)>,
    /// The opening draw, in a line that has one: before it nobody has a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<DrawDocument>,
    /// When this was so.
    #[schema(value_type = String, example = "2026-11-21T20:00:00")]
    pub at: Timestamp,
}

impl Serving {
    /// Seconds until somebody of this place is let in; none while nobody knows.
    pub fn wait_seconds(&self, rank: u64, ticket: u64) -> Option<u64> {
        let forecast =
            Forecast { people_per_second: self.rate_per_second, tickets_per_second: self.tickets_per_second };
        forecast.wait_seconds(rank, ticket, self.serving).map(|seconds| seconds.ceil() as u64)
    }
}

type Kept = Arc<OnceCell<Result<Option<Arc<Serving>>, ApiError>>>;

/// Documents of all lines, each made once a second however many ask. Cheap to clone.
#[derive(Clone)]
pub struct ServingCache {
    port: Arc<dyn LinePort>,
    rates: Rates,
    kept: Arc<Mutex<HashMap<LineId, (Instant, Kept)>>>,
}

impl ServingCache {
    /// A cache over an engine.
    pub fn new(port: Arc<dyn LinePort>) -> Self {
        Self { port, rates: Rates::default(), kept: Arc::default() }
    }

    /// The engine.
    pub(super) fn port(&self) -> &dyn LinePort {
        self.port.as_ref()
    }

    /// What every line has admitted lately.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// A line's document; none if there is no such line.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn serving(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let kept = self.kept_of(line);
        kept.get_or_init(|| self.look(line)).await.clone()
    }

    /// A line's document as it is at this moment, which all others are told, too.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn renew(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let document = self.look(line).await?;
        let kept = Kept::new(OnceCell::new_with(Some(Ok(document.clone()))));
        self.keep(line, kept);
        Ok(document)
    }

    fn keep(&self, line: &LineId, kept: Kept) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LINES_MAX {
            all.retain(|_, (made_at, _)| made_at.elapsed() < FRESH);
        }
        all.insert(line.clone(), (Instant::now(), kept));
    }

    fn kept_of(&self, line: &LineId) -> Kept {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_at, kept)) = all.get(line)
            && made_at.elapsed() < FRESH
        {
            return kept.clone();
        }
        if all.len() >= LINES_MAX {
            all.retain(|_, (made_at, _)| made_at.elapsed() < FRESH);
        }
        let kept = Kept::default();
        all.insert(line.clone(), (Instant::now(), kept.clone()));
        kept
    }

    async fn look(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let Some(figures) = self.port.counts(line, RANGES_MAX, Clock::Engine).await? else { return Ok(None) };
        let Some(rule) = self.port.rule(line).await? else { return Ok(None) };
        let now = clock::now();
        self.rates.look(line, &rule, &figures, now);
        let forecast = self.rates.forecast(line);
        let draw = DrawDocument::of(&rule, &figures);
        Ok(Some(Arc::new(Serving {
            line: line.to_string(),
            draw,
            serving: figures.serving,
            rate_per_second: rounded(forecast.people_per_second),
            tickets_per_second: rounded(forecast.tickets_per_second),
            left: figures.gone,
            at: now,
        })))
    }
}

/// To a thousandth: more would be sent to everybody, and told to nobody.
fn rounded(rate: f64) -> f64 {
    (rate * 1_000.0).round() / 1_000.0
}
