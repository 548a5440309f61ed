//! The opening draw: the same order whenever the process ends, and the duration of a large draw.

use super::death::FOLDER;
use super::*;
use domain::PassId;
use domain::line::{DrawSeed, DrawStep, LineCounts, QueueNumber, drawn_order};
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
const TRIALS: usize = 3;

fn drawn_rule() -> LineRule {
    LineRule { draw: Some(SEED), opens_at: Some(Timestamp(10)), ..rule(1_000_000, 1) }
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
    assert_eq!(enter(&lines, 10).await, Ok(LineStatus::Waiting { number: QueueNumber(10), rank: 9, is_new: true }));
    let (mut before, figures_before) = (Vec::new(), counts(&lines).await);
    for n in 1..=10 {
        before.push(check_in(&lines, n).await);
    }
    drop(lines);
    let lines = open(folder.path());
    assert_eq!(lines.draw(&id(), OPENING).await, Ok(DrawStep::Drawn { count: 9 }), "again");
    for (n, before) in (1..).zip(before) {
        let before = before.map(|told| match told {
            LineStatus::Waiting { number, rank, .. } => LineStatus::Waiting { number, rank, is_new: false },
            other => other,
        });
        assert_eq!(check_in(&lines, n).await, before, "user {n}");
    }
    assert_eq!(counts(&lines).await, figures_before);
    let order: Vec<u32> = drawn_order(&SEED, 9).into_iter().filter(|n| *n != 4).chain([10]).collect();
    assert_eq!(order_of_admission(&lines, 9).await, order);
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
    let order: Vec<u32> = drawn_order(&SEED, count).into_iter().filter(|n| *n > 200).chain(late).collect();
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
    let trials = std::env::var("ONSALE_FAULTS").map_or(TRIALS, |text| text.parse().expect("a number"));
    let order = drawn_order(&SEED, CROWD_KILLED as u32);
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
    assert!(order == drawn_order(&SEED, CROWD_WHOLE as u32));
    if let Ok(file) = std::env::var("ONSALE_ORDER") {
        let told: String = (1..).zip(&order).map(|(place, entry)| format!("{place} {entry}\n")).collect();
        std::fs::write(file, told).expect("written");
    }
}
