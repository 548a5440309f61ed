//! The layer of calls around the routes of a role: who acts, for the audit log, and `Idempotency-Key`.

use super::supervisor::Task;
use crate::config::Config;
use access::Callers;
use hot::CallPort;
use ledger::Ledger;
use onsale_http::Calls;
use onsale_http::calls::{Answers, HotAnswers};
use std::sync::Arc;

/// For a role with tables: an answer is kept in the transaction of its effect.
pub fn over_ledger(config: &Config, callers: &Callers, ledger: &Ledger) -> Calls {
    calls(config, callers, Arc::new(ledger.clone()))
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
