//! The audit log: entries of hot state are moved into the table, and administrators read it.

use crate::service::CouponService;
use crate::views::audit::{AuditEntry, AuditPage};
use hot::{CallPort, PendingEntry};
use ledger::Ledger;
use ledger::calls::audit::{self, Filter, PAGE_MAX};
use onsale_http::ApiError;
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks for entries of hot state.
const EVERY: Duration = Duration::from_millis(500);
/// Longest pause while database or hot state do not answer.
const PAUSE_MAX: Duration = Duration::from_secs(15);

impl CouponService {
    /// A page of the audit log, newest first.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE`.
    pub async fn audit_log(&self, filter: &Filter, page: u64, size: u64) -> Result<AuditPage, ApiError> {
        let (entries, total_elements) = audit::list(&self.ledger, filter, page, size).await?;
        Ok(AuditPage { list: entries.into_iter().map(AuditEntry::from).collect(), page, size, total_elements })
    }
}

/// Moves the entries of hot state into the table, until the process ends. Any number of processes may do so: an entry is
/// kept once. While the database does not answer, entries stay where they are.
pub async fn move_in_background(port: Arc<dyn CallPort>, ledger: Ledger) {
    let mut pause = EVERY;
    loop {
        match move_once(port.as_ref(), &ledger).await {
            // There may be more.
            Ok(moved) if moved as u64 == PAGE_MAX => continue,
            Ok(_) => pause = EVERY,
            Err(error) => {
                tracing::warn!(code = error.code.as_str(), "entries of the audit log wait in hot state");
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Moves some entries; returns how many.
async fn move_once(port: &dyn CallPort, ledger: &Ledger) -> Result<usize, ApiError> {
    let pending = port.pending(PAGE_MAX as usize).await?;
    if pending.is_empty() {
        return Ok(0);
    }
    let entries: Vec<call::Entry> = pending.iter().filter_map(|pending| pending.entry.clone()).collect();
    audit::take_over(ledger, &entries).await?;
    let (readable, damaged): (Vec<PendingEntry>, Vec<PendingEntry>) =
        pending.into_iter().partition(|pending| pending.entry.is_some());
    for PendingEntry { place, .. } in &damaged {
        // It stays where it is, for people.
        tracing::error!(place, "an entry of the audit log cannot be read");
    }
    port.moved(&readable).await?;
    match readable.len() {
        0 => Err(ApiError::unavailable()),
        moved => Ok(moved),
    }
}
