//! What needs a hand. Only this is red.

use super::super::words;
use super::rows::LineRow;
use web::{Texts, Value};

/// Something an operator has to look at.
#[derive(Clone, Debug)]
pub(in crate::console) struct Need {
    /// What it is, for the script that keeps the list.
    pub key: String,
    pub text: String,
    /// Where to mend it.
    pub href: Option<String>,
}

/// What needs a hand now, the worst first.
pub(super) fn needs(t: Texts, away: &[String], letters: u64, lines: &[LineRow]) -> Vec<Need> {
    let mut needs: Vec<Need> = away
        .iter()
        .map(|role| Need {
            key: format!("role-{role}"),
            text: t.with("console-need-role", &[("role", Value::from(words::role(t, role)))]),
            href: None,
        })
        .collect();
    let line = |kind: &str, row: &LineRow| Need {
        key: format!("{kind}-{}", row.line),
        text: t.with(
            &format!("console-need-{kind}"),
            &[("line", Value::from(row.label.clone())), ("count", Value::from(row.waiting))],
        ),
        href: Some(format!("/console/lines/{}", row.address)),
    };
    needs.extend(lines.iter().filter(|row| row.is_stuck()).map(|row| line("stuck", row)));
    needs.extend(lines.iter().filter(|row| row.state == "FULL").map(|row| line("full", row)));
    if letters > 0 {
        let text = t.fill("console-need-letters", "count", letters);
        needs.push(Need { key: "letters".to_owned(), text, href: Some("/console/letters".to_owned()) });
    }
    needs
}
