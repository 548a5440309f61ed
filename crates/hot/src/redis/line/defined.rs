//! How lines were defined last: beside the lines themselves, on another node of a cluster, so that a line whose node has lost
//! it is made again as it was, with its draw, empty.
//!
//! The line's own rule is the truth, and this is a copy. It may be older while a change is under way, or when the server that
//! changed the rule died just then; a server that starts renews it.

use super::rule::{self, NAMES, PROGRESS};
use super::{Inner, RedisLines};
use crate::line::{LinePort, Recovery};
use crate::port::HotError;
use crate::redis::{names, scripts};
use domain::line::{LineId, LineRule};
use redis::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The field that says that definitions were not lost.
const KEPT: &str = "#";

/// The text of a definition: the fields of the rule.
fn text_of(rule: &LineRule) -> String {
    let values = rule::values(rule);
    let fields: HashMap<&str, &str> = NAMES.into_iter().zip(values.iter().map(String::as_str)).collect();
    // Texts only: it can be written.
    serde_json::to_string(&fields).unwrap_or_default()
}

/// Reads `revision;definition`.
fn rule_of(text: &str) -> Option<LineRule> {
    let (_, fields) = text.split_once(';')?;
    let mut fields: HashMap<String, String> = serde_json::from_str(fields).ok()?;
    let mut field = |name: &str| fields.remove(name).map_or(Value::Nil, |text| Value::BulkString(text.into_bytes()));
    let values = NAMES.iter().chain(&PROGRESS).map(|name| field(name)).collect();
    rule::read(Value::Array(values)).ok()?
}

impl Inner {
    /// Keeps how a line was defined last.
    pub(super) async fn define(&self, line: &LineId, rule: &LineRule) -> Result<(), HotError> {
        let (name, revision, text) = (line.to_string(), rule.revision.to_string(), text_of(rule));
        let arguments = [name.as_bytes(), revision.as_bytes(), text.as_bytes()];
        self.note(&scripts::LINE_DEFINE, names::DEFINITIONS, &arguments).await
    }

    /// As [`Inner::define`], for a change that is in force already: it does not wait for another node.
    pub(super) fn define_in_background(self: Arc<Self>, line: &LineId, rule: &LineRule) {
        let (line, rule) = (line.clone(), rule.clone());
        tokio::spawn(async move {
            if let Err(error) = self.define(&line, &rule).await {
                tracing::warn!(%line, %error, "the copy of the line's rule is older than the rule");
            }
        });
    }

    /// Forgets how a line was defined.
    pub(super) async fn undefine(&self, line: &LineId) -> Result<(), HotError> {
        let name = line.to_string();
        self.note(&scripts::LINE_DEFINE, names::DEFINITIONS, &[name.as_bytes(), b"0", b""]).await
    }

    /// How the line was defined, and whether this Redis has definitions at all.
    async fn definition(&self, line: &LineId) -> Result<(Option<LineRule>, bool), HotError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(names::DEFINITIONS).arg(line.to_string()).arg(KEPT);
        let values = self.connections.send(names::DEFINITIONS, pipeline).await?;
        let Some(Value::Array(values)) = values.into_iter().next() else { return Ok((None, false)) };
        let text = |value: Option<&Value>| match value {
            Some(Value::BulkString(bytes)) => String::from_utf8(bytes.clone()).ok(),
            _ => None,
        };
        Ok((text(values.first()).and_then(|text| rule_of(&text)), text(values.get(1)).is_some()))
    }
}

impl RedisLines {
    /// See [`LinePort::recover_line`].
    pub(super) async fn recover(&self, line: &LineId) -> Result<Recovery, HotError> {
        if let Some(rule) = self.rule(line).await? {
            self.0.define(line, &rule).await?;
            return Ok(Recovery::There);
        }
        match self.0.definition(line).await? {
            (Some(rule), _) => {
                tracing::error!(%line, "Redis has lost the line with everybody in it; it is made again, empty");
                self.make_line(line, rule).await?;
                Ok(Recovery::There)
            }
            // It may be a campaign's first: the name is another server's that makes it now. Who ends gates does so again.
            (None, true) if matches!(line, LineId::Gate(_)) => Ok(Recovery::Ended),
            // The call that ended it may not have come to its end.
            (None, true) => self.0.forget_name(line).await.map(|()| Recovery::Ended),
            (None, false) => Ok(Recovery::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;
    use domain::line::{LineTerms, Switch};

    #[test]
    fn a_definition_has_the_whole_rule() {
        let terms = LineTerms { switch: Switch::Auto, on_above_inside: Some(3), ..LineTerms::default() };
        let opens_at = Some(Timestamp(1_700_000_000_123));
        let rule = LineRule { opens_at, paused: true, terms, revision: 7, ..LineRule::new(5) };
        assert_eq!(rule_of(&format!("7;{}", text_of(&rule))), Some(rule));
        assert_eq!(rule_of("7;"), None);
        assert_eq!(rule_of(""), None);
    }
}
