//! Kind: least knowledge. The line gets nothing of the site's, the site nothing of the line's, caches nothing of either,
//! and nothing that only the site understands locks a visitor out.

use crate::edge::recorder::{Manner, Recorder};
use crate::site::proxy::{holder, visitor};
use crate::site::shop::{Shop, config};
use std::net::{Ipv4Addr, SocketAddr};
use testkit::http::Client;
use testkit::onsale::wait_until;
use testkit::{Kit, Nginx, available};

/// Headers that the line may get.
const FOR_LINES: [&str; 10] = [
    "host",
    "connection",
    "cookie",
    "user-agent",
    "accept",
    "accept-language",
    "last-event-id",
    "x-original-uri",
    "x-forwarded-for",
    "x-forwarded-proto",
];

fn names(head: &str) -> Vec<String> {
    head.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name.to_lowercase()).collect()
}

fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

/// The cookies of a header: empty parts between separators mean nothing.
fn pairs(header: &str) -> Vec<&str> {
    header.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect()
}

#[test]
fn lines_and_site_learn_nothing_of_each_other() {
    let (lines, site) = (Recorder::start(Manner::Answer), Recorder::start(Manner::Answer));
    let Some(kit) = available(Kit::temporary()) else { return };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, kit.free_port().expect("a free port")));
    let Some(_nginx) = available(Nginx::start(&kit, &config(address, lines.address, site.address))) else { return };
    let client = Client::new(address)
        .with("Authorization", "Bearer secret")
        .with("X-Api-Key", "secret")
        .with("X-Original-URI", "/forged")
        .with("Referer", "http://a/secret")
        .with("X-Forwarded-For", "6.6.6.6")
        .with("Accept-Language", "ko")
        .with("User-Agent", "Mine/1");
    // More of ours than any neighbour needs, each between two of the site's own.
    let mixed: String = (0..30).map(|n| format!("onsale_visitor={n}; a{n}=1; onsale_pass_other{n}=2; ")).collect();
    let mixed_of_line: String = (0..12).map(|n| format!("onsale_visitor={n}; ")).collect::<String>() + "other=1";
    let mixed_of_site: String = (0..30).map(|n| format!("a{n}=1; ")).collect();
    for (cookies, of_line, of_site) in [
        ("", "", ""),
        ("sid=secret", "other=1", "sid=secret"),
        ("onsale_visitor=v.1", "onsale_visitor=v.1; other=1", ""),
        (
            "sid=secret; onsale_visitor=v.1; onsale_pass_shop=p.1.2; b=\u{d64d}",
            "onsale_visitor=v.1; onsale_pass_shop=p.1.2; other=1",
            "sid=secret; b=\u{d64d}",
        ),
        (
            "__Host-onsale_pass_shop=p;a=1;__Host-onsale_visitor=v;onsale_visitor=w",
            "__Host-onsale_visitor=v; onsale_visitor=w; __Host-onsale_pass_shop=p; other=1",
            "a=1",
        ),
        ("onsale_pass_other=p; a=1; xonsale_visitor=x", "other=1", "a=1; xonsale_visitor=x"),
        (
            "onsale_visitor=1; onsale_visitor=2; onsale_visitor=3; onsale_visitor=4; sid=secret",
            "onsale_visitor=1; onsale_visitor=2; onsale_visitor=3; onsale_visitor=4; other=1",
            "sid=secret",
        ),
        ("onsale_visitor =v; a=1;;b; onsale_pass_x =p ;", "onsale_visitor =v; other=1", "a=1; b"),
        (mixed.as_str(), mixed_of_line.as_str(), mixed_of_site.as_str()),
    ] {
        let client = if cookies.is_empty() { client.clone() } else { client.with("Cookie", cookies) };
        let (before, asked) = (lines.heads().len(), site.heads().len());
        let body = vec![b'x'; 10_000];
        assert_eq!(client.call("POST", "/cart?a=b", Some(&body)).status, 200, "{cookies}");
        for path in ["/wait/shop", "/queue/place/shop", "/queue/serving/shop", "/queue/stream/shop"] {
            assert_eq!(client.get(path).status, 200, "{path}");
        }
        let heard = lines.heads().split_off(before);
        assert_eq!(heard.len(), 5);
        for head in &heard {
            assert!(!head.contains("secret"), "{head}");
            assert_eq!(pairs(value(head, "cookie")), pairs(of_line), "{head}");
            assert_eq!((value(head, "user-agent"), value(head, "accept-language")), ("Mine/1", "ko"), "{head}");
            assert_eq!(value(head, "x-forwarded-for"), "127.0.0.1", "{head}");
            for name in names(head) {
                assert!(FOR_LINES.contains(&name.as_str()), "{name} in {head}");
            }
        }
        assert_eq!(value(&heard[0], "x-original-uri"), "/cart?a=b");
        let head = site.heads().split_off(asked).remove(0);
        assert_eq!(pairs(value(&head, "cookie")), pairs(of_site), "{head}");
        assert_eq!(
            (value(&head, "authorization"), value(&head, "content-length")),
            ("Bearer secret", "10000"),
            "{head}"
        );
    }
}

/// However many of our cookies a neighbouring site sets, the site behind the line gets none of them.
#[test]
fn no_cookie_of_the_line_reaches_the_site() {
    let (lines, site) = (Recorder::start(Manner::Answer), Recorder::start(Manner::Answer));
    let Some(kit) = available(Kit::temporary()) else { return };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, kit.free_port().expect("a free port")));
    let Some(_nginx) = available(Nginx::start(&kit, &config(address, lines.address, site.address))) else { return };
    for count in [9, 40, 150] {
        for unit in ["onsale_visitor=1; ", "onsale_pass_a=1; a=1; ", "__Host-onsale_visitor=1; a=1; onsale_pass_b=2;"] {
            let cookies = unit.repeat(count);
            let before = site.heads().len();
            assert_eq!(Client::new(address).with("Cookie", &cookies).get("/cart").status, 200, "{count} {unit}");
            let head = site.heads().split_off(before).remove(0);
            assert!(!head.contains("onsale_"), "{count} {unit}: {head}");
        }
    }
}

/// Kind: visitors of a neighbour's making stand in front of the own one.
#[test]
fn neighbours_cookies_lock_nobody_out() {
    let Some(shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    let (client, own) = visitor(&shop);
    wait_until("let in", || client.get("/queue/place/shop").field("status") == "ACTIVE");
    let pass = client.get("/cart").header("set-cookie").expect("a pass").split(';').next().expect("a pair").to_owned();
    shop.let_in(0);
    let neighbours: Vec<String> = (0..9).map(|_| visitor(&shop).1).collect();
    for count in [1, 4, 9] {
        let theirs = neighbours[..count].join("; ");
        for cookies in [format!("{theirs}; {own}; {pass}"), format!("{pass}; {theirs}; {own}")] {
            let reply = shop.client().with("Cookie", &cookies).get("/cart");
            assert_eq!(reply.status, 200, "{count}: {cookies}");
        }
    }
}

/// All that NGINX and the site take, and the check must not refuse.
#[test]
fn nothing_that_the_site_understands_locks_a_visitor_out() {
    let larger = |text: String| text.replace("location / {", "location / {\nclient_max_body_size 20m;");
    let Some(shop) = Shop::open_with(&[], larger) else { return };
    let many = |client: &Client| (0..90).fold(client.clone(), |client, n| client.with(&format!("X-H{n}"), "v"));
    let cookies: String = (0..6).map(|n| format!("; site_{n}={}", "c".repeat(3_500))).collect();
    let long = |unit: &str| format!("/p?{}", unit.repeat(2_000 / unit.len()));
    // New visitors.
    for client in [many(&shop.client()), shop.client().with("Cookie", &cookies[2..7_000]), shop.client()] {
        for path in [long("&a=1"), long("%ED"), long("=")] {
            let first = client.get(&path);
            let to = first.header("location").unwrap_or_default().to_owned();
            assert!(first.status == 303 && to.starts_with("/wait/shop?to=/p"), "{path}: {}", first.status);
            let second = client.get(&to);
            assert_eq!((second.status, second.header("set-cookie").is_some()), (303, true), "{path}");
        }
    }
    // Visitors inside.
    shop.let_in(1_000);
    let inside = holder(&shop);
    assert_eq!(many(&inside).get("/x").status, 200);
    assert_eq!(inside.call("POST", "/upload", Some(&vec![0; 1_500_000])).status, 200);
    for path in [long("&a=1"), long("%ED")] {
        assert_eq!(inside.get(&path).status, 200);
    }
    let agent = inside.with("X-Odd", "a\u{7f}b");
    assert_eq!(agent.get("/x").status, 200);
}

#[test]
fn the_sites_own_large_cookies_do_not_matter() {
    let Some(shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    let (_, cookie) = visitor(&shop);
    let large: String = (0..2).map(|n| format!("site_{n}={}; ", "c".repeat(3_500))).collect();
    let client = shop.client().with("Cookie", &format!("{large}{cookie}"));
    wait_until("let in", || client.get("/cart").status == 200);
    // A page for what waiting does not mend.
    shop.let_in(0);
    let odd = shop.client().with("Accept-Language", &"x".repeat(7_000)).with("Accept-Language", &"y".repeat(7_000));
    let odd = odd.with("User-Agent", &"z".repeat(7_000)).get("/cart");
    assert!([303, 400].contains(&odd.status), "{}", odd.status);
    assert!(!odd.text().contains("http-equiv=\"refresh\""), "{}", odd.text());
}

#[test]
fn no_cache_keeps_an_answer_with_a_pass() {
    let Some(shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    let (client, _) = visitor(&shop);
    wait_until("let in", || client.get("/queue/place/shop").field("status") == "ACTIVE");
    let first = client.get("/cached");
    let all = |name: &str| -> Vec<String> {
        let of_name = first.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.clone()).collect()
    };
    assert_eq!(first.status, 200);
    assert!(first.header("set-cookie").is_some_and(|cookie| cookie.starts_with("onsale_pass_shop=")));
    let control = all("cache-control").join(", ");
    assert!(control.contains("private, no-store") && !control.contains("public"), "{control}");
    let inside = holder(&shop);
    assert_eq!(inside.get("/cached").header("cache-control"), Some("public, max-age=600"), "the site's own words");
}
