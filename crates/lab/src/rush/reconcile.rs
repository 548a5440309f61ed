//! Reads the server's own comparison of hot state and database through its interface.

use super::answer::excerpt;
use super::client::{Client, Reply};
use super::shared::Interrupt;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Time limit for all decisions to reach the database.
const IN_FLIGHT_PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// The comparison of one campaign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Book {
    pub(super) event_id: String,
    pub(super) stock: u32,
    pub(super) hot_count: u64,
    pub(super) ledger_count: u64,
    /// Issued, but not in the database yet.
    pub(super) in_flight: u64,
    pub(super) balances: bool,
    pub(super) findings: Vec<Value>,
}

impl Book {
    /// Number of findings of these kinds.
    pub(super) fn count(&self, kinds: &[&str]) -> usize {
        self.findings.iter().filter(|finding| kinds.contains(&kind(finding))).count()
    }

    /// Number of findings of other kinds.
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

/// Reads the comparison when every decision is in the database, or after a minute.
pub(super) fn read(client: &mut Client, campaign: &str, interrupt: &Interrupt) -> anyhow::Result<Book> {
    let give_up = Instant::now() + IN_FLIGHT_PATIENCE;
    loop {
        let reply = client.get(&format!("/api/v1/admin/reconcile?event_id={campaign}"))?;
        let book = book_of(&reply, campaign).with_context(|| format!("cannot read the comparison of {campaign}"))?;
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
    answer.campaigns.into_iter().find(|book| book.event_id == campaign).context("the response lacks the campaign")
}
