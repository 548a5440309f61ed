//! `kill -9` of a process in the middle of entry and admission.

use super::*;
use domain::PassId;
use domain::line::LineOutcome;
use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use uuid::Uuid;

pub const FOLDER: &str = "ONSALE_LINES_VICTIM";
/// The number of trials without `ONSALE_FAULTS`.
const TRIALS: u32 = 3;
const CROWDS: usize = 4;
const CROWD: usize = 100_000;

/// Prints a reply that the victim got, as one whole line.
fn say(lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("told {line}\n")).collect();
    std::io::stdout().write_all(text.as_bytes()).expect("said");
}

async fn crowd_enters(lines: EmbeddedLines, crowd: usize) {
    for first in (0..CROWD).step_by(5) {
        let users: Vec<usize> = (first..first + 5).map(|n| crowd * CROWD + n).collect();
        let heard = lines.enter(users.iter().map(|n| who(*n)).collect(), Clock::Engine).await;
        let told = users.iter().zip(heard).map(|(n, heard)| {
            let Ok(LineStatus::Waiting { number, is_new: true, .. }) = heard else { panic!("{heard:?}") };
            format!("entered {n} {number}")
        });
        say(&told.collect::<Vec<_>>());
    }
}

fn number(user: &UserId) -> usize {
    user.as_str().trim_start_matches("user-").parse().expect("a number")
}

/// Admits all people; every third admitted person finishes, and every seventh leaves.
async fn admits(lines: EmbeddedLines) {
    let mut served = 0;
    while served < CROWDS * CROWD {
        let passes = (0..20).map(|_| PassId(Uuid::new_v4())).collect();
        let admission = lines.admit(&id(), passes, Clock::Engine).await.expect("admits");
        let told = admission.admitted.iter().map(|one| {
            let pass = one.pass.expect("a pass");
            format!("admitted {} {} {}", number(&one.user), one.number, pass.id)
        });
        say(&told.collect::<Vec<_>>());
        served += admission.admitted.len();
        for one in &admission.admitted {
            let who = LineUser { line: id(), user: one.user.clone() };
            if one.number.get() % 3 == 0 {
                assert_eq!(lines.finish(&who, LineOutcome::Issued).await, Ok(true));
                say(&[format!("finished {}", number(&one.user))]);
            } else if one.number.get() % 7 == 0 {
                // If the process dies between the two, the person may have left or not.
                say(&[format!("leaves {}", number(&one.user))]);
                assert_eq!(lines.leave(&who, Clock::Engine).await, Ok(true));
                say(&[format!("left {}", number(&one.user))]);
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(admission.next_in_ms.unwrap_or(0).min(5))).await;
    }
}

/// Not a test: the process that the test below kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the victim of another test"]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let lines = open(Path::new(&folder));
    lines.make_line(&id(), LineRule { interval_ms: 10, ..rule(100_000, 1) }).await.expect("made");
    let crowds: Vec<_> = (0..CROWDS).map(|crowd| tokio::spawn(crowd_enters(lines.clone(), crowd))).collect();
    tokio::spawn(admits(lines)).await.expect("runs");
    drop(crowds);
}

/// All replies that the victim got.
#[derive(Default)]
struct Told {
    entered: BTreeMap<usize, u64>,
    admitted: Vec<(usize, u64, PassId)>,
    finished: Vec<usize>,
    leaves: HashMap<usize, bool>,
}

impl Told {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        let user = number(2) as usize;
        match words[1] {
            "entered" => assert_eq!(self.entered.insert(user, number(3)), None),
            "admitted" => self.admitted.push((user, number(3), words[4].parse().expect("a pass"))),
            "finished" => self.finished.push(user),
            "leaves" => drop(self.leaves.insert(user, false)),
            "left" => drop(self.leaves.insert(user, true)),
            other => panic!("{other}"),
        }
    }
}

/// Runs the victim, kills it after this many replies, and returns all of its replies.
fn told_before_death(folder: &Path, entered: usize, admitted: usize) -> Told {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "lines::death::victim", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped());
    let mut victim = crate::spawn(&mut command);
    let mut said = BufReader::new(victim.stdout.take().expect("piped"));
    let (mut told, mut line, mut killed) = (Told::default(), String::new(), false);
    while said.read_line(&mut line).expect("reads") > 0 {
        // Output of the test program itself, and a last line that was cut off, are skipped.
        if let Some(whole) = line.find("told ").and_then(|at| line[at..].strip_suffix('\n')) {
            told.hear(whole);
        }
        line.clear();
        if !killed && told.entered.len() >= entered && told.admitted.len() >= admitted {
            victim.kill().expect("killed");
            killed = true;
        }
    }
    let end = victim.wait().expect("gone");
    assert!(killed && !end.success(), "the victim ended by itself: {end:?}");
    told
}

/// Checks that every confirmed queue number exists, that none exists twice, and that the order is that of entry.
async fn check(folder: &Path, told: &Told) {
    let lines = open(folder);
    let everybody: Vec<LineUser> = (0..CROWDS * CROWD).map(who).collect();
    let heard: Vec<LineStatus> =
        lines.check_in(everybody, Clock::Engine).await.into_iter().map(|heard| heard.expect("looks")).collect();
    let mut holders: BTreeMap<u64, usize> = BTreeMap::new();
    for (n, standing) in heard.iter().enumerate() {
        if let Some(number) = queue_number(*standing) {
            assert_eq!(holders.insert(number, n), None, "two hold number {number}");
        }
    }
    for (n, at) in &told.entered {
        let has_left = told.leaves.get(n);
        assert!(queue_number(heard[*n]) == Some(*at) || has_left.is_some(), "{n} had {at}, now {:?}", heard[*n]);
        assert!(has_left != Some(&true) || heard[*n] == LineStatus::Absent, "{n} left, now {:?}", heard[*n]);
    }
    for (n, at, id) in told.admitted.iter().filter(|(n, ..)| !told.leaves.contains_key(n)) {
        let keeps = match heard[*n] {
            LineStatus::Inside { number, pass } => number.get() == *at && pass.id == *id,
            LineStatus::Finished { number, .. } => number.get() == *at,
            _ => false,
        };
        assert!(keeps, "{n} was admitted at {at}, now {:?}", heard[*n]);
    }
    for n in &told.finished {
        assert!(matches!(heard[*n], LineStatus::Finished { .. }), "{n} was finished, now {:?}", heard[*n]);
    }
    assert!(told.admitted.is_sorted_by_key(|(_, number, _)| *number), "admitted out of order before the death");
    let last_served = told.admitted.last().map_or(0, |(_, number, _)| *number);
    check_who_follows(&lines, last_served, &heard, holders).await;
}

/// Checks that all waiting people are admitted in order and once, and that the next queue number is a new one.
async fn check_who_follows(
    lines: &EmbeddedLines,
    last_served: u64,
    heard: &[LineStatus],
    holders: BTreeMap<u64, usize>,
) {
    let last = holders.keys().next_back().copied().unwrap_or(0);
    let waiting = holders.into_iter().filter(|(_, n)| matches!(heard[*n], LineStatus::Waiting { .. }));
    let waiting: Vec<(u64, usize)> = waiting.collect();
    assert!(
        waiting.first().is_none_or(|(first, _)| *first > last_served),
        "a person with a confirmed admission waits again"
    );
    let newcomer = LineUser { line: id(), user: UserId::new("newcomer").expect("valid") };
    let new = lines.enter(vec![newcomer], Clock::Engine).await.pop().expect("one answer").expect("enters");
    assert!(queue_number(new).is_some_and(|number| number > last), "{new:?} after {last}");
    // Later than any clock so far, at the highest rate.
    let now = 4_000_000_000_000;
    let rule = LineRule { admits: Admits::Pass { ttl_ms: 9_000_000 }, ..rule(1_000_000, 1) };
    assert!(matches!(lines.change_rule(&id(), rule).await, Ok(RuleChange::Made(_))));
    let passes = vec![PassId(Uuid::nil()); waiting.len()];
    let admission = lines.admit(&id(), passes, Clock::At(Timestamp(now))).await.expect("admits");
    let followed: Vec<(u64, usize)> =
        admission.admitted.iter().map(|one| (one.number.get(), number(&one.user))).collect();
    assert_eq!(followed, waiting);
}

#[tokio::test]
async fn a_process_killed_during_entry_and_admission_loses_no_confirmed_number() {
    let trials = testkit::trials(TRIALS) as usize;
    for trial in 0..trials {
        let folder = tempfile::tempdir().expect("a folder");
        // At another point each time, early and late.
        let (entered, admitted) = (50 + trial * 977 % 9_000, 1 + trial * 613 % 3_000);
        let told = told_before_death(folder.path(), entered, admitted);
        check(folder.path(), &told).await;
        let Told { entered, admitted, finished, leaves } = told;
        let counts = (entered.len(), admitted.len(), finished.len(), leaves.len());
        println!("trial {trial}: entered, admitted, finished, left {counts:?}: none lost, none doubled, in order");
    }
}
