//! Network faults between two parts: cut, silent, and slow.

use crate::system::{Ack, Network, System};
use crate::trial::{Fault, pause_ms};
use testkit::{Proxy, missing};

/// The network faults, in turn.
fn hurt(proxy: &Proxy<'_>, trial: u32) {
    match trial % 3 {
        0 => proxy.hang(),
        1 => proxy.cut(),
        _ => proxy.slow(300),
    }
    .expect("toxiproxy does it");
    pause_ms(1_500..3_000);
    proxy.heal().expect("toxiproxy does it");
}

fn network(system: &System) -> testkit::Result<&Network> {
    system.network.as_ref().ok_or_else(|| missing("toxiproxy"))
}

fn has_network(system: &System) -> testkit::Result<()> {
    network(system).map(drop)
}

#[test]
fn faults_on_the_connection_to_the_database() {
    let fault = Fault::new("network to the database hung, cut, slow", Ack::Replica, 2).needing(has_network);
    fault.run(|system, _, trial| {
        hurt(&network(system).expect("there").database, trial);
    });
}

#[test]
fn faults_on_the_connection_to_a_coupon_server() {
    let fault = Fault::new("network to a coupon server hung, cut, slow", Ack::Replica, 2).needing(has_network);
    fault.run(|system, _, trial| {
        hurt(fastrand::choice(&network(system).expect("there").servers).expect("one of three"), trial);
    });
}
