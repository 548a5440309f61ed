//! The users: each requests one coupon and retries until there is a response.

use super::answer::{CouponRef, Interpretation, interpret_decision};
use super::attempts::Attempts;
use super::shared::Shared;
use super::tally::{Tally, Yes};
use super::target::Target;
use crate::load::{After, Answer, Flow, Loss, Moments, Next, Script};
use domain::coupon::issue::IssueCode;
use std::sync::atomic::Ordering;

/// Minimum number of digits of the user number in the user id.
const DIGITS_MIN: usize = 7;
const NS_PER_SECOND: u64 = 1_000_000_000;

/// The settings of all requests, the same for all threads.
pub(super) struct RequestSettings<'a> {
    pub(super) target: &'a Target,
    pub(super) campaign: &'a str,
    pub(super) users: u32,
    pub(super) rate: Option<u32>,
    pub(super) retry: bool,
    pub(super) idempotency_keys: bool,
    pub(super) issue_key: Option<&'a str>,
}

/// The id of user number `user` (from 0).
pub(super) fn user_id(user: u32) -> String {
    format!("rush-{:0DIGITS_MIN$}", u64::from(user) + 1)
}

/// A request template with a gap for the user number.
struct Form {
    bytes: Vec<u8>,
    /// Offsets of the number: one in the body, and one in a header if present.
    holes: Vec<usize>,
    digits: usize,
}

impl Form {
    fn new(manner: &RequestSettings<'_>) -> Self {
        let digits = manner.users.to_string().len().max(DIGITS_MIN);
        let number = "#".repeat(digits);
        let RequestSettings { target, campaign, .. } = manner;
        let body = format!(r#"{{"user_id":"rush-{number}","event_id":"{campaign}"}}"#);
        let mut head = format!(
            "POST /api/v1/coupons/issue HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            target.host,
            body.len()
        );
        if let Some(key) = manner.issue_key {
            head.push_str(&format!("X-Api-Key: {key}\r\n"));
        }
        if manner.idempotency_keys {
            head.push_str(&format!("Idempotency-Key: {campaign}.{number}\r\n"));
        }
        let text = format!("{head}\r\n{body}");
        let holes = text.match_indices(&number).map(|(at, _)| at).collect();
        Self { bytes: text.into_bytes(), holes, digits }
    }

    fn fill(&mut self, user: u32, out: &mut Vec<u8>) {
        let mut rest = u64::from(user) + 1;
        for digit in (0..self.digits).rev() {
            for hole in &self.holes {
                self.bytes[hole + digit] = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
        }
        out.extend_from_slice(&self.bytes);
    }
}

/// One thread's share of the users.
pub(super) struct Crowd<'a> {
    shared: &'a Shared,
    thread: usize,
    form: Form,
    ns_per_arrival: Option<f64>,
    attempts: Attempts,
    /// The user on each connection.
    people: Vec<u32>,
    /// The next user, whose arrival is not due yet.
    at_the_door: Option<u32>,
    tally: Tally,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(manner: &RequestSettings<'_>, shared: &'a Shared, thread: usize, connections: usize) -> Self {
        Self {
            shared,
            thread,
            form: Form::new(manner),
            ns_per_arrival: manner.rate.map(|rate| NS_PER_SECOND as f64 / f64::from(rate)),
            attempts: Attempts::new(manner.retry, connections),
            people: vec![0; connections],
            at_the_door: None,
            tally: Tally::new(),
        }
    }

    pub(super) fn into_tally(self) -> Tally {
        self.tally
    }

    fn settle(&mut self) -> After {
        self.shared.live(self.thread).settled.fetch_add(1, Ordering::Relaxed);
        After::Free
    }

    fn decided(&mut self, slot: usize, code: IssueCode, held: Option<CouponRef>, moments: Moments) -> After {
        // ALREADY_ISSUED names a coupon, too: the first response was lost, or an earlier run received it.
        let is_yes = held.is_some();
        let latency_ns = moments.now_ns.saturating_sub(moments.since_ns);
        self.tally.decided(code, is_yes, latency_ns, moments.now_ns);
        if code == IssueCode::AlreadyIssued && self.attempts.is_uncertain(slot) {
            self.tally.trouble.yes_heard_late += 1;
        }
        if let Some(held) = held {
            self.tally.heard.push(Yes { user: self.people[slot], held });
            self.shared.live(self.thread).issued.fetch_add(1, Ordering::Relaxed);
        }
        self.settle()
    }

    /// No decision: retries at `again_ns`, or gives up.
    fn later(&mut self, again_ns: Option<u64>) -> After {
        match again_ns {
            Some(at_ns) => After::Again(at_ns),
            None => self.settle(),
        }
    }
}

impl Script for Crowd<'_> {
    fn next(&mut self, slot: usize, now_ns: u64) -> Next {
        let Some(user) = self.at_the_door.take().or_else(|| self.shared.claim_user()) else { return Next::Finished };
        let due_ns = self.ns_per_arrival.map(|ns_per_arrival| (f64::from(user) * ns_per_arrival) as u64);
        if let Some(due_ns) = due_ns
            && due_ns > now_ns
        {
            self.at_the_door = Some(user);
            return Next::Wait(due_ns);
        }
        self.people[slot] = user;
        self.attempts.begin(slot);
        Next::Take { due_ns }
    }

    fn write(&mut self, slot: usize, out: &mut Vec<u8>) {
        self.attempts.sent(slot);
        self.form.fill(self.people[slot], out);
    }

    fn answered(&mut self, slot: usize, answer: &Answer<'_>, moments: Moments) -> After {
        match interpret_decision(answer) {
            Interpretation::Decision((code, held)) => self.decided(slot, code, held, moments),
            Interpretation::Refused(refusal) => {
                let notes = (&mut self.tally, self.shared.live(self.thread));
                let again_ns = self.attempts.refused(slot, refusal, answer.retry_after_seconds, moments.now_ns, notes);
                self.later(again_ns)
            }
            Interpretation::Unusable(reason) => {
                self.shared.fail(format!("unusable response: {reason}"));
                After::Free
            }
        }
    }

    fn lost(&mut self, slot: usize, loss: Loss, now_ns: u64) -> After {
        let notes = (&mut self.tally, self.shared.live(self.thread));
        let again_ns = self.attempts.lost(slot, loss, now_ns, notes);
        self.later(again_ns)
    }

    fn tick(&mut self, _: u64) -> Flow {
        if self.shared.stopping() { Flow::Stop } else { Flow::Go }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rush::shared::Interrupt;

    fn manner(target: &Target) -> RequestSettings<'_> {
        RequestSettings {
            target,
            campaign: "sale",
            users: 3,
            rate: Some(10),
            retry: true,
            idempotency_keys: true,
            issue_key: Some("k"),
        }
    }

    #[test]
    fn each_user_has_its_own_request() {
        let target = Target::parse("127.0.0.1:80").expect("an address");
        let mut form = Form::new(&manner(&target));
        let mut out = Vec::new();
        form.fill(41, &mut out);
        let text = String::from_utf8(out).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        assert_eq!(body, r#"{"user_id":"rush-0000042","event_id":"sale"}"#);
        assert_eq!(user_id(41), "rush-0000042");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        assert!(head.contains("Idempotency-Key: sale.0000042\r\nContent") || head.ends_with("sale.0000042"), "{head}");
        assert!(head.contains("X-Api-Key: k"), "{head}");
    }

    #[test]
    fn users_arrive_when_they_are_due_and_not_earlier() {
        let target = Target::parse("127.0.0.1:80").expect("an address");
        let shared = Shared::new(3, 1, Interrupt::default());
        let mut crowd = Crowd::new(&manner(&target), &shared, 0, 2);
        let tenth = NS_PER_SECOND / 10;
        assert_eq!(crowd.next(0, 0), Next::Take { due_ns: Some(0) });
        assert_eq!(crowd.next(1, tenth - 1), Next::Wait(tenth));
        assert_eq!(crowd.next(1, tenth), Next::Take { due_ns: Some(tenth) });
        // Late: the latency counts from the scheduled time.
        assert_eq!(crowd.next(0, 9 * tenth), Next::Take { due_ns: Some(2 * tenth) });
        assert_eq!(crowd.next(1, 9 * tenth), Next::Finished);
    }
}
