//! The layer of calls around the routes of a role: who acts, for the audit log, and `Idempotency-Key`.

use super::redis;
use super::supervisor::Task;
use crate::config::{Config, HotEngine};
use access::Callers;
use anyhow::Context;
use call::Entry;
use hot::embedded::read_pending;
use hot::{CallPort, PendingEntry};
use ledger::Ledger;
use onsale_http::Calls;
use onsale_http::calls::{Answers, HotAnswers, Identify, PersonalAnswers};
use std::sync::Arc;

/// For a role with tables: an answer is kept in the transaction of its effect.
pub fn over_ledger(config: &Config, callers: &Callers, ledger: &Ledger) -> Calls {
    calls(config, callers, Arc::new(ledger.clone()))
}

/// For a role whose callers are people alone, found out by the gateway.
pub fn of_people(config: &Config, ledger: &Ledger) -> Calls {
    of_people_with(config, Arc::new(ledger.clone()))
}

/// As [`of_people`], for the role whose answers say who somebody is.
pub fn of_accounts(config: &Config, ledger: &Ledger) -> Calls {
    of_people_with(config, Arc::new(PersonalAnswers(ledger.clone())))
}

fn of_people_with(config: &Config, answers: Arc<dyn Answers>) -> Calls {
    let nobody: Identify = Arc::new(|_, _| Box::pin(std::future::ready(None)));
    Calls::new(nobody, answers, config.http.request_timeout())
}

/// Forgets answers that have run out.
pub fn purge(name: &'static str, ledger: &Ledger) -> Task {
    let ledger = ledger.clone();
    Task::new(name, move || ledger::calls::kept::purge_in_background(ledger.clone()))
}

/// For a role without a database.
pub fn over_hot(config: &Config, callers: &Callers, port: Arc<dyn CallPort>) -> Calls {
    calls(config, callers, Arc::new(HotAnswers(port)))
}

fn calls(config: &Config, callers: &Callers, answers: Arc<dyn Answers>) -> Calls {
    Calls::new(callers.identify(), answers, config.http.request_timeout())
}

/// The background work of a schema's calls: what has run out is forgotten, and entries of the audit log that roles without a
/// database have left in hot state are moved into the table.
pub fn tasks(ledger: &Ledger, port: &Arc<dyn CallPort>) -> Vec<Task> {
    let (kept, log, port) = (ledger.clone(), ledger.clone(), port.clone());
    vec![
        Task::new("kept answers", move || ledger::calls::kept::purge_in_background(kept.clone())),
        Task::new("audit log", move || coupon::audit_log::move_in_background(port.clone(), log.clone())),
    ]
}

/// Most entries that a command reads from hot state: a role with a database moves them every half second.
const PENDING_MAX: usize = 10_000;

/// Entries of the audit log that no role has moved into the table yet.
///
/// # Errors
/// When the hot state does not answer, or the journal cannot be read.
pub async fn pending_entries(config: &Config) -> anyhow::Result<Vec<Entry>> {
    let pending = match config.hot_engine() {
        HotEngine::Redis(address) => {
            let connections = redis::connect(config, &address).await?;
            redis::lines(config, &connections).pending(PENDING_MAX).await.context("the hot state does not answer")?
        }
        HotEngine::Embedded => read_pending(&config.data.dir, PENDING_MAX)?,
    };
    Ok(pending.into_iter().filter_map(|PendingEntry { entry, .. }| entry).collect())
}
