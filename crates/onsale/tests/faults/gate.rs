//! The gate with issuers, on the real engines: issuers and schedulers are killed while they work.

use crate::ask::client;
use crate::settings::PATIENCE;
use crate::system::{Ack, System, with};
use crate::trial::pause_ms;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::{Program, until};

const PEOPLE: usize = 120;
pub const STOCK: usize = 60;
/// Number of users that are admitted while no issuer runs.
const LEFT_BEHIND: usize = 20;

/// Users at a gate, over either of its servers.
pub struct Gate<'a> {
    pub event: &'a str,
    servers: &'a [(Program, u16)],
    /// Number of responses that asked for a retry.
    pub put_off: AtomicUsize,
    /// Number of requests without a response.
    pub cut_off: AtomicUsize,
}

impl<'a> Gate<'a> {
    pub fn new(event: &'a str, servers: &'a [(Program, u16)]) -> Self {
        Self { event, servers, put_off: AtomicUsize::new(0), cut_off: AtomicUsize::new(0) }
    }

    /// Repeats the request until a server responds, because servers are killed here.
    fn ask(&self, person: usize, method: &str, path: &str) -> Value {
        let begun = Instant::now();
        for turn in person.. {
            let mut caller = client(self.servers[turn % self.servers.len()].1);
            match caller.call(method, path, &[], "") {
                Ok(reply) if reply.status == 200 => return reply.json(),
                Ok(reply) if reply.status == 503 && reply.header("retry-after").is_some() => {
                    self.put_off.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => drop(self.cut_off.fetch_add(1, Ordering::SeqCst)),
                Ok(other) => panic!("{path}: {other:?}"),
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: no answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        unreachable!("numbers do not end")
    }

    pub fn enter(&self, person: usize) -> Value {
        self.ask(person, "POST", &format!("/gate/events/{}/enqueue?userId=user-{person}", self.event))
    }

    pub fn rank(&self, person: usize) -> Value {
        self.ask(person, "GET", &format!("/gate/events/{}/rank?userId=user-{person}", self.event))
    }

    pub fn status(&self, person: usize) -> String {
        self.rank(person)["status"].as_str().expect("a status").to_owned()
    }

    fn count(&self, status: &str) -> usize {
        (0..PEOPLE).filter(|person| self.status(*person) == status).count()
    }

    fn wait(&self, what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

pub fn make_campaign(system: &System, event: &str) {
    let mut caller = client(system.edge);
    // A repeated call hears the first answer: servers may still be recovering from the test before.
    let headers = [("X-Api-Key", system.key.as_str()), ("Idempotency-Key", event)];
    let campaign = json!({"event_id": event, "name": "Gate", "stock": STOCK, "gated": true}).to_string();
    let made = until("the campaign is made", PATIENCE, || {
        let made = caller.call("POST", "/api/v1/admin/campaigns", &headers, &campaign);
        let made = made.map_err(|error| error.to_string())?;
        if made.status == 201 { Ok(()) } else { Err(format!("{} {}", made.status, made.text())) }
    });
    made.expect("the campaign can be made");
}

pub fn open_campaign(system: &System, event: &str) {
    let headers = [("X-Api-Key", system.key.as_str())];
    let path = format!("/api/v1/admin/campaigns/{event}/open");
    let opened = client(system.edge).call("POST", &path, &headers, "").expect("answered");
    assert_eq!(opened.status, 200, "{opened:?}");
}

/// All users enter before the campaign opens; no issuer runs when the first users are admitted; then issuers start, and
/// one of them and one of the gate's servers are killed.
fn try_once(system: &System, event: &str) {
    make_campaign(system, event);
    let servers = system.line_servers();
    let gate = Gate::new(event, &servers);
    for person in 0..PEOPLE {
        assert_eq!(gate.enter(person)["rank"], person + 1, "in order of entry, whichever server is asked");
    }
    for issuer in &system.issuers {
        issuer.kill().expect("killed");
    }
    open_campaign(system, event);
    gate.wait("the first are being dealt with", || gate.count("PROCESSING") >= LEFT_BEHIND);
    let first: Vec<String> = (0..LEFT_BEHIND).map(|person| gate.status(person)).collect();
    assert!(first.iter().all(|status| status == "PROCESSING" || status == "WAITING"), "{first:?}");
    for issuer in &system.issuers {
        issuer.restart().expect("starts again");
    }
    pause_ms(0..400);
    for process in [&*system.issuers[0], &*servers[0].0] {
        process.kill().expect("killed");
        pause_ms(0..400);
        process.restart().expect("starts again");
    }
    let is_decided = |person| ["ISSUED", "SOLD_OUT"].contains(&gate.status(person).as_str());
    gate.wait("everybody has an answer", || (0..PEOPLE).all(is_decided));
    let issued: Vec<usize> = (0..PEOPLE).filter(|person| gate.status(*person) == "ISSUED").collect();
    let rows: BTreeSet<String> = system.rows(event).values().map(|(user, _)| user.clone()).collect();
    let told: BTreeSet<String> = issued.iter().map(|person| format!("user-{person}")).collect();
    assert_eq!(issued.len(), STOCK, "exactly as many as there are");
    assert_eq!(rows, told, "who was told yes has a row, and nobody else");
    assert!((0..LEFT_BEHIND).all(|person| issued.contains(&person)), "the first are served first: {issued:?}");
    system.wait_until_whole();
    assert_eq!(system.settle(event, STOCK as u64), Ok(()), "{event}");
}

#[test]
fn issuers_and_schedulers_killed_while_they_serve_the_gate() {
    with(Ack::Replica, |system| {
        for trial in 0..testkit::trials(1) {
            try_once(system, &format!("gate_{trial}"));
        }
    });
}
