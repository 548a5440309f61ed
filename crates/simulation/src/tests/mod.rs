mod histories;
mod planted;

use crate::{Bug, Outcome, Plan, play, tell};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A seed with what it has led to.
type Found = (u64, Outcome);

/// Plays these seeds on all cores, until `is_enough` of one. Returns the outcomes that are, with the least seed first, and what
/// all of them were in sum.
fn play_until(seeds: Range<u64>, plan: &Plan, is_enough: fn(&Outcome) -> bool) -> (Vec<Found>, Outcome) {
    play_all(seeds, plan, is_enough, true)
}

/// Plays all of these seeds on all cores. Returns the outcomes with differences.
fn play_each(seeds: Range<u64>, plan: &Plan) -> (Vec<Found>, Outcome) {
    play_all(seeds, plan, differs, false)
}

fn play_all(
    seeds: Range<u64>,
    plan: &Plan,
    is_meant: fn(&Outcome) -> bool,
    is_one_enough: bool,
) -> (Vec<Found>, Outcome) {
    let (next, is_over) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let work = || {
        let (mut found, mut sum) = (Vec::new(), Outcome::default());
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let outcome = play(seed, plan);
            sum.tickets += outcome.tickets;
            sum.payments += outcome.payments;
            sum.refunded += outcome.refunded;
            sum.paid_in_vain += outcome.paid_in_vain;
            if is_meant(&outcome) {
                is_over.store(is_one_enough, Ordering::Relaxed);
                found.push((seed, outcome));
            }
        }
        (found, sum)
    };
    let (mut found, mut sum) = (Vec::new(), Outcome::default());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let (more, one) = thread.join().expect("a history that ends");
            found.extend(more);
            sum.tickets += one.tickets;
            sum.payments += one.payments;
            sum.refunded += one.refunded;
            sum.paid_in_vain += one.paid_in_vain;
        }
    });
    found.sort_by_key(|(seed, _)| *seed);
    (found, sum)
}

fn differs(outcome: &Outcome) -> bool {
    !outcome.findings.is_balanced()
}

/// Fails with the story of the first history that ends in differences.
fn demand_balance(seeds: Range<u64>, plan: &Plan) -> Outcome {
    let (found, sum) = play_until(seeds, plan, differs);
    if let Some((seed, outcome)) = found.first() {
        let (_, story) = tell(*seed, plan);
        let violations: Vec<String> = outcome.findings.violations.iter().map(ToString::to_string).collect();
        panic!("seed {seed}:\n{}\n\n{}", story.join("\n"), violations.join("\n"));
    }
    sum
}

/// A number from the environment, for those who look further than a test does.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The first history in which a planted mistake shows.
fn first_with(bug: Bug, histories: u64) -> Option<Found> {
    play_until(0..histories, &Plan::default().with(bug), differs).0.into_iter().next()
}
