//! Concurrent changes of a line's rule: by administrators, by the gate that follows its campaign, by servers that start
//! with another configuration.

use crate::audit;
use call::Entry;
use domain::line::{LineId, LineRule};
use hot::HotError;
use hot::line::{LinePort, RuleChange};

/// Most attempts for one change. Each attempt fails because another change was made first.
const CHANGE_ATTEMPTS_MAX: usize = 16;
const TOO_MANY_CHANGES: &str = "other changes of this line's rule came first each time";

/// Changes a line's rule, also during other changes: `change` is applied again to the rule that the others have made,
/// so that no change is lost. Returns the rule then in force; none if there is no such line.
///
/// # Errors
/// The error of `change`; [`HotError::Unavailable`] when other changes came first each time, [`HotError::Unknown`] when
/// the outcome is unknown.
pub async fn change_rule<E: From<HotError>>(
    port: &dyn LinePort,
    line: &LineId,
    change: impl Fn(LineRule) -> Result<LineRule, E>,
) -> Result<Option<LineRule>, E> {
    change_with_entry(port, line, change, |_, _| None).await
}

/// As [`change_rule`], for a change by an operator: the engine stores the entry for the audit log with it.
///
/// # Errors
/// As [`change_rule`].
pub async fn change_by_operator<E: From<HotError>>(
    port: &dyn LinePort,
    line: &LineId,
    change: impl Fn(LineRule) -> Result<LineRule, E>,
) -> Result<Option<LineRule>, E> {
    change_with_entry(port, line, change, |before, after| audit::changed(line, before, after)).await
}

/// Writes an entry for an act of an operator that leaves the line's rule as it is: the engine stores it with the same rule,
/// so the entry is durable before the act is answered. Background work writes none.
///
/// # Errors
/// As [`change_rule`].
pub async fn note_act(
    port: &dyn LinePort,
    line: &LineId,
    entry: impl Fn() -> Option<Entry>,
) -> Result<Option<LineRule>, HotError> {
    let Some(mut rule) = port.rule(line).await? else { return Ok(None) };
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let Some(entry) = entry() else { return Ok(Some(rule)) };
        rule = match call::noting(Some(entry), port.change_rule(line, rule)).await? {
            RuleChange::Made(rule) => return Ok(Some(rule)),
            RuleChange::Conflict(current) => current,
            RuleChange::NoLine => return Ok(None),
        };
    }
    Err(HotError::Unavailable(TOO_MANY_CHANGES.into()))
}

async fn change_with_entry<E: From<HotError>>(
    port: &dyn LinePort,
    line: &LineId,
    change: impl Fn(LineRule) -> Result<LineRule, E>,
    entry: impl Fn(&LineRule, &LineRule) -> Option<Entry>,
) -> Result<Option<LineRule>, E> {
    let Some(mut rule) = port.rule(line).await? else { return Ok(None) };
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let wanted = change(rule.clone())?;
        if wanted == rule {
            return Ok(Some(rule));
        }
        let entry = entry(&rule, &wanted);
        rule = match call::noting(entry, port.change_rule(line, wanted)).await? {
            RuleChange::Made(rule) => return Ok(Some(rule)),
            RuleChange::Conflict(current) => current,
            RuleChange::NoLine => return Ok(None),
        };
    }
    Err(HotError::Unavailable(TOO_MANY_CHANGES.into()).into())
}
