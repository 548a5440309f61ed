//! What seats cost on Redis. Prints figures; run by hand.

use super::support::{Show, is_held, open};
use domain::Timestamp;
use domain::seat::{HoldRequest, Window};
use hot::SeatPort;
use hot::line::Clock;
use hot::redis::{Ack, RedisSeats};
use std::time::Instant;
use testkit::{Flavor, Kit, RedisNode};

const SEATS: u64 = 50_000;

/// Requests for two seats each, in batches of `size`; how many a second, and how many held.
async fn rush(seats: &RedisSeats, show: Show, size: u64, requests: u64, spread: u64) -> (f64, u64) {
    let begun = Instant::now();
    let mut held = 0;
    for first in (0..requests).step_by(size as usize) {
        let ask = |n: u64| {
            let place = n.wrapping_mul(2_654_435_761) % spread;
            show.ask(n, &[place, (place + 1) % spread])
        };
        let batch: Vec<HoldRequest> = (first..first + size).map(ask).collect();
        held += seats.hold(batch, Clock::Engine).await.iter().filter(|answer| is_held(answer)).count() as u64;
    }
    (requests as f64 / begun.elapsed().as_secs_f64(), held)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures; run it by hand, in release"]
async fn what_seats_cost() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let seats = open(&redis.url(), Ack::None).await;
    for (size, requests) in [(1, 5_000), (16, 40_000), (128, 100_000)] {
        let (rate, held) = rush(&seats, Show::new(), size, requests, SEATS).await;
        println!("batches of {size}: {rate:.0} requests/s for two of {SEATS} seats, {held} of {requests} held");
        let (rate, held) = rush(&seats, Show::new(), size, requests, 8).await;
        println!("batches of {size}: {rate:.0} requests/s for two of 8 seats, {held} of {requests} held");
    }
    let show = Show::new();
    for first in (0..SEATS).step_by(100) {
        let batch = (first..first + 100).map(|n| show.ask(n, &[n])).collect();
        assert!(seats.hold(batch, Clock::Engine).await.iter().all(is_held));
    }
    let begun = Instant::now();
    let now = seats.holds(show.0, Window::OPEN, Clock::Engine).await.expect("shown");
    println!("{} holds shown in {:?}", now.holds.len(), begun.elapsed());
    let begun = Instant::now();
    let rows = now.holds.clone();
    let right = seats.put_right(show.0, rows, Timestamp(0), Window::OPEN, Clock::Engine).await.expect("put right");
    println!("put right in {:?}: {right:?}", begun.elapsed());
    let memory = redis.ask(&["INFO", "memory"]).expect("told");
    let used = memory.lines().find(|line| line.starts_with("used_memory:")).unwrap_or_default();
    println!("{used}");
}
