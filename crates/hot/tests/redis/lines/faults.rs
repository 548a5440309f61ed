//! A replica that stalls and a master that dies: no queue number is lost or doubled, and the order is kept.

use super::support::{Tries, gate, open, passes, people, rule, until};
use domain::PassId;
use domain::line::{Admits, LineId, LineOutcome, LineRule, LineStatus, QueueNumber};
use hot::HotError;
use hot::line::{Clock, LinePort};
use hot::redis::{Ack, RedisLines};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use testkit::{Flavor, Kit, RedisCluster, RedisNode};

/// The replies to people and schedulers while a master died.
#[derive(Default)]
struct Replies {
    acknowledged: AtomicU64,
    unknown: AtomicU64,
    /// The highest queue number in a reply.
    highest: AtomicU64,
    /// No more people enter.
    closed: AtomicBool,
    done: AtomicBool,
}

/// Enters people three at a time, each until there is a reply, until the line is closed. Returns users and numbers.
async fn crowd(lines: RedisLines, line: LineId, replies: Arc<Replies>, first: u64) -> Vec<(u64, u64)> {
    let mut places = Vec::new();
    let mut next = first;
    while !replies.closed.load(Ordering::SeqCst) {
        let before = replies.highest.load(Ordering::SeqCst);
        let users = next..next + 3;
        next += 3;
        let tries = Tries::until("a reply");
        let numbers = loop {
            let mut numbers = Vec::new();
            for answer in lines.enter(people(&line, users.clone()), Clock::Engine).await {
                match answer {
                    Ok(LineStatus::Waiting { number, .. } | LineStatus::Inside { number, .. }) => {
                        numbers.push(number.get())
                    }
                    Ok(other) => panic!("{other:?}"),
                    Err(HotError::Unknown(_)) => drop(replies.unknown.fetch_add(1, Ordering::SeqCst)),
                    Err(HotError::Unavailable(_)) => {}
                }
            }
            if numbers.len() == 3 {
                break numbers;
            }
            tries.again().await;
        };
        assert!(numbers.iter().all(|number| *number > before), "{numbers:?} was given after {before} was confirmed");
        replies.highest.fetch_max(numbers[2], Ordering::SeqCst);
        replies.acknowledged.fetch_add(3, Ordering::SeqCst);
        places.extend(users.zip(numbers));
    }
    places
}

/// Admits a few at a time until it is stopped. Returns queue numbers and passes, in the order of the replies.
async fn scheduler(lines: RedisLines, line: LineId, replies: Arc<Replies>) -> Vec<(u64, PassId)> {
    let mut admitted = Vec::new();
    while !replies.done.load(Ordering::SeqCst) {
        if let Ok(admission) = lines.admit(&line, passes(4), Clock::Engine).await {
            let people = admission.admitted.into_iter();
            admitted.extend(people.map(|one| (one.number.get(), one.pass.expect("a pass").id)));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    admitted
}

/// Only its master answers for a key; the other nodes redirect.
pub fn master_of<'a>(cluster: &'a RedisCluster, line: &LineId) -> Option<&'a RedisNode> {
    let LineId::Gate(campaign) = line else { return None };
    let key = format!("gate:line:{{{campaign}}}");
    let has_it = |node: &&RedisNode| node.pid().is_some() && node.ask(&["TYPE", &key]).is_ok_and(|kind| kind == "hash");
    cluster.nodes().iter().find(has_it)
}

async fn go_on(replies: &Replies) {
    let before = replies.acknowledged.load(Ordering::SeqCst);
    until("people enter", async || replies.acknowledged.load(Ordering::SeqCst) > before + 60).await;
}

async fn lose_master(cluster: &RedisCluster, line: &LineId, replies: &Replies, stalls_first: bool) {
    let master = master_of(cluster, line).expect("a master");
    let place = cluster.nodes().iter().position(|node| node.port() == master.port()).expect("one of them");
    let replica = &cluster.nodes()[cluster.replica_of(place).expect("a replica")];
    if stalls_first {
        replica.stall().expect("stalls");
        let before = replies.unknown.load(Ordering::SeqCst);
        until("no reply is confirmed", async || replies.unknown.load(Ordering::SeqCst) >= before + 6).await;
    }
    master.kill().expect("killed");
    if stalls_first {
        replica.resume().expect("goes on");
    }
    until("the replica takes over", async || master_of(cluster, line).is_some()).await;
    master.restart().expect("starts again");
    cluster.wait_until_ready().expect("whole again");
}

async fn lose_a_master_in_the_rush(cluster: &RedisCluster, stalls_first: bool) {
    let (line, replies) = (gate(), Arc::new(Replies::default()));
    let lines = open(&cluster.url(), Ack::Replica).await;
    lines.make_line(&line, rule(1_000_000)).await.expect("put");
    let mut crowds = Vec::new();
    for number in 0..3 {
        let own = open(&cluster.url(), Ack::Replica).await;
        crowds.push(tokio::spawn(crowd(own, line.clone(), replies.clone(), number * 1_000_000)));
    }
    let scheduler = tokio::spawn(scheduler(lines.clone(), line.clone(), replies.clone()));
    go_on(&replies).await;
    lose_master(cluster, &line, &replies, stalls_first).await;
    go_on(&replies).await;
    replies.closed.store(true, Ordering::SeqCst);
    let mut places = BTreeMap::new();
    for crowd in crowds {
        let own = crowd.await.expect("runs");
        assert!(own.is_sorted_by_key(|(_, number)| *number), "in order of entry");
        places.extend(own);
    }
    until(
        "all are admitted",
        async || matches!(lines.counts(&line, 0, Clock::Engine).await, Ok(Some(counts)) if counts.waiting == 0),
    )
    .await;
    replies.done.store(true, Ordering::SeqCst);
    let admitted = scheduler.await.expect("runs");
    judge(&lines, &line, &places, &admitted).await;
}

/// No queue number is lost or doubled, and every person is admitted once and in order.
async fn judge(lines: &RedisLines, line: &LineId, places: &BTreeMap<u64, u64>, admitted: &[(u64, PassId)]) {
    assert!(admitted.is_sorted_by(|one, next| one.0 < next.0), "every person is admitted once, in order");
    let count = places.len() as u64;
    assert_eq!(places.values().copied().collect::<BTreeSet<_>>(), (1..=count).collect(), "one number each");
    let counts = lines.counts(line, 9, Clock::Engine).await.expect("reads").expect("there");
    assert_eq!((counts.numbers, counts.inside, counts.admitted), (count, count, count));
    let standings = lines.check_in(people(line, places.keys().copied()), Clock::Engine).await;
    let mut passes = BTreeMap::new();
    for ((user, number), standing) in places.iter().zip(standings) {
        let Ok(LineStatus::Inside { number: found, pass }) = standing else { panic!("user {user}: {standing:?}") };
        assert_eq!(found.get(), *number, "user {user}");
        passes.insert(*number, pass.id);
    }
    assert_eq!(passes.values().collect::<BTreeSet<_>>().len() as u64, count, "each pass has one holder");
    for (number, pass) in admitted {
        assert_eq!(passes.get(number), Some(pass), "a confirmed admission stands");
    }
    println!("{count} numbers, {} confirmed admissions: all kept", admitted.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_replica_a_line_gives_no_reply() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let (lines, line) = (open(&cluster.url(), Ack::Replica).await, gate());
    let users = people(&line, 1..=2);
    let work = Admits::Processing { stale_after_ms: 60_000, put_back_max: 10 };
    lines.make_line(&line, LineRule { admits: work, ..rule(10) }).await.expect("put");
    lines.enter(users.clone(), Clock::Engine).await;
    assert_eq!(lines.admit(&line, passes(2), Clock::Engine).await.expect("admits").admitted.len(), 2);
    let master = master_of(&cluster, &line).expect("a master");
    let place = cluster.nodes().iter().position(|node| node.port() == master.port()).expect("one of them");
    let replica = &cluster.nodes()[cluster.replica_of(place).expect("a replica")];
    // Opened before the stall: no client can connect to a stalled cluster.
    let (other, third) = (open(&cluster.url(), Ack::Replica).await, open(&cluster.url(), Ack::Replica).await);
    replica.stall().expect("stalls");
    let is_unknown = |error: &HotError| matches!(error, HotError::Unknown(_));
    assert!(lines.finish(&users[0], LineOutcome::Issued).await.is_err_and(|error| is_unknown(&error)));
    // Other servers do not reply with the unconfirmed state either, though they write nothing themselves.
    let statuses = other.check_in(users[..1].to_vec(), Clock::Engine).await;
    assert!(statuses.iter().all(|answer| answer.as_ref().is_err_and(is_unknown)), "{statuses:?}");
    assert!(other.finish(&users[0], LineOutcome::SoldOut).await.is_err());
    assert!(third.counts(&line, 9, Clock::Engine).await.is_err());
    replica.resume().expect("goes on");
    until("the outcome is confirmed", async || {
        let finished = LineStatus::Finished { number: QueueNumber(1), outcome: LineOutcome::Issued };
        other.check_in(users[..1].to_vec(), Clock::Engine).await == [Ok(finished)]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_killed_in_the_rush_loses_no_place() {
    let kit = Kit::temporary().expect("a folder");
    let Some(cluster) = testkit::available(RedisCluster::start(&kit, Flavor::Redis)) else { return };
    let trials = testkit::trials(2);
    for trial in 0..trials {
        lose_a_master_in_the_rush(&cluster, trial % 2 == 1).await;
    }
}
