//! Identifies a visitor of a protected site by cookies, each made for one kind of browser.
//!
//! A cookie is signed together with a coarse mark of the browser, so that it is invalid in a browser of another kind.
//! This does not stop a copy of all cookies into a browser of the same kind (and, with `bind_network`, in the same
//! network). The two browsers are then one visitor with one position and one pass.
//!
//! A visitor's cookie says when it was made, and a stale one identifies nobody, whatever the browser makes of `Max-Age`.
//! Cookies of earlier versions, which do not say it, identify nobody either.
//!
//! Other sites of the same domain can set cookies of any name and value here, and a browser sends all of them. So what
//! does not fit is passed over, never held against the visitor.

use super::cookie_keys::CookieKeys;
use super::device;
use ::http::HeaderMap;
use ::http::header::USER_AGENT;
use domain::line::{LineId, Pass};
use domain::{PassId, Timestamp, UserId};
use onsale_http::ClientIp;
use onsale_http::head::cookies;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::net::IpAddr;
use uuid::Uuid;

/// The cookie that identifies a visitor; over TLS with [`HOST_PREFIX`].
pub const VISITOR_COOKIE: &str = "onsale_visitor";
/// Lifetime of the visitor cookie after the last request of a waiting page: longer than any wait.
const VISITOR_SECONDS: i64 = 2 * 24 * 60 * 60;
/// How far the clock of the server that made a cookie may be ahead.
const AHEAD_SECONDS: i64 = 10 * 60;

/// Prefix of names that a browser takes only from this host itself, over TLS and with `Path=/` (RFC 6265bis, 4.1.3.2).
/// A neighbouring subdomain cannot set such a cookie.
const HOST_PREFIX: &str = "__Host-";
/// What a signed link begins with in the place of a pass: no pass does.
const LINK_PREFIX: &str = "link.";

/// The visitor that the cookies of a request identify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The visitor.
    pub visitor: UserId,
    /// The visitor's pass for the line, perhaps expired.
    pub pass: Option<PassCookie>,
}

/// The pass in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassCookie {
    /// The id of the pass.
    pub id: PassId,
    /// The pass has expired at this time.
    pub until: Timestamp,
}

/// Whether a browser sends the cookies with what another site makes it do (`queue.cookie_same_site`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameSite {
    /// With links from other sites, and not with forms posted by them.
    #[default]
    Lax,
    /// With everything. Browsers take such a cookie over TLS only; without TLS it is [`SameSite::Lax`].
    None,
}

/// Reads and makes the cookies of one request.
pub struct VisitorCookies<'a> {
    keys: &'a CookieKeys,
    headers: &'a HeaderMap,
    mark: String,
    is_secure: bool,
    now: Timestamp,
    same_site: SameSite,
}

impl<'a> VisitorCookies<'a> {
    /// The cookies of a request. `network`: cookies are valid only in the network that they were made for.
    pub fn new(keys: &'a CookieKeys, headers: &'a HeaderMap, client: Option<ClientIp>, network: bool) -> Self {
        let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
        let network = client.filter(|_| network).map_or_else(String::new, |client| network_of(client.0));
        // Any client can claim TLS. It only makes the client's own cookie stricter.
        let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes() == b"https");
        let (same_site, now) = (SameSite::default(), clock::now());
        Self { keys, headers, mark: mark(agent, &network), is_secure, now, same_site }
    }

    /// The same at another moment.
    #[cfg(test)]
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// The same, which makes cookies with this `SameSite`.
    #[must_use]
    pub fn with_same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }
    }

    /// The visitor of a line. Cookies that were not made here, or not for this browser, count as missing: a neighbouring
    /// site can set any. Of several valid visitors it is the one whom a pass belongs to, else the first. Each cookie is
    /// checked once, so that a head full of them bounds the work.
    pub fn identity(&self, line: &LineId) -> Option<Identity> {
        let texts = self.texts(&self.visitor_name());
        let visitors: Vec<UserId> = texts.into_iter().filter_map(|text| self.visitor(text)).collect();
        let first = visitors.first()?.clone();
        let known: HashSet<&UserId> = visitors.iter().collect();
        let passes = self.texts(&self.name(&pass_cookie_name(line)));
        let held = passes.into_iter().filter_map(|text| self.pass(line, text));
        let own = held.filter(|(visitor, _)| known.contains(visitor));
        let longest = own.max_by_key(|(_, pass)| pass.until);
        Some(match longest {
            Some((visitor, pass)) => Identity { visitor, pass: Some(pass) },
            None => Identity { visitor: first, pass: None },
        })
    }

    /// Whether the browser sent any cookie, ours or another.
    pub fn has_any(&self) -> bool {
        cookies::has_any(self.headers)
    }

    /// The values of a cookie that are text.
    fn texts(&self, name: &str) -> Vec<&'a str> {
        cookies::values(self.headers, name).filter_map(|value| std::str::from_utf8(value).ok()).collect()
    }

    fn visitor(&self, text: &str) -> Option<UserId> {
        // Exactly three parts: a cookie has one form.
        let [id, made, signature] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
        if !self.keys.is_signed(&["visitor", id, made, &self.mark], signature) {
            return None;
        }
        let age = self.now.millis() / 1_000 - made.parse::<i64>().ok()?;
        (-AHEAD_SECONDS..=VISITOR_SECONDS).contains(&age).then(|| UserId::new(id).ok())?
    }

    /// A pass names its visitor: with many cookies of both kinds, no pass is tried with every visitor.
    fn pass(&self, line: &LineId, text: &str) -> Option<(UserId, PassCookie)> {
        // Exactly four parts: a cookie has one form.
        let [id, until, visitor, signature] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
        let parts = ["pass", &line.to_string(), visitor, id, until, &self.mark];
        if !self.keys.is_signed(&parts, signature) {
            return None;
        }
        let pass = PassCookie { id: id.parse().ok()?, until: Timestamp(until.parse().ok()?) };
        Some((UserId::new(visitor).ok()?, pass))
    }

    /// The name of a cookie in this request.
    fn name(&self, name: &str) -> String {
        format!("{}{name}", if self.is_secure { HOST_PREFIX } else { "" })
    }

    fn visitor_name(&self) -> String {
        self.name(VISITOR_COOKIE)
    }

    /// A cookie that identifies the visitor from now on.
    pub fn visitor_cookie(&self, visitor: &UserId) -> String {
        let made = (self.now.millis() / 1_000).to_string();
        let signature = self.keys.sign(&["visitor", visitor.as_str(), &made, &self.mark]);
        self.cookie(&self.visitor_name(), &format!("{visitor}.{made}.{signature}"), VISITOR_SECONDS)
    }

    /// A cookie with a pass, valid until the pass expires.
    pub fn pass_cookie(&self, line: &LineId, visitor: &UserId, pass: &Pass, now: Timestamp) -> String {
        let (id, until) = (pass.id.get().simple().to_string(), pass.until.millis().to_string());
        let signature = self.keys.sign(&["pass", &line.to_string(), visitor.as_str(), &id, &until, &self.mark]);
        let seconds = (pass.until.millis() - now.millis()).max(0) / 1_000 + 1;
        self.cookie(&self.name(&pass_cookie_name(line)), &format!("{id}.{until}.{visitor}.{signature}"), seconds)
    }

    /// The signed links that the browser has kept.
    pub fn links(&self, line: &LineId) -> impl Iterator<Item = &'a str> {
        let texts = self.texts(&self.name(&pass_cookie_name(line)));
        texts.into_iter().filter_map(|text| text.strip_prefix(LINK_PREFIX))
    }

    /// A cookie that keeps a signed link, in the place of a pass: proxies let it through to the check.
    pub fn link_cookie(&self, line: &LineId, token: &str, seconds: i64) -> String {
        self.cookie(&self.name(&pass_cookie_name(line)), &format!("{LINK_PREFIX}{token}"), seconds)
    }

    fn cookie(&self, name: &str, value: &str, seconds: i64) -> String {
        let same_site = match self.same_site {
            SameSite::None if self.is_secure => "None",
            _ => "Lax",
        };
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}")
    }
}

/// A new visitor's id.
pub fn new_visitor() -> Option<UserId> {
    UserId::new(&Uuid::new_v4().simple().to_string()).ok()
}

fn pass_cookie_name(line: &LineId) -> String {
    match line {
        LineId::Queue(name) => format!("onsale_pass_{name}"),
        LineId::Gate(_) => format!("onsale_pass_{}", line.in_address()),
    }
}

/// A hash of the network and of the browser's kind.
pub(super) fn mark(agent: &[u8], network: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(device::kind(agent));
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
