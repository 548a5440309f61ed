//! The opening draw: the same order whenever the process ends, and the duration of a large draw.

use super::death::FOLDER;
use super::*;
use domain::PassId;
use domain::line::{
    DrawPlan, DrawSeed, DrawStep, Entries, LineCounts, QueueNumber, Randomness, UNHELD, ValueOutcome, drawn_order,
    holder_hash,
};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;
use uuid::Uuid;

const SEED: DrawSeed = DrawSeed([42; 32]);
/// When the line opens; [`enter`] and [`look`] come at 5.
const OPENING: Clock = Clock::At(Timestamp(10));
const CROWD_WHOLE: usize = 1_000_000;
const CROWD_KILLED: usize = 20_000;
/// The number of trials without `ONSALE_FAULTS`.
const TRIALS: u32 = 3;

fn drawn_rule() -> LineRule {
    rule_with(Randomness::None)
}

fn rule_with(randomness: Randomness) -> LineRule {
    let draw = Some(DrawPlan::new(SEED, Timestamp(10), randomness));
    LineRule { draw, opens_at: Some(Timestamp(10)), ..rule(1_000_000, 1) }
}

fn manual() -> Randomness {
    Randomness::Manual { source: "the lottery".to_owned() }
}

/// The order of a draw that was held, worked out from its plan.
async fn order(lines: &EmbeddedLines, count: u32) -> Vec<u32> {
    let plan = lines.rule(&id()).await.expect("reads").expect("there").draw.expect("a draw");
    drawn_order(&plan.order_key().expect("held"), count)
}

/// The entries of the users 1 to `count`, of whom the users `left` have left before the closing.
fn entries(count: usize, left: &[usize]) -> Entries {
    let hash = |n| if left.contains(&n) { UNHELD } else { holder_hash(&id(), &who(n).user) };
    Entries::new((1..=count).map(hash).collect())
}

async fn crowd_enters(lines: &EmbeddedLines, crowd: usize) {
    for first in (1..=crowd).step_by(1_000) {
        let people = (first..=crowd.min(first + 999)).map(who).collect();
        for (n, heard) in (first as u64..).zip(lines.enter(people, Clock::At(Timestamp(5))).await) {
            assert_eq!(heard, Ok(LineStatus::Drawing { entry: QueueNumber(n), is_new: true }));
        }
    }
}

/// The numbers of the people in the order of their admission.
async fn order_of_admission(lines: &EmbeddedLines, crowd: usize) -> Vec<u32> {
    let (mut order, mut now_ms) = (Vec::with_capacity(crowd), 4_000_000_000_000);
    while order.len() < crowd {
        now_ms += 1_000;
        let admission = lines.admit(&id(), vec![PassId(Uuid::nil()); 5_000], Clock::At(Timestamp(now_ms))).await;
        let admitted = admission.expect("admits").admitted;
        assert!(!admitted.is_empty(), "{} of {crowd} were admitted", order.len());
        order.extend(admitted.iter().map(|one| {
            let number = one.user.as_str().trim_start_matches("user-").parse::<u32>();
            number.expect("a number")
        }));
    }
    order
}

async fn counts(lines: &EmbeddedLines) -> LineCounts {
    lines.counts(&id(), 99, OPENING).await.expect("reads").expect("is there")
}

#[tokio::test]
async fn no_user_has_a_rank_before_the_draw_and_every_rank_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), drawn_rule()).await.expect("made");
    crowd_enters(&lines, 9).await;
    assert_eq!(lines.leave(&who(4), OPENING).await, Ok(true));
    assert_eq!(lines.draw(&id(), Clock::At(Timestamp(9))).await, Ok(DrawStep::NotDue));
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(check_in(&lines, 3).await, Ok(LineStatus::Drawing { entry: QueueNumber(3), is_new: false }));
    assert_eq!(counts(&lines).await.gone, [], "no one has a number to give up");
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: 9 }));
    assert_eq!(
        enter(&lines, 10).await,
        Ok(LineStatus::Waiting { number: QueueNumber(10), rank: 9, is_new: true, is_late: false })
    );
    let (mut before, figures_before) = (Vec::new(), counts(&lines).await);
    for n in 1..=10 {
        before.push(check_in(&lines, n).await);
    }
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: 9 }), "again");
    for (n, before) in (1..).zip(before) {
        let before = before.map(|told| match told {
            LineStatus::Waiting { number, rank, .. } => {
                LineStatus::Waiting { number, rank, is_new: false, is_late: false }
            }
            other => other,
        });
        assert_eq!(check_in(&lines, n).await, before, "user {n}");
    }
    assert_eq!(counts(&lines).await, figures_before);
    let order: Vec<u32> = self::order(&lines, 9).await.into_iter().filter(|n| *n != 4).chain([10]).collect();
    assert_eq!(order_of_admission(&lines, 9).await, order);
}

/// A process that ends between closing and list, between list and value, and between value and order.
#[tokio::test]
async fn a_draw_goes_on_after_a_restart_with_the_same_entries_and_the_same_value() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), rule_with(manual())).await.expect("made");
    crowd_enters(&lines, 5).await;
    assert_eq!(lines.leave(&who(2), Clock::At(Timestamp(5))).await, Ok(true));
    assert_eq!(lines.draw_entries(&id(), 1, 9).await, Ok(None));
    // A user who comes at the closing is late, though nobody has begun to draw.
    let late = lines.enter(vec![who(6)], OPENING).await;
    assert_eq!(late, [Ok(LineStatus::Drawing { entry: QueueNumber(6), is_new: true })]);
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(counts(&lines).await.entrants, Some(5), "settled before the process ended");
    assert_eq!(lines.give_draw_value(&id(), b"7").await, Ok(ValueOutcome::NotAwaited));
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::AwaitsValue { count: 5 }));
    let entries = entries(5, &[2]);
    assert_eq!(lines.draw_entries(&id(), 1, 9).await, Ok(Some(entries.hashes().to_vec())));
    assert_eq!(lines.leave(&who(4), OPENING).await, Ok(true));
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::AwaitsValue { count: 5 }));
    assert_eq!(lines.draw_entries(&id(), 2, 2).await, Ok(Some(entries.hashes()[1..3].to_vec())), "as published");
    assert_eq!(lines.give_draw_value(&id(), b"7").await, Ok(ValueOutcome::Kept));
    assert_eq!(lines.give_draw_value(&id(), b"8").await, Ok(ValueOutcome::OtherStands));
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.give_draw_value(&id(), b"7").await, Ok(ValueOutcome::Kept));
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: 5 }));
    let drawn = drawn_order(&[&SEED.0[..], b"7", entries.root()].concat(), 5);
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(order(&lines, 5).await, drawn);
    let present: Vec<u32> = drawn.into_iter().filter(|n| ![2, 4].contains(n)).chain([6]).collect();
    assert_eq!(order_of_admission(&lines, 4).await, present);
}

#[tokio::test]
async fn a_draw_of_an_earlier_version_is_restored_with_its_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    let draw = Some(DrawPlan::of_earlier_version(SEED));
    lines.make_line(&id(), LineRule { draw, ..drawn_rule() }).await.expect("made");
    crowd_enters(&lines, 7).await;
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: 7 }));
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.draw_entries(&id(), 1, 9).await, Ok(None));
    assert_eq!(order_of_admission(&lines, 7).await, drawn_order(&SEED.0, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_schedulers_draw_once_while_people_come_and_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = crate::open_lines(folder.path(), NO_FLUSH).expect("opens");
    lines.make_line(&id(), drawn_rule()).await.expect("made");
    crowd_enters(&lines, 3_000).await;
    let schedulers: Vec<_> = (0..4)
        .map(|_| {
            let lines = lines.clone();
            tokio::spawn(async move { lines.draw(&id(), OPENING).await })
        })
        .collect();
    for n in 3_001..=3_200 {
        enter(&lines, n).await.expect("enters");
        assert_eq!(lines.leave(&who(n - 3_000), OPENING).await, Ok(true));
    }
    let mut steps = Vec::new();
    for scheduler in schedulers {
        steps.push(scheduler.await.expect("runs").expect("draws"));
    }
    let drawn = counts(&lines).await;
    let count = drawn.drawn.expect("drawn");
    assert!(steps.iter().all(|step| *step == DrawStep::Drawn { count }), "{steps:?}");
    let late = count + 1..=3_200;
    let order: Vec<u32> = self::order(&lines, count).await.into_iter().filter(|n| *n > 200).chain(late).collect();
    assert_eq!(order_of_admission(&lines, 3_000).await, order);
}

/// Not a test: the process that the test below kills, at any point of entry, draw and admission.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the victim of another test"]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let lines = open(Path::new(&folder));
    lines.make_line(&id(), drawn_rule()).await.expect("made");
    crowd_enters(&lines, CROWD_KILLED).await;
    println!("told entered");
    let step = lines.draw(&id(), OPENING).await.expect("draws");
    println!("told {step:?}");
    std::future::pending::<()>().await;
}

/// Kills the victim this long after it began to draw, or once it has confirmed the draw. Returns whether it had.
fn kill_in_the_draw(folder: &Path, after: Option<std::time::Duration>) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "lines::draw::victim", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped());
    let mut victim = crate::spawn(&mut command);
    let mut said = BufReader::new(victim.stdout.take().expect("piped")).lines().map(|line| line.expect("reads"));
    assert!(said.by_ref().any(|line| line.contains("told entered")), "it ended before the draw");
    let tells = |line: String| line.contains("told Drawn");
    let told = match after {
        Some(after) => {
            std::thread::sleep(after);
            false
        }
        None => said.by_ref().any(tells),
    };
    victim.kill().expect("killed");
    victim.wait().expect("gone");
    told || said.any(tells)
}

#[tokio::test]
async fn a_process_killed_in_the_draw_leaves_one_and_the_same_order() {
    let trials = testkit::trials(TRIALS) as usize;
    let entries = entries(CROWD_KILLED, &[]);
    let order = drawn_order(&[&SEED.0[..], entries.root()].concat(), CROWD_KILLED as u32);
    for trial in 0..trials {
        let folder = tempfile::tempdir().expect("a folder");
        // At any point of the draw: the check holds for every moment.
        let moment = std::time::Duration::from_millis(trial as u64 * 7 % 120);
        let told = kill_in_the_draw(folder.path(), (trial % 3 != 2).then_some(moment));
        let lines = open(folder.path());
        let kept = counts(&lines).await.drawn;
        assert!(kept.is_some() || !told, "the draw was confirmed");
        assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: CROWD_KILLED as u32 }));
        assert!(order_of_admission(&lines, CROWD_KILLED).await == order, "trial {trial}");
        println!("trial {trial}: told {told}, on the disk {}; one order", kept.is_some());
    }
}

/// In a release build: `cargo test --release -p hot --test it million -- --ignored --nocapture`.
/// `ONSALE_ORDER=FILE` keeps seed and order for another program to compare.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a release build"]
async fn a_million_are_drawn_and_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = open(folder.path());
    lines.make_line(&id(), drawn_rule()).await.expect("made");
    let begun = Instant::now();
    crowd_enters(&lines, CROWD_WHOLE).await;
    println!("{CROWD_WHOLE} entered in {:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: CROWD_WHOLE as u32 }));
    println!("{CROWD_WHOLE} drawn in {:?}", begun.elapsed());
    drop(lines);
    let begun = Instant::now();
    let lines = open(folder.path());
    println!("{CROWD_WHOLE} drawn places restored in {:?}", begun.elapsed());
    let order = order_of_admission(&lines, CROWD_WHOLE).await;
    let drawn = self::order(&lines, CROWD_WHOLE as u32).await;
    assert!(order == drawn);
    if let Ok(file) = std::env::var("ONSALE_ORDER") {
        let told: String = (1..).zip(&order).map(|(place, entry)| format!("{place} {entry}\n")).collect();
        std::fs::write(file, told).expect("written");
    }
}
