//! Dead letters: exactly those that are named, within bounds, and nobody's data.

use crate::support::{Buried, open, operator};
use ledger::Ledger;
use ledger::calls::audit::{Filter, list};
use ledger_testkit::{Site, on_every_database};
use operators::DeadLetterDesk;
use operators::dead_letters::{Act, LetterIds, LetterQuery};
use serde_json::{Value, json};
use std::sync::Arc;

on_every_database!(exactly_the_named_are_acted_on_and_each_is_in_the_audit_log);

fn ids(value: Value) -> LetterIds {
    serde_json::from_value(json!({ "ids": value })).expect("ids")
}

fn query(value: Value) -> LetterQuery {
    serde_json::from_value(value).expect("a query")
}

async fn outcomes(desk: &DeadLetterDesk, act: Act, named: Value) -> Value {
    let done = call::within(operator(), async { desk.act(act, &ids(named)).await }).await.expect("done");
    json!(done.results.iter().map(|one| one.outcome).collect::<Vec<_>>())
}

async fn entries(ledger: &Ledger) -> Vec<(String, String)> {
    let (entries, _) = list(ledger, &Filter::default(), 0, 100).await.expect("read");
    entries.into_iter().map(|entry| (entry.action, entry.target)).collect()
}

async fn exactly_the_named_are_acted_on_and_each_is_in_the_audit_log(site: Site) {
    let (ledger, buried) = (open(&site).await, Buried::of(5));
    let desk = DeadLetterDesk::new(Arc::new(buried.clone()), ledger.clone());
    assert_eq!(
        outcomes(&desk, Act::Replay, json!(["2", 4, "2", "77", "x"])).await,
        json!(["REPLAYED", "REPLAYED", "GONE", "GONE", "GONE"])
    );
    let requested: Vec<i64> = buried.known().values().filter(|one| one.replay_requested).map(|one| one.id).collect();
    assert_eq!(requested, [2, 4]);
    assert_eq!(outcomes(&desk, Act::Drop, json!([1])).await, json!(["DROPPED"]));
    assert_eq!(outcomes(&desk, Act::Drop, json!(["1"])).await, json!(["GONE"]), "a second time");
    assert_eq!(buried.known().keys().copied().collect::<Vec<_>>(), [2, 3, 4, 5]);
    let mut done = entries(&ledger).await;
    done.sort();
    let of = |action: &str, id: i64| (action.to_owned(), format!("dead-letter:{id}"));
    assert_eq!(done, [of("dead-letter.drop", 1), of("dead-letter.replay", 2), of("dead-letter.replay", 4)]);
}

#[tokio::test]
async fn without_an_entry_in_the_audit_log_nothing_is_done() {
    let site = Site::sqlite();
    let (ledger, buried) = (open(&site).await, Buried::of(2));
    let desk = DeadLetterDesk::new(Arc::new(buried.clone()), ledger.clone());
    let done = desk.act(Act::Drop, &ids(json!([1]))).await.expect("results");
    let first = &done.results[0];
    assert_eq!((first.outcome, first.error.as_deref()), ("FAILED", Some("nobody acts: nothing was done")));
    ledger_testkit::Raw::open(&site, &crate::support::SCHEMA).await.run("DROP TABLE audit_log").await.expect("gone");
    assert_eq!(outcomes(&desk, Act::Drop, json!([1, 2])).await, json!(["FAILED", "FAILED"]));
    assert_eq!(buried.known().len(), 2);
}

#[tokio::test]
async fn one_to_five_hundred_are_named_and_never_all() {
    let site = Site::sqlite();
    let desk = DeadLetterDesk::new(Arc::new(Buried::of(1)), open(&site).await);
    for count in [0_usize, 501] {
        let named = ids(json!((0..count).collect::<Vec<_>>()));
        let refused = call::within(operator(), async { desk.act(Act::Drop, &named).await }).await;
        assert_eq!(refused.err().map(|error| error.code.as_str()), Some("INVALID_INPUT"), "{count}");
    }
    for wrong in
        [json!({"ids": "all"}), json!({"all": true}), json!({"ids": ["1"], "all": true}), json!({"ids": [1.5]})]
    {
        assert!(serde_json::from_value::<LetterIds>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_list_is_filtered_and_paged_newest_first_and_says_when_there_are_more() {
    let site = Site::sqlite();
    let buried = Buried::of(30);
    let desk = DeadLetterDesk::new(Arc::new(buried.clone()), open(&site).await);
    let page = desk.list(&query(json!({})), 1, 20).await.expect("listed");
    let shown: Vec<&str> = page.list.iter().map(|one| one.id.as_str()).collect();
    assert_eq!((shown.first(), shown.last(), page.total_elements), (Some(&"10"), Some(&"1"), 30));
    let page = desk.list(&query(json!({"reason": "MALFORMED", "topic": "dlq.payment"})), 0, 100).await.expect("listed");
    assert_eq!((page.total_elements, page.is_more), (15, false));
    assert_eq!(desk.list(&query(json!({"topic": "dlq.coupon"})), 0, 20).await.expect("listed").total_elements, 0);
    assert!(desk.list(&query(json!({"reason": "malformed"})), 0, 20).await.is_err());
    buried.known().extend((31..=10_001).map(|id| (id, crate::support::letter(id))));
    let page = desk.list(&query(json!({})), 0, 1).await.expect("listed");
    assert_eq!((page.total_elements, page.is_more), (10_000, true));
    let count = desk.count().await.expect("counted");
    assert_eq!((count.count, count.is_more), (10_000, true));
}

#[tokio::test]
async fn nobody_is_named_in_what_is_shown() {
    let site = Site::sqlite();
    let buried = Buried::of(2);
    if let Some(second) = buried.known().get_mut(&2) {
        second.value = b"no JSON of 010-1234-5678, kim@example.com".to_vec();
        second.headers.push(("to".into(), "kim@example.com".into()));
        second.key = "kim@example.com".into();
    }
    let desk = DeadLetterDesk::new(Arc::new(buried), open(&site).await);
    for id in ["1", "2"] {
        let shown = serde_json::to_string(&desk.show(id).await.expect("there")).expect("JSON");
        assert!(!shown.contains("kim@") && !shown.contains("5678") && shown.contains("***"), "{shown}");
    }
    let listed = serde_json::to_string(&desk.list(&query(json!({})), 0, 20).await.expect("listed")).expect("JSON");
    assert!(!listed.contains("kim@"), "{listed}");
    for none in ["3", "x", "", "-1", "99999999999999999999"] {
        assert_eq!(desk.show(none).await.err().map(|error| error.code.as_str()), Some("NOT_FOUND"), "{none}");
    }
}
