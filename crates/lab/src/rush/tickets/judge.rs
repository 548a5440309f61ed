//! The checks of a sale: the ten invariants over all books, and what people were told by itself.

use super::crowd::Crowd;
use super::notes::Notes;
use super::options::CheckedTickets;
use crate::report::{Check, CheckStatus, thousands};
use anyhow::Context;
use books::records::Remark;
use books::{Books, Findings};
use domain::SeatId;
use domain::id::ReservationId;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// So long the system may take until it is at rest: settlement waits for the ends of holds.
const REST_LIMIT: Duration = Duration::from_secs(150);
const PAUSE: Duration = Duration::from_secs(1);
/// Differences that are named.
const NAMED_MAX: usize = 8;

/// The names of the invariants.
const TITLES: [(&str, &str); 10] = [
    ("A seat is taken once", "좌석은 한 번만 점유"),
    ("Every ticket is paid by its own payment", "모든 티켓은 자기 결제로 지불됨"),
    ("Payments and provider agree on every won", "결제와 PG의 금액이 일치"),
    ("Captured less refunded = payments = tickets", "승인 - 환불 = 결제 = 티켓"),
    ("Nothing is undecided", "미결 없음"),
    ("Nobody has more than four seats", "1인 4석 이하"),
    ("The catalog has sold exactly the tickets' seats", "카탈로그의 판매 좌석 = 티켓 좌석"),
    ("Hot state holds exactly what is held", "핫 상태 = 점유 좌석"),
    ("Everything was told and heard", "모든 메시지가 전달됨"),
    ("What people were told holds", "사용자가 들은 응답이 지켜짐"),
];

/// The checks, and what they found in words.
pub(super) fn judge(
    options: &CheckedTickets,
    data: Option<&Path>,
    notes: &Notes,
) -> anyhow::Result<(Vec<Check>, Vec<String>)> {
    let mut checks = vec![everybody_has_an_outcome(options, notes), no_seat_twice(notes)];
    let mut warnings = Vec::new();
    match &options.books {
        Some(read) => {
            let histories: Vec<_> = notes.histories.values().cloned().collect();
            let read = || -> anyhow::Result<Books> {
                let mut books = read(data).context("the books cannot be read")?;
                books.histories = Some(histories.clone());
                Ok(books)
            };
            let findings = at_rest(read)?;
            warnings.extend(findings.violations.iter().take(NAMED_MAX).map(ToString::to_string));
            checks.extend(invariants(&findings));
        }
        None => checks.extend(TITLES.iter().enumerate().map(|(at, titles)| {
            let found = "the server's databases cannot be read from here".to_owned();
            check(at, titles, CheckStatus::Skipped, found)
        })),
    }
    Ok((checks, warnings))
}

/// Compares until nothing differs, or for too long; what differs then has differed twice.
fn at_rest(read: impl Fn() -> anyhow::Result<Books>) -> anyhow::Result<Findings> {
    let give_up = Instant::now() + REST_LIMIT;
    loop {
        let found = books::check(&read()?);
        if found.is_balanced() {
            return Ok(found);
        }
        std::thread::sleep(PAUSE);
        if Instant::now() >= give_up {
            return Ok(found.again_in(&books::check(&read()?)));
        }
    }
}

fn invariants(findings: &Findings) -> Vec<Check> {
    let mut kinds: BTreeMap<u8, BTreeMap<&str, u64>> = BTreeMap::new();
    for violation in &findings.violations {
        *kinds.entry(violation.invariant()).or_default().entry(violation.kind()).or_default() += 1;
    }
    let one = |(at, titles): (usize, &(&str, &str))| {
        let number = at as u8 + 1;
        let found = kinds.get(&number);
        match found {
            Some(found) => {
                let found: Vec<String> = found.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
                check(at, titles, CheckStatus::Failed, found.join(", "))
            }
            None if findings.unchecked.contains(&number) => {
                check(at, titles, CheckStatus::Passed, "0, of the books that could be read".to_owned())
            }
            None => check(at, titles, CheckStatus::Passed, "0".to_owned()),
        }
    };
    TITLES.iter().enumerate().map(one).collect()
}

fn check(at: usize, (title, title_ko): &(&str, &str), status: CheckStatus, found: String) -> Check {
    Check {
        id: format!("invariant_{}", at + 1),
        title: (*title).to_owned(),
        title_ko: (*title_ko).to_owned(),
        status,
        expected: "0 differences".to_owned(),
        found,
    }
}

fn everybody_has_an_outcome(options: &CheckedTickets, notes: &Notes) -> Check {
    let explained: u64 = notes.outcomes.values().sum();
    let given_up = notes.outcomes.get("gave up").copied().unwrap_or(0);
    let is_all = explained == u64::from(options.crowd.users);
    Check {
        id: "every_outcome_explained".into(),
        title: "Every person has an outcome".into(),
        title_ko: "모든 사용자의 결과가 설명됨".into(),
        status: if is_all { CheckStatus::Passed } else { CheckStatus::Failed },
        expected: thousands(options.crowd.users.into()),
        found: format!("{}, {} of them gave up", thousands(explained), thousands(given_up)),
    }
}

/// By what people were told alone.
fn no_seat_twice(notes: &Notes) -> Check {
    let mut tickets: HashSet<ReservationId> = HashSet::new();
    for remark in notes.histories.values().flat_map(|history| &history.remarks) {
        match remark {
            Remark::Paid { reservation, .. } => {
                tickets.insert(*reservation);
            }
            Remark::Cancelled { reservation } | Remark::CancelAsked { reservation } => {
                tickets.remove(reservation);
            }
            _ => {}
        }
    }
    let seats = |id: ReservationId| -> Vec<SeatId> { notes.seats.get(&id).cloned().unwrap_or_default() };
    let sold: usize = tickets.iter().map(|id| seats(*id).len()).sum();
    let doubled = Crowd::doubled(tickets.into_iter().map(|id| (id, seats(id))));
    Check {
        id: "no_seat_told_twice".into(),
        title: "No seat was told to two people".into(),
        title_ko: "같은 좌석을 두 사람에게 안내하지 않음".into(),
        status: if doubled == 0 { CheckStatus::Passed } else { CheckStatus::Failed },
        expected: "0".into(),
        found: format!("{doubled}, of {} seats of tickets", thousands(sold as u64)),
    }
}
