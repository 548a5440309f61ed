//! A visitor of a site behind a line: a browser that keeps cookies.

use super::world::World;
use crate::http::{Client, Reply};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The user agent of Chromium, shortened.
pub const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36";
/// The user agent of Firefox.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// A world with a line `shop` that admits no visitor until [`open_the_line`].
pub fn shut(more: &[(&str, &str)]) -> World {
    let mut environment = vec![("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "0")];
    environment.extend_from_slice(more);
    World::with(&environment)
}

/// Sets the admission rate, in visitors per second.
pub fn open_the_line(world: &World, rate: u32) {
    let body = json!({ "ratePerSecond": rate }).to_string();
    assert_eq!(world.admin().call("PUT", "/queue/admin/queue:shop/rate", Some(body.as_bytes())).status, 204);
}

/// A browser.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Where it goes.
    pub client: Client,
    /// The header `User-Agent`.
    pub agent: String,
    /// The cookies, by name.
    pub cookies: RefCell<BTreeMap<String, String>>,
}

impl Visitor {
    /// A browser without cookies.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self { client: world.anyone(), agent: CHROMIUM.to_owned(), cookies: RefCell::default() }
    }

    /// As [`get`](Self::get), with further headers.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut client = self.client.with("User-Agent", &self.agent);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            client = client.with("Cookie", &cookies.join("; "));
        }
        for (name, value) in headers {
            client = client.with(name, value);
        }
        let reply = client.get(path);
        for (_, value) in reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let pair = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.borrow_mut().insert(pair.0.to_owned(), pair.1.to_owned());
        }
        reply
    }

    /// Asks with the cookies, and keeps those of the reply.
    pub fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[])
    }

    /// Opens the waiting page, follows its redirect with the cookie, and returns the page.
    pub fn wait(&self) -> Reply {
        let first = self.get("/wait/shop?to=/cart");
        let Some(to) = first.header("location").filter(|_| first.status == 303) else { return first };
        self.get(to)
    }

    /// The proxy's question about a request for `original`.
    pub fn check(&self, original: &str) -> Reply {
        self.get_with("/queue/check?line=shop", &[("X-Original-URI", original)])
    }

    /// The present rank.
    pub fn rank(&self) -> u64 {
        self.get("/queue/place/shop").ok()["rank"].as_u64().expect("a rank")
    }

    /// The value of a cookie; empty when there is none.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.borrow().get(name).cloned().unwrap_or_default()
    }

    /// The same browser with one more cookie, or with another value of it.
    pub fn with_cookie(&self, name: &str, value: &str) -> Self {
        let other = self.clone();
        other.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        other
    }
}
