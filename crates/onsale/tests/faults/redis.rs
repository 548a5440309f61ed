//! Redis nodes are killed, stalled and emptied, always those of the campaign's shard.

use crate::system::{Ack, System};
use crate::trial::{Fault, pause_ms};
use testkit::RedisNode;

/// Bytes missing on the disk: some dozen decisions, of which every server has seen some.
const LAST_WRITES_BYTES: u64 = 30_000;
/// Bytes of the last one or two decisions, which only one server may have seen.
const LAST_WRITE_BYTES: [u64; 3] = [400, 1_000, 2_000];

/// The slot of the text in braces (CRC-16/XMODEM, by the specification of the cluster).
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
pub fn shard<'a>(system: &'a System, event: &str) -> (&'a RedisNode, &'a RedisNode) {
    let master = system.redis.master_of(slot(event)).expect("a master");
    let replica = system.redis.replica_of(master).expect("a replica");
    (&system.redis.nodes()[master], &system.redis.nodes()[replica])
}

/// Waits until another node serves the campaign.
pub fn failed_over(system: &System, event: &str) {
    system.redis.master_of(slot(event)).expect("the replica takes over");
}

#[test]
fn slots_are_computed_as_the_cluster_computes_them() {
    assert_eq!(slot("123456789"), 0x31C3);
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

/// Decisions during the stall are on no replica, so none of them may have been confirmed.
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

/// The same with the bus stalled: only decisions that a replica confirmed remain.
#[test]
fn a_replica_and_kafka_stalled_then_the_master_killed() {
    Fault::new("Redis replica and Kafka stalled, then master killed", Ack::Replica, 1).run(|system, event, _| {
        let (master, replica) = shard(system, event);
        let brokers = 0..system.kafka.brokers();
        brokers.clone().for_each(|broker| system.kafka.stall(broker).expect("stalls"));
        pause_ms(100..300);
        replica.stall().expect("stalls");
        pause_ms(3_000..3_300);
        master.kill().expect("killed");
        replica.resume().expect("goes on");
        failed_over(system, event);
        brokers.for_each(|broker| system.kafka.resume(broker).expect("goes on"));
        master.restart().expect("starts again");
    });
}

/// Decisions that neither node had written to disk are restored from the bus. (Redis delays writes while it flushes the
/// file: with `hot.ack = "replica"` the last confirmed coupons would be lost.)
#[test]
fn both_nodes_of_a_shard_killed() {
    let fault = Fault::new("both Redis nodes of a shard killed, hot.ack=bus", Ack::Bus, 1).forgetting_keys();
    fault.run(|system, event, _| {
        let (master, replica) = shard(system, event);
        master.kill().expect("killed");
        pause_ms(0..50);
        replica.kill().expect("killed");
        pause_ms(100..1_000);
        master.restart().expect("starts again");
        replica.restart().expect("starts again");
    });
}

/// Cuts off the end of a dead node's file, as if it had never reached the disk.
fn lose_last_writes(node: &RedisNode, bytes: u64) {
    let folder = std::fs::read_dir(node.folder().join("appendonlydir")).expect("there is such a folder");
    let files = folder.flatten().map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(".incr.aof"));
    let file = files.max().expect("there is such a file");
    let file = std::fs::File::options().write(true).open(file).expect("opens");
    let length = file.metadata().expect("has a length").len();
    file.set_len(length.saturating_sub(bytes)).expect("is cut");
}

/// Kills both nodes and restarts them with less data than they confirmed.
fn restart_without(system: &System, event: &str, bytes: u64) {
    let (master, replica) = shard(system, event);
    for node in [master, replica] {
        node.kill().expect("killed");
        lose_last_writes(node, bytes);
    }
    master.restart().expect("starts again");
    replica.restart().expect("starts again");
}

/// Servers must detect the loss.
#[test]
fn a_shard_restarted_without_its_last_writes() {
    let fault = Fault::new("Redis shard without its last writes, hot.ack=bus", Ack::Bus, 1).forgetting_keys();
    fault.run(|system, event, _| restart_without(system, event, LAST_WRITES_BYTES));
}

/// Only one server may have seen the lost decision; the others must not treat the rest as complete.
#[test]
fn a_shard_restarted_without_its_very_last_write() {
    let fault = Fault::new("Redis shard without its last write, hot.ack=bus", Ack::Bus, 2).forgetting_keys();
    fault.run(|system, event, _| {
        restart_without(system, event, fastrand::choice(LAST_WRITE_BYTES).expect("one of them"));
    });
}

/// The replica becomes empty, too.
#[test]
fn a_master_restarted_empty() {
    let fault = Fault::new("Redis master restarted empty, hot.ack=bus", Ack::Bus, 1).forgetting_keys();
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
        // The servers repair it by themselves or on request.
        if trial % 2 == 1 {
            let (_, said) = system.onsale(&["reconcile", "--repair", "--campaign", event]);
            println!("{said}");
        }
    });
}
