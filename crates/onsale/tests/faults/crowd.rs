//! The clients: each repeats its request until a definite response, and some repeat it later. Their responses are judged.

use crate::ask::client;
use crate::settings::{COME_AGAIN, PATIENCE, PAUSE_MS, PEOPLE};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use testkit::http::{KeptClient, Reply};

const ISSUE: &str = "/api/v1/coupons/issue";
/// One of this many users sends an idempotency key with each request.
const KEYED_ONE_IN: u64 = 3;
/// One of this many requests comes from a user that already has a coupon.
const AGAIN_ONE_IN: u32 = 6;

/// A coupon as received by a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coupon {
    pub id: String,
    pub serial: u64,
}

/// A confirmed coupon.
#[derive(Clone, Debug)]
pub struct Yes {
    pub user: u64,
    pub coupon: Coupon,
    /// Requested with a key, but answered differently than before: `ALREADY_ISSUED`.
    pub in_other_words: bool,
}

/// The responses to all clients.
#[derive(Debug, Default)]
pub struct History {
    pub yeses: Vec<Yes>,
    /// Responses that must not occur.
    pub strange: Vec<String>,
    /// Longest time without a definite response since the fault.
    pub outage: Duration,
    /// Requests that were refused temporarily or cut off, since the fault.
    pub put_off: u64,
}

/// The shared state of a campaign's clients.
pub struct Crowd<'a> {
    edge: u16,
    event: &'a str,
    next_user: AtomicU64,
    definite: AtomicU64,
    sold_out: AtomicU64,
    is_over: AtomicBool,
    last_definite: Mutex<Instant>,
    history: Mutex<History>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Crowd<'a> {
    pub fn new(edge: u16, event: &'a str) -> Self {
        Self {
            edge,
            event,
            next_user: AtomicU64::default(),
            definite: AtomicU64::default(),
            sold_out: AtomicU64::default(),
            is_over: AtomicBool::default(),
            last_definite: Mutex::new(Instant::now()),
            history: Mutex::default(),
        }
    }

    /// Runs the clients during `fault` and until the campaign is sold out. Returns their responses.
    pub fn press(&self, after: u64, fault: impl FnOnce()) -> History {
        std::thread::scope(|scope| {
            for _ in 0..PEOPLE {
                scope.spawn(|| self.person());
            }
            // Even after a panic here, the other clients must end.
            let _end = End(&self.is_over);
            self.wait("the load is on", || self.definite.load(Ordering::Relaxed) >= after);
            std::thread::sleep(Duration::from_micros(fastrand::u64(0..20_000)));
            self.begin_outage();
            fault();
            // Received by a client after the recovery.
            let heard = self.sold_out.load(Ordering::Relaxed) + PEOPLE;
            self.wait("everything is sold", || self.sold_out.load(Ordering::Relaxed) > heard);
        });
        std::mem::take(&mut *locked(&self.history))
    }

    fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < deadline, "{}: waited in vain until {what}", self.event);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn begin_outage(&self) {
        let mut history = locked(&self.history);
        history.outage = Duration::ZERO;
        history.put_off = 0;
    }

    fn person(&self) {
        let (mut caller, mut mine) = (client(self.edge), Vec::new());
        while !self.is_over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(fastrand::u64(PAUSE_MS)));
            let again = if fastrand::u32(0..AGAIN_ONE_IN) == 0 { fastrand::choice(&mine).copied() } else { None };
            let user = again.unwrap_or_else(|| self.next_user.fetch_add(1, Ordering::Relaxed));
            let Some(answer) = self.ask_until_definite(&mut caller, user) else { return };
            if self.hear(user, again.is_some(), &answer) && again.is_none() {
                mine.push(user);
            }
        }
    }

    /// The first response that is not a request to retry; `None` if there is none.
    fn ask_until_definite(&self, caller: &mut KeptClient, user: u64) -> Option<Reply> {
        let body = json!({"user_id": user_name(user), "event_id": self.event}).to_string();
        let key = format!("{}-{user}", self.event);
        let headers = [("Idempotency-Key", key.as_str())];
        let headers = if is_keyed(user) { &headers[..] } else { &[] };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match caller.call("POST", ISSUE, headers, &body) {
                Ok(answer) if matches!(answer.status, 503 | 504) => {
                    if answer.header("retry-after").is_none() {
                        self.strange(format!("{}: {} without Retry-After", user_name(user), answer.status));
                    }
                }
                Ok(answer) => return Some(answer),
                Err(_) => {}
            }
            locked(&self.history).put_off += 1;
            std::thread::sleep(COME_AGAIN);
        }
        self.strange(format!("{}: no definite answer", user_name(user)));
        None
    }

    fn strange(&self, what: String) {
        locked(&self.history).strange.push(what);
    }

    /// Records a definite response. Returns whether it is a coupon.
    fn hear(&self, user: u64, holds: bool, answer: &Reply) -> bool {
        let said = answer.json_or_null();
        let code = said["code"].as_str().unwrap_or_default();
        self.definite.fetch_add(1, Ordering::Relaxed);
        let gap = std::mem::replace(&mut *locked(&self.last_definite), Instant::now()).elapsed();
        let mut history = locked(&self.history);
        history.outage = history.outage.max(gap);
        let coupon = said["coupon_id"].as_str().zip(said["serial"].as_u64());
        match (answer.status, code, coupon) {
            // Without a key the coupon may come from an attempt whose response was lost, but it is never confirmed twice.
            (200, "ISSUED" | "ALREADY_ISSUED", Some((id, serial))) if code != "ISSUED" || !holds || is_keyed(user) => {
                let in_other_words = code != "ISSUED" && is_keyed(user);
                let coupon = Coupon { id: id.replace('-', ""), serial };
                history.yeses.push(Yes { user, coupon, in_other_words });
                true
            }
            (200, "SOLD_OUT", None) if !holds => {
                self.sold_out.fetch_add(1, Ordering::Relaxed);
                false
            }
            _ => {
                let holder = if holds { ", who holds a coupon" } else { "" };
                history.strange.push(format!("{}{holder}: {} {}", user_name(user), answer.status, answer.text()));
                false
            }
        }
    }
}

/// Ends the clients when the fault is over, or has panicked.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub fn user_name(user: u64) -> String {
    format!("user-{user}")
}

fn is_keyed(user: u64) -> bool {
    user.is_multiple_of(KEYED_ONE_IN)
}
