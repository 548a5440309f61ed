//! The end of a line, and what lives on after it.

use crate::line::{Admission, Clock, LinePort, LineUser, Recovery, RuleChange};
use domain::line::{Admits, LineCounts, LineId, LineOutcome, LineRule, LineStatus, Pass};
use domain::{EventName, PassId, UserId};
use std::time::{Duration, Instant};
use uuid::Uuid;

const NOW: Clock = Clock::Engine;
const PATIENCE: Duration = Duration::from_secs(60);

fn rule(ttl_ms: u32) -> LineRule {
    LineRule { admits: Admits::Pass { ttl_ms }, ..LineRule::new(1_000) }
}

fn who(line: &LineId, number: u32) -> LineUser {
    LineUser { line: line.clone(), user: UserId::new(&format!("user-{number}")).expect("valid") }
}

async fn enter<P: LinePort>(engine: &P, line: &LineId, number: u32) -> LineStatus {
    engine.enter(vec![who(line, number)], NOW).await.remove(0).expect("answers")
}

/// A new line with people of these numbers in it, of whom the first `admitted` are inside. Returns their passes.
async fn filled<P: LinePort>(engine: &P, line: &LineId, ttl_ms: u32, people: u32, admitted: usize) -> Vec<Pass> {
    assert_eq!(engine.make_line(line, rule(ttl_ms)).await, Ok(true), "made by this call");
    assert_eq!(engine.make_line(line, rule(ttl_ms + 1)).await, Ok(false), "it is there");
    for number in 0..people {
        enter(engine, line, number).await;
    }
    let passes = (0..admitted).map(|_| PassId(Uuid::new_v4())).collect();
    let Admission { admitted, .. } = engine.admit(line, passes, NOW).await.expect("admits");
    admitted.into_iter().map(|one| one.pass.expect("a pass")).collect()
}

/// Ends lines of an engine, makes them again, and asks for everything in between.
///
/// # Panics
/// When something of a line lives on that should not, or the other way round.
pub async fn run_ends<P: LinePort>(engine: P) {
    let name = |text: &str| EventName::new(&format!("{text}-{}", Uuid::new_v4().simple())).expect("valid");
    let (line, short, never) = (name("ends"), name("short"), LineId::Queue(name("never")));
    let (line, short) = (LineId::Queue(line), LineId::Queue(short));
    assert_eq!(engine.end_line(&never, NOW).await, Ok(false));
    assert_eq!(engine.kept_pass(&who(&never, 0), NOW).await, Ok(None));
    let passes = filled(&engine, &line, 3_600_000, 1_500, 2).await;
    assert_eq!(engine.kept_pass(&who(&line, 0), NOW).await, Ok(None), "the line is there");
    assert_eq!(engine.recover_line(&line).await, Ok(Recovery::There));
    assert_eq!(engine.end_line(&line, NOW).await, Ok(true));
    assert_is_gone(&engine, &line).await;
    for (number, pass) in (0..).zip(&passes) {
        assert_eq!(engine.kept_pass(&who(&line, number), NOW).await, Ok(Some(*pass)), "user-{number}");
        let after = Clock::At(pass.until);
        assert_eq!(engine.kept_pass(&who(&line, number), after).await, Ok(None), "it has run out");
    }
    for number in [2, 1_499, 7_777] {
        assert_eq!(engine.kept_pass(&who(&line, number), NOW).await, Ok(None), "user-{number} had none");
    }
    assert_eq!(engine.end_line(&line, NOW).await, Ok(false), "once");
    assert_eq!(engine.kept_pass(&who(&line, 0), NOW).await, Ok(passes.first().copied()));
    assert_eq!(engine.make_line(&line, rule(1_000)).await, Ok(true), "made again");
    assert_eq!(engine.kept_pass(&who(&line, 0), NOW).await, Ok(None), "another line's");
    assert!(matches!(enter(&engine, &line, 0).await, LineStatus::Waiting { rank: 1, is_new: true, .. }));
    let counts = engine.counts(&line, 9, NOW).await.expect("answers").expect("is there");
    let expected = LineCounts { waiting: 1, numbers: 1, ..LineCounts::default() };
    assert_eq!(counts, expected, "nothing of the line before");
    filled(&engine, &short, 300, 3, 1).await;
    assert_eq!(engine.end_line(&short, NOW).await, Ok(true));
    let begun = Instant::now();
    while engine.kept_pass(&who(&short, 0), NOW).await != Ok(None) {
        assert!(begun.elapsed() < PATIENCE, "the pass does not run out");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lines = engine.lines().await.expect("reads");
    assert!(lines.contains(&line) && !lines.contains(&short) && !lines.contains(&never), "{lines:?}");
}

async fn assert_is_gone<P: LinePort>(engine: &P, line: &LineId) {
    assert_eq!(engine.rule(line).await, Ok(None));
    assert_eq!(engine.counts(line, 9, NOW).await, Ok(None));
    assert_eq!(engine.change_rule(line, rule(1)).await, Ok(RuleChange::NoLine));
    assert!(!engine.lines().await.expect("reads").contains(line));
    assert_eq!(engine.recover_line(line).await, Ok(Recovery::Ended));
    for number in [0, 2] {
        assert_eq!(enter(engine, line, number).await, LineStatus::NoLine);
        let seen = engine.check_in(vec![who(line, number)], NOW).await.remove(0);
        assert_eq!(seen, Ok(LineStatus::NoLine));
        assert_eq!(engine.leave(&who(line, number), NOW).await, Ok(false));
        assert_eq!(engine.finish(&who(line, number), LineOutcome::Issued).await, Ok(false));
    }
    let admission = engine.admit(line, vec![PassId(Uuid::new_v4())], NOW).await;
    assert_eq!(admission, Ok(Admission { admitted: Vec::new(), next_in_ms: None }));
}
