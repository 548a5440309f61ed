//! Audit entries, which come with the change that they name or not at all, and kept answers.

use crate::line::{LinePort, RuleChange};
use crate::port::calls::{CallPort, PendingEntry};
use call::{Call, Entry, Facts};
use domain::line::{LineId, LineRule, ValueOutcome};
use domain::{EventName, Timestamp};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// More than there are entries in the tests of one server.
const MOST: usize = 100_000;

async fn entry(line: &LineId, action: &'static str) -> Option<Entry> {
    let facts = Facts { action, target: line.to_string(), before: None, after: Some(json!({"이름": "\"'\0"})) };
    call::within(Call::of_command("test"), async { Entry::of(facts) }).await
}

async fn pending_of<P: CallPort>(engine: &P, line: &LineId) -> Vec<PendingEntry> {
    let target = line.to_string();
    let all = engine.pending(MOST).await.expect("read");
    all.into_iter().filter(|one| one.entry.as_ref().is_some_and(|entry| entry.target == target)).collect()
}

/// Checks the promises of [`CallPort`] on one engine.
///
/// # Panics
/// When an entry is lost, or stands for a change that was not made; when an answer is lost or replaced.
pub async fn run_calls<P: LinePort + CallPort>(engine: &P) {
    let line = LineId::Queue(EventName::new(&format!("audited-{}", Uuid::new_v4().simple())).expect("valid"));
    engine.make_line(&line, LineRule::new(1)).await.expect("made");
    assert_eq!(pending_of(engine, &line).await, [], "background work leaves nothing");

    let rule = engine.rule(&line).await.expect("read").expect("there");
    let (first, stale) = (entry(&line, "line.pause").await, entry(&line, "line.stale").await);
    let paused = LineRule { paused: true, ..rule.clone() };
    let change = call::noting(first.clone(), engine.change_rule(&line, paused.clone())).await;
    assert!(matches!(change, Ok(RuleChange::Made(_))), "{change:?}");
    let change = call::noting(stale.clone(), engine.change_rule(&line, paused)).await;
    assert!(matches!(change, Ok(RuleChange::Conflict(_))), "{change:?}");
    let value = call::noting(stale, engine.give_draw_value(&line, b"1")).await;
    assert_eq!(value, Ok(ValueOutcome::NotAwaited));
    let second = entry(&line, "line.resume").await;
    let rule = engine.rule(&line).await.expect("read").expect("there");
    call::noting(second.clone(), engine.change_rule(&line, LineRule { paused: false, ..rule })).await.expect("changed");

    let pending = pending_of(engine, &line).await;
    assert_eq!(pending.iter().map(|one| one.entry.clone()).collect::<Vec<_>>(), [first, second.clone()]);
    engine.moved(&pending[..1]).await.expect("moved");
    engine.moved(&pending[..1]).await.expect("again");
    assert_eq!(pending_of(engine, &line).await.len(), 1);
    assert_eq!(pending_of(engine, &line).await[0].entry, second);
    engine.moved(&pending).await.expect("moved");
    assert_eq!(pending_of(engine, &line).await, []);
    answers(engine).await;
}

async fn answers<P: CallPort>(engine: &P) {
    let (name, day_ms, now) = (Uuid::new_v4().simple().to_string(), 86_400_000, clock::now());
    assert_eq!(engine.answer(&name, now).await, Ok(None));
    assert_eq!(engine.keep_answer(&name, b"one\0".to_vec(), day_ms, now).await, Ok(b"one\0".to_vec()));
    assert_eq!(
        engine.keep_answer(&name, b"two".to_vec(), day_ms, now).await,
        Ok(b"one\0".to_vec()),
        "the first stands"
    );
    assert_eq!(engine.answer(&name, now).await, Ok(Some(b"one\0".to_vec())));

    let short = format!("{name}-short");
    engine.keep_answer(&short, b"x".to_vec(), 1, now).await.expect("kept");
    let later = Timestamp(now.millis() + 1);
    for _ in 0..6_000 {
        if engine.answer(&short, later).await == Ok(None) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("an answer does not run out");
}
