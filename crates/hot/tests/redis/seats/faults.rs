//! A replica that stalls and a master that dies: no hold that was told is lost, and no seat is told twice.

use super::support::{Show, hold, holders, is_held, is_unknown, open, until};
use domain::seat::HoldOutcome;
use domain::{ReservationId, SeatId};
use hot::line::Clock;
use hot::redis::{Ack, RedisSeats};
use hot::{HotError, SeatPort};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

const SEATS: u64 = 20_000;

/// The replies while a master died.
#[derive(Default)]
struct Replies {
    held: AtomicU64,
    unknown: AtomicU64,
    done: AtomicBool,
}

/// Asks for seats, two at a time, each request until there is a reply. Returns what was told.
async fn crowd(seats: RedisSeats, show: Show, replies: Arc<Replies>, first: u64) -> Vec<(SeatId, ReservationId)> {
    let mut told = Vec::new();
    let mut number = first;
    while !replies.done.load(Ordering::SeqCst) {
        // Neighbours of the other crowds', so that some are taken.
        let place = (number - first) * 3 + first % 5;
        let request = show.ask(number, &[place % SEATS, (place + 1) % SEATS]);
        number += 1;
        let outcome = loop {
            match hold(&seats, request.clone()).await {
                Ok(outcome) => break outcome,
                Err(HotError::Unknown(_)) => drop(replies.unknown.fetch_add(1, Ordering::SeqCst)),
                Err(HotError::Unavailable(_)) => {}
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if matches!(outcome, HoldOutcome::Held { .. }) {
            replies.held.fetch_add(1, Ordering::SeqCst);
            told.extend(request.seats.iter().map(|seat| (*seat, request.reservation)));
        }
    }
    told
}

/// Only its master answers for a key; the other nodes redirect.
fn master_of(cluster: &RedisCluster, show: Show) -> Option<&RedisNode> {
    let key = show.key("seat:book");
    let has_it = |node: &&RedisNode| node.pid().is_some() && node.ask(&["TYPE", &key]).is_ok_and(|kind| kind == "hash");
    cluster.nodes().iter().find(has_it)
}

fn replica_of<'a>(cluster: &'a RedisCluster, master: &RedisNode) -> &'a RedisNode {
    let place = cluster.nodes().iter().position(|node| node.port() == master.port()).expect("one of them");
    &cluster.nodes()[cluster.replica_of(place).expect("a replica")]
}

async fn go_on(replies: &Replies) {
    let before = replies.held.load(Ordering::SeqCst);
    until("seats are held", async || replies.held.load(Ordering::SeqCst) > before + 30).await;
}

async fn lose_a_master_in_the_rush(cluster: &RedisCluster, stalls_first: bool) {
    let (show, replies) = (Show::new(), Arc::new(Replies::default()));
    let seats = open(&cluster.url(), Ack::Replica).await;
    let mut crowds = Vec::new();
    for number in 0..3 {
        let own = open(&cluster.url(), Ack::Replica).await;
        crowds.push(tokio::spawn(crowd(own, show, replies.clone(), number * 1_000_001)));
    }
    go_on(&replies).await;
    let master = master_of(cluster, show).expect("a master");
    let replica = replica_of(cluster, master);
    if stalls_first {
        replica.stall().expect("stalls");
        let before = replies.unknown.load(Ordering::SeqCst);
        until("no hold is confirmed", async || replies.unknown.load(Ordering::SeqCst) >= before + 6).await;
    }
    master.kill().expect("killed");
    if stalls_first {
        replica.resume().expect("goes on");
    }
    until("the replica takes over", async || master_of(cluster, show).is_some()).await;
    master.restart().expect("starts again");
    cluster.wait_until_ready().expect("whole again");
    go_on(&replies).await;
    replies.done.store(true, Ordering::SeqCst);
    let mut told: BTreeMap<SeatId, ReservationId> = BTreeMap::new();
    for crowd in crowds {
        for (seat, reservation) in crowd.await.expect("runs") {
            assert_eq!(told.insert(seat, reservation), None, "{seat} was told twice");
        }
    }
    let stands: BTreeMap<SeatId, ReservationId> = holders(&seats, show).await.into_iter().collect();
    assert_eq!(stands, told, "what was told stands, and nothing else");
    println!(
        "{} seats, {} replies without a confirmation: all kept",
        told.len(),
        replies.unknown.load(Ordering::SeqCst)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_killed_in_the_rush_loses_no_hold() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let trials = testkit::trials(2);
    for trial in 0..trials {
        lose_a_master_in_the_rush(&cluster, trial % 2 == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_replica_a_seat_is_refused_but_not_given() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let show = Show::new();
    // Opened before the stall: no client can connect to a stalled cluster.
    let (seats, other) = (open(&cluster.url(), Ack::Replica).await, open(&cluster.url(), Ack::Replica).await);
    assert!(is_held(&hold(&seats, show.ask(1, &[1])).await));
    let replica = replica_of(&cluster, master_of(&cluster, show).expect("a master"));
    replica.stall().expect("stalls");
    assert!(hold(&seats, show.ask(2, &[2])).await.is_err_and(|error| is_unknown(&error)));
    // Another server does not say yes to the unconfirmed hold either, though it writes nothing new.
    assert!(hold(&other, show.ask(2, &[2])).await.is_err_and(|error| is_unknown(&error)));
    let taken = hold(&other, show.ask(3, &[1])).await;
    assert_eq!(taken, Ok(HoldOutcome::Taken { seats: show.seats(&[1]), own: vec![] }), "a refusal needs no replica");
    assert!(other.keep(&show.holding(1, &[1]), Clock::Engine).await.is_err_and(|error| is_unknown(&error)));
    replica.resume().expect("goes on");
    until("the hold is confirmed", async || is_held(&hold(&other, show.ask(2, &[2])).await)).await;
    until("it is kept", async || seats.keep(&show.holding(1, &[1]), Clock::Engine).await == Ok(vec![])).await;
}
