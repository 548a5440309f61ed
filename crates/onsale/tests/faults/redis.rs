//! Redis nodes killed, stalled and emptied: always those of the campaign's own shard.

use crate::system::{Ack, System};
use crate::trial::{Fault, pause_ms};
use testkit::RedisNode;

/// The slot of what stands in braces (CRC-16 of the XMODEM kind, as the cluster's specification has it).
fn slot(tag: &str) -> u16 {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    });
    crc % 16_384
}

/// The campaign's master and its replica.
fn shard<'a>(system: &'a System, event: &str) -> (&'a RedisNode, &'a RedisNode) {
    let master = system.redis.master_of(slot(event)).expect("a master");
    let replica = system.redis.replica_of(master).expect("a replica");
    (&system.redis.nodes()[master], &system.redis.nodes()[replica])
}

/// Waits until another node serves the campaign.
fn failed_over(system: &System, event: &str) {
    system.redis.master_of(slot(event)).expect("the replica takes over");
}

#[test]
fn slots_are_the_clusters() {
    assert_eq!(slot("123456789"), 0x31C3 % 16_384);
    assert_eq!(slot("user1000"), 3_443);
}

#[test]
fn a_master_killed() {
    Fault::new("Redis master killed", Ack::Replica, 3).run(|system, event, _| {
        let (master, _) = shard(system, event);
        master.kill().expect("killed");
        failed_over(system, event);
        pause_ms(0..500);
        master.restart().expect("starts again");
    });
}

#[test]
fn a_replica_killed() {
    Fault::new("Redis replica killed", Ack::Replica, 3).run(|system, event, _| {
        let (_, replica) = shard(system, event);
        replica.kill().expect("killed");
        pause_ms(100..1_000);
        replica.restart().expect("starts again");
    });
}

/// What was decided meanwhile is on no replica, and nobody may have heard of it.
#[test]
fn a_replica_stalled_then_its_master_killed() {
    Fault::new("Redis replica stalled 3 s, then master killed", Ack::Replica, 1).run(|system, event, _| {
        let (master, replica) = shard(system, event);
        replica.stall().expect("stalls");
        pause_ms(3_000..3_300);
        master.kill().expect("killed");
        replica.resume().expect("goes on");
        failed_over(system, event);
        master.restart().expect("starts again");
    });
}

#[test]
fn both_nodes_of_a_shard_killed() {
    Fault::new("both Redis nodes of a shard killed", Ack::Replica, 2).run(|system, event, _| {
        let (master, replica) = shard(system, event);
        master.kill().expect("killed");
        pause_ms(0..50);
        replica.kill().expect("killed");
        pause_ms(100..1_000);
        master.restart().expect("starts again");
        replica.restart().expect("starts again");
    });
}

/// The replica copies the emptiness.
#[test]
fn a_master_restarted_empty() {
    let fault = Fault::new("Redis master restarted empty, hot.ack=bus", Ack::Bus, 2).forgetting_keys();
    fault.run(|system, event, _| shard(system, event).0.restart_empty().expect("starts again"));
}

#[test]
fn scripts_forgotten() {
    Fault::new("SCRIPT FLUSH on all nodes", Ack::Replica, 1).run(|system, _, _| {
        for _ in 0..5 {
            for node in system.redis.nodes() {
                node.tell(&["SCRIPT", "FLUSH"]).expect("forgets them");
            }
            pause_ms(0..300);
        }
    });
}

#[test]
fn everything_flushed() {
    let fault = Fault::new("FLUSHALL on all masters, hot.ack=bus", Ack::Bus, 2).forgetting_keys();
    fault.run(|system, event, trial| {
        for node in system.redis.nodes() {
            // A replica refuses.
            let _ = node.tell(&["FLUSHALL"]);
        }
        // The servers put it right by themselves, or are told to.
        if trial % 2 == 1 {
            let (_, said) = system.onsale(&["reconcile", "--repair", "--campaign", event]);
            println!("{said}");
        }
    });
}
