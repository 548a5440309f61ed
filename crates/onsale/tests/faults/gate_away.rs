//! The gate while its dependencies are unavailable: both Redis nodes of its line, the database, and the gate itself while
//! issuers report.

use crate::gate::{Gate, STOCK, make_campaign, open_campaign};
use crate::redis::{failed_over, shard};
use crate::settings::PATIENCE;
use crate::system::{Ack, System, with};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Number of users in the line before the fault.
const BEFORE: usize = 80;
const REDIS_AWAY: Duration = Duration::from_secs(10);

/// Waits until the condition holds.
fn wait(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every user has a result: the first in line have one coupon each, all others have none.
fn judge(system: &System, gate: &Gate<'_>, in_order: &[usize]) {
    let is_decided = |person: &usize| ["ISSUED", "SOLD_OUT"].contains(&gate.status(*person).as_str());
    wait("everybody has an answer", || in_order.iter().all(is_decided));
    let issued: Vec<usize> = in_order.iter().copied().filter(|person| gate.status(*person) == "ISSUED").collect();
    assert_eq!(issued, in_order[..STOCK], "in the order of the line, and exactly as many as there are");
    let rows: BTreeSet<String> = system.rows(gate.event).values().map(|(user, _)| user.clone()).collect();
    assert_eq!(rows, issued.iter().map(|person| format!("user-{person}")).collect(), "who was told yes has a row");
    system.wait_until_whole();
    assert_eq!(system.settle(gate.event, STOCK as u64), Ok(()), "{}", gate.event);
}

/// Stops both nodes of the shard for this time. Confirmed state is on their disks; losing it is another test.
fn lose_redis(system: &System, event: &str) {
    let (master, replica) = shard(system, event);
    for node in [master, replica] {
        node.tell(&["CONFIG", "SET", "appendfsync", "always"]).expect("set");
    }
    std::thread::sleep(Duration::from_millis(300));
    replica.kill().expect("killed");
    master.kill().expect("killed");
    std::thread::sleep(REDIS_AWAY);
    master.restart().expect("starts again");
    replica.restart().expect("starts again");
    failed_over(system, event);
    system.wait_until_whole();
}

#[test]
fn redis_is_unavailable_for_ten_seconds_while_visitors_enter_and_poll() {
    with(Ack::Replica, |system| {
        let event = "gate_redis_away";
        make_campaign(system, event);
        let servers = system.line_servers();
        let gate = Gate::new(event, &servers);
        let (ends, newcomers) = (AtomicBool::new(false), AtomicUsize::new(0));
        let first: Vec<u64> = (0..BEFORE).map(|person| gate.enter(person)["rank"].as_u64().expect("a rank")).collect();
        assert_eq!(first, (1..=BEFORE as u64).collect::<Vec<_>>());
        let came: Vec<(u64, usize)> = std::thread::scope(|scope| {
            let (gate, ends, newcomers) = (&gate, &ends, &newcomers);
            let come = move |caller: usize| {
                let mut came = Vec::new();
                for turn in 0.. {
                    if ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let person = BEFORE + turn * 3 + caller;
                    // Each user repeats the request until there is a place or a time to retry.
                    came.push((gate.enter(person)["rank"].as_u64().expect("a rank"), person));
                    assert_eq!(
                        gate.rank(person % BEFORE)["rank"],
                        person % BEFORE + 1,
                        "whoever was there stays there"
                    );
                    newcomers.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(50));
                }
                came
            };
            let callers: Vec<_> = (0..3).map(|caller| scope.spawn(move || come(caller))).collect();
            let so_many = || newcomers.load(Ordering::SeqCst);
            wait("some come", || so_many() > 10);
            lose_redis(system, event);
            let before = so_many();
            wait("others come", || so_many() > before + 10);
            ends.store(true, Ordering::SeqCst);
            callers.into_iter().flat_map(|caller| caller.join().expect("clear answers alone")).collect()
        });
        assert!(gate.put_off.load(Ordering::SeqCst) > 0, "at least one user was asked to retry");
        assert_eq!(gate.cut_off.load(Ordering::SeqCst), 0, "everybody was told something");
        let mut in_order: Vec<(u64, usize)> = first.into_iter().zip(0..).chain(came).collect();
        in_order.sort_unstable();
        let places: Vec<u64> = in_order.iter().map(|(rank, _)| *rank).collect();
        assert_eq!(places, (1..=in_order.len() as u64).collect::<Vec<_>>(), "a place each, none lost, none doubled");
        open_campaign(system, event);
        judge(system, &gate, &in_order.into_iter().map(|(_, person)| person).collect::<Vec<_>>());
    });
}

/// First the database accepts nothing, so that issuers decide nothing; then the gate does not receive their decisions.
#[test]
fn coupon_servers_behind_the_gate_reply_late_or_not_at_all() {
    with(Ack::Replica, |system| {
        let event = "gate_downstream_away";
        make_campaign(system, event);
        let servers = system.line_servers();
        let gate = Gate::new(event, &servers);
        for person in 0..BEFORE {
            assert_eq!(gate.enter(person)["rank"], person + 1);
        }
        open_campaign(system, event);
        wait("people go on", || gate.status(0) != "WAITING");
        system.database.stall().expect("stalls");
        let late: Vec<usize> = (BEFORE..BEFORE + 20).collect();
        for person in &late {
            assert_eq!(gate.enter(*person)["status"], "ENQUEUED", "nobody is refused");
        }
        wait("their turn has come, too", || late.iter().all(|person| gate.status(*person) != "WAITING"));
        for (server, _) in &servers {
            server.stall().expect("stalls");
        }
        system.database.resume().expect("goes on");
        wait("issuers decide", || system.rows(event).len() == STOCK);
        for (server, _) in &servers {
            server.resume().expect("goes on");
        }
        judge(system, &gate, &(0..BEFORE + late.len()).collect::<Vec<_>>());
    });
}
