//! Looks up the coupon of every user that received one.

use super::answer::{CouponRef, excerpt};
use super::backoff::wait_ms;
use super::crowd::user_id;
use super::shared::Interrupt;
use super::tally::Yes;
use super::target::Target;
use crate::load::{After, Answer, Engine, Flow, Limits, Loss, Moments, Next, Script};
use domain::CouponId;
use serde::Deserialize;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Maximum number of look-ups; the server's own comparison covers the rest.
pub(super) const LOOKUPS_MAX: usize = 100_000;
const CONNECTIONS: usize = 64;
/// Time limit of all look-ups. A server with rate limits answers fewer of them.
const PATIENCE: Duration = Duration::from_secs(120);
/// Number of stored examples of wrong responses.
const EXAMPLES_MAX: usize = 5;

/// A user that received a coupon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winner {
    /// The user number, from 0.
    pub(super) user: u32,
    /// The coupon, if the response named it.
    pub(super) held: Option<CouponRef>,
}

/// The results of all look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lookups {
    /// Users whose coupon matches the first response, or who hold any coupon if that response named none.
    pub(super) right: u64,
    /// Coupons of users whose first response named none.
    pub(super) found: Vec<Yes>,
    /// Users with another coupon, or none.
    pub(super) wrong: u64,
    /// Users with more than one coupon.
    pub(super) doubled: u64,
    /// Users whose look-up got no response.
    pub(super) unanswered: u64,
    /// Some wrong responses.
    pub(super) examples: Vec<String>,
}

/// Looks up every winner; `heard` has at most [`LOOKUPS_MAX`] entries.
pub(super) fn look_up(
    target: &Target,
    campaign: &str,
    key: Option<&str>,
    heard: &[Winner],
    interrupt: &Interrupt,
) -> anyhow::Result<Lookups> {
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
    heard: &'a [Winner],
    next: usize,
    /// Per connection: the index of its winner, and the number of attempts.
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
    coupon_id: CouponId,
    serial: u32,
}

impl Lookup<'_> {
    fn judge(&mut self, asked: Winner, answer: &Answer<'_>) {
        let coupons = match serde_json::from_slice::<UserCoupons>(answer.body) {
            Ok(user) if answer.status == 200 => user.coupons,
            _ => return self.wrong(asked, answer),
        };
        let mut coupons_held =
            coupons.iter().map(|coupon| CouponRef { coupon_id: coupon.coupon_id, serial: coupon.serial });
        let held = match asked.held {
            Some(held) => coupons_held.find(|one| *one == held),
            None => coupons_held.next(),
        };
        let Some(held) = held else { return self.wrong(asked, answer) };
        self.found.right += 1;
        self.found.doubled += u64::from(coupons.len() > 1);
        if asked.held.is_none() {
            self.found.found.push(Yes { user: asked.user, held });
        }
    }

    fn wrong(&mut self, asked: Winner, answer: &Answer<'_>) {
        self.found.wrong += 1;
        if self.found.examples.len() < EXAMPLES_MAX {
            let user = user_id(asked.user);
            let heard =
                asked.held.map_or("a coupon".into(), |held| format!("{} (serial {})", held.coupon_id, held.serial));
            let (status, body) = (answer.status, excerpt(answer.body));
            self.found.examples.push(format!("{user} received {heard}, but the look-up returned {status} {body}"));
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
