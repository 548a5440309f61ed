use super::*;
use crate::Faults;
use std::collections::BTreeMap;

/// Histories of the ordinary test.
const HISTORIES: u64 = 2_000;

#[test]
fn a_seed_plays_the_same_history_again() {
    let plan = Plan::default();
    for seed in 0..20 {
        let (outcome, story) = tell(seed, &plan);
        let (again, story_again) = tell(seed, &plan);
        assert_eq!(story, story_again, "seed {seed}");
        assert_eq!(outcome.findings, again.findings, "seed {seed}");
        assert_eq!(outcome.findings, play(seed, &plan).findings, "seed {seed}: told or not");
    }
}

#[test]
fn without_faults_people_get_tickets_and_the_books_balance() {
    let plan = Plan { faults: Faults::none(), ..Plan::default() };
    let sum = demand_balance(0..200, &plan);
    assert!(sum.tickets > 200, "{sum:?}");
}

#[test]
fn the_ten_invariants_hold_whatever_goes_wrong() {
    let first = setting("SIMULATION_SEED", 0);
    let histories = setting("SIMULATION_HISTORIES", HISTORIES);
    let sum = demand_balance(first..first + histories, &Plan::default());
    // Something has happened at all.
    let least = histories as usize / 10;
    assert!(sum.tickets > least && sum.refunded > least / 10 && sum.paid_in_vain > least / 10, "{sum:?}");
}

/// Found among a hundred thousand: a database that was put back hears of a payment before it knows that it is behind (9794, 74805), and
/// a repair that calls a hold of the copy run out (78150).
#[test]
fn histories_that_once_went_wrong_stay_right() {
    for seed in [9_794, 74_805, 78_150] {
        demand_balance(seed..seed + 1, &Plan::default());
    }
}

#[test]
#[ignore = "before a release: cargo test --release -p simulation -- --ignored"]
fn the_ten_invariants_hold_in_a_hundred_thousand_histories() {
    let sum = demand_balance(0..setting("SIMULATION_HISTORIES", 100_000), &Plan::default());
    println!("{sum:?}");
}

/// What breaks, how often, and where to look: for those who change the rules.
#[test]
#[ignore = "by hand: SIMULATION_HISTORIES=100000 ... --ignored survey --nocapture"]
fn survey() {
    let first = setting("SIMULATION_SEED", 0);
    let seeds = first..first + setting("SIMULATION_HISTORIES", 10_000);
    let bug = std::env::var("SIMULATION_BUG").ok();
    let bug = bug.and_then(|name| Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name));
    let (found, sum) = play_each(seeds, &Plan { bug, ..Plan::default() });
    let mut kinds: BTreeMap<Vec<&str>, Vec<u64>> = BTreeMap::new();
    for (seed, outcome) in found {
        let mut names: Vec<&str> = outcome.findings.violations.iter().map(|one| one.kind()).collect();
        names.sort_unstable();
        names.dedup();
        kinds.entry(names).or_default().push(seed);
    }
    for (names, seeds) in kinds {
        println!("{:>6} {names:?}: {:?}", seeds.len(), &seeds[..seeds.len().min(6)]);
    }
    println!("{sum:?}");
}
