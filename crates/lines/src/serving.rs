//! The public document of a line. A user computes the own rank from it and the own ticket number, and a cache may keep
//! it for a second (`contract.md`, Queue).

use super::draw::document::DrawDocument;
use super::rates::Rates;
use domain::Timestamp;
use domain::line::{Forecast, LineCounts, LineId, LineRule, LineState, Notice, QueueNumber};
use hot::line::{Clock, LinePort};
use onsale_http::ApiError;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use utoipa::ToSchema;

/// How long a document counts as fresh.
pub const FRESH: Duration = Duration::from_secs(1);
/// Most ranges of given-up tickets in a document, the lowest ones first. Users behind them see the others later.
pub const RANGES_MAX: usize = 1_000;
/// The latest opening that can be written (the end of the year 9999): a line that an operator has to open has a later one.
const LATEST: Timestamp = Timestamp(253_402_300_799_999);
/// Most cached documents.
const LINES_MAX: usize = 10_000;

/// The present state of a line. Own rank = ticket - `serving` - numbers in `left` below the ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The line.
    #[schema(value_type = String, example = "queue:3f2a")]
    pub line: String,
    /// The state of the line.
    #[schema(value_type = String, example = "OPEN", pattern = "SCHEDULED|DRAWING|OPEN|PAUSED|FULL|SOLD_OUT|ENDED")]
    pub state: LineState,
    /// From when on people are admitted; null where that is not fixed.
    #[schema(value_type = Option<String>, example = "2026-11-21T20:00:00")]
    pub opens_at: Option<Timestamp>,
    /// The highest ticket admitted; 0 for none.
    pub serving: u64,
    /// The highest ticket given; 0 for none, also while a draw is still to give them.
    pub last: u64,
    /// People in the line, without those who were passed over.
    pub waiting: u64,
    /// People admitted a second: as measured recently while people waited, or as configured until that was long enough;
    /// 0 while admission is stopped.
    pub rate_per_second: f64,
    /// Tickets a second. More than people, since some tickets are given up before their turn. Seconds to wait: the
    /// smaller of rank / `ratePerSecond` and (ticket - `serving`) / `ticketsPerSecond`.
    #[serde(rename = "ticketsPerSecond")]
    pub numbers_per_second: f64,
    /// Ranges of given-up tickets above `serving`: first and last ticket of each.
    pub left: Vec<(u64, u64)>,
    /// The operator's words to everybody in the line; null without any.
    pub notice: Option<NoticeDocument>,
    /// The opening draw, in a line that has one. No user has a ticket before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<DrawDocument>,
    /// The time of this state.
    #[schema(value_type = String, example = "2026-11-21T20:00:00")]
    pub at: Timestamp,
    /// The same time, in milliseconds since 1970.
    pub now: i64,
}

/// The operator's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoticeDocument {
    /// Korean; null without.
    pub ko: Option<String>,
    /// English; null without.
    pub en: Option<String>,
}

impl From<&Notice> for NoticeDocument {
    fn from(notice: &Notice) -> Self {
        Self { ko: notice.ko.clone(), en: notice.en.clone() }
    }
}

impl Serving {
    /// The document that follows from a line's rule and counts.
    fn of(line: &LineId, rule: &LineRule, counts: LineCounts, forecast: Forecast, now: Timestamp) -> Self {
        let is_undrawn = rule.draw.is_some() && counts.drawn.is_none();
        Self {
            line: line.to_string(),
            state: LineState::of(rule, &counts, now),
            opens_at: rule.opens_at.filter(|opens_at| *opens_at <= LATEST),
            serving: counts.serving,
            last: if is_undrawn { 0 } else { counts.numbers },
            waiting: counts.waiting,
            rate_per_second: rounded(forecast.people_per_second),
            numbers_per_second: rounded(forecast.numbers_per_second),
            notice: rule.terms.notice.as_ref().map(NoticeDocument::from),
            draw: DrawDocument::of(rule, &counts),
            left: counts.gone,
            at: now,
            now: now.millis(),
        }
    }

    /// The document with only the `most` ranges of `left` that are served first.
    #[must_use]
    pub fn with_ranges(mut self, most: usize) -> Self {
        self.left.truncate(most);
        self
    }

    /// The document as of no time: the same as long as nothing but the time has changed.
    #[must_use]
    pub(super) fn undated(&self) -> Self {
        Self { at: Timestamp(0), now: 0, ..self.clone() }
    }

    /// Seconds until the user with this rank and number is admitted; none if unknown.
    pub fn wait_seconds(&self, rank: u64, number: QueueNumber) -> Option<u64> {
        let forecast =
            Forecast { people_per_second: self.rate_per_second, numbers_per_second: self.numbers_per_second };
        forecast.wait_seconds(rank, number, self.serving).map(|seconds| seconds.ceil() as u64)
    }
}

type CachedDocument = Arc<OnceCell<Result<Option<Arc<Serving>>, ApiError>>>;

/// Cached documents of all lines. Each is made at most once a second for any number of requests. Cheap to clone.
#[derive(Clone)]
pub struct ServingCache {
    port: Arc<dyn LinePort>,
    rates: Rates,
    documents: Arc<Mutex<HashMap<LineId, (Instant, CachedDocument)>>>,
}

impl ServingCache {
    /// A cache over an engine.
    pub fn new(port: Arc<dyn LinePort>) -> Self {
        Self { port, rates: Rates::default(), documents: Arc::default() }
    }

    /// The engine.
    pub(super) fn port(&self) -> &dyn LinePort {
        self.port.as_ref()
    }

    /// The recent rates of all lines.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// A line's document; none if there is no such line.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn serving(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let cached = self.cached(line);
        let document = cached.get_or_init(|| self.read(line)).await.clone();
        if matches!(document, Ok(None)) {
            // A line that is made in the next moment is there at once.
            self.forget(line);
        }
        document
    }

    /// A line's document as [`ServingCache::serving`] answers, if it is known without waiting.
    pub fn known(&self, line: &LineId) -> Option<Result<Option<Arc<Serving>>, ApiError>> {
        let all = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let (made_at, document) = all.get(line)?;
        if made_at.elapsed() < FRESH { document.get().cloned() } else { None }
    }

    /// Drops what is known of a line that was changed or ended here: whoever was told so sees no older state at this server.
    pub fn forget(&self, line: &LineId) {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).remove(line);
    }

    /// A line's document as of now. Also replaces the cached one.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn renew(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let document = self.read(line).await?;
        let cached = CachedDocument::new(OnceCell::new_with(Some(Ok(document.clone()))));
        self.store(line, cached);
        Ok(document)
    }

    fn store(&self, line: &LineId, document: CachedDocument) {
        let mut all = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LINES_MAX {
            all.retain(|_, (made_at, _)| made_at.elapsed() < FRESH);
        }
        all.insert(line.clone(), (Instant::now(), document));
    }

    fn cached(&self, line: &LineId) -> CachedDocument {
        let mut all = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_at, document)) = all.get(line)
            && made_at.elapsed() < FRESH
        {
            return document.clone();
        }
        if all.len() >= LINES_MAX {
            all.retain(|_, (made_at, _)| made_at.elapsed() < FRESH);
        }
        let document = CachedDocument::default();
        all.insert(line.clone(), (Instant::now(), document.clone()));
        document
    }

    async fn read(&self, line: &LineId) -> Result<Option<Arc<Serving>>, ApiError> {
        let Some(counts) = self.port.counts(line, RANGES_MAX, Clock::Engine).await? else { return Ok(None) };
        let Some(rule) = self.port.rule(line).await? else { return Ok(None) };
        let now = clock::now();
        self.rates.observe(line, &rule, &counts, now);
        let forecast = self.rates.forecast(line);
        Ok(Some(Arc::new(Serving::of(line, &rule, counts, forecast, now))))
    }
}

/// Rounds to a thousandth: more digits would only cost bytes.
fn rounded(rate: f64) -> f64 {
    (rate * 1_000.0).round() / 1_000.0
}
