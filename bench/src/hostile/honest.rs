//! Honest people: each comes once, from a network of its own, at a steady rate whatever happens.

use super::exchange::{exchange, get, post};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The longest wait of one person.
const PATIENCE: Duration = Duration::from_secs(10);
const AGENT: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36\r\nAccept: text/html\r\n";
/// The proxy that forwards addresses of IPv6.
const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The replies to the people of one family of addresses.
#[derive(Debug, Default)]
pub struct Seen {
    statuses: BTreeMap<u16, u64>,
    no_reply: u64,
    seconds: Vec<f64>,
}

impl Seen {
    fn add(&mut self, status: Option<u16>, seconds: f64) {
        match status {
            Some(status) => *self.statuses.entry(status).or_default() += 1,
            None => self.no_reply += 1,
        }
        self.seconds.push(seconds);
    }

    /// How many came.
    pub fn all(&self) -> usize {
        self.seconds.len()
    }

    /// How many were refused or got no reply.
    pub fn not_served(&self) -> u64 {
        self.no_reply + self.statuses.range(400..).map(|(_, count)| count).sum::<u64>()
    }

    /// The statuses with their counts.
    pub fn statuses(&self) -> String {
        let mut each: Vec<String> = self.statuses.iter().map(|(status, count)| format!("{count} x {status}")).collect();
        each.push(format!("{} without a reply", self.no_reply));
        each.join(", ")
    }

    /// A quantile of the times from connecting to the end of the reply.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let index = ((sorted.len() as f64 * quantile) as usize).min(sorted.len().saturating_sub(1));
        sorted.get(index).map_or(f64::NAN, |seconds| seconds * 1e3)
    }
}

/// The replies to all.
#[derive(Debug, Default)]
pub struct Figures {
    /// Those with an address of IPv4.
    pub v4: Seen,
    /// Those with an address of IPv6.
    pub v6: Seen,
}

/// Lets people come for this long; `first` numbers the first of them.
pub async fn crowd(address: SocketAddr, a_second: u32, length: Duration, first: u32) -> Figures {
    let mut people = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / a_second);
    let until = Instant::now() + length;
    let mut number = first;
    while Instant::now() < until {
        pace.tick().await;
        people.spawn(come(address, number));
        number += 1;
    }
    let mut figures = Figures::default();
    while let Some(person) = people.join_next().await {
        if let Ok((number, status, seconds)) = person {
            let seen = if number % 2 == 0 { &mut figures.v4 } else { &mut figures.v6 };
            seen.add(status, seconds);
        }
    }
    figures
}

async fn come(address: SocketAddr, number: u32) -> (u32, Option<u16>, f64) {
    let (from, forwarded) = if number.is_multiple_of(2) {
        let [_, high, middle, low] = number.to_be_bytes();
        (Ipv4Addr::new(127, 1 + high, middle, low.max(1)), String::new())
    } else {
        (PROXY, format!("X-Forwarded-For: 2001:db8:{:x}:{:x}::1\r\n", number >> 16, number & 0xffff))
    };
    let request = request(number, &format!("{AGENT}{forwarded}"));
    let begun = Instant::now();
    let reply = tokio::time::timeout(PATIENCE, exchange(from, address, &request)).await;
    let status = reply.ok().and_then(Result::ok).map(|reply| reply.status);
    (number, status, begun.elapsed().as_secs_f64())
}

/// A coupon, a position before a campaign, the waiting page of a site, the public document of a line, in turn.
fn request(number: u32, headers: &str) -> Vec<u8> {
    match (number / 2) % 4 {
        0 => {
            let body = format!("{{\"user_id\":\"honest{number}\",\"event_id\":\"open\"}}");
            post("/api/v1/coupons/issue", headers, &body)
        }
        1 => post(&format!("/gate/events/gated/enqueue?userId=honest{number}"), headers, ""),
        2 => get("/wait/shop?to=/", headers),
        _ => get("/queue/serving/queue:shop", headers),
    }
}
