//! `kill -9` of a process in the middle of holds, swaps and releases.

use super::*;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const FOLDER: &str = "ONSALE_SEATS_VICTIM";
/// The number of trials without `ONSALE_FAULTS`.
const TRIALS: u32 = 3;
const CROWDS: u128 = 4;
/// Few enough that many requests are refused.
const SEATS: u128 = 20_000;

/// Prints a reply that the victim got, or what it is about to ask, as one whole line.
fn say(word: &str, n: u128, seats: &[u128]) {
    let seats: Vec<String> = seats.iter().map(u128::to_string).collect();
    let text = format!("told {word} {n} {}\n", seats.join(","));
    std::io::stdout().write_all(text.as_bytes()).expect("said");
}

/// Reservation `n` asks for three seats, and gives one back or all, or has them kept or sold.
async fn one_person(seats: &EmbeddedSeats, n: u128) {
    let wanted = [n * 7 % SEATS, n * 13 % SEATS, n * 29 % SEATS];
    say("asks", n, &wanted);
    match hold(seats, ask(n, &wanted)).await.expect("decided") {
        HoldOutcome::Held { .. } => say("held", n, &wanted),
        _ => return say("refused", n, &wanted),
    }
    let part = &wanted[..1 + (n % 3) as usize];
    match n % 5 {
        0 => {
            say("gives", n, part);
            release(seats, Release { of: holding(n, part), window: Window::OPEN }).await.expect("released");
            say("gave", n, part);
        }
        1 => {
            say("gives", n, part);
            seats.sold(&holding(n, part), AT).await.expect("sold");
            say("gave", n, part);
        }
        2 => {
            assert_eq!(seats.keep(&holding(n, part), AT).await, Ok(Vec::new()));
            say("kept", n, part);
        }
        _ => {}
    }
}

async fn crowd(seats: EmbeddedSeats, crowd: u128) {
    for n in 0.. {
        one_person(&seats, n * CROWDS + crowd + 1).await;
        // Seats come back all the time, so that there is always something to hold.
        if n % 8 == 7 {
            let old = (n - 7) * CROWDS + crowd + 1;
            let wanted = [old * 7 % SEATS, old * 13 % SEATS, old * 29 % SEATS];
            say("gives", old, &wanted);
            release(&seats, Release { of: holding(old, &wanted), window: Window::OPEN }).await.expect("released");
            say("gave", old, &wanted);
        }
    }
}

/// Not a test: the process that the test below kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the victim of another test"]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let seats = open(Path::new(&folder));
    let crowds: Vec<_> = (0..CROWDS).map(|n| tokio::spawn(crowd(seats.clone(), n))).collect();
    for crowd in crowds {
        crowd.await.expect("runs");
    }
}

/// What is known of a seat of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Asked for; the reply is not known.
    Asked,
    Held,
    Kept,
    /// Asked to be given back; the reply is not known.
    Gives,
    Gave,
    Refused,
}

/// All that the victim said, by reservation and seat.
#[derive(Default)]
struct Told {
    known: BTreeMap<(u128, u128), Known>,
    held: usize,
}

impl Told {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let n = words[2].parse().expect("a number");
        let known = match words[1] {
            "asks" => Known::Asked,
            "held" => Known::Held,
            "kept" => Known::Kept,
            "gives" => Known::Gives,
            "gave" => Known::Gave,
            "refused" => Known::Refused,
            other => panic!("{other}"),
        };
        self.held += usize::from(known == Known::Held);
        for seat in words[3].split(',') {
            let known_of = self.known.entry((n, seat.parse().expect("a seat"))).or_insert(known);
            // A reservation that was refused has nothing to give.
            if *known_of != Known::Refused {
                *known_of = known;
            }
        }
    }
}

/// Runs the victim, kills it after this many holds, and returns all that it said.
fn told_before_death(folder: &Path, holds: usize) -> Told {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "seats::death::victim", "--ignored", "--nocapture"])
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
        if !killed && told.held >= holds {
            victim.kill().expect("killed");
            killed = true;
        }
    }
    let end = victim.wait().expect("gone");
    assert!(killed && !end.success(), "the victim ended by itself: {end:?}");
    told
}

/// Checks that every confirmed hold stands, that nothing given back stands, and that a hold without a reply stands whole or not
/// at all.
async fn check(folder: &Path, told: &Told) {
    let seats = open(folder);
    let mut holders: BTreeMap<u128, SeatHold> = BTreeMap::new();
    for (seat, hold) in shown(&seats).await.holds {
        assert!(holders.insert(seat.get().as_u128(), hold).is_none(), "{seat} has two holders");
    }
    let mut without_reply: BTreeMap<u128, Vec<bool>> = BTreeMap::new();
    for ((n, seat), known) in &told.known {
        let hold = holders.get(seat).filter(|hold| hold.reservation == reservation(*n));
        let stands = hold.is_some();
        match known {
            Known::Held => assert!(stands, "{n} holds {seat}"),
            Known::Kept => assert_eq!(hold.map(|hold| hold.end), Some(HoldEnd::Kept), "{n} keeps {seat}"),
            Known::Gave | Known::Refused => assert!(!stands, "{n} has nothing of {seat}"),
            Known::Asked => without_reply.entry(*n).or_default().push(stands),
            Known::Gives => {}
        }
    }
    for (n, stands) in without_reply {
        assert!(stands.iter().all(|one| *one == stands[0]), "{n} has all or none: {stands:?}");
    }
    let is_known = |seat: &u128, hold: &SeatHold| told.known.contains_key(&(hold.reservation.get().as_u128(), *seat));
    assert!(holders.iter().all(|(seat, hold)| is_known(seat, hold)), "nobody holds who did not ask");
    let next = ask(u128::MAX, &[*holders.keys().next().expect("some hold")]);
    assert!(matches!(hold(&seats, next).await, Ok(HoldOutcome::Taken { .. })), "what is held is held");
}

#[tokio::test]
async fn a_process_killed_during_holds_loses_no_confirmed_one() {
    let trials = testkit::trials(TRIALS) as usize;
    for trial in 0..trials {
        let folder = tempfile::tempdir().expect("a folder");
        // At another point each time, early and late.
        let told = told_before_death(folder.path(), 20 + trial * 977 % 3_000);
        check(folder.path(), &told).await;
        println!("trial {trial}: {} holds, {} seats asked for: none lost, none doubled", told.held, told.known.len());
    }
}
