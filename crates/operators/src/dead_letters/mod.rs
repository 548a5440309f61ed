//! Dead letters for operators: looked at, replayed, dropped (amendments, 4). Whoever acts names the letters that were listed;
//! nothing acts on all.

pub mod masking;
mod views;

pub use views::{IDS_MAX, LetterId, LetterIds, LetterPage, LetterResult, LetterResults, LetterView, WholeLetterView};

use bus::{DeadLetter, DeadLetters, DeadLettersUnavailable, Reason, chain};
use call::{Entry, Facts};
use domain::{ErrorCode, ZonedTime};
use ledger::Ledger;
use ledger::calls::audit::append_alone;
use onsale_http::ApiError;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Letters that are looked through for a list: more are counted as "more".
const LOOKED_AT_MAX: usize = 10_000;
/// Letters read at a time.
const PAGE: usize = 500;
/// A count is kept for so long: it is shown every second.
const COUNTED_EVERY: Duration = Duration::from_secs(5);

/// The desk at which operators work on dead letters. Cheap to clone.
#[derive(Clone)]
pub struct DeadLetterDesk {
    letters: Arc<dyn DeadLetters>,
    /// Whose audit log has what was done.
    ledger: Ledger,
    counted: Arc<Mutex<Option<(Instant, Count)>>>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Of those that are looked through.
    pub count: usize,
    /// Whether there are more.
    pub is_more: bool,
}

/// Which letters, as it stands in a query.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LetterQuery {
    topic: Option<String>,
    reason: Option<String>,
}

/// What is done with letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// They are handled again.
    Replay,
    /// They are removed for good.
    Drop,
}

impl Act {
    fn action(self) -> &'static str {
        match self {
            Self::Replay => "dead-letter.replay",
            Self::Drop => "dead-letter.drop",
        }
    }
}

fn unavailable(error: DeadLettersUnavailable) -> ApiError {
    tracing::warn!(error = chain(&error), "dead letters cannot be read");
    ApiError::unavailable()
}

impl DeadLetterDesk {
    /// The letters of this bus; what is done is written into the audit log of this schema first.
    pub fn new(letters: Arc<dyn DeadLetters>, ledger: Ledger) -> Self {
        Self { letters, ledger, counted: Arc::default() }
    }

    /// A page of the letters that fit, newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`; `INVALID_INPUT` for a reason that there is not.
    pub async fn list(&self, query: &LetterQuery, page: u64, size: u64) -> Result<LetterPage, ApiError> {
        if query.reason.as_deref().is_some_and(|reason| Reason::parse(reason).is_none()) {
            return Err(ApiError::invalid("reason must be MALFORMED, INVALID or MAX_RETRY_EXCEEDED"));
        }
        let at = ZonedTime(clock::now());
        let mut fitting = Vec::new();
        let is_more = self.each(|letter| {
            let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
            if is(&query.topic, &letter.topic) && is(&query.reason, letter.reason.as_str()) {
                fitting.push((letter.stored_at, letter.id, LetterView::from(letter)));
            }
        });
        let is_more = is_more.await?;
        fitting.sort_by_key(|(at, id, _)| std::cmp::Reverse((*at, *id)));
        let total_elements = fitting.len() as u64;
        let before = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
        let most = usize::try_from(size).unwrap_or(usize::MAX);
        let list = fitting.into_iter().skip(before).take(most).map(|(_, _, view)| view).collect();
        Ok(LetterPage { list, page, size, total_elements, is_more, at })
    }

    /// How many there are, a few seconds old at most.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn count(&self) -> Result<Count, ApiError> {
        let mut counted = self.counted.lock().await;
        if let Some((_, count)) = counted.filter(|(at, _)| at.elapsed() < COUNTED_EVERY) {
            return Ok(count);
        }
        let mut count = 0;
        let is_more = self.each(|_| count += 1).await?;
        let count = Count { count, is_more };
        *counted = Some((Instant::now(), count));
        Ok(count)
    }

    /// Goes through the letters from the oldest on; whether there are more than are looked through.
    async fn each(&self, mut see: impl FnMut(&DeadLetter)) -> Result<bool, ApiError> {
        let (mut after, mut seen) = (0, 0);
        loop {
            let page = self.letters.list(after, PAGE).await.map_err(unavailable)?;
            let Some(last) = page.last() else { return Ok(false) };
            if seen >= LOOKED_AT_MAX {
                return Ok(true);
            }
            after = last.id;
            seen += page.len();
            page.iter().for_each(&mut see);
        }
    }

    /// One letter with its message, personal data masked.
    ///
    /// # Errors
    /// `NOT_FOUND`, `SERVICE_UNAVAILABLE`.
    pub async fn show(&self, id: &str) -> Result<WholeLetterView, ApiError> {
        let id = id.parse().map_err(|_| ApiError::new(ErrorCode::NotFound))?;
        let letter = self.letters.show(id).await.map_err(unavailable)?;
        letter.as_ref().map(WholeLetterView::from).ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Does this with exactly these letters, one after the other. Each is written into the audit log before.
    ///
    /// # Errors
    /// `INVALID_INPUT` for none or too many ids. What fails for one letter stands in its result.
    pub async fn act(&self, act: Act, ids: &LetterIds) -> Result<LetterResults, ApiError> {
        if !(1..=IDS_MAX).contains(&ids.ids.len()) {
            return Err(ApiError::invalid("ids must be 1 to 500 ids of the list"));
        }
        let mut results: Vec<LetterResult> = Vec::with_capacity(ids.ids.len());
        for id in &ids.ids {
            let text = id.text();
            // The same id twice is one letter.
            let outcome = match results.iter().any(|before| before.id == text) {
                true => Ok("GONE"),
                false => self.act_on(act, id).await,
            };
            let (outcome, error) = outcome.map_or_else(|error| ("FAILED", Some(error)), |outcome| (outcome, None));
            results.push(LetterResult { id: text, outcome, error });
        }
        *self.counted.lock().await = None;
        Ok(LetterResults { results })
    }

    async fn act_on(&self, act: Act, id: &LetterId) -> Result<&'static str, String> {
        let text = |error: DeadLettersUnavailable| chain(&error);
        let Some(id) = id.number() else { return Ok("GONE") };
        let Some(letter) = self.letters.show(id).await.map_err(text)? else { return Ok("GONE") };
        self.write(act, &letter).await?;
        let (was_there, done) = match act {
            Act::Replay => (self.letters.replay(id).await.map_err(text)?, "REPLAYED"),
            Act::Drop => (self.letters.remove(id).await.map_err(text)?, "DROPPED"),
        };
        Ok(if was_there { done } else { "GONE" })
    }

    /// Without the message's content: it names people.
    async fn write(&self, act: Act, letter: &DeadLetter) -> Result<(), String> {
        let before =
            json!({"topic": letter.topic, "key": masking::masked_text(&letter.key), "reason": letter.reason.as_str()});
        let target = format!("dead-letter:{}", letter.id);
        let facts = Facts { action: act.action(), target, before: Some(before), after: None };
        let Some(entry) = Entry::of(facts) else { return Err("nobody acts: nothing was done".to_owned()) };
        append_alone(&self.ledger, &entry).await.map_err(|error| {
            tracing::warn!(%error, "the audit log cannot be written");
            "the audit log cannot be written: nothing was done".to_owned()
        })
    }
}
