//! Who a visitor of a protected site is: what the cookies say, and for whom they were made.
//!
//! A cookie is signed together with a coarse mark of the browser, so that it is worth nothing in a browser of another
//! kind. What it does not stop: a copy of all cookies into a browser of the same kind (and, with `bind_network`, in the
//! same network). The two are then one visitor with one place and one pass.

use super::signed::CookieKeys;
use ::http::HeaderMap;
use ::http::header::{COOKIE, USER_AGENT};
use domain::line::{LineId, Pass};
use domain::{Timestamp, UserId};
use onsale_http::ClientIp;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use uuid::Uuid;

/// The cookie that knows a visitor again.
pub const VISITOR_COOKIE: &str = "onsale_visitor";
/// How long a browser keeps it after the last look at a waiting page: longer than anybody waits.
const VISITOR_SECONDS: i64 = 2 * 24 * 60 * 60;

/// What a visitor carries of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<T> {
    /// Nothing.
    Nothing,
    /// Something that was not made here, or not for this browser.
    Forged,
    /// This.
    Valid(T),
}

/// A pass as its cookie tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedPass {
    /// The pass.
    pub id: Uuid,
    /// It does not live at this moment any more.
    pub until: Timestamp,
}

/// A request of somebody, as far as it tells who.
pub struct Caller<'a> {
    keys: &'a CookieKeys,
    headers: &'a HeaderMap,
    mark: String,
    is_secure: bool,
}

impl<'a> Caller<'a> {
    /// Reads a request. `network`: cookies count in the network alone that they were made for.
    pub fn new(keys: &'a CookieKeys, headers: &'a HeaderMap, client: Option<ClientIp>, network: bool) -> Self {
        let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
        let network = client.filter(|_| network).map_or_else(String::new, |client| network_of(client.0));
        // Anybody can claim to have come by TLS: it makes the own cookie stricter and nothing else.
        let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes() == b"https");
        Self { keys, headers, mark: mark(agent, &network), is_secure }
    }

    /// Every value of a cookie: a neighbouring site can put a second one of the same name beside ours.
    fn cookies(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let headers = self.headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
        let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(move |(other, _)| *other == name).map(|(_, value)| value)
    }

    fn carried<T>(&self, name: &str, read: impl Fn(&'a str) -> Option<T>) -> Carried<T> {
        let mut carried = Carried::Nothing;
        for value in self.cookies(name) {
            match read(value) {
                Some(value) => return Carried::Valid(value),
                None => carried = Carried::Forged,
            }
        }
        carried
    }

    /// Who it is.
    pub fn visitor(&self) -> Carried<UserId> {
        self.carried(VISITOR_COOKIE, |value| {
            let (id, signature) = value.split_once('.')?;
            self.keys.is_signed(&["visitor", id, &self.mark], signature).then(|| UserId::new(id).ok())?
        })
    }

    /// The pass that a visitor carries for a line.
    pub fn pass(&self, line: &LineId, visitor: &UserId) -> Carried<CarriedPass> {
        self.carried(&pass_cookie(line), |value| {
            let mut parts = value.split('.');
            let (id, until, signature) = (parts.next()?, parts.next()?, parts.next()?);
            let parts = ["pass", &line.to_string(), visitor.as_str(), id, until, &self.mark];
            let is_ours = self.keys.is_signed(&parts, signature);
            let pass = CarriedPass { id: id.parse().ok()?, until: Timestamp(until.parse().ok()?) };
            is_ours.then_some(pass)
        })
    }

    /// A cookie that makes somebody known from now on.
    pub fn visitor_cookie(&self, visitor: &UserId) -> String {
        let signature = self.keys.sign(&["visitor", visitor.as_str(), &self.mark]);
        self.cookie(VISITOR_COOKIE, &format!("{visitor}.{signature}"), VISITOR_SECONDS)
    }

    /// A cookie that carries a pass as long as it lives.
    pub fn pass_cookie(&self, line: &LineId, visitor: &UserId, pass: &Pass, now: Timestamp) -> String {
        let (id, until) = (pass.id.simple().to_string(), pass.until.millis().to_string());
        let signature = self.keys.sign(&["pass", &line.to_string(), visitor.as_str(), &id, &until, &self.mark]);
        let seconds = (pass.until.millis() - now.millis()).max(0) / 1_000 + 1;
        self.cookie(&pass_cookie(line), &format!("{id}.{until}.{signature}"), seconds)
    }

    fn cookie(&self, name: &str, value: &str, seconds: i64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// Somebody new.
pub fn new_visitor() -> Option<UserId> {
    UserId::new(&Uuid::new_v4().simple().to_string()).ok()
}

fn pass_cookie(line: &LineId) -> String {
    match line {
        LineId::Queue(name) => format!("onsale_pass_{name}"),
        LineId::Gate(campaign) => format!("onsale_pass_{campaign}"),
    }
}

/// The browser's kind without its version, which changes while people wait; and the network.
fn mark(agent: &[u8], network: &str) -> String {
    let kind: Vec<u8> = agent.iter().copied().filter(|byte| !byte.is_ascii_digit() && *byte != b'.').collect();
    let mut hash = Sha256::new();
    hash.update(&kind);
    hash.update(b"\n");
    hash.update(network.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

/// What a provider moves its customers within: 256 addresses, or one /48 of IPv6.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => hex::encode(&address.octets()[..3]),
        IpAddr::V6(address) => hex::encode(&address.octets()[..6]),
    }
}
