//! Which of the lines that are named as having entries for the audit log are looked through: the name stays for an hour, and
//! five hundred names would be a thousand looks a second.

use domain::line::LineId;
use std::collections::HashMap;

/// After a line was named its entries are expected for so long.
const EXPECTED_MS: i64 = 30_000;
/// All named lines are looked through so often, whatever is expected.
const ALL_EVERY_MS: i64 = 60_000;

/// The lines as they were named last.
#[derive(Default)]
pub(super) struct Audited {
    /// When each was named, by the clock of the one that named it, and when this process found that.
    lines: HashMap<LineId, (i64, i64)>,
    all_at_ms: Option<i64>,
}

/// What to look through now.
pub(super) struct Due {
    pub lines: Vec<LineId>,
    /// Whether these are all named lines.
    pub all: bool,
}

impl Audited {
    /// `named`: each line with the time at which it was named last.
    pub fn due(&mut self, named: Vec<(LineId, i64)>, now_ms: i64) -> Due {
        let all = self.all_at_ms.is_none_or(|at_ms| now_ms - at_ms >= ALL_EVERY_MS);
        if all {
            self.all_at_ms = Some(now_ms);
        }
        let (mut lines, mut due) = (HashMap::with_capacity(named.len()), Vec::new());
        for (line, named_at) in named {
            let known = self.lines.get(&line).filter(|(known_at, _)| *known_at == named_at);
            let found_ms = known.map_or(now_ms, |(_, found_ms)| *found_ms);
            if all || now_ms - found_ms < EXPECTED_MS {
                due.push(line.clone());
            }
            lines.insert(line, (named_at, found_ms));
        }
        self.lines = lines;
        Due { lines: due, all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(audited: &mut Audited, named: &[(&str, i64)], now_ms: i64) -> Vec<String> {
        let named = named.iter().map(|(line, at)| (line.parse().expect("a line"), *at)).collect();
        audited.due(named, now_ms).lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_is_looked_through_while_entries_may_come_and_once_a_minute() {
        let (mut audited, both) = (Audited::default(), ["queue:a", "queue:b"]);
        assert_eq!(due(&mut audited, &[("queue:a", 1), ("queue:b", 1)], 0), both);
        assert_eq!(due(&mut audited, &[("queue:a", 1), ("queue:b", 1)], 29_999), both);
        assert_eq!(due(&mut audited, &[("queue:a", 1), ("queue:b", 2)], 30_000), ["queue:b"], "it was named again");
        assert_eq!(due(&mut audited, &[("queue:a", 1), ("queue:b", 2)], 60_000), both, "all, once a minute");
        assert!(due(&mut audited, &[("queue:a", 1), ("queue:b", 2)], 60_001).is_empty());
    }
}
