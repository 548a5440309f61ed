//! Asking for the coupon of every person who heard a yes.

use super::answer::{Held, excerpt};
use super::backoff::wait_ms;
use super::crowd::user_id;
use super::shared::Interrupt;
use super::tally::Yes;
use super::target::Target;
use crate::load::{After, Answer, Engine, Flow, Limits, Loss, Moments, Next, Script};
use serde::Deserialize;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Most people asked about; the server's own comparison covers the rest.
pub(super) const LOOKUPS_MAX: usize = 100_000;
const CONNECTIONS: usize = 64;
/// A server that limits us answers fewer; then it stays at those.
const PATIENCE: Duration = Duration::from_secs(120);
/// Wrong answers kept word for word.
const EXAMPLES_MAX: usize = 5;

/// What came of the look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lookups {
    /// People whose answer was the coupon they had heard of.
    pub(super) right: u64,
    /// People whose answer was another coupon, or none.
    pub(super) wrong: u64,
    /// People with more than one coupon.
    pub(super) doubled: u64,
    /// People the server gave no answer about.
    pub(super) unanswered: u64,
    /// Some of the wrong answers.
    pub(super) examples: Vec<String>,
}

/// Looks up every yes, up to [`LOOKUPS_MAX`].
pub(super) fn look_up(
    target: &Target,
    campaign: &str,
    key: Option<&str>,
    heard: &[Yes],
    interrupt: &Interrupt,
) -> anyhow::Result<Lookups> {
    let heard = &heard[..heard.len().min(LOOKUPS_MAX)];
    let connections = heard.len().min(CONNECTIONS);
    let key = key.map(|key| format!("X-Api-Key: {key}\r\n")).unwrap_or_default();
    let mut script = Lookup {
        heard,
        next: 0,
        present: vec![(0, 0); connections],
        path_end: format!("/event/{campaign} HTTP/1.1\r\nHost: {}\r\n{key}\r\n", target.host),
        interrupt,
        found: Lookups::default(),
        random: fastrand::Rng::new(),
    };
    Engine::new(target.address, connections, Limits::default(), Instant::now(), &mut script)?.run()?;
    let Lookup { mut found, .. } = script;
    found.unanswered = heard.len() as u64 - found.right - found.wrong;
    Ok(found)
}

struct Lookup<'a> {
    heard: &'a [Yes],
    next: usize,
    /// Index of the yes that each connection asks about, and attempts so far.
    present: Vec<(usize, u32)>,
    path_end: String,
    interrupt: &'a Interrupt,
    found: Lookups,
    random: fastrand::Rng,
}

#[derive(Deserialize)]
struct UserCoupons {
    coupons: Vec<UserCoupon>,
}

#[derive(Deserialize)]
struct UserCoupon {
    coupon_id: Uuid,
    serial: u32,
}

impl Lookup<'_> {
    fn judge(&mut self, yes: Yes, answer: &Answer<'_>) {
        let coupons = match serde_json::from_slice::<UserCoupons>(answer.body) {
            Ok(user) if answer.status == 200 => user.coupons,
            _ => return self.wrong(yes, answer),
        };
        let is_held = |coupon: &UserCoupon| Held { coupon_id: coupon.coupon_id, serial: coupon.serial } == yes.held;
        if !coupons.iter().any(is_held) {
            return self.wrong(yes, answer);
        }
        self.found.right += 1;
        self.found.doubled += u64::from(coupons.len() > 1);
    }

    fn wrong(&mut self, yes: Yes, answer: &Answer<'_>) {
        self.found.wrong += 1;
        if self.found.examples.len() < EXAMPLES_MAX {
            let Held { coupon_id, serial } = yes.held;
            let user = user_id(yes.user);
            let body = excerpt(answer.body);
            let status = answer.status;
            self.found.examples.push(format!("{user} heard of {coupon_id} (serial {serial}), now: {status} {body}"));
        }
    }

    fn again(&mut self, slot: usize, retry_after_seconds: Option<u32>, now_ns: u64) -> After {
        let attempts = &mut self.present[slot].1;
        *attempts += 1;
        After::Again(now_ns + wait_ms(*attempts, retry_after_seconds, &mut self.random) * 1_000_000)
    }
}

impl Script for Lookup<'_> {
    fn next(&mut self, slot: usize, _: u64) -> Next {
        if self.next >= self.heard.len() {
            return Next::Finished;
        }
        self.present[slot] = (self.next, 0);
        self.next += 1;
        Next::Take { due_ns: None }
    }

    fn write(&mut self, slot: usize, out: &mut Vec<u8>) {
        let user = user_id(self.heard[self.present[slot].0].user);
        out.extend_from_slice(b"GET /api/v1/coupons/user/");
        out.extend_from_slice(user.as_bytes());
        out.extend_from_slice(self.path_end.as_bytes());
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        if matches!(answer.status, 429 | 500..) {
            return self.again(slot, answer.retry_after_seconds, moments.now_ns);
        }
        self.judge(self.heard[self.present[slot].0], answer);
        After::Free
    }

    fn lost(&mut self, slot: usize, _: Loss, now_ns: u64) -> After {
        self.again(slot, None, now_ns)
    }

    fn tick(&mut self, now_ns: u64) -> Flow {
        let overdue = u128::from(now_ns) > PATIENCE.as_nanos();
        if overdue || self.interrupt.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Go }
    }
}
