//! A line's rule as fields of its hash.

use crate::line::RuleChange;
use crate::redis::reply::{Array, Reading, unexpected};
use domain::Timestamp;
use domain::line::{Admits, DrawPlan, DrawSeed, LineRule, REMEMBER_DEFAULT_MS, RETURN_DEFAULT_MS};
use redis::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// In the order in which they are read. The scripts read them by name.
pub(super) const NAMES: [&str; 23] = [
    "revision",
    "rate",
    "interval_ms",
    "capacity",
    "kind",
    "life_ms",
    "put_back_max",
    "inside_max",
    "abandon_ms",
    "opens_at",
    "paused",
    "closed",
    "draw",
    "closes_at",
    "configured_rate",
    "sale",
    "terms",
    "auto_above",
    "return_ms",
    "remember_ms",
    "network_max",
    "network_default",
    "challenge",
];

/// Fields that the progress of a draw writes, and no change of a rule: read after those of [`NAMES`].
pub(super) const PROGRESS: [&str; 2] = ["draw_root", "draw_value"];

/// The text of a plan: JSON, or the digits of the seed, as earlier versions wrote it. Without its progress.
fn plan_text(plan: &DrawPlan) -> String {
    match plan.closes_at {
        None => plan.seed.hex(),
        // Texts and numbers only: it can be written.
        Some(_) => serde_json::to_string(&plan.clone().announced()).unwrap_or_default(),
    }
}

/// Reads a plan from its text and its progress; none from an empty text.
pub(super) fn read_plan(text: &str, root: &str, value: &str) -> Option<DrawPlan> {
    let plan = match text.parse::<DrawSeed>() {
        Ok(seed) => DrawPlan::of_earlier_version(seed),
        Err(_) => serde_json::from_str(text).ok()?,
    };
    let root = hex::decode(root).ok().and_then(|root| root.try_into().ok());
    let value = value.strip_prefix(VALUE).and_then(|value| hex::decode(value).ok());
    Some(DrawPlan { root, value, ..plan })
}

/// Stands before the digits of a value, which may be empty.
const VALUE: &str = "v";

/// The text of a value.
pub(super) fn value_text(value: &[u8]) -> String {
    format!("{VALUE}{}", hex::encode(value))
}

/// Values, in the order of [`NAMES`].
pub(super) fn values(rule: &LineRule) -> [String; 23] {
    let (kind, life_ms, put_back_max) = match rule.admits {
        Admits::Pass { ttl_ms } => ("pass", ttl_ms, 0),
        Admits::Processing { stale_after_ms, put_back_max } => ("processing", stale_after_ms, put_back_max),
    };
    let closes_at = rule.draw.as_ref().and_then(|plan| plan.closes_at);
    [
        rule.revision.to_string(),
        rule.rate_per_second.to_string(),
        rule.interval_ms.to_string(),
        rule.capacity.to_string(),
        kind.to_owned(),
        life_ms.to_string(),
        put_back_max.to_string(),
        rule.inside_max.to_string(),
        rule.abandon_after_ms.to_string(),
        rule.opens_at.map_or_else(String::new, |at| at.millis().to_string()),
        u8::from(rule.paused).to_string(),
        u8::from(rule.closed).to_string(),
        rule.draw.as_ref().map_or_else(String::new, plan_text),
        closes_at.map_or_else(String::new, |at| at.millis().to_string()),
        rule.configured_rate_per_second.map_or_else(String::new, |rate| rate.to_string()),
        json_text(&rule.sale),
        json_text(&rule.terms),
        rule.terms.auto_above().map_or_else(String::new, |above| above.to_string()),
        rule.return_ms.to_string(),
        rule.remember_ms.to_string(),
        rule.network_max().to_string(),
        rule.positions_per_network.to_string(),
        rule.challenge.word().to_owned(),
    ]
}

/// The JSON of a value; empty for its default.
fn json_text<T: Serialize + Default + PartialEq>(value: &T) -> String {
    // Texts and numbers only: it can be written.
    if *value == T::default() { String::new() } else { serde_json::to_string(value).unwrap_or_default() }
}

/// Reads the JSON of a value; its default where there is none, as in lines of earlier versions.
fn read_json<T: DeserializeOwned + Default>(fields: &mut Array) -> Reading<T> {
    match fields.text_or_none()?.filter(|text| !text.is_empty()) {
        None => Ok(T::default()),
        Some(text) => serde_json::from_str(&text).or_else(|_| unexpected(&text)),
    }
}

/// Arguments of a script that writes a rule: no moment, the revision, the entry for the audit log, and each other field by
/// its name.
pub(super) fn arguments<'a>(values: &'a [String; 23], entry: &'a [u8]) -> Vec<&'a [u8]> {
    let [revision, others @ ..] = values;
    let named = NAMES.iter().skip(1).zip(others);
    let fields = named.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    [b"", revision.as_bytes(), entry].into_iter().chain(fields).collect()
}

/// Reads the reply to a change: whether it was made, and the rule in force, in the order of [`NAMES`] and
/// [`PROGRESS`].
pub(super) fn read_change(value: Value) -> Reading<RuleChange> {
    if value == Value::Nil {
        return Ok(RuleChange::NoLine);
    }
    let mut fields = Array::of(value)?;
    let is_made = fields.number::<u8>()? == 1;
    Ok(match read_fields(&mut fields)? {
        None => RuleChange::NoLine,
        Some(rule) if is_made => RuleChange::Made(rule),
        Some(rule) => RuleChange::Conflict(rule),
    })
}

/// Reads the reply of `HMGET` for [`NAMES`] and [`PROGRESS`]; `None` if the line does not exist.
pub(super) fn read(value: Value) -> Reading<Option<LineRule>> {
    read_fields(&mut Array::of(value)?)
}

fn number_or(text: Option<String>, default: u32) -> u32 {
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn read_fields(fields: &mut Array) -> Reading<Option<LineRule>> {
    let Some(revision) = fields.field()? else { return Ok(None) };
    let (rate_per_second, interval_ms, capacity) = (fields.number()?, fields.number()?, fields.number()?);
    let kind = fields.text()?;
    let (life_ms, put_back_max) = (fields.number()?, fields.number()?);
    let admits = match kind.as_str() {
        "processing" => Admits::Processing { stale_after_ms: life_ms, put_back_max },
        _ => Admits::Pass { ttl_ms: life_ms },
    };
    let (inside_max, abandon_after_ms) = (fields.number()?, fields.number()?);
    // Empty for none.
    let opens_at = fields.text()?.parse().ok().map(Timestamp);
    let (paused, closed) = (fields.number::<u8>()? == 1, fields.number::<u8>()? == 1);
    // Nothing in lines made before there were draws, empty for none.
    let draw = fields.text_or_none()?.unwrap_or_default();
    // In the plan, too: this one is for scripts.
    fields.value()?;
    // Likewise.
    let configured_rate_per_second = fields.text_or_none()?.and_then(|rate| rate.parse().ok());
    let (sale, terms) = (read_json(fields)?, read_json(fields)?);
    // In the terms, too: this one is for scripts.
    fields.text_or_none()?;
    // Nothing in lines made before these were there.
    let (return_ms, remember_ms) = (fields.text_or_none()?, fields.text_or_none()?);
    // That in force: it is for scripts.
    fields.text_or_none()?;
    let (network_default, challenge) = (fields.text_or_none()?, fields.text_or_none()?);
    let (root, value) = (fields.text_or_none()?, fields.text_or_none()?);
    let draw = read_plan(&draw, &root.unwrap_or_default(), &value.unwrap_or_default());
    Ok(Some(LineRule {
        interval_ms,
        capacity,
        admits,
        inside_max,
        abandon_after_ms,
        opens_at,
        paused,
        closed,
        draw,
        configured_rate_per_second,
        sale,
        terms,
        return_ms: number_or(return_ms, RETURN_DEFAULT_MS),
        remember_ms: number_or(remember_ms, REMEMBER_DEFAULT_MS),
        positions_per_network: number_or(network_default, 0),
        challenge: challenge.and_then(|word| word.parse().ok()).unwrap_or_default(),
        revision,
        ..LineRule::new(rate_per_second)
    }))
}
