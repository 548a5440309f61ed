//! Statistics for operators, and their changes of lines (QUEUE-007).

use super::client::LineClient;
use super::rules::change_by_operator;
use super::serving::ServingCache;
use domain::line::{Challenge, LineCounts, LineId, LineRule};
use domain::{ErrorCode, EventName};
use hot::line::Clock;
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most lines named in the message of an error.
const NAMES_MAX: usize = 20;
/// Most lines named in the field of an error.
const NAMES_LISTED_MAX: usize = 1_000;

/// Statistics of all lines.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// People waiting in all lines.
    pub total_waiting: u64,
    /// The statistics of each line.
    pub schedule_stats: Vec<LineStats>,
    /// People admitted in one batch, by the configuration.
    pub batch_approval_rate: u32,
    /// Seconds between two batches, by the configuration.
    pub batch_interval_seconds: f64,
    /// People a minute, by the configuration.
    pub throughput_per_minute: u64,
}

/// Statistics of one line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineStats {
    /// The schedule, or `gate:` and the campaign.
    pub schedule_id: String,
    /// People in the line.
    pub waiting_count: u64,
    /// People inside, or in processing.
    pub active_count: u64,
    /// People admitted so far. A person who was put back counts again for each admission.
    pub admitted_count: u64,
    /// People admitted a second: of the line of a schedule as set, of others as measured recently.
    pub tps: f64,
    /// People admitted a second, as measured recently.
    pub measured_per_second: f64,
    /// Most people admitted a second.
    pub rate_per_second: u32,
    /// Whether admission is paused.
    pub paused: bool,
}

impl LineStats {
    /// The statistics of a line, from its rule and its counts. `measured`: people admitted a second.
    pub fn of(line: &LineId, rule: &LineRule, counts: &LineCounts, measured: Option<f64>) -> Self {
        Self {
            schedule_id: match line {
                LineId::Queue(name) => name.to_string(),
                LineId::Gate(_) => line.to_string(),
            },
            waiting_count: counts.waiting,
            active_count: counts.inside + counts.processing,
            admitted_count: counts.admitted,
            tps: match line.schedule() {
                Some(_) => f64::from(rule.rate_per_second),
                None => measured.unwrap_or_default(),
            },
            measured_per_second: measured.unwrap_or_default(),
            rate_per_second: rule.rate_per_second,
            paused: rule.paused,
        }
    }
}

/// A new rate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewRate {
    /// People a second, 0 to 1000000.
    pub rate_per_second: u32,
    /// The rate that the caller has seen: the change is refused if another is in force.
    pub was: Option<u32>,
}

impl RequestBody for NewRate {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// The configuration of lines that no operator has changed.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// People a second.
    pub rate_per_second: u32,
    /// Milliseconds between two batches.
    pub interval_ms: u32,
    /// What is asked of a person in a line that says nothing else.
    pub challenge: Challenge,
    /// Most positions of one network in a line that says nothing else; 0 for no limit.
    pub positions_per_network: u32,
}

/// The answer to a name that no line has.
pub fn no_such_line() -> ApiError {
    ApiError::new(ErrorCode::NotFound).detail("there is no such line")
}

/// The line that an address names, whether it exists or not: see [`LineClient::named`].
///
/// # Errors
/// `INVALID_INPUT` for a malformed name.
pub fn line_of(text: &str) -> Result<LineId, ApiError> {
    let invalid = |error: domain::name::NameError| ApiError::invalid(format!("line {error}"));
    match text.split_once(':') {
        Some(("gate" | "queue", _)) => LineId::from_address(text).map_err(invalid),
        _ => EventName::new(text).map(LineId::Queue).map_err(invalid),
    }
    .map(in_lower_case)
}

/// The line of a schedule is named by its id in lower case; it may be asked for in any.
fn in_lower_case(line: LineId) -> LineId {
    match &line {
        LineId::Queue(name) if name.as_str().len() == 36 => name.as_str().parse().map_or(line, LineId::of_schedule),
        _ => line,
    }
}

/// The answer to a name of no line, and to one that the caller may not know: the two must not differ.
pub fn no_line_of_this_name() -> ApiError {
    let names = "there is no such line: gate:CAMPAIGN, gate:TENANT~CAMPAIGN or queue:NAME";
    ApiError::new(ErrorCode::NotFound).detail(names)
}

impl LineClient {
    /// Returns the statistics of all lines.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn stats(&self, cache: &ServingCache, defaults: Defaults) -> Result<Stats, ApiError> {
        let mut lines = Vec::new();
        for line in self.port.lines().await? {
            // A line whose part of the hot state is unavailable must not hide the others.
            let (Ok(Some(rule)), Ok(Some(counts))) =
                (self.port.rule(&line).await, self.port.counts(&line, 0, Clock::Engine).await)
            else {
                tracing::warn!(%line, "the counts of a line could not be read");
                continue;
            };
            cache.rates().observe(&line, &rule, &counts, clock::now());
            lines.push(LineStats::of(&line, &rule, &counts, cache.rates().per_second(&line)));
        }
        let rate = u64::from(defaults.rate_per_second);
        let batch = rate * u64::from(defaults.interval_ms) / 1_000;
        Ok(Stats {
            total_waiting: lines.iter().map(|line| line.waiting_count).sum(),
            schedule_stats: lines,
            batch_approval_rate: u32::try_from(batch.max(1)).unwrap_or(u32::MAX),
            batch_interval_seconds: f64::from(defaults.interval_ms) / 1_000.0,
            throughput_per_minute: rate * 60,
        })
    }

    /// The line that an address names: `queue:<name>`, `gate:<campaign>`, `gate:<tenant>~<campaign>`; a name alone is
    /// `queue:<name>`.
    ///
    /// # Errors
    /// `INVALID_INPUT` for a malformed name, `NOT_FOUND` if there is no such line.
    pub async fn named(&self, text: &str) -> Result<(LineId, LineRule), ApiError> {
        self.existing(line_of(text)?).await
    }

    /// A line with its rule.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is no such line, `SERVICE_UNAVAILABLE`.
    pub async fn existing(&self, line: LineId) -> Result<(LineId, LineRule), ApiError> {
        let rule = self.port.rule(&line).await?.ok_or_else(no_line_of_this_name)?;
        Ok((line, rule))
    }

    /// As [`LineClient::named`], for callers who may know all lines: a missing one is refused with the names that there are.
    ///
    /// # Errors
    /// As [`LineClient::named`].
    pub async fn named_for_operators(&self, text: &str) -> Result<(LineId, LineRule), ApiError> {
        match self.named(text).await {
            Err(error) if error.code == ErrorCode::NotFound => {
                let names = names_of(&self.port.lines().await?);
                let listed: Vec<&String> = names.iter().take(NAMES_LISTED_MAX).collect();
                Err(ApiError::new(ErrorCode::NotFound).detail(missing(text, &names)).with_json("lines", &listed))
            }
            found => found,
        }
    }

    /// Changes a line's rule, also during other changes. Returns the rule then in force.
    ///
    /// # Errors
    /// `NOT_FOUND`, `INVALID_INPUT` for an invalid rule, `SERVICE_UNAVAILABLE`.
    pub async fn change(&self, line: &LineId, change: impl Fn(LineRule) -> LineRule) -> Result<LineRule, ApiError> {
        self.change_if(line, |rule| Ok(change(rule))).await
    }

    /// As [`LineClient::change`], for a change that may be refused by the rule in force.
    ///
    /// # Errors
    /// As [`LineClient::change`], and the error of `change`.
    pub async fn change_if(
        &self,
        line: &LineId,
        change: impl Fn(LineRule) -> Result<LineRule, ApiError>,
    ) -> Result<LineRule, ApiError> {
        let checked = |rule| {
            let rule = change(rule)?;
            rule.check().map_err(|error| ApiError::invalid(error.to_string()))?;
            Ok::<_, ApiError>(rule)
        };
        let changed = change_by_operator(&*self.port, line, checked).await?;
        changed.ok_or_else(no_such_line)
    }

    /// Changes the rate.
    ///
    /// # Errors
    /// As [`LineClient::change`]; `RATE_CHANGED`, with the rate in force, if that is not the one that the caller has seen.
    pub async fn change_rate(&self, line: &LineId, new: &NewRate) -> Result<LineRule, ApiError> {
        self.change_if(line, |rule| match new.was.is_none_or(|was| was == rule.rate_per_second) {
            true => Ok(LineRule { rate_per_second: new.rate_per_second, ..rule }),
            false => Err(ApiError::new(ErrorCode::RateChanged).with_json("ratePerSecond", &rule.rate_per_second)),
        })
        .await
    }
}

/// The names of lines as an address has them, in order.
fn names_of(lines: &[LineId]) -> Vec<String> {
    let mut names: Vec<String> = lines.iter().map(|line| line.in_address()).collect();
    names.sort();
    names
}

/// Says which lines there are.
fn missing(wanted: &str, names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    let names = &names[..names.len() - more];
    let wanted: String = wanted.chars().filter(|letter| !letter.is_control()).collect();
    match (names.is_empty(), more) {
        (true, _) => format!("there is no line {wanted}, and no other line either"),
        (false, 0) => format!("there is no line {wanted}; there are: {}", names.join(", ")),
        (false, more) => format!("there is no line {wanted}; there are: {}, and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedules_line_may_be_asked_for_in_any_case() {
        let id = "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11";
        for name in [id.to_owned(), id.to_uppercase(), format!("queue:{}", id.to_uppercase())] {
            assert_eq!(line_of(&name).map(|line| line.to_string()), Ok(format!("queue:{id}")));
        }
        assert_eq!(line_of("Shop").map(|line| line.to_string()), Ok("queue:Shop".into()));
    }

    #[test]
    fn the_rate_of_a_schedules_line_is_told_as_set_and_as_measured() {
        let stats = |line: &str| {
            let line = line.parse::<LineId>().expect("a line");
            LineStats::of(&line, &LineRule::new(10), &LineCounts::default(), Some(7.5))
        };
        let of_schedule = stats("queue:3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11");
        assert_eq!((of_schedule.tps, of_schedule.measured_per_second), (10.0, 7.5));
        assert_eq!(of_schedule.schedule_id, "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11");
        let of_site = stats("queue:shop");
        assert_eq!((of_site.tps, of_site.measured_per_second, of_site.rate_per_second), (7.5, 7.5, 10));
    }

    #[test]
    fn a_missing_line_is_refused_with_those_that_there_are() {
        let line = |text: &str| text.parse::<LineId>().expect("a line");
        let names = names_of(&[line("queue:shop"), line("gate:acme/EVENT")]);
        let said = missing("gate:EVENT", &names);
        assert_eq!(said, "there is no line gate:EVENT; there are: gate:acme~EVENT, queue:shop");
        let many: Vec<LineId> = (0..30).map(|number| line(&format!("queue:{number:02}"))).collect();
        let said = missing("x\n", &names_of(&many));
        assert!(said.ends_with("queue:19, and 10 more") && said.starts_with("there is no line x;"), "{said}");
        assert!(missing("x", &[]).contains("no other line"));
    }
}
