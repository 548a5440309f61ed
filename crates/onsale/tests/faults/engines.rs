//! Kafka brokers and the database killed and stalled.

use crate::system::{Ack, System};
use crate::trial::{Fault, kill_for_ms, pause_ms};

fn any_broker(system: &System) -> usize {
    fastrand::usize(0..system.kafka.brokers())
}

/// The substitute for Kafka loses all messages when it ends.
fn has_kafka(system: &System) -> testkit::Result<()> {
    system.kafka.real().map(drop)
}

fn a_broker_dies(system: &System, _: &str, _: u32) {
    let broker = any_broker(system);
    system.kafka.kill(broker).expect("killed");
    pause_ms(500..1_500);
    system.kafka.restart(broker).expect("starts again");
}

#[test]
fn a_broker_killed() {
    Fault::new("Kafka broker killed", Ack::Replica, 3).needing(has_kafka).run(a_broker_dies);
}

#[test]
fn a_broker_killed_while_servers_wait_for_it() {
    Fault::new("Kafka broker killed, hot.ack=bus", Ack::Bus, 1).needing(has_kafka).run(a_broker_dies);
}

#[test]
fn a_broker_stalled_while_servers_wait_for_it() {
    let fault = Fault::new("Kafka broker stalled 4 s, hot.ack=bus", Ack::Bus, 1).needing(has_kafka);
    fault.run(|system, _, _| {
        let broker = any_broker(system);
        system.kafka.stall(broker).expect("stalls");
        pause_ms(4_000..4_500);
        system.kafka.resume(broker).expect("goes on");
    });
}

#[test]
fn the_database_killed() {
    Fault::new("database killed", Ack::Replica, 3).run(|system, _, _| {
        kill_for_ms(&system.database, 100..1_500);
    });
}
