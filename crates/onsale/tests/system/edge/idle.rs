//! A pool of kept connections in front of a server that closes them first: the wrong way round, and still nothing may be lost.
//! The templates never configure it; a shortened `http.idle_timeout_ms` does, or a NAT in between.

use crate::edge::backend::Backend;
use std::thread::{scope, sleep};
use std::time::Duration;
use testkit::edge::Edge;
use testkit::http::Connection;

/// Gaps between two calls, in tenths of a second, around the limit of one second.
const TENTHS: std::ops::RangeInclusive<u64> = 6..=14;

#[test]
fn no_call_is_lost_in_a_pool_whose_connections_the_server_closes() {
    let backend = Backend::start(&[("ONSALE__HTTP__IDLE_TIMEOUT_MS", "1000")]);
    scope(|scope| {
        for tenth in TENTHS {
            // A pool for each gap: another call would keep the connection busy.
            let address = backend.address;
            scope.spawn(move || {
                let Some(edge) = Edge::before_one(address, &[]) else { return };
                let client = edge.client();
                let mut kept = Connection::open(edge.address);
                for round in 0..8 {
                    let user = format!("pooled-{tenth}-{round}");
                    let body = format!(r#"{{"user_id":"{user}","event_id":"sample_event"}}"#);
                    let path = testkit::onsale::ISSUE;
                    sleep(Duration::from_millis(tenth * 100));
                    match round % 3 {
                        // Safe to repeat: NGINX does, and the caller hears nothing of it.
                        0 => kept.send(client.request("GET", "/api/v1/coupons/status/sample_event", None)),
                        1 => kept.send(client.with("Idempotency-Key", &user).request(
                            "POST",
                            path,
                            Some(body.as_bytes()),
                        )),
                        _ => kept.send(client.request("POST", path, Some(body.as_bytes()))),
                    }
                    let reply = kept.reply();
                    if reply.status == 200 {
                        continue;
                    }
                    assert!(round % 3 == 2, "{user}: {} {}", reply.status, reply.text());
                    reply.is_error(503, "SERVICE_UNAVAILABLE");
                    let held = client.get(&format!("/api/v1/coupons/user/{user}/event/sample_event")).ok();
                    assert!(held["coupon_id"].is_null(), "{user}: taken, and refused");
                }
            });
        }
    });
}
