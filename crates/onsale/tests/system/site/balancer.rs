//! A load balancer or CDN in front of the site's NGINX. `reports.md`, F3.

use crate::site::shop::Shop;
use testkit::onsale::wait_until;

/// The limits of the README's example, behind a load balancer at this address.
fn behind(networks: &'static str) -> impl Fn(String) -> String {
    move |config| {
        let config = config.replace("rate=1000r/s", "rate=10r/s").replace("burst=1000", "burst=50");
        let at = "real_ip_header X-Forwarded-For;";
        assert!(config.contains(at));
        config.replace(at, &format!("{networks}\n{at}"))
    }
}

/// Everybody asks at once: one after the other they may be slower than the limit.
fn at_once(people: usize, ask: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    let ask = &ask;
    std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..people).map(|n| scope.spawn(move || ask(n))).collect();
        crowd.into_iter().map(|one| one.join().expect("answered")).collect()
    })
}

const LIMITED: [(&str, &str); 1] = [("ONSALE__LIMITS__ENABLED", "true")];

#[test]
fn people_behind_a_load_balancer_are_many_and_their_tls_is_known() {
    let Some(shop) = Shop::open_with(&LIMITED, behind("set_real_ip_from 127.0.0.1;")) else { return };
    for wave in 0..2 {
        let ask = |n: usize| shop.client().with("X-Forwarded-For", &format!("203.0.113.{n}")).get("/wait/shop?to=/");
        let statuses = at_once(120, |n| ask(n).status);
        assert!(statuses.iter().all(|status| *status == 303), "wave {wave}: {statuses:?}");
    }
    let balanced = shop.client().with("X-Forwarded-For", "203.0.113.200");
    let cookie = |proto: &str| {
        let answer = balanced.with("X-Forwarded-Proto", proto).get("/wait/shop?to=/");
        answer.header("set-cookie").unwrap_or_default().to_owned()
    };
    assert!(cookie("https").starts_with("__Host-onsale_visitor=") && cookie("https").ends_with("; Secure"));
    assert!(cookie("http").starts_with("onsale_visitor=") && !cookie("http").contains("Secure"));
    // One customer's IPv6 network is one holder.
    let ask = |n: usize| shop.client().with("X-Forwarded-For", &format!("2001:db8:7:7::{n:x}")).get("/wait/shop?to=/");
    let statuses = at_once(200, |n| ask(n).status);
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = shop.client().with("X-Forwarded-For", "2001:db8:7:8::1").get("/wait/shop?to=/");
    assert_eq!(other.status, 303, "its neighbour is not held up");
}

#[test]
fn nobody_else_is_believed() {
    let Some(shop) = Shop::open_with(&LIMITED, behind("set_real_ip_from 198.51.100.0/24;")) else { return };
    let ask = |n: usize| {
        let client =
            shop.client().with("X-Forwarded-For", &format!("203.0.113.{n}")).with("X-Forwarded-Proto", "https");
        client.get("/wait/shop?to=/")
    };
    assert!(ask(0).header("set-cookie").is_some_and(|cookie| !cookie.contains("Secure")), "this was not TLS");
    let statuses = at_once(200, |n| ask(n).status);
    assert!(statuses.contains(&429), "all are one address: {statuses:?}");
}

#[test]
fn the_site_hears_of_tls_and_of_the_client() {
    let Some(shop) = Shop::open_with(&[], behind("set_real_ip_from 127.0.0.1;")) else { return };
    shop.let_in(1_000);
    let client = shop.client().with("X-Forwarded-For", "6.6.6.6, 203.0.113.9").with("X-Forwarded-Proto", "https");
    let client = client.with("Content-Type", "text/plain");
    wait_until("it passes", || client.call("POST", "/order", Some(b"a=b")).status == 200);
    let posted = shop.site.posted().pop().expect("posted");
    for line in ["X-Forwarded-For: 203.0.113.9\r\n", "X-Forwarded-Proto: https\r\n"] {
        assert!(posted.head.contains(line), "{}", posted.head);
    }
}
