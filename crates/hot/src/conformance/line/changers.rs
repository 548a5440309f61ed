//! Concurrent changes of one rule.

use crate::line::{LinePort, RuleChange};
use domain::EventName;
use domain::line::{Admits, LineId, LineRule};
use std::sync::Arc;
use tokio::sync::Barrier;
use uuid::Uuid;

/// Changes by each changer.
const CHANGES: u32 = 40;

/// A part of a rule.
type Part = fn(&mut LineRule) -> &mut u32;

/// Each part belongs to one changer.
const PARTS: [Part; 7] = [
    |rule| &mut rule.rate_per_second,
    |rule| &mut rule.interval_ms,
    |rule| &mut rule.capacity,
    |rule| &mut rule.inside_max,
    |rule| &mut rule.abandon_after_ms,
    |rule| rule.configured_rate_per_second.get_or_insert(0),
    |rule| match &mut rule.admits {
        Admits::Pass { ttl_ms } => ttl_ms,
        Admits::Processing { stale_after_ms, .. } => stale_after_ms,
    },
];

fn all_zero() -> LineRule {
    LineRule {
        interval_ms: 0,
        capacity: 0,
        admits: Admits::Pass { ttl_ms: 0 },
        configured_rate_per_second: Some(0),
        ..LineRule::new(0)
    }
}

/// Makes several changers change one line's rule at once, each a part of its own, through these handles of one engine.
///
/// # Panics
/// When a change is lost, or a change from an older rule is accepted.
pub async fn run_changers<P: LinePort>(doors: Vec<P>) {
    let doors: Vec<Arc<P>> = doors.into_iter().map(Arc::new).collect();
    let line = LineId::Queue(EventName::new(&format!("changed-{}", Uuid::new_v4().simple())).expect("valid"));
    doors[0].make_line(&line, all_zero()).await.expect("made");
    let all_have_read = Arc::new(Barrier::new(PARTS.len()));
    let changers: Vec<_> = PARTS
        .into_iter()
        .zip(doors.iter().cycle())
        .map(|(part, door)| tokio::spawn(change_often(door.clone(), line.clone(), part, all_have_read.clone())))
        .collect();
    let mut conflicts = 0;
    for changer in changers {
        conflicts += changer.await.expect("runs");
    }
    let mut rule = doors[0].rule(&line).await.expect("reads").expect("is there");
    for part in PARTS {
        assert_eq!(*part(&mut rule), CHANGES);
    }
    assert_eq!(rule.revision, 1 + u64::from(CHANGES) * PARTS.len() as u64, "one for each change");
    assert!(conflicts >= PARTS.len() - 1, "all began from the same rule, and one of these changes was accepted");
}

/// Increments a part. Returns how often another change came first.
async fn change_often<P: LinePort>(door: Arc<P>, line: LineId, part: Part, all_have_read: Arc<Barrier>) -> usize {
    let mut rule = door.rule(&line).await.expect("reads").expect("is there");
    all_have_read.wait().await;
    let (mut made, mut conflicts) = (0, 0);
    while made < CHANGES {
        assert_eq!(*part(&mut rule), made, "no other changer changes this part");
        *part(&mut rule) += 1;
        rule = match door.change_rule(&line, rule).await.expect("answers") {
            RuleChange::Made(now) => {
                made += 1;
                now
            }
            RuleChange::Conflict(now) => {
                conflicts += 1;
                now
            }
            RuleChange::NoLine => panic!("the line is there"),
        };
    }
    conflicts
}
