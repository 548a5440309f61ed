//! The outboxes of tables: read where the configuration says, by one process at a time.

use super::role::Outbox;
use super::roles::Opening;
use super::supervisor::Task;
use anyhow::Context;
use bus::{Cause, Leased};
use hot::lease::{Hold, Lease};
use ledger::{Ledger, news, wal};
use outbox::LedgerOutbox;
use std::sync::Arc;

/// The outbox of a role's tables, with the tasks that tell of its messages. `name`: of its relay; `lease`: of the lease by which
/// one process at a time reads it.
///
/// # Errors
/// When PostgreSQL's log of changes is to be read and cannot be.
pub(super) async fn of(
    opening: &Opening<'_>,
    (name, lease): (&'static str, &str),
    ledger: &Ledger,
) -> anyhow::Result<(Outbox, Vec<Task>)> {
    let hot = opening.engines.hot.as_ref().with_context(|| format!("the role {name} has no hot state"))?;
    let mut tasks = Vec::new();
    let source = match opening.config.outbox.source.as_str() {
        "wal" => LedgerOutbox::of_log(ledger.clone()).await.context("outbox.source")?,
        _ => {
            let polled = ledger.clone();
            // A process that read the log may have left its place there, which keeps the log from being thrown away.
            tasks.push(Task::new("forgotten slot", move || wal::forget(polled.clone())));
            LedgerOutbox::new(ledger.clone())
        }
    };
    let lease = Arc::new(Lease::new(hot.keys.clone(), lease));
    let held = lease.clone();
    let is_held = move || {
        let lease = held.clone();
        async move { Ok::<_, Cause>(lease.hold().await? != Hold::Others) }
    };
    let listening = ledger.clone();
    tasks.push(Task::new("news of messages", move || news::listen(listening.clone())));
    let outbox = Outbox { name, source: Arc::new(Leased::new(source, is_held)), lease: Some(lease) };
    Ok((outbox, tasks))
}
