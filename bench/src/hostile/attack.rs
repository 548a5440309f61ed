//! The hostile host: all its attacks at once.

use super::exchange::{connect, exchange, get, post};
use super::tally::Tally;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
/// The proxy that forwards the host's addresses of IPv6.
const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Nothing is waited for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that are held, of each kind; more than one network may have.
const SILENT: usize = 2000;
const SLOW: usize = 400;
const STREAMS: usize = 600;
/// Requests a second of each kind.
const GHOSTS: u32 = 100;
const ROTATING: u32 = 300;
const FREE: u32 = 500;
const COOKIES: u32 = 100;

/// Routes that cost the caller nothing.
const ROUTES: [&str; 8] = [
    "/health",
    "/health/live",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/nowhere/at/all",
    "/queue/check/shop",
    "/queue/receipt-key",
];

/// Begins all attacks; they end when the set is aborted or dropped.
pub fn begin(to: SocketAddr, tally: &Tally) -> JoinSet<()> {
    let mut all = JoinSet::new();
    for _ in 0..SILENT {
        all.spawn(held(to, tally.clone(), "silent connections", Vec::new(), None));
    }
    let head = b"POST /api/v1/coupons/issue HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n";
    let body = [&head[..], b"Content-Length: 900\r\n\r\n{"].concat();
    for _ in 0..SLOW {
        all.spawn(held(to, tally.clone(), "slow heads", head.to_vec(), Some(b"x")));
        all.spawn(held(to, tally.clone(), "slow bodies", body.clone(), Some(b" ")));
    }
    let stream = b"GET /queue/stream/queue:shop HTTP/1.1\r\nHost: shop.example\r\nAccept: text/event-stream\r\n\r\n";
    for _ in 0..STREAMS {
        all.spawn(held(to, tally.clone(), "streams", stream.to_vec(), None));
    }
    let counted = tally.clone();
    all.spawn(paced(GHOSTS, move |_| ghost(to, counted.clone())));
    let counted = tally.clone();
    all.spawn(paced(ROTATING, move |number| rotated(to, counted.clone(), number)));
    let counted = tally.clone();
    all.spawn(paced(FREE, move |number| {
        let route = ROUTES[number as usize % ROUTES.len()];
        asked(to, counted.clone(), "free routes", get(route, ""))
    }));
    let counted = tally.clone();
    all.spawn(paced(COOKIES, move |number| asked(to, counted.clone(), "cookies", cookies(number))));
    all
}

/// Connects, sends, holds the connection as long as it lives, and connects again.
async fn held(to: SocketAddr, tally: Tally, name: &'static str, first: Vec<u8>, drip: Option<&'static [u8]>) {
    loop {
        match connect(HOST, to).await {
            Ok(mut stream) => {
                let reply = if stream.write_all(&first).await.is_ok() { hold(&mut stream, drip).await } else { 0 };
                tally.add(name, if reply == 0 { "closed".to_owned() } else { format!("ended with {reply}") });
            }
            Err(_) => tally.add(name, "refused"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Reads until the end, and sends a byte each second; the status of the reply, 0 without one.
async fn hold(stream: &mut TcpStream, drip: Option<&[u8]>) -> u16 {
    let (mut status, mut bytes) = (0, [0; 1024]);
    loop {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut bytes)).await {
            Ok(Ok(count @ 1..)) if status == 0 => {
                let text = bytes.get(9..12).filter(|_| count > 12).map(String::from_utf8_lossy);
                status = text.and_then(|text| text.parse().ok()).unwrap_or(0);
            }
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) => return status,
            Err(_) => {
                if let Some(byte) = drip
                    && stream.write_all(byte).await.is_err()
                {
                    return status;
                }
            }
        }
    }
}

/// Starts this many a second, and never more than a second's worth at once.
async fn paced<F, Fut>(a_second: u32, mut start: F)
where
    F: FnMut(u32) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut pace = tokio::time::interval(Duration::from_secs(1) / a_second);
    let mut running = JoinSet::new();
    for number in 0_u32.. {
        pace.tick().await;
        while running.try_join_next().is_some() {}
        if running.len() < a_second as usize {
            running.spawn(start(number));
        }
    }
}

async fn asked(to: SocketAddr, tally: Tally, name: &'static str, request: Vec<u8>) {
    let reply = tokio::time::timeout(PATIENCE, exchange(HOST, to, &request)).await;
    let outcome = reply.ok().and_then(Result::ok).map_or("no reply".to_owned(), |reply| reply.status.to_string());
    tally.add(name, outcome);
}

/// A position that nobody will come back for.
async fn ghost(to: SocketAddr, tally: Tally) {
    let first = tokio::time::timeout(PATIENCE, exchange(HOST, to, &get("/wait/shop?to=/", ""))).await;
    let Ok(Ok(reply)) = first else { return tally.add("ghosts", "no reply") };
    let Some(cookie) = reply.cookie() else { return tally.add("ghosts", reply.status.to_string()) };
    let again = get("/wait/shop?to=/", &format!("Cookie: {cookie}\r\n"));
    let second = tokio::time::timeout(PATIENCE, exchange(HOST, to, &again)).await;
    let outcome = second.ok().and_then(Result::ok).map_or("no reply".to_owned(), |reply| reply.status.to_string());
    tally.add("ghosts", format!("with a cookie {outcome}"));
}

/// Another address of one network of IPv6 each time.
async fn rotated(to: SocketAddr, tally: Tally, number: u32) {
    let forwarded = format!("X-Forwarded-For: 2001:db8:bad:bad::{number:x}\r\n");
    let request = post(&format!("/gate/events/gated/enqueue?userId=robot{number}"), &forwarded, "");
    let reply = tokio::time::timeout(PATIENCE, exchange(PROXY, to, &request)).await;
    let outcome = reply.ok().and_then(Result::ok).map_or("no reply".to_owned(), |reply| reply.status.to_string());
    tally.add("IPv6 rotation", outcome);
}

/// The check with cookies of every kind: bytes beyond ASCII, many, long, of neighbours, forged, doubled.
fn cookies(number: u32) -> Vec<u8> {
    let long = "x".repeat(12_000);
    let many: String = (0..200).map(|index| format!("c{index}=v; ")).collect();
    let forged = "onsale_visitor=AAAA.BBBB.CCCC; onsale_visitor=1; onsale_pass_shop=x.y.z";
    let kinds = [
        "nick=\u{d64d}\u{ae38}\u{b3d9}".to_owned(),
        many,
        long,
        forged.to_owned(),
        "=; ;;==; onsale_visitor".to_owned(),
        "\"quoted\"; a=\"b;c\"; onsale_pass_shop=\"".to_owned(),
    ];
    let kind = &kinds[number as usize % kinds.len()];
    // The edge hides the check, so the waiting page gets the same ones.
    let path = if (number / 6).is_multiple_of(2) { "/queue/check/shop" } else { "/wait/shop?to=/" };
    get(path, &format!("User-Agent: Chrome\r\nCookie: {kind}\r\n"))
}
