//! Onsale's own programs and NGINX are killed.

use crate::system::{Ack, System};
use crate::trial::{Fault, kill_for_ms};

fn a_coupon_server_dies(system: &System, _: &str, _: u32) {
    kill_for_ms(fastrand::choice(&system.coupon_servers).expect("one of three"), 100..800);
}

#[test]
fn a_coupon_server_killed() {
    Fault::new("coupon server killed", Ack::Replica, 3).run(a_coupon_server_dies);
}

#[test]
fn a_coupon_server_killed_while_it_waits_for_the_bus() {
    Fault::new("coupon server killed, hot.ack=bus", Ack::Bus, 1).run(a_coupon_server_dies);
}

#[test]
fn an_issuer_killed() {
    Fault::new("issuer killed", Ack::Replica, 3).run(|system, _, _| {
        kill_for_ms(fastrand::choice(&system.issuers).expect("one of two"), 100..800);
    });
}

#[test]
fn nginx_killed() {
    Fault::new("NGINX killed", Ack::Replica, 2).run(|system, _, _| kill_for_ms(&system.nginx, 100..500));
}
