//! Programs of ours, and NGINX, killed.

use crate::system::Ack;
use crate::trial::{Fault, pause_ms};

#[test]
fn a_coupon_server_killed() {
    Fault::new("coupon server killed", Ack::Replica, 3).run(|system, _, _| {
        let server = fastrand::choice(&system.coupon_servers).expect("one of three");
        server.kill().expect("killed");
        pause_ms(100..800);
        server.restart().expect("starts again");
    });
}

#[test]
fn a_coupon_server_killed_that_waits_for_the_bus() {
    Fault::new("coupon server killed, hot.ack=bus", Ack::Bus, 1).run(|system, _, _| {
        let server = fastrand::choice(&system.coupon_servers).expect("one of three");
        server.kill().expect("killed");
        pause_ms(100..800);
        server.restart().expect("starts again");
    });
}

#[test]
fn an_issuer_killed() {
    Fault::new("issuer killed", Ack::Replica, 3).run(|system, _, _| {
        let issuer = fastrand::choice(&system.issuers).expect("one of two");
        issuer.kill().expect("killed");
        pause_ms(100..800);
        issuer.restart().expect("starts again");
    });
}

#[test]
fn nginx_killed() {
    Fault::new("NGINX killed", Ack::Replica, 2).run(|system, _, _| {
        system.nginx.kill().expect("killed");
        pause_ms(100..500);
        system.nginx.restart().expect("starts again");
    });
}
