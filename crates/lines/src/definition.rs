//! How a line is defined, as administrators write and read it (QUEUE-014).

use crate::draw::opening::draw_stands;
use crate::operation::Defaults;
use domain::Timestamp;
use domain::line::{Admits, Challenge, Exception, ExceptionError, LineId, LineRule, LineTerms, Switch};
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Bounds of numbers, as in the configuration.
const PEOPLE_MAX: u32 = 10_000_000;
const TTL_SECONDS_MAX: u32 = 86_400;

/// An exception as it is written: one of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "ExceptionFields")]
pub enum WrittenException {
    /// An address or a network, such as `203.0.113.0/24`.
    Network(String),
    /// A path; with `*` at its end, all paths that begin so.
    Path(String),
    /// A part of `User-Agent`.
    Agent(String),
    /// Links that are signed for this line; only `true`.
    SignedLink(bool),
}

/// The fields of which an exception has one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionFields {
    network: Option<String>,
    path: Option<String>,
    agent: Option<String>,
    signed_link: Option<bool>,
}

impl TryFrom<ExceptionFields> for WrittenException {
    type Error = &'static str;

    fn try_from(fields: ExceptionFields) -> Result<Self, Self::Error> {
        match fields {
            ExceptionFields { network: Some(network), path: None, agent: None, signed_link: None } => {
                Ok(Self::Network(network))
            }
            ExceptionFields { network: None, path: Some(path), agent: None, signed_link: None } => Ok(Self::Path(path)),
            ExceptionFields { network: None, path: None, agent: Some(agent), signed_link: None } => {
                Ok(Self::Agent(agent))
            }
            ExceptionFields { network: None, path: None, agent: None, signed_link: Some(is_link) } => {
                Ok(Self::SignedLink(is_link))
            }
            _ => Err("an exception has exactly one of network, path, agent and signedLink"),
        }
    }
}

impl WrittenException {
    fn read(&self) -> Result<Exception, String> {
        let read = match self {
            Self::Network(text) => Exception::network(text),
            Self::Path(text) => Exception::path(text),
            Self::Agent(text) => Exception::agent(text),
            Self::SignedLink(true) => Ok(Exception::SignedLink),
            Self::SignedLink(false) => return Err("signedLink must be true; leave it out instead".to_owned()),
        };
        read.map_err(|error: ExceptionError| error.to_string())
    }
}

impl From<&Exception> for WrittenException {
    fn from(exception: &Exception) -> Self {
        match exception {
            Exception::Network(network) => Self::Network(network.to_string()),
            Exception::Path(path) => Self::Path(path.clone()),
            Exception::Agent(agent) => Self::Agent(agent.clone()),
            Exception::SignedLink => Self::SignedLink(true),
        }
    }
}

/// The fields of a new line, and those that change of an existing one; what is missing is as configured, or stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LineFields {
    /// The name of a new line; a line keeps its name.
    #[serde(deserialize_with = "given")]
    pub name: Option<String>,
    /// People a second, 0 to 1000000.
    #[serde(deserialize_with = "given")]
    pub rate_per_second: Option<u32>,
    /// Most people waiting, 1 to 10000000.
    #[serde(deserialize_with = "given")]
    pub capacity: Option<u32>,
    /// Most people inside at once, 0 for no limit, to 10000000.
    #[serde(deserialize_with = "given")]
    pub max_inside: Option<u32>,
    /// Lifetime of a pass, 1 to 86400 seconds.
    #[serde(deserialize_with = "given")]
    pub token_ttl_seconds: Option<u32>,
    /// Nobody is admitted before; null for no such time.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "2026-12-01T20:00:00+09:00")]
    pub opens_at: Option<Option<Timestamp>>,
    /// From then on nobody has to wait; null for no such time.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "2026-12-01T22:00:00+09:00")]
    pub closes_at: Option<Option<Timestamp>>,
    /// Whether people have to wait.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "on|off|auto", example = "on")]
    pub switch: Option<Switch>,
    /// With `auto`: people wait while more are inside than this.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    pub on_above_inside: Option<Option<u32>>,
    /// What is asked of a person before the person gets a position; null for what is configured.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "none|pow|recaptcha|account", example = "none")]
    pub challenge: Option<Option<Challenge>>,
    /// Most positions of one network, 0 for no limit; null for what is configured.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    pub positions_per_network: Option<Option<u32>>,
    /// Who and what passes without waiting, at most 100.
    #[serde(deserialize_with = "given")]
    pub exceptions: Option<Vec<WrittenException>>,
    /// The name of the look of the line's pages; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub look: Option<Option<String>>,
}

impl RequestBody for LineFields {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

/// A field that is there: `null` is a value of it, or refused.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn between(name: &str, number: Option<u32>, least: u32, most: u32) -> Result<(), ApiError> {
    match number.is_none_or(|number| (least..=most).contains(&number)) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!("{name} must be {least} to {most}"))),
    }
}

impl LineFields {
    /// Checks each number by itself.
    fn check(&self) -> Result<(), ApiError> {
        between("capacity", self.capacity, 1, PEOPLE_MAX)?;
        between("maxInside", self.max_inside, 0, PEOPLE_MAX)?;
        between("tokenTtlSeconds", self.token_ttl_seconds, 1, TTL_SECONDS_MAX)?;
        between("onAboveInside", self.on_above_inside.flatten(), 0, PEOPLE_MAX)?;
        between("positionsPerNetwork", self.positions_per_network.flatten(), 0, PEOPLE_MAX)
    }

    /// Only what may be changed of a line that comes and goes with a campaign or a schedule.
    fn check_for_other_lines(&self) -> Result<(), ApiError> {
        let is_other = self.max_inside.is_some()
            || self.token_ttl_seconds.is_some()
            || self.opens_at.is_some()
            || self.closes_at.is_some()
            || self.switch.is_some()
            || self.on_above_inside.is_some()
            || self.positions_per_network.is_some()
            || self.exceptions.is_some()
            || self.look.is_some();
        match is_other {
            true => Err(ApiError::invalid(
                "this line comes and goes with its campaign or schedule: only ratePerSecond, capacity and challenge can \
                 be changed here",
            )),
            false => Ok(()),
        }
    }

    fn exceptions(&self) -> Result<Option<Vec<Exception>>, ApiError> {
        let Some(written) = &self.exceptions else { return Ok(None) };
        let read = written.iter().enumerate().map(|(index, exception)| {
            exception.read().map_err(|error| ApiError::invalid(format!("exceptions[{index}]: {error}")))
        });
        read.collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// Whether a change takes an announced draw away: another opening, or a way past the line before people can have been
    /// let in by the draw.
    fn takes_draw_away(before: &LineRule, after: &LineRule) -> bool {
        let (old, new) = (&before.terms, &after.terms);
        let ends_earlier = new.closes_at.is_some_and(|new| old.closes_at.is_none_or(|old| new < old));
        let opens_up =
            new.switch != Switch::On && (new.switch, new.on_above_inside) != (old.switch, old.on_above_inside);
        after.opens_at != before.opens_at || ends_earlier || opens_up
    }

    /// The rule with these fields changed. `is_undrawn`: an announced draw of the line is not over, as far as is known.
    ///
    /// # Errors
    /// `INVALID_INPUT`; `DRAW_ANNOUNCED` for what would take an announced draw away.
    pub fn applied(&self, line: &LineId, rule: LineRule, is_undrawn: bool) -> Result<LineRule, ApiError> {
        self.check()?;
        if !line.is_of_site() {
            self.check_for_other_lines()?;
        }
        let before = rule.clone();
        let opens_at = self.opens_at.unwrap_or(rule.opens_at);
        let admits = match (self.token_ttl_seconds, rule.admits) {
            (Some(seconds), Admits::Pass { .. }) => Admits::Pass { ttl_ms: seconds * 1_000 },
            (_, admits) => admits,
        };
        let terms = rule.terms;
        let changed = LineRule {
            rate_per_second: self.rate_per_second.unwrap_or(rule.rate_per_second),
            capacity: self.capacity.unwrap_or(rule.capacity),
            inside_max: self.max_inside.unwrap_or(rule.inside_max),
            admits,
            opens_at,
            terms: LineTerms {
                switch: self.switch.unwrap_or(terms.switch),
                on_above_inside: self.on_above_inside.unwrap_or(terms.on_above_inside),
                closes_at: self.closes_at.unwrap_or(terms.closes_at),
                challenge: self.challenge.unwrap_or(terms.challenge),
                positions_per_network: self.positions_per_network.unwrap_or(terms.positions_per_network),
                exceptions: self.exceptions()?.unwrap_or(terms.exceptions),
                look: self.look.clone().unwrap_or(terms.look),
                notice: terms.notice,
            },
            ..rule
        };
        changed.check().map_err(|error| ApiError::invalid(error.to_string()))?;
        if is_undrawn && Self::takes_draw_away(&before, &changed) {
            return Err(draw_stands());
        }
        Ok(changed)
    }
}

/// A line as it is defined.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineDefinition {
    /// The name, as an address of administrators has it.
    #[schema(example = "shop")]
    pub name: String,
    /// The name among all lines.
    #[schema(example = "queue:shop")]
    pub line: String,
    /// People a second, as set.
    pub rate_per_second: u32,
    /// Whether admission is paused.
    pub paused: bool,
    /// Most people waiting.
    pub capacity: u32,
    /// Most people inside at once; 0 for no limit.
    pub max_inside: u32,
    /// Lifetime of a pass; null in a line that gives none.
    pub token_ttl_seconds: Option<u32>,
    /// Nobody is admitted before; null for no such time.
    #[schema(value_type = Option<String>, example = "2026-12-01T11:00:00")]
    pub opens_at: Option<Timestamp>,
    /// From then on nobody has to wait; null for no such time.
    #[schema(value_type = Option<String>, example = "2026-12-01T13:00:00")]
    pub closes_at: Option<Timestamp>,
    /// Whether people have to wait.
    #[schema(value_type = String, pattern = "on|off|auto", example = "on")]
    pub switch: Switch,
    /// With `auto`: people wait while more are inside than this.
    pub on_above_inside: Option<u32>,
    /// What is asked of a person before the person gets a position.
    #[schema(value_type = String, pattern = "none|pow|recaptcha|account", example = "none")]
    pub challenge: Challenge,
    /// Most positions of one network; 0 for no limit.
    pub positions_per_network: u32,
    /// Who and what passes without waiting.
    pub exceptions: Vec<WrittenException>,
    /// The name of the look of the line's pages.
    pub look: Option<String>,
}

impl LineDefinition {
    /// The definition that follows from a rule.
    pub fn of(line: &LineId, rule: &LineRule, defaults: Defaults) -> Self {
        let terms = &rule.terms;
        Self {
            name: match line {
                LineId::Queue(name) => name.to_string(),
                LineId::Gate(_) => line.in_address(),
            },
            line: line.to_string(),
            rate_per_second: rule.rate_per_second,
            paused: rule.paused,
            capacity: rule.capacity,
            max_inside: rule.inside_max,
            token_ttl_seconds: match rule.admits {
                Admits::Pass { ttl_ms } => Some(ttl_ms.div_ceil(1_000)),
                Admits::Processing { .. } => None,
            },
            opens_at: rule.opens_at,
            closes_at: terms.closes_at,
            switch: terms.switch,
            on_above_inside: terms.on_above_inside,
            challenge: terms.challenge.unwrap_or(defaults.challenge),
            positions_per_network: terms.positions_per_network.unwrap_or(defaults.positions_per_network),
            exceptions: terms.exceptions.iter().map(WrittenException::from).collect(),
            look: terms.look.clone(),
        }
    }
}
