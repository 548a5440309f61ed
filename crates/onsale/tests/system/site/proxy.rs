//! NGINX with `deploy/nginx/site.conf.template`: admitted requests, and the behavior while Onsale is unavailable.

use crate::site::shop::Shop;
use testkit::http::{Client, Event, Events, Reply};
use testkit::onsale::wait_until;

fn cookie_of(answer: &Reply) -> String {
    let cookie = answer.header("set-cookie").expect("a cookie");
    cookie.split(';').next().expect("a pair").to_owned()
}

/// A visitor with a cookie and a position.
pub fn visitor(shop: &Shop) -> (Client, String) {
    let cookie = cookie_of(&shop.client().get("/wait/shop?to=/cart"));
    let client = shop.client().with("Cookie", &cookie);
    assert_eq!(client.get("/wait/shop?to=/cart").status, 200);
    (client, cookie)
}

/// An admitted visitor.
pub fn holder(shop: &Shop) -> Client {
    let (client, cookie) = visitor(shop);
    wait_until("let in", || client.get("/wait/shop?to=/cart").status == 303);
    let to = client.get("/wait/shop?to=/cart").header("location").expect("where to").to_owned();
    let swapped = client.get(&to);
    assert_eq!((swapped.status, swapped.header("location").map(|to| to.ends_with("/cart"))), (303, Some(true)));
    shop.client().with("Cookie", &format!("{cookie}; {}", cookie_of(&swapped)))
}

#[test]
fn no_request_reaches_the_site_without_admission() {
    let Some(shop) = Shop::open(&[]) else { return };
    let (waiting, _) = visitor(&shop);
    for client in [shop.client(), waiting] {
        for path in ["/", "/cart?a=b", "/waiting", "/queue/status", "/queue/check/shop/cart", "/assets/app.js"] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = client.with("X-Original-URI", "/assets/wait.js").call(method, path, None);
                assert_eq!(answer.status, 303, "{method} {path}");
                assert!(answer.header("location").is_some_and(|to| to.contains("/wait/shop?to=/")), "{answer:?}");
            }
        }
        assert_eq!(client.get("/-/onsale/check").status, 404);
    }
    assert_eq!(shop.site.asked(), [""; 0]);
}

#[test]
fn an_admitted_visitor_gets_the_sites_reply_unchanged() {
    let Some(shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    let client = holder(&shop);
    for status in [200, 401, 403, 404, 500, 503] {
        let answer = client.get(&format!("/status/{status}"));
        assert_eq!((answer.status, answer.header("x-shop")), (status, Some("yes")));
    }
    assert_eq!(client.post("/order").status, 200);
    assert!(shop.site.asked().iter().all(|path| !path.contains("onsale_pass")), "{:?}", shop.site.asked());
}

#[test]
fn while_onsale_is_unavailable_no_one_is_admitted() {
    let Some(mut shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    let client = holder(&shop);
    assert_eq!(client.get("/cart").status, 200);
    let before = shop.site.asked().len();
    shop.world.server.kill();
    for client in [client, shop.client()] {
        for path in ["/cart", "/wait/shop"] {
            let answer = client.get(path);
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{path}");
            assert!(answer.text().contains("You keep your position"), "{}", answer.text());
        }
    }
    assert_eq!(shop.site.asked().len(), before);
}

#[test]
fn frames_pass_through_at_once() {
    let Some(shop) = Shop::open(&[]) else { return };
    let mut events = Events::open(&shop.client(), "/queue/stream/shop");
    let mut rate = || loop {
        match events.event() {
            Event::Message { data, .. } => {
                break data.split_once("\"ratePerSecond\":").map(|(_, rest)| rest[..3].to_owned());
            }
            Event::End => break None,
            _ => {}
        }
    };
    assert_eq!(rate().as_deref(), Some("0.0"));
    shop.let_in(7);
    assert_eq!(rate().as_deref(), Some("7.0"), "while the stream goes on");
}
