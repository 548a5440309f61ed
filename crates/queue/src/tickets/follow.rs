//! The rule of each schedule's line in step with what is behind it: its sale, its stock, and the brake.
//!
//! One process at a time does it, by a lease; a second one at once would only do it twice. What an operator sets (rate, pause,
//! words, capacity) stays. Lines end a day after their schedules.

use super::schedules::Schedules;
use super::service::TicketQueue;
use super::stock::Found;
use domain::line::{Brake, LineCounts, LineId, LineRule, LineTerms, Sale, SaleWindow, Strain, stricter};
use domain::{ErrorCode, ScheduleId, Timestamp};
use futures::{StreamExt, stream};
use hot::lease::Hold;
use hot::line::{Clock, Recovery};
use lines::rules::change_rule;
use onsale_http::ApiError;
use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;
use std::time::Duration;

/// How often lines are followed: a seat that comes back is seen well within two seconds.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
const FOLLOW_EVERY_MS: u64 = FOLLOW_EVERY.as_millis() as u64;
/// Every so many rounds lines in which nobody is are followed, too.
const ALL_EVERY: u64 = 30;
/// Every so many rounds the catalog is asked which schedules are over.
const ENDED_EVERY: u64 = 60;
/// Lines that are followed at the same time.
const AT_ONCE: usize = 16;
/// The opening of a line whose sale is over: nobody is admitted.
const NEVER: Timestamp = Timestamp(i64::MAX / 4_096);
/// A schedule that the catalog does not know any more has had its line for so long, in milliseconds, before it ends.
const UNKNOWN_MS: i64 = 24 * 3_600_000;

/// What one process remembers from round to round.
#[derive(Default)]
pub struct Following {
    round: u64,
    /// Lines that have the settings of all lines by this process.
    updated: HashSet<ScheduleId>,
    /// Since when the catalog does not know a schedule.
    unknown: HashMap<ScheduleId, Timestamp>,
}

impl TicketQueue {
    /// Follows until the process ends.
    pub async fn run_lines(self) {
        let mut following = Following::default();
        loop {
            if let Err(error) = self.follow(&mut following).await {
                tracing::warn!(code = error.code.as_str(), "the lines before seats could not be followed");
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    }

    /// One round over the lines.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the engine does not answer. A line that fails does not stop the others.
    pub async fn follow(&self, following: &mut Following) -> Result<(), ApiError> {
        if self.lease.hold().await? == Hold::Others {
            // The next holder looks at all of them again.
            *following = Following::default();
            return Ok(());
        }
        let lines: Vec<ScheduleId> = self.lines.port.lines().await?.iter().filter_map(LineId::schedule).collect();
        let round = following.round;
        following.round += 1;
        following.updated.retain(|schedule| lines.contains(schedule));
        let (active, quiet): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|id| !self.lines.port.is_quiet(&LineId::of_schedule(*id)));
        let found = self.look(&active).await;
        let brake = self.brake();
        let mut due = active;
        if round.is_multiple_of(ALL_EVERY) {
            due.extend(&quiet);
        }
        let updated = &following.updated;
        let followed: Vec<(ScheduleId, Result<(), ApiError>)> = stream::iter(due)
            .map(|schedule| {
                let found = found.get(&schedule).copied();
                async move { (schedule, self.follow_line(schedule, found, brake, !updated.contains(&schedule)).await) }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut result = Ok(());
        for (schedule, followed) in followed {
            if followed.is_ok() {
                following.updated.insert(schedule);
            }
            result = result.and(followed);
        }
        if round.is_multiple_of(ENDED_EVERY) {
            result = result.and(self.end_lines(following).await);
        }
        result
    }

    /// Asks what is free behind these lines, and moves the brake by the answers.
    async fn look(&self, active: &[ScheduleId]) -> HashMap<ScheduleId, Found> {
        let looks = stream::iter(active.to_vec())
            .map(|schedule| async move { (schedule, self.stocks.look(schedule).await) })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>();
        let payment = async { if active.is_empty() { None } else { self.stocks.look_at_payment().await } };
        let (looks, payment) = tokio::join!(looks, payment);
        let strains = looks.iter().filter_map(|(_, look)| Some(look.as_ref()?.strain)).chain(payment);
        // Where nobody was asked nothing is known to be wrong.
        self.move_brake(strains.reduce(Strain::and).unwrap_or(Strain::None));
        looks.into_iter().filter_map(|(schedule, look)| Some((schedule, look?.found?))).collect()
    }

    fn brake(&self) -> Brake {
        *self.brake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_brake(&self, strain: Strain) {
        let mut brake = self.brake.lock().unwrap_or_else(PoisonError::into_inner);
        let after = brake.after(strain);
        if brake.is_off() != after.is_off() {
            tracing::warn!(part = after.part(), "the part of their rates at which lines before seats admit");
        }
        *brake = after;
        metrics::gauge!("onsale_queue_admitted_part").set(after.part());
    }

    /// Brings the rule of one line up to date.
    async fn follow_line(
        &self,
        schedule: ScheduleId,
        found: Option<Found>,
        brake: Brake,
        is_new: bool,
    ) -> Result<(), ApiError> {
        let (port, line) = (&self.lines.port, LineId::of_schedule(schedule));
        if is_new && port.recover_line(&line).await? != Recovery::There {
            return Ok(());
        }
        let Some(counts) = port.counts(&line, 0, Clock::Engine).await? else { return Ok(()) };
        if let Some(found) = found {
            self.stocks.note(schedule, found.stock, counts.inside);
        }
        let sale = self.schedules.window(schedule).await.ok();
        let behind = Behind { sale, found, brake, counts: &counts };
        let changed = change_rule(&**port, &line, |rule| {
            let rule = if is_new { self.settings.updated(rule) } else { rule };
            Ok::<_, ApiError>(self.ruled(rule, &behind, clock::now()))
        });
        changed.await.map(drop)
    }

    /// The rule that follows from what is behind the line.
    fn ruled(&self, rule: LineRule, behind: &Behind<'_>, now: Timestamp) -> LineRule {
        let settings = &self.settings;
        let by_stock = match (settings.inside_per_free_seat, behind.found) {
            (0, _) | (_, None) => 0,
            (each, Some(found)) => found.stock.inside_max(each),
        };
        let by_brake = behind.brake.inside_max(behind.counts.inside, rule.rate_per_second, FOLLOW_EVERY_MS);
        let inside_max = stricter(stricter(settings.inside_max, by_stock), by_brake);
        let rule = LineRule { inside_max, ..rule };
        let Some(sale) = behind.sale else { return rule };
        let is_sold_out = behind.found.is_some_and(|found| found.left == Some(0));
        match sale.is_over(now) {
            true => LineRule {
                closed: true,
                sale: Sale::Closed,
                opens_at: Some(NEVER),
                terms: LineTerms { closes_at: None, ..rule.terms },
                ..rule
            },
            false => LineRule {
                closed: false,
                sale: if is_sold_out { Sale::SoldOut } else { Sale::Active },
                opens_at: rule.fixed_opening(now).or(Some(sale.starts_at)),
                terms: LineTerms { closes_at: Some(sale.ends_at), ..rule.terms },
                ..rule
            },
        }
    }

    /// Ends the lines of schedules that are over for a day, or that the catalog has not known for a day.
    async fn end_lines(&self, following: &mut Following) -> Result<(), ApiError> {
        let lines: Vec<ScheduleId> = self.lines.port.lines().await?.iter().filter_map(LineId::schedule).collect();
        if lines.is_empty() {
            following.unknown.clear();
            return Ok(());
        }
        let ended: HashSet<ScheduleId> = self.schedules.ended().await?.into_iter().collect();
        for schedule in &lines {
            let is_unknown = !ended.contains(schedule) && is_unknown(&self.schedules, *schedule).await;
            let since = *following.unknown.entry(*schedule).or_insert_with(clock::now);
            if !is_unknown {
                following.unknown.remove(schedule);
            }
            let is_gone = is_unknown && clock::now().millis() - since.millis() >= UNKNOWN_MS;
            if ended.contains(schedule) || is_gone {
                let line = LineId::of_schedule(*schedule);
                tracing::info!(%line, "the schedule is over, and so is its line");
                self.lines.port.end_line(&line, Clock::Engine).await?;
                self.rules.forget(&line);
                self.cache.forget(&line);
                following.unknown.remove(schedule);
            }
        }
        following.unknown.retain(|schedule, _| lines.contains(schedule));
        Ok(())
    }
}

/// What is behind a line now.
struct Behind<'a> {
    sale: Option<SaleWindow>,
    found: Option<Found>,
    brake: Brake,
    counts: &'a LineCounts,
}

async fn is_unknown(schedules: &Schedules, schedule: ScheduleId) -> bool {
    schedules.window(schedule).await.is_err_and(|error| error.code == ErrorCode::NotFound)
}
