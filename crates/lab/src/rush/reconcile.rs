//! Hot state and database compared coupon by coupon: the server's own comparison, through its interface.

use super::answer::excerpt;
use super::client::{Client, Reply};
use super::shared::Interrupt;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Decisions must have reached the database by then.
const IN_FLIGHT_PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// One campaign's books.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Book {
    pub(super) event_id: String,
    pub(super) stock: u32,
    pub(super) hot_count: u64,
    pub(super) ledger_count: u64,
    /// Decided, but not kept yet.
    pub(super) in_flight: u64,
    pub(super) balances: bool,
    pub(super) findings: Vec<Value>,
}

impl Book {
    /// How many findings are of one of these kinds.
    pub(super) fn count(&self, kinds: &[&str]) -> usize {
        self.findings.iter().filter(|finding| kinds.contains(&kind(finding))).count()
    }

    /// Findings of other kinds than these.
    pub(super) fn count_others(&self, kinds: &[&str]) -> usize {
        self.findings.len() - self.count(kinds)
    }
}

fn kind(finding: &Value) -> &str {
    finding.get("kind").and_then(Value::as_str).unwrap_or("unknown")
}

#[derive(Deserialize)]
struct Answer {
    campaigns: Vec<Book>,
}

/// Reads the books once every decision is kept, or as they stand after a minute.
pub(super) fn read(client: &mut Client, campaign: &str, interrupt: &Interrupt) -> anyhow::Result<Book> {
    let give_up = Instant::now() + IN_FLIGHT_PATIENCE;
    loop {
        let reply = client.get(&format!("/api/v1/admin/reconcile?event_id={campaign}"))?;
        let book = book_of(&reply, campaign).with_context(|| format!("the books of {campaign} cannot be read"))?;
        if book.in_flight == 0 || Instant::now() >= give_up {
            return Ok(book);
        }
        if interrupt.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        std::thread::sleep(PAUSE);
    }
}

fn book_of(reply: &Reply, campaign: &str) -> anyhow::Result<Book> {
    if reply.status != 200 {
        bail!(reply.describe());
    }
    let answer: Answer = serde_json::from_slice(&reply.body).with_context(|| excerpt(&reply.body))?;
    answer.campaigns.into_iter().find(|book| book.event_id == campaign).context("the campaign is not among them")
}
