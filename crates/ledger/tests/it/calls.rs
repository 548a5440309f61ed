//! The audit log and the answers kept under an `Idempotency-Key`.

use crate::support::{Books, insert};
use call::{Actor, ActorKind, Call, Entry, Facts, Keyed};
use domain::Timestamp;
use ledger::calls::audit::{self, Filter};
use ledger::calls::kept::{self, Answer, Found, KEPT_SECONDS};
use ledger::{Ledger, LedgerError, Transaction, calls};
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

on_every_database!(
    an_effect_without_an_answer_stands_and_is_not_made_again,
    the_first_answer_counts,
    an_effect_that_is_undone_leaves_nothing,
    of_several_changes_of_a_call_the_first_has_the_key,
    two_runs_at_once_have_one_effect,
    answers_run_out_after_a_day_and_are_removed,
    entries_are_found_by_what_they_say,
    an_entry_that_comes_twice_is_kept_once,
);

const FINGERPRINT: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn keyed(key: &str) -> Keyed {
    Keyed::new("acme/key/1".into(), key.into(), FINGERPRINT.into())
}

fn answer(body: &str) -> Answer {
    Answer { status: 201, body: body.into(), location: Some("/toys/1".into()) }
}

fn call(id: &str) -> Call {
    Call::new(Actor { kind: ActorKind::Key, id: id.into() }, "trace-1", Some("203.0.113.7".into()))
}

/// A toy, made by the call under way.
async fn make(ledger: &Ledger, toy: &str) -> Result<(), LedgerError> {
    let make = async |change: Transaction| {
        insert(&change, "toys", toy).await?;
        let facts =
            Facts { action: "toy.make", target: format!("toy:{toy}"), before: None, after: Some(json!({"n": 1})) };
        calls::settle(&change, Entry::of(facts).as_ref()).await?;
        change.commit().await
    };
    ledger.change(make).await
}

async fn toys(books: &Books) -> Vec<String> {
    books.raw().await.texts("SELECT name FROM toys ORDER BY name").await
}

async fn entries(ledger: &Ledger) -> Vec<Entry> {
    audit::list(ledger, &Filter::default(), 0, 500).await.expect("read").0
}

async fn an_effect_without_an_answer_stands_and_is_not_made_again(site: Site) {
    let books = Books::open(site).await;
    let keyed = keyed("once");
    assert_eq!(kept::find(&books.ledger, &keyed).await, Ok(Found::Nothing));
    call::within(call("1").keyed(keyed.clone()), make(&books.ledger, "bear")).await.expect("made");
    // The process ends here. The next one finds the effect, and makes no second one, whatever its code forgets.
    let mut again = self::keyed("once");
    assert_eq!(kept::find(&books.ledger, &again).await, Ok(Found::Done));
    assert_eq!(
        call::within(call("1").keyed(again.clone()), make(&books.ledger, "duck")).await,
        Err(LedgerError::CallRepeated)
    );
    again.is_done = true;
    assert_eq!(
        call::within(call("1").keyed(again.clone()), make(&books.ledger, "duck")).await,
        Err(LedgerError::CallRepeated)
    );
    assert_eq!(kept::keep(&books.ledger, &again, &answer("bear")).await, Ok(Found::Answer(answer("bear"))));
    assert_eq!(kept::find(&books.ledger, &again).await, Ok(Found::Answer(answer("bear"))));
    assert_eq!((toys(&books).await, entries(&books.ledger).await.len()), (vec!["bear".to_owned()], 1));
}

async fn the_first_answer_counts(site: Site) {
    let books = Books::open(site).await;
    let (keyed, nothing) = (keyed("k"), Answer { status: 204, body: Vec::new(), location: None });
    assert_eq!(kept::keep(&books.ledger, &keyed, &nothing).await, Ok(Found::Answer(nothing.clone())));
    assert_eq!(kept::keep(&books.ledger, &keyed, &answer("late")).await, Ok(Found::Answer(nothing)));
    let other = Keyed::new(keyed.scope.clone(), keyed.key.clone(), FINGERPRINT.replace('0', "1"));
    assert_eq!(kept::find(&books.ledger, &other).await, Ok(Found::Other));
    assert_eq!(kept::keep(&books.ledger, &other, &answer("x")).await, Ok(Found::Other));
    let neighbours = Keyed::new("acme/key/2".into(), "k".into(), FINGERPRINT.into());
    assert_eq!(kept::find(&books.ledger, &neighbours).await, Ok(Found::Nothing), "another caller's key");
    let capital = Keyed::new(keyed.scope.clone(), "K".into(), FINGERPRINT.into());
    assert_eq!(kept::find(&books.ledger, &capital).await, Ok(Found::Nothing), "keys are compared byte by byte");
}

async fn an_effect_that_is_undone_leaves_nothing(site: Site) {
    let books = Books::open(site).await;
    make(&books.ledger, "bear").await.expect("background work leaves no entry");
    let keyed = keyed("k");
    let refused = call::within(call("1").keyed(keyed.clone()), make(&books.ledger, "bear")).await;
    assert!(matches!(refused, Err(LedgerError::Conflict(_))), "{refused:?}");
    assert!(!keyed.is_settled());
    assert_eq!(kept::find(&books.ledger, &keyed).await, Ok(Found::Nothing));
    assert_eq!(entries(&books.ledger).await, []);
}

async fn of_several_changes_of_a_call_the_first_has_the_key(site: Site) {
    let books = Books::open(site).await;
    let both = async {
        make(&books.ledger, "bear").await?;
        make(&books.ledger, "duck").await
    };
    call::within(call("1").keyed(keyed("k")), both).await.expect("made");
    assert_eq!((toys(&books).await.len(), entries(&books.ledger).await.len()), (2, 2));
}

/// Two servers run the same call: the database lets one of them store its effect.
async fn two_runs_at_once_have_one_effect(site: Site) {
    let books = Books::open(site).await;
    for round in 0..20 {
        let runs = (0..4).map(|run| {
            let ledger = books.ledger.clone();
            let call = call("1").keyed(keyed(&format!("k{round}")));
            tokio::spawn(async move { call::within(call, make(&ledger, &format!("toy-{round}-{run}"))).await })
        });
        let mut made = 0;
        for run in runs.collect::<Vec<_>>() {
            match run.await.expect("ran") {
                Ok(()) => made += 1,
                Err(error) => assert_eq!(error, LedgerError::CallRepeated),
            }
        }
        assert_eq!(made, 1);
    }
    assert_eq!(toys(&books).await.len(), 20);
}

async fn answers_run_out_after_a_day_and_are_removed(site: Site) {
    let books = Books::open(site).await;
    let now = Timestamp(1_800_000_000_000);
    let clock = clock::set(now);
    for number in 0..600 {
        kept::keep(&books.ledger, &keyed(&format!("k{number}")), &answer("old")).await.expect("kept");
    }
    clock.advance(std::time::Duration::from_secs(KEPT_SECONDS.unsigned_abs() - 1));
    kept::keep(&books.ledger, &keyed("young"), &answer("young")).await.expect("kept");
    assert_eq!(kept::find(&books.ledger, &keyed("k0")).await, Ok(Found::Answer(answer("old"))));
    clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(kept::find(&books.ledger, &keyed("k0")).await, Ok(Found::Nothing));
    call::within(call("1").keyed(keyed("k0")), make(&books.ledger, "bear")).await.expect("the key is free again");
    assert_eq!(kept::purge(&books.ledger, clock::now()).await, Ok(599));
    assert_eq!(kept::find(&books.ledger, &keyed("k0")).await, Ok(Found::Done));
    assert_eq!(kept::find(&books.ledger, &keyed("young")).await, Ok(Found::Answer(answer("young"))));
}

async fn entries_are_found_by_what_they_say(site: Site) {
    let books = Books::open(site).await;
    let clock = clock::set(Timestamp(1_800_000_000_000));
    for (actor, toy) in [("1", "bear"), ("2", "duck"), ("1", "곰")] {
        call::within(call(actor), make(&books.ledger, toy)).await.expect("made");
        clock.advance(std::time::Duration::from_secs(60));
    }
    let found = async |filter: Filter| {
        let (entries, total) = audit::list(&books.ledger, &filter, 0, 2).await.expect("read");
        (entries.into_iter().map(|entry| entry.target).collect::<Vec<_>>(), total)
    };
    let named = |names: &[&str], total| (names.iter().map(|name| format!("toy:{name}")).collect::<Vec<_>>(), total);
    let all = Filter::default();
    assert_eq!(found(all.clone()).await, named(&["곰", "duck"], 3));
    assert_eq!(found(Filter { actor: Some("1".into()), ..all.clone() }).await, named(&["곰", "bear"], 2));
    assert_eq!(found(Filter { target: Some("toy:duck".into()), ..all.clone() }).await, named(&["duck"], 1));
    assert_eq!(found(Filter { action: Some("toy.break".into()), ..all.clone() }).await, named(&[], 0));
    let (from, to) = (Some(Timestamp(1_800_000_060_000)), Some(Timestamp(1_800_000_120_000)));
    assert_eq!(found(Filter { from, to, ..all }).await, named(&["duck"], 1));
    let whole = entries(&books.ledger).await;
    let Entry { actor_kind, actor_id, before, after, trace_id, network, .. } = &whole[0];
    assert_eq!((actor_kind.as_str(), actor_id.as_str(), trace_id.as_str()), ("key", "1", "trace-1"));
    assert_eq!((before, after, network.as_deref()), (&None, &Some(json!({"n": 1})), Some("203.0.113.7")));
}

async fn an_entry_that_comes_twice_is_kept_once(site: Site) {
    let books = Books::open(site).await;
    let facts = |n: u32| Facts { action: "line.pause", target: format!("queue:{n}"), before: None, after: None };
    let made: Vec<Entry> =
        call::within(call("1"), async { (0..3).filter_map(|n| Entry::of(facts(n))).collect() }).await;
    audit::take_over(&books.ledger, &made[..2]).await.expect("stored");
    let movers = (0..4).map(|_| {
        let (ledger, made) = (books.ledger.clone(), made.clone());
        tokio::spawn(async move { audit::take_over(&ledger, &made).await })
    });
    for mover in movers.collect::<Vec<_>>() {
        mover.await.expect("ran").expect("stored");
    }
    let mut kept = entries(&books.ledger).await;
    kept.sort_by_key(|entry| entry.id);
    assert_eq!(kept, made);
}
