//! The line of a schedule for people without an account: whatever UUID they name, whether anybody has entered or not.
//!
//! ```text
//! a line           --> it is told
//! none: catalog?   unknown                --> 404
//!                  about to be sold, sold --> the line is made and told
//!                  later, or over         --> a document without a line: SCHEDULED or ENDED, zeros
//! ```
//!
//! Anybody may name any number of UUIDs. So one caller asks for all of a schedule, what was found stands for a second, and no
//! more than `ASKED_PER_SECOND` schedules without a line are asked for in a second.

use super::TicketQueue;
use domain::line::{LineId, LineRule, LineState, SaleWindow};
use domain::{ErrorCode, ScheduleId, Timestamp};
use lines::serving::Serving;
use onsale_http::ApiError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// How long stands what was found, in milliseconds.
const KEPT_MS: i64 = 1_000;
/// Most schedules that are asked for in a second.
const ASKED_PER_SECOND: usize = 50;
/// Longest wait for the catalog.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// A line is made so long before its sale, in milliseconds, and not earlier: it has the rate that is configured then, and
/// nobody can enter it before the sale.
const AHEAD_MS: i64 = 3_600_000;
/// Milliseconds until a browser reopens the stream of a schedule without a line.
const REOPEN_MS: u32 = 60_000;

/// What is before the seats of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleLine {
    /// A line.
    There,
    /// No line, now: the sale is over, or far ahead.
    Without(SaleWindow),
    /// There is no such schedule.
    Unknown,
}

type Answer = Arc<OnceCell<Result<ScheduleLine, ApiError>>>;

/// What was found in the last second.
#[derive(Default)]
pub(super) struct Found(Mutex<HashMap<ScheduleId, (Timestamp, Answer)>>);

impl Found {
    /// The answer about a schedule, which the first caller fills; none when too many are asked for.
    fn of(&self, schedule: ScheduleId) -> Option<Answer> {
        let now = clock::now();
        // A clock that was put back makes every answer old.
        let is_fresh = |at: Timestamp| (0..KEPT_MS).contains(&(now.millis() - at.millis()));
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, answer)) = found.get(&schedule)
            && is_fresh(*at)
        {
            return Some(answer.clone());
        }
        if found.len() >= ASKED_PER_SECOND {
            found.retain(|_, (at, _)| is_fresh(*at));
        }
        if found.len() >= ASKED_PER_SECOND {
            return None;
        }
        let answer = Answer::default();
        found.insert(schedule, (now, answer.clone()));
        Some(answer)
    }
}

impl TicketQueue {
    /// What is before a schedule's seats. The line is made where there is none and the sale is on or near.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the catalog does not say so in time, and when too many schedules are asked for.
    pub async fn public_line(&self, schedule: ScheduleId) -> Result<ScheduleLine, ApiError> {
        let Some(answer) = self.found.of(schedule) else {
            let detail = "too many schedules without a line are asked for; try again in a second";
            return Err(ApiError::unavailable().retry_after(1).detail(detail));
        };
        let looked = answer.get_or_init(|| self.look_for(schedule));
        match tokio::time::timeout(WAIT_MAX, looked).await {
            Ok(found) => found.clone(),
            Err(_) => Err(ApiError::unavailable()),
        }
    }

    async fn look_for(&self, schedule: ScheduleId) -> Result<ScheduleLine, ApiError> {
        self.line_or_make(schedule, |sale, now| sale.starts_at.millis() - now.millis() <= AHEAD_MS).await
    }

    /// The line of a schedule; made where there is none, the sale is not over, and `is_due`.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub(super) async fn line_or_make(
        &self,
        schedule: ScheduleId,
        is_due: impl Fn(&SaleWindow, Timestamp) -> bool + Send,
    ) -> Result<ScheduleLine, ApiError> {
        let line = LineId::of_schedule(schedule);
        if self.lines.port.rule(&line).await?.is_some() {
            return Ok(ScheduleLine::There);
        }
        let now = clock::now();
        match self.schedules.window(schedule).await {
            Ok(sale) if sale.is_over(now) || !is_due(&sale, now) => Ok(ScheduleLine::Without(sale)),
            Ok(sale) => self.make(&line, &sale).await.map(|()| ScheduleLine::There),
            Err(error) if error.code == ErrorCode::NotFound => Ok(ScheduleLine::Unknown),
            Err(error) => Err(error),
        }
    }

    /// The public document of a schedule's line, or what stands in for it; none if there is no such schedule.
    ///
    /// # Errors
    /// As [`TicketQueue::public_line`].
    pub async fn public_document(&self, schedule: ScheduleId) -> Result<Option<Arc<Serving>>, ApiError> {
        let line = LineId::of_schedule(schedule);
        match self.public_line(schedule).await? {
            ScheduleLine::There => self.cache.serving(&line).await,
            ScheduleLine::Without(sale) => Ok(Some(Arc::new(without_line(&line, &sale, clock::now())))),
            ScheduleLine::Unknown => Ok(None),
        }
    }

    /// The rule that the line before this sale would have.
    pub(crate) fn rule_before(&self, sale: &SaleWindow) -> LineRule {
        self.settings.rule(sale)
    }
}

/// The document of a schedule that has no line: nobody has ever been in it.
pub(crate) fn without_line(line: &LineId, sale: &SaleWindow, now: Timestamp) -> Serving {
    let is_over = sale.is_over(now);
    Serving {
        line: line.to_string(),
        state: if is_over { LineState::Ended } else { LineState::Scheduled },
        opens_at: Some(sale.starts_at).filter(|_| !is_over),
        serving: 0,
        last: 0,
        waiting: 0,
        rate_per_second: 0.0,
        numbers_per_second: 0.0,
        left: Vec::new(),
        notice: None,
        draw: None,
        at: now,
        now: now.millis(),
    }
}

/// The stream of such a schedule: the document, unless the reader has it. Then the stream ends, and a browser opens it anew in a
/// minute: nothing changes until then.
///
/// # Errors
/// `INTERNAL_ERROR`.
pub(crate) fn stream_without_line(document: &Serving, newest: Option<&str>) -> Result<String, ApiError> {
    let reopened = format!("retry: {REOPEN_MS}\n\n");
    let id = if document.state == LineState::Ended { "0-ended" } else { "0-scheduled" };
    if newest == Some(id) {
        return Ok(reopened);
    }
    let json = serde_json::to_string(document).map_err(ApiError::internal)?;
    Ok(format!("{reopened}id: {id}\ndata: {json}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn schedule(number: u128) -> ScheduleId {
        ScheduleId(Uuid::from_u128(number))
    }

    #[test]
    fn one_answer_stands_for_a_second_and_a_flood_of_names_asks_for_no_more_than_its_share() {
        let clock = clock::set(Timestamp(1_000_000));
        let found = Found::default();
        let first = found.of(schedule(0)).expect("the first");
        let asked = (0..10_000).filter_map(|number| found.of(schedule(number))).count();
        assert_eq!(asked, ASKED_PER_SECOND);
        assert!(Arc::ptr_eq(&first, &found.of(schedule(0)).expect("known")), "the flood does not push it out");
        assert_eq!(found.0.lock().expect("whole").len(), ASKED_PER_SECOND);
        clock.advance(Duration::from_millis(999));
        assert!(found.of(schedule(20_000)).is_none());
        clock.advance(Duration::from_millis(1));
        assert!(!Arc::ptr_eq(&first, &found.of(schedule(0)).expect("anew")));
        assert!(found.of(schedule(20_000)).is_some());
    }
}
