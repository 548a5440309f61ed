//! News of messages that other processes have written to the outbox: `LISTEN` and `NOTIFY` of PostgreSQL. They save waiting for
//! the next look at the outbox, and nothing else depends on them.
//!
//! `NOTIFY` is no part of the change: PostgreSQL lets only one change at a time commit with one, which would undo the sharing of
//! flushes. The process that has committed sends it afterwards, once for all that was written meanwhile, and only where
//! another process relays.

use crate::connect::Ledger;
use crate::error::LedgerError;
use futures::StreamExt;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::sqlx::{self};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// How often a message to ourselves proves that messages arrive: a pooler between us and the database may keep them, and a
/// connection may hang.
const PROVED_EVERY: Duration = Duration::from_secs(30);
/// Longest wait for such a message.
const PROOF_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before the connection is made again; it doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(30);

/// What is said to others: something was written.
const WRITTEN: &str = "written";

/// The channel of a schema's outbox.
fn channel(ledger: &Ledger) -> String {
    format!("onsale_{}", ledger.database().schema.name)
}

/// Hears of messages that other processes write to the outbox, until it is dropped; never ends. Takes one connection beside
/// the pool on PostgreSQL, and does nothing on other databases.
pub async fn listen(ledger: Ledger) {
    if ledger.database().backend != DbBackend::Postgres {
        return std::future::pending().await;
    }
    let _unheard = Unheard(&ledger);
    let mut pause = RETRY_FIRST;
    loop {
        let begun = Instant::now();
        if let Err(error) = hear(&ledger).await {
            tracing::debug!(%error, "news of the outbox is not heard now; it is looked at more often");
        }
        ledger.commit_news().set_heard(false);
        pause = if begun.elapsed() > RETRY_LONGEST { RETRY_FIRST } else { (pause * 2).min(RETRY_LONGEST) };
        tokio::time::sleep(pause).await;
    }
}

/// However the listener ends, nobody counts on it afterwards.
struct Unheard<'a>(&'a Ledger);

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        self.0.commit_news().set_heard(false);
    }
}

async fn hear(ledger: &Ledger) -> Result<(), sqlx::Error> {
    let options = ledger.pool().get_postgres_connection_pool().connect_options();
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*options).clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(&channel(ledger)).await?;
    // A stream keeps what it has read in part when another branch of the loop is taken.
    let mut messages = std::pin::pin!(listener.into_stream());
    let (me, mut proofs) = (Uuid::new_v4().to_string(), tokio::time::interval(PROVED_EVERY));
    let mut late_at: Option<Instant> = None;
    loop {
        let deadline = late_at.unwrap_or_else(|| Instant::now() + PROVED_EVERY);
        tokio::select! {
            message = messages.next() => match message.transpose()? {
                Some(message) if message.payload() == me => {
                    late_at = None;
                    ledger.commit_news().set_heard(true);
                }
                Some(message) if message.payload() == WRITTEN => ledger.commit_news().told(),
                Some(_) => {}
                None => return Err(sqlx::Error::PoolClosed),
            },
            _ = proofs.tick() => {
                late_at = Some(Instant::now() + PROOF_TIMEOUT);
                // A failure shows in the proof that does not come.
                let _ = say(ledger, &me).await;
            }
            () = sleep_until(deadline), if late_at.is_some() => return Err(sqlx::Error::PoolTimedOut),
        }
    }
}

async fn say(ledger: &Ledger, what: &str) -> Result<(), LedgerError> {
    let words = [channel(ledger).into(), what.into()];
    let say = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", words);
    ledger.connection().query_one_raw(say).await?;
    Ok(())
}

/// Tells the process that relays that this one has written messages; does nothing where it could not hear.
///
/// # Errors
/// [`LedgerError`]; the messages are found by the next look.
pub async fn pass_on(ledger: &Ledger) -> Result<(), LedgerError> {
    if ledger.database().backend == DbBackend::Postgres { say(ledger, WRITTEN).await } else { Ok(()) }
}

/// As [`pass_on`], whenever this process has written messages; never ends. For a process that relays nothing itself.
pub async fn pass_on_always(ledger: Ledger) {
    loop {
        super::outbox::written(&ledger).await;
        if let Err(error) = pass_on(&ledger).await {
            tracing::debug!(%error, "the process that relays could not be told; it looks by itself");
        }
    }
}

/// Ends when another process has said that it wrote messages, since the last call ended.
pub async fn heard(ledger: &Ledger) {
    ledger.commit_news().heard().await;
}

/// Whether this process learns of all messages without looking: those of others are heard, or there are no others.
pub fn hears_all(ledger: &Ledger) -> bool {
    // A file has one server; a command that writes to it is found by the next look.
    ledger.database().backend == DbBackend::Sqlite || ledger.commit_news().is_heard()
}
