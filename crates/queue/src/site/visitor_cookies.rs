//! Identifies a visitor of a protected site by cookies, each made for one kind of browser.
//!
//! A cookie is signed together with a coarse mark of the browser, so that it is invalid in a browser of another kind.
//! This does not stop a copy of all cookies into a browser of the same kind (and, with `bind_network`, in the same
//! network). The two browsers are then one visitor with one position and one pass.

use super::cookie_keys::CookieKeys;
use ::http::HeaderMap;
use ::http::header::{COOKIE, USER_AGENT};
use domain::line::{LineId, Pass};
use domain::{PassId, Timestamp, UserId};
use onsale_http::ClientIp;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use uuid::Uuid;

/// The cookie that identifies a visitor.
pub const VISITOR_COOKIE: &str = "onsale_visitor";
/// Lifetime of the visitor cookie after the last request of a waiting page: longer than any wait.
const VISITOR_SECONDS: i64 = 2 * 24 * 60 * 60;

/// The value of a visitor's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieValue<T> {
    /// The browser sent no such cookie.
    Missing,
    /// The cookie was not made here, or not for this browser.
    Invalid,
    /// A valid cookie.
    Valid(T),
}

/// The pass in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassCookie {
    /// The id of the pass.
    pub id: PassId,
    /// The pass has expired at this time.
    pub until: Timestamp,
}

/// Reads and makes the cookies of one request.
pub struct VisitorCookies<'a> {
    keys: &'a CookieKeys,
    headers: &'a HeaderMap,
    mark: String,
    is_secure: bool,
}

impl<'a> VisitorCookies<'a> {
    /// The cookies of a request. `network`: cookies are valid only in the network that they were made for.
    pub fn new(keys: &'a CookieKeys, headers: &'a HeaderMap, client: Option<ClientIp>, network: bool) -> Self {
        let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
        let network = client.filter(|_| network).map_or_else(String::new, |client| network_of(client.0));
        // Any client can claim TLS. It only makes the client's own cookie stricter.
        let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes() == b"https");
        Self { keys, headers, mark: mark(agent, &network), is_secure }
    }

    /// All values of a cookie: a neighbouring site can set a second one of the same name.
    fn cookies(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let headers = self.headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
        let pairs = headers.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(move |(other, _)| *other == name).map(|(_, value)| value)
    }

    fn read<T>(&self, name: &str, parse: impl Fn(&'a str) -> Option<T>) -> CookieValue<T> {
        let mut result = CookieValue::Missing;
        for value in self.cookies(name) {
            match parse(value) {
                Some(value) => return CookieValue::Valid(value),
                None => result = CookieValue::Invalid,
            }
        }
        result
    }

    /// The visitor's id.
    pub fn visitor(&self) -> CookieValue<UserId> {
        self.read(VISITOR_COOKIE, |value| {
            let (id, signature) = value.split_once('.')?;
            self.keys.is_signed(&["visitor", id, &self.mark], signature).then(|| UserId::new(id).ok())?
        })
    }

    /// The visitor's pass for a line.
    pub fn pass(&self, line: &LineId, visitor: &UserId) -> CookieValue<PassCookie> {
        self.read(&pass_cookie_name(line), |value| {
            let mut parts = value.split('.');
            let (id, until, signature) = (parts.next()?, parts.next()?, parts.next()?);
            let parts = ["pass", &line.to_string(), visitor.as_str(), id, until, &self.mark];
            let is_signed = self.keys.is_signed(&parts, signature);
            let pass = PassCookie { id: id.parse().ok()?, until: Timestamp(until.parse().ok()?) };
            is_signed.then_some(pass)
        })
    }

    /// A cookie that identifies the visitor from now on.
    pub fn visitor_cookie(&self, visitor: &UserId) -> String {
        let signature = self.keys.sign(&["visitor", visitor.as_str(), &self.mark]);
        self.cookie(VISITOR_COOKIE, &format!("{visitor}.{signature}"), VISITOR_SECONDS)
    }

    /// A cookie with a pass, valid until the pass expires.
    pub fn pass_cookie(&self, line: &LineId, visitor: &UserId, pass: &Pass, now: Timestamp) -> String {
        let (id, until) = (pass.id.get().simple().to_string(), pass.until.millis().to_string());
        let signature = self.keys.sign(&["pass", &line.to_string(), visitor.as_str(), &id, &until, &self.mark]);
        let seconds = (pass.until.millis() - now.millis()).max(0) / 1_000 + 1;
        self.cookie(&pass_cookie_name(line), &format!("{id}.{until}.{signature}"), seconds)
    }

    fn cookie(&self, name: &str, value: &str, seconds: i64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// A new visitor's id.
pub fn new_visitor() -> Option<UserId> {
    UserId::new(&Uuid::new_v4().simple().to_string()).ok()
}

fn pass_cookie_name(line: &LineId) -> String {
    match line {
        LineId::Queue(name) => format!("onsale_pass_{name}"),
        LineId::Gate(campaign) => format!("onsale_pass_{campaign}"),
    }
}

/// A hash of the network and of the browser's kind, without its version, which may change during the wait.
fn mark(agent: &[u8], network: &str) -> String {
    let kind: Vec<u8> = agent.iter().copied().filter(|byte| !byte.is_ascii_digit() && *byte != b'.').collect();
    let mut hash = Sha256::new();
    hash.update(&kind);
    hash.update(b"\n");
    hash.update(network.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

/// The range within which a provider moves its customers: 256 addresses, or one /48 of IPv6.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => hex::encode(&address.octets()[..3]),
        IpAddr::V6(address) => hex::encode(&address.octets()[..6]),
    }
}
