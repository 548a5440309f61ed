//! What the audit log says of an operator's change of a line. The action follows from what changed, so a new route needs no
//! line here.

use call::{Entry, Facts};
use domain::Timestamp;
use domain::line::{LineId, LineRule, commitment_hex};
use serde_json::{Value, json};

/// A rule as the audit log shows it: without its revision, and without the seed of a draw, which is a secret until the draw.
fn shown(rule: &LineRule) -> Value {
    // Numbers and texts: it can be written.
    let mut shown = serde_json::to_value(LineRule { draw: None, ..rule.clone() }).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("revision");
        if let Some(plan) = &rule.draw {
            let closes_at = plan.closes_at.map(|at| at.to_string());
            let draw = json!({"commitment": commitment_hex(&plan.seed), "closesAt": closes_at});
            fields.insert("draw".to_owned(), draw);
        }
    }
    shown
}

fn action(before: &LineRule, after: &LineRule) -> &'static str {
    if before.draw != after.draw {
        "line.draw"
    } else if before.paused != after.paused {
        if after.paused { "line.pause" } else { "line.resume" }
    } else if before.rate_per_second != after.rate_per_second {
        "line.rate"
    } else if before.terms.notice != after.terms.notice {
        "line.notice"
    } else {
        "line.change"
    }
}

/// The entry of a change of rule; `None` in background work.
pub(crate) fn changed(line: &LineId, before: &LineRule, after: &LineRule) -> Option<Entry> {
    let (action, target) = (action(before, after), line.to_string());
    Entry::of(Facts { action, target, before: Some(shown(before)), after: Some(shown(after)) })
}

/// The entry of a line that an operator makes; `None` in background work.
pub fn made(line: &LineId, rule: &LineRule) -> Option<Entry> {
    Entry::of(Facts { action: "line.create", target: line.to_string(), before: None, after: Some(shown(rule)) })
}

/// The entry of a line that an operator ends; `None` in background work.
pub(crate) fn ended(line: &LineId, rule: &LineRule) -> Option<Entry> {
    Entry::of(Facts { action: "line.end", target: line.to_string(), before: Some(shown(rule)), after: None })
}

/// The entry of the value of a draw that an operator gives; `None` in background work.
pub(crate) fn value_given(line: &LineId, value: &str) -> Option<Entry> {
    Entry::of(Facts {
        action: "line.draw.value",
        target: line.to_string(),
        before: None,
        after: Some(json!({"value": value})),
    })
}

/// The entry of a link past a line that an operator has signed, without the link itself: whoever has it passes. `None` in
/// background work.
pub(crate) fn link_signed(line: &LineId, to: &str, expires_at: Timestamp) -> Option<Entry> {
    Entry::of(Facts {
        action: "line.link",
        target: line.to_string(),
        before: None,
        after: Some(json!({"to": to, "expiresAt": expires_at.to_string()})),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{Call, noting};
    use domain::line::{DrawPlan, DrawSeed, Randomness};

    #[tokio::test]
    async fn an_entry_names_the_change_and_no_secret() {
        let line: LineId = "queue:shop".parse().expect("a line");
        let before = LineRule::new(10);
        let paused = LineRule { paused: true, ..before.clone() };
        assert_eq!(changed(&line, &before, &paused), None, "background work");
        let entry = call::within(Call::of_command("test"), async { changed(&line, &before, &paused) });
        let entry = entry.await.expect("an entry");
        assert_eq!((entry.action.as_str(), entry.target.as_str()), ("line.pause", "queue:shop"));
        assert_eq!((entry.before, entry.after), (Some(json!({"paused": false})), Some(json!({"paused": true}))));

        let seed = DrawSeed([7; 32]);
        let plan = DrawPlan::new(seed, Timestamp(1_000), Randomness::None);
        let drawn = LineRule { draw: Some(plan), ..before.clone() };
        let entry = call::within(Call::of_command("test"), async { changed(&line, &before, &drawn) });
        let entry = entry.await.expect("an entry");
        assert_eq!(entry.action, "line.draw");
        let text = String::from_utf8(entry.bytes()).expect("JSON");
        assert!(text.contains(&commitment_hex(&seed)) && !text.contains(&seed.hex()), "{text}");
        assert!(noting(Some(entry), async { call::note() }).await.is_some());
    }
}
