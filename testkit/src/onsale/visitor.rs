//! A visitor of a site behind a line: a browser as far as cookies go.
#![allow(dead_code, reason = "each test program uses a part of it")]

use crate::http::{Answer, Client};
use crate::server::World;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What Chromium says of itself, shortened.
pub const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36";
/// Another kind of browser.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// A world with a line `shop` that lets nobody in until it is told to.
pub fn shut(more: &[(&str, &str)]) -> World {
    let mut environment = vec![("ONSALE__QUEUE__LINES", "shop"), ("ONSALE__QUEUE__RATE_PER_SECOND", "0")];
    environment.extend_from_slice(more);
    World::with(&environment)
}

/// Lets people in at this rate from now on.
pub fn open_the_line(world: &World, rate: u32) {
    let body = json!({ "ratePerSecond": rate }).to_string();
    assert_eq!(world.admin().call("PUT", "/queue/admin/queue:shop/rate", Some(body.as_bytes())).status, 200);
}

/// Somebody's browser.
#[derive(Clone)]
pub struct Visitor {
    pub client: Client,
    pub agent: String,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

impl Visitor {
    pub fn new(world: &World) -> Self {
        Self { client: world.anyone(), agent: CHROMIUM.to_owned(), cookies: RefCell::default() }
    }

    /// Asks with the cookies, and keeps those of the answer.
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut client = self.client.with("User-Agent", &self.agent);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            client = client.with("Cookie", &cookies.join("; "));
        }
        for (name, value) in headers {
            client = client.with(name, value);
        }
        let answer = client.get(path);
        for (_, value) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let pair = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.borrow_mut().insert(pair.0.to_owned(), pair.1.to_owned());
        }
        answer
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// Comes to the waiting page, and back with its cookie. The page.
    pub fn wait(&self) -> Answer {
        let first = self.get("/wait/shop?to=/cart");
        let Some(to) = first.header("location").filter(|_| first.status == 303) else { return first };
        self.get(to)
    }

    /// What the proxy is told about a request for `original`.
    pub fn check(&self, original: &str) -> Answer {
        self.get_with("/queue/check?line=shop", &[("X-Original-URI", original)])
    }

    /// The rank at this moment.
    pub fn rank(&self) -> u64 {
        self.get("/queue/place/shop").ok()["rank"].as_u64().expect("a rank")
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.borrow().get(name).cloned().unwrap_or_default()
    }

    /// The same with another cookie.
    pub fn with_cookie(&self, name: &str, value: &str) -> Self {
        let other = self.clone();
        other.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        other
    }
}
