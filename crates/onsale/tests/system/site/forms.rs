//! The form of a refusal: for pages, scripts, WebSockets, robots, and addresses of every kind. `reports.md`, F12, O7, O10 to
//! O12.

use crate::site::proxy::{holder, visitor};
use crate::site::shop::Shop;
use crate::site::straight::{first_page, returning};
use testkit::http::{Client, Connection};
use testkit::onsale::wait_until;

const ROBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://a.example/bot.html)";

/// What no page can be sent to: headers of the request, and its method.
fn scripts() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        ("GET", vec![("Accept", "application/json")]),
        ("POST", vec![("Accept", "application/json, text/plain, */*")]),
        ("GET", vec![("Accept", "*/*"), ("Sec-Fetch-Mode", "cors")]),
        ("GET", vec![("Accept", "image/avif,image/webp,*/*;q=0.8"), ("Sec-Fetch-Mode", "no-cors")]),
        ("GET", vec![("Accept", "*/*"), ("X-Requested-With", "XMLHttpRequest")]),
        ("POST", vec![("Accept", "*/*"), ("Content-Type", "application/json")]),
        ("OPTIONS", vec![("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST")]),
        ("GET", vec![("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]),
    ]
}

fn with(client: &Client, headers: &[(&str, &str)]) -> Client {
    headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, value))
}

#[test]
fn a_script_hears_401_in_json_and_a_page_is_sent_to_the_line() {
    let Some(shop) = Shop::open(&[]) else { return };
    let (waiting, _) = visitor(&shop);
    for client in [shop.client(), waiting] {
        for (method, headers) in scripts() {
            let answer = with(&client, &headers).call(method, "/api/cart?a=b", None);
            answer.is_error(401, "UNAUTHORIZED");
            assert_eq!(answer.header("www-authenticate"), Some("Onsale-Pass"), "{headers:?}");
            assert_eq!(answer.header("x-onsale-location"), Some("/wait/shop?to=/"), "{headers:?}");
            assert_eq!((answer.header("cache-control"), answer.header("set-cookie")), (Some("no-store"), None));
        }
        let korean = with(&client, &[("Accept", "application/json"), ("Accept-Language", "ko-KR,ko;q=0.9")]).get("/a");
        assert!(korean.text().contains("새로고침"), "{}", korean.text());
        for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"] {
            for mode in ["navigate", ""] {
                let headers = [("Accept", accept), ("Sec-Fetch-Mode", mode)];
                let headers = if mode.is_empty() { &headers[..1] } else { &headers[..] };
                let answer = with(&client, headers).get("/cart");
                assert_eq!(
                    (answer.status, answer.header("location")),
                    (303, Some("/wait/shop?to=/cart")),
                    "{headers:?}"
                );
            }
        }
    }
    assert_eq!(shop.site.asked(), [""; 0]);
    // Inside, each of them reaches the site, and the site's own 401 stays its own.
    shop.let_in(1_000);
    let inside = holder(&shop);
    for (method, headers) in scripts().into_iter().filter(|(_, headers)| headers[0].0 != "Upgrade") {
        assert_eq!(with(&inside, &headers).call(method, "/api/cart", None).status, 200, "{headers:?}");
        let own = with(&inside, &headers).call(method, "/status/401", None);
        assert_eq!((own.status, own.header("x-shop"), own.header("www-authenticate")), (401, Some("yes"), None));
    }
}

/// A WebSocket's handshake, and what comes back.
fn websocket(shop: &Shop, client: &Client) -> (Connection, String) {
    let client = client.with("Upgrade", "websocket").with("Connection", "Upgrade").with("Sec-WebSocket-Version", "13");
    let client = client.with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let mut connection = Connection::open(shop.address);
    connection.send(client.request("GET", "/live", None));
    let first = connection.line().expect("an answer");
    while !connection.line().expect("a head").is_empty() {}
    (connection, first)
}

#[test]
fn a_websocket_of_a_visitor_inside_reaches_the_site_and_no_other() {
    let Some(shop) = Shop::open(&[]) else { return };
    let (_, head) = websocket(&shop, &shop.client());
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    assert_eq!(shop.site.asked(), [""; 0]);
    shop.let_in(1_000);
    let (mut connection, head) = websocket(&shop, &holder(&shop));
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    for word in ["hello", "again"] {
        connection.send(format!("{word}\n"));
        assert_eq!(connection.line().expect("comes back"), word);
    }
    assert_eq!(shop.site.asked().last().map(String::as_str), Some("/live"));
}

#[test]
fn robots_are_told_to_come_again_and_what_machines_ask_for_does_not_wait() {
    let Some(shop) = Shop::open(&[]) else { return };
    let robot = shop.client().with("User-Agent", ROBOT);
    for (client, path) in [(&robot, "/"), (&robot, "/product/5?a=b"), (&shop.client(), "/wait/shop?to=/&cookie=1")] {
        let answer = client.get(path);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("300")), "{path}: {}", answer.text());
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(shop.world.admin().get("/queue/admin/stats").ok()["totalWaiting"], 0);
    for path in ["/robots.txt", "/.well-known/acme-challenge/abc", "/.well-known/security.txt"] {
        for client in [&robot, &shop.client().with("Cookie", "onsale_visitor=a.b; sid=1")] {
            assert_eq!((client.get(path).status, client.get(path).header("x-shop")), (200, Some("yes")), "{path}");
        }
    }
    assert_eq!(shop.client().get("/robots.txt/x").status, 303);
    // Where nobody waits, a robot reads the site and takes no place inside.
    shop.let_in(1_000);
    wait_until("the robot reads", || robot.get("/product/a").status == 200);
    let stats = shop.world.admin().get("/queue/admin/stats").ok();
    assert_eq!(stats["scheduleStats"][0]["activeCount"], 0, "{stats}");
}

#[test]
fn one_browser_stays_one_visitor() {
    const SAFARI: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
                          Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1";
    let Some(shop) = Shop::open(&[]) else { return };
    let phone = shop.client().with("User-Agent", SAFARI);
    shop.let_in(1_000);
    let first = first_page(&phone);
    shop.let_in(0);
    let cookies = returning(&shop.client(), &first);
    for same in [
        SAFARI,
        "AppleCoreMedia/1.0.0.21B101 (iPhone; U; CPU OS 17_1_2 like Mac OS X; ko_kr)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 \
         Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 \
         Safari/605.1.15",
    ] {
        assert_eq!(cookies.with("User-Agent", same).get("/clip.mp4").status, 200, "{same}");
    }
    for other in ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "curl/8.5.0"] {
        assert_eq!(cookies.with("User-Agent", other).get("/clip.mp4").status, 303, "{other}");
    }
}

#[test]
fn every_address_of_the_site_comes_back_or_the_page_says_so() {
    let Some(shop) = Shop::open(&[]) else { return };
    let (waiting, _) = visitor(&shop);
    let kept = |path: &str| shop.client().get(path).header("location").unwrap_or_default().to_owned();
    let long = format!("/{}", "a".repeat(5_000));
    for (path, back) in [
        ("/queue/status", "/queue/status"),
        ("/queue/admin/stats", "/queue/admin/stats"),
        ("/a?b=\"c\"", "/a%3Fb%3D%2522c%2522"),
        ("/a?b=c\\d", "/a%3Fb%3Dc%255Cd"),
        (&long, &long),
    ] {
        assert_eq!(kept(path), format!("/wait/shop?to={back}"), "{path}");
        assert!(!waiting.get(&kept(path)).text().contains("id=\"lost\""), "{path}");
    }
    let too_long = format!("/a?{}", "&b=c".repeat(1_500));
    assert_eq!(kept(&too_long), "/wait/shop?to=/&lost=1");
    assert!(waiting.get(&kept(&too_long)).text().contains("id=\"lost\""), "told");
    // And so it does after the cookie was given.
    let first = shop.client().get(&kept(&too_long));
    assert_eq!((first.status, first.header("location")), (303, Some("/wait/shop?to=/&lost=1&cookie=1")));
    shop.let_in(1_000);
    wait_until("let in", || waiting.get("/queue/place/shop").field("status") == "ACTIVE");
    let to = waiting.get("/wait/shop?to=/queue/status").header("location").unwrap_or_default().to_owned();
    assert!(to.starts_with("/queue/status?onsale_pass=qr_"), "{to}");
    waiting.get(&to);
    assert_eq!(waiting.get("/queue/status").status, 200);
    assert_eq!(shop.site.asked().last().map(String::as_str), Some("/queue/status"));
}
