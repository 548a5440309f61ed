//! What seats cost, printed: memory for each held seat, and holds a second.

use super::*;
use std::time::Instant;

const MANY: u128 = 400_000;

/// Bytes of memory in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures; run it by hand, in release"]
async fn what_seats_cost() {
    let mut book = domain::seat::SeatBook::default();
    let requests: Vec<HoldRequest> = (1..=MANY)
        .map(|n| HoldRequest { user: AccountId(Uuid::from_u128(n * 7_919 % MANY)), ..ask(n, &[n]) })
        .collect();
    let (before, begun) = (resident(), Instant::now());
    for request in &requests {
        book.hold(request, Timestamp(5));
    }
    let each = begun.elapsed().as_nanos() / MANY;
    println!("{} bytes a held seat, {each} ns a hold", (resident() - before) / MANY as u64);
    let begun = Instant::now();
    for request in &requests {
        book.hold(&HoldRequest { reservation: reservation(0), ..request.clone() }, Timestamp(6));
    }
    println!("{} ns a refusal", begun.elapsed().as_nanos() / MANY);
    let begun = Instant::now();
    println!("{} seats shown in {:?}", book.holds(Window::OPEN, Timestamp(7)).holds.len(), begun.elapsed());
    let folder = tempfile::tempdir().expect("a folder");
    let seats = open(folder.path());
    let begun = Instant::now();
    let callers = requests.chunks(requests.len() / 64).map(<[HoldRequest]>::to_vec).map(|part| {
        let seats = seats.clone();
        tokio::spawn(async move {
            for request in part {
                hold(&seats, request).await.expect("held");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("runs");
    }
    println!("{} durable holds a second by 64 callers", (MANY as f64 / begun.elapsed().as_secs_f64()) as u64);
}
