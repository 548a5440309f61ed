//! A line's rule, which many change: administrators, the gate that follows its campaign, servers that start with another
//! configuration.

use domain::line::{LineId, LineRule};
use hot::HotError;
use hot::line::{LinePort, RuleChange};

/// How often a change is made anew: each time it was somebody else's that was made.
const CHANGE_ATTEMPTS_MAX: usize = 16;

/// Changes a line's rule, whoever else is changing it: `change` is made anew on what the others have made of the rule, so
/// that nothing of theirs is lost. The rule in force then; none if there is no such line.
///
/// # Errors
/// What `change` refuses; [`HotError::Unavailable`] when others were quicker each time, [`HotError::Unknown`] when nobody
/// knows what became of it.
pub async fn change_rule<E: From<HotError>>(
    port: &dyn LinePort,
    line: &LineId,
    change: impl Fn(LineRule) -> Result<LineRule, E>,
) -> Result<Option<LineRule>, E> {
    let Some(mut rule) = port.rule(line).await? else { return Ok(None) };
    for _ in 0..CHANGE_ATTEMPTS_MAX {
        let wanted = change(rule.clone())?;
        if wanted == rule {
            return Ok(Some(rule));
        }
        rule = match port.change_rule(line, wanted).await? {
            RuleChange::Made(rule) => return Ok(Some(rule)),
            RuleChange::Conflict(now) => now,
            RuleChange::NoLine => return Ok(None),
        };
    }
    Err(HotError::Unavailable("others keep changing the rule of this line".into()).into())
}
