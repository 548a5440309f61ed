//! Group commit: many callers, few transactions, each its own outcome.

use crate::support::{Books, insert};
use async_trait::async_trait;
use ledger::group::{Asked, GroupCommit, Steps};
use ledger::{LedgerError, Transaction};
use ledger_testkit::{Site, on_every_database};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

on_every_database!(
    steps_of_many_callers_are_stored_and_each_hears_its_own_outcome,
    a_refused_step_takes_nobody_with_it,
    a_panic_breaks_off_its_own_batch,
    a_step_whose_caller_has_gone_is_not_done,
    a_full_lane_refuses_at_once,
);

/// Adds toys. A toy of this name breaks the machine.
const BROKEN: &str = "broken";

struct AddToys {
    /// Each batch takes a permit.
    may_decide: Arc<Semaphore>,
    batches: Arc<AtomicUsize>,
}

#[async_trait]
impl Steps for AddToys {
    type Step = String;
    type Outcome = String;

    const NAME: &'static str = "toys";

    fn key(_: &String) -> u64 {
        0
    }

    async fn decide(&self, change: &Transaction, steps: &[Asked<String>]) -> Result<Vec<String>, LedgerError> {
        self.may_decide.acquire().await.expect("open").forget();
        self.batches.fetch_add(1, Ordering::SeqCst);
        for asked in steps {
            assert_ne!(asked.step, BROKEN);
            insert(change, "toys", &asked.step).await?;
        }
        Ok(steps.iter().map(|asked| format!("made {}", asked.step)).collect())
    }
}

struct Scene {
    books: Books,
    may_decide: Arc<Semaphore>,
    batches: Arc<AtomicUsize>,
    machine: GroupCommit<AddToys>,
}

impl Scene {
    /// With permits for so many batches.
    async fn open(site: Site, permits: usize) -> Self {
        let books = Books::open(site).await;
        let (may_decide, batches) = (Arc::new(Semaphore::new(permits)), Arc::new(AtomicUsize::new(0)));
        let steps = AddToys { may_decide: may_decide.clone(), batches: batches.clone() };
        let machine = GroupCommit::start(&books.ledger, steps);
        Self { books, may_decide, batches, machine }
    }

    fn calls(&self, names: impl IntoIterator<Item = String>) -> JoinSet<(String, Result<String, LedgerError>)> {
        let mut calls = JoinSet::new();
        for name in names {
            let machine = self.machine.clone();
            calls.spawn(async move { (name.clone(), machine.run(name).await) });
        }
        calls
    }

    async fn toys(&self) -> BTreeSet<String> {
        self.books.raw().await.texts("SELECT name FROM toys").await.into_iter().collect()
    }
}

/// Lets every task that is ready go on.
async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

async fn steps_of_many_callers_are_stored_and_each_hears_its_own_outcome(site: Site) {
    let scene = Scene::open(site, 1_000).await;
    let names: BTreeSet<String> = (0..500).map(|number| format!("toy{number}")).collect();
    for (name, outcome) in scene.calls(names.clone()).join_all().await {
        assert_eq!(outcome, Ok(format!("made {name}")));
    }
    assert_eq!(scene.toys().await, names);
    let batches = scene.batches.load(Ordering::SeqCst);
    assert!(batches < 50, "{batches} transactions for 500 steps");
}

async fn a_refused_step_takes_nobody_with_it(site: Site) {
    let scene = Scene::open(site, 1_000).await;
    assert!(scene.machine.run("toy7".to_owned()).await.is_ok());
    let names: Vec<String> = (0..40).map(|number| format!("toy{number}")).collect();
    for (name, outcome) in scene.calls(names.clone()).join_all().await {
        match name.as_str() {
            "toy7" => assert!(matches!(outcome, Err(LedgerError::Conflict(_))), "{outcome:?}"),
            _ => assert_eq!(outcome, Ok(format!("made {name}"))),
        }
    }
    assert_eq!(scene.toys().await, names.into_iter().collect());
}

async fn a_panic_breaks_off_its_own_batch(site: Site) {
    let scene = Scene::open(site, 1_000).await;
    let broken = scene.machine.run(BROKEN.to_owned()).await;
    assert!(matches!(broken, Err(LedgerError::Unavailable(_))), "{broken:?}");
    assert!(scene.machine.run("after".to_owned()).await.is_ok());
    assert_eq!(scene.toys().await, BTreeSet::from(["after".to_owned()]));
}

async fn a_step_whose_caller_has_gone_is_not_done(site: Site) {
    let scene = Scene::open(site, 0).await;
    let mut first = scene.calls(["first".to_owned()]);
    settle().await;
    // It waits for the batch of the first.
    let mut gone = scene.calls(["gone".to_owned()]);
    let mut last = scene.calls(["last".to_owned()]);
    settle().await;
    gone.abort_all();
    while gone.join_next().await.is_some() {}
    scene.may_decide.add_permits(10);
    for calls in [&mut first, &mut last] {
        let (_, outcome) = calls.join_next().await.expect("one").expect("ended");
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    assert_eq!(scene.toys().await, BTreeSet::from(["first".to_owned(), "last".to_owned()]));
}

async fn a_full_lane_refuses_at_once(site: Site) {
    let scene = Scene::open(site, 0).await;
    let mut calls = scene.calls((0..5_000).map(|number| format!("toy{number}")));
    let (_, refused) = calls.join_next().await.expect("one").expect("ended");
    assert!(matches!(refused, Err(LedgerError::Unavailable(_))), "{refused:?}");
    scene.may_decide.add_permits(1_000);
    let outcomes = calls.join_all().await;
    let done = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    assert_eq!(scene.toys().await.len(), done);
    assert!(done >= 4_096, "{done}");
}
