//! An operator announces a draw, once, and gives the value of one with manual randomness, once.

use super::document::RandomnessKind;
use super::drand::{Drand, DrandError};
use crate::audit;
use crate::client::LineClient;
use domain::line::{DrawPlan, DrawSeed, EntryHash, LineId, LineRule, Randomness, ValueOutcome};
use domain::{ErrorCode, Timestamp};
use hot::line::Clock;
use onsale_http::{ApiError, ROUTE_BODY_BYTES, RequestBody};
use serde::Deserialize;
use utoipa::ToSchema;

/// The round of drand is the first whose time is this long after the closing, in milliseconds: by then the root of a
/// million entries is published and read by others, so that nobody can choose the entries by the value.
const MARGIN_MS: i64 = 30_000;
/// Longest source and longest value of manual randomness, in characters.
const TEXT_MAX: usize = 200;
/// The latest opening that can be written (the end of the year 9999): a line that an operator has to open has a later one.
const LATEST: Timestamp = Timestamp(253_402_300_799_999);

/// How draws are announced that name no randomness, and where drand is.
#[derive(Clone, Debug)]
pub struct DrawSettings {
    /// The randomness of a draw whose announcement names none.
    pub randomness: RandomnessKind,
    /// The server of drand, and its chain.
    pub drand: Drand,
}

/// The content of an announcement.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewDraw {
    /// Where the public randomness comes from.
    pub randomness: NewRandomness,
}

/// Where the public randomness comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewRandomness {
    /// The kind.
    pub kind: RandomnessKind,
    /// Of drand: the hash of the chain; only the configured one.
    pub chain: Option<String>,
    /// Of drand: the round; without it the first one 30 seconds after the closing.
    pub round: Option<u64>,
    /// Of `manual`: the source, 1 to 200 characters, such as a drawing of a lottery with its date.
    pub source: Option<String>,
}

/// The value of manual randomness.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewValue {
    /// 1 to 200 characters, as the source publishes it. Its bytes (UTF-8) count as they are.
    pub value: String,
}

impl RequestBody for NewDraw {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

impl RequestBody for NewValue {
    const LIMIT_BYTES: usize = ROUTE_BODY_BYTES;
}

fn not_possible(why: &str) -> ApiError {
    ApiError::new(ErrorCode::DrawNotPossible).detail(why)
}

fn is_text(text: &str) -> bool {
    (1..=TEXT_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control) && text.trim() == text
}

impl NewRandomness {
    /// Whether a plan was announced with this content.
    fn is_of(&self, plan: &DrawPlan) -> bool {
        match (self.kind, &plan.randomness) {
            (RandomnessKind::None, Randomness::None) => true,
            (RandomnessKind::Drand, Randomness::Drand { chain, round, .. }) => {
                self.chain.as_ref().is_none_or(|same| same.eq_ignore_ascii_case(chain))
                    && self.round.is_none_or(|same| same == *round)
            }
            (RandomnessKind::Manual, Randomness::Manual { source }) => self.source.as_ref() == Some(source),
            _ => false,
        }
    }

    /// Checks the form.
    fn check(&self) -> Result<(), ApiError> {
        let is_drand = self.kind == RandomnessKind::Drand;
        if !is_drand && (self.chain.is_some() || self.round.is_some()) {
            return Err(ApiError::invalid("randomness: chain and round are of kind drand"));
        }
        match (&self.source, self.kind) {
            (Some(source), RandomnessKind::Manual) if is_text(source) => Ok(()),
            (_, RandomnessKind::Manual) => {
                Err(ApiError::invalid("randomness.source must name the source of the value, in 1 to 200 characters"))
            }
            (Some(_), _) => Err(ApiError::invalid("randomness: source is of kind manual")),
            (None, _) => Ok(()),
        }
    }
}

impl DrawSettings {
    /// The randomness of a draw that closes then, with the round of drand.
    async fn randomness(&self, new: &NewRandomness, closes_at: Timestamp) -> Result<Randomness, ApiError> {
        match new.kind {
            RandomnessKind::None => Ok(Randomness::None),
            RandomnessKind::Manual => Ok(Randomness::Manual { source: new.source.clone().unwrap_or_default() }),
            RandomnessKind::Drand => self.drand_round(new, closes_at).await,
        }
    }

    async fn drand_round(&self, new: &NewRandomness, closes_at: Timestamp) -> Result<Randomness, ApiError> {
        let (chain, public_key) = (self.drand.chain.clone(), self.drand.public_key.clone());
        if new.chain.as_ref().is_some_and(|other| !other.eq_ignore_ascii_case(&chain)) {
            return Err(ApiError::invalid("randomness.chain must be draw.drand_chain of the configuration"));
        }
        let rounds = self.drand.rounds().await.map_err(|error| match error {
            DrandError::NotConfigured => not_possible("no server of drand is configured: set draw.drand_url"),
            error => {
                tracing::warn!(%error, "a draw could not be announced");
                ApiError::unavailable()
            }
        })?;
        let first = rounds.first_after(closes_at.millis().saturating_add(MARGIN_MS));
        let round = new.round.unwrap_or(first);
        if round < first {
            return Err(ApiError::invalid(format!(
                "randomness.round must be {first} or later: 30 s after the closing"
            )));
        }
        Ok(Randomness::Drand { chain, public_key, round, at_ms: Some(rounds.at_ms(round)) })
    }
}

impl LineClient {
    /// Announces a draw that closes at the line's opening time of this moment; one that was announced with the same
    /// content stands. The seed comes from the system's randomness and stays secret until the draw.
    ///
    /// # Errors
    /// `NOT_FOUND`; `DRAW_ANNOUNCED` for a draw with other content; `DRAW_NOT_POSSIBLE` for a schedule's line, for a line
    /// that does not open later, or in which a user already has a rank, which the draw would take away;
    /// `INVALID_INPUT`; `SERVICE_UNAVAILABLE`.
    pub async fn announce_draw(
        &self,
        line: &LineId,
        new: Option<NewDraw>,
        settings: &DrawSettings,
    ) -> Result<(), ApiError> {
        let by_default = || NewRandomness { kind: settings.randomness, ..NewRandomness::default() };
        let new = new.map_or_else(by_default, |new| new.randomness);
        new.check()?;
        let rule = self.port.rule(line).await?.ok_or(ErrorCode::NotFound)?;
        if let Some(plan) = rule.draw {
            return is_announced(&new, &plan);
        }
        let closes_at = self.closing(line, &rule).await?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(ApiError::internal)?;
        let plan = DrawPlan::new(DrawSeed(seed), closes_at, settings.randomness(&new, closes_at).await?);
        let with_draw = |rule: LineRule| {
            let is_as_read = rule.opens_at == Some(closes_at) && closes_at > clock::now();
            LineRule { draw: rule.draw.or_else(|| is_as_read.then(|| plan.clone())), ..rule }
        };
        match self.change(line, with_draw).await?.draw {
            Some(plan) => is_announced(&new, &plan),
            // A user has entered meanwhile, or the opening was moved.
            None => Err(not_possible("the line has changed meanwhile: call again")),
        }
    }

    /// The moment at which a draw of this line would close.
    async fn closing(&self, line: &LineId, rule: &LineRule) -> Result<Timestamp, ApiError> {
        if line.schedule().is_some() {
            // Its draw would close at the moment from which people may enter, and have no entries.
            return Err(not_possible(
                "nobody can enter a schedule's line before its sale begins, so it can have no draw",
            ));
        }
        let opens_at = rule.opens_at.filter(|opens_at| *opens_at <= LATEST && *opens_at > clock::now());
        let opens_at = opens_at.ok_or_else(|| {
            not_possible("the line is open, or has no opening time: announce a draw before the line opens")
        })?;
        let counts = self.port.counts(line, 0, Clock::Engine).await?.unwrap_or_default();
        if counts.numbers > 0 {
            return Err(not_possible("people in this line already have ranks: announce a draw before people enter"));
        }
        Ok(opens_at)
    }

    /// Gives the value of a draw with manual randomness, once. The same value again is accepted.
    ///
    /// # Errors
    /// `NOT_FOUND`; `INVALID_INPUT`; `DRAW_NOT_POSSIBLE` for a line without such a draw, before its entries are closed,
    /// and for a second value; `SERVICE_UNAVAILABLE`.
    pub async fn give_manual_value(&self, line: &LineId, new: &NewValue) -> Result<(), ApiError> {
        if !is_text(&new.value) {
            return Err(ApiError::invalid("value must have 1 to 200 characters, without spaces at its ends"));
        }
        let rule = self.port.rule(line).await?.ok_or(ErrorCode::NotFound)?;
        let is_manual = |plan: &DrawPlan| matches!(plan.randomness, Randomness::Manual { .. });
        if !rule.draw.as_ref().is_some_and(is_manual) {
            return Err(not_possible("this line has no draw whose value is entered"));
        }
        let entry = audit::value_given(line, &new.value);
        match call::noting(entry, self.port.give_draw_value(line, new.value.as_bytes())).await? {
            ValueOutcome::Kept => Ok(()),
            ValueOutcome::OtherStands => Err(not_possible("this draw has another value already: it cannot change")),
            ValueOutcome::NotAwaited => Err(not_possible("entries are not closed yet: give the value afterwards")),
        }
    }

    /// The published entries of a draw from `first` (counted from 1) on, at most `most`.
    ///
    /// # Errors
    /// `NOT_FOUND` for a line without a draw that publishes them; `DRAW_NOT_POSSIBLE` before the closing;
    /// `SERVICE_UNAVAILABLE`.
    pub async fn draw_entries(&self, line: &LineId, first: u32, most: u32) -> Result<Vec<EntryHash>, ApiError> {
        if let Some(entries) = self.port.draw_entries(line, first, most).await? {
            return Ok(entries);
        }
        let plan = self.port.rule(line).await?.and_then(|rule| rule.draw);
        match plan {
            Some(plan) if plan.closes_at.is_some() => Err(not_possible("entries are published when they are closed")),
            _ => Err(ApiError::new(ErrorCode::NotFound).detail("this line has no draw that publishes its entries")),
        }
    }
}

/// Refuses a draw that was announced with other content.
fn is_announced(new: &NewRandomness, plan: &DrawPlan) -> Result<(), ApiError> {
    if new.is_of(plan) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::DrawAnnounced).detail("a draw with other content was announced: it cannot change"))
}
