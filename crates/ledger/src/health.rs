//! Whether the database takes writes, and whether its clock is ours: an answer to a question says nothing about that.

use crate::connect::Ledger;
use crate::error::LedgerError;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::time::{Duration, Instant};

/// A write is tried at most so often.
const WRITTEN_EVERY: Duration = Duration::from_secs(3);
/// The same while none passes.
const TRIED_EVERY: Duration = Duration::from_millis(500);
/// Clocks that differ by more than this decide differently about openings and lives.
const CLOCK_DIFFERENCE_MAX_MS: i64 = 500;
/// A difference of clocks is told again after this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How well the database is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerHealth {
    /// Why nothing can be stored; `None` when a write passed.
    pub down: Option<String>,
    /// What an operator should look at before it becomes a failure.
    pub warnings: Vec<String>,
}

/// The last look at the database.
#[derive(Debug, Default)]
pub(crate) struct LastLook {
    look: Option<(Instant, LedgerHealth)>,
    told_at: Option<Instant>,
}

impl Ledger {
    /// Whether a row can be stored, as it was seen in the last seconds: one is written, removed, and both are on the disk.
    /// Concurrent callers share one look.
    pub async fn health(&self) -> LedgerHealth {
        let mut last = self.last_look().lock().await;
        if let Some((at, health)) = last.look.as_ref()
            && at.elapsed() < if health.down.is_some() { TRIED_EVERY } else { WRITTEN_EVERY }
        {
            return health.clone();
        }
        let mut health = LedgerHealth::default();
        match self.look().await {
            Err(error) => health.down = Some(error.to_string()),
            Ok(Some(ahead_ms)) if ahead_ms.abs() > CLOCK_DIFFERENCE_MAX_MS => {
                health.warnings.push(format!("the database's clock is {ahead_ms} ms ahead of this server's"));
                if last.told_at.is_none_or(|at| at.elapsed() > TOLD_EVERY) {
                    last.told_at = Some(Instant::now());
                    tracing::warn!(ahead_ms, "the clocks of the database and this server differ");
                }
            }
            Ok(_) => {}
        }
        last.look = Some((Instant::now(), health.clone()));
        health
    }

    async fn look(&self) -> Result<Option<i64>, LedgerError> {
        self.write_and_keep().await?;
        let ahead_ms = self.clock_ahead_ms().await?;
        if let Some(ahead_ms) = ahead_ms {
            metrics::gauge!("onsale_clock_ahead_ms", "of" => "ledger").set(ahead_ms as f64);
        }
        Ok(ahead_ms)
    }

    /// How far the database's clock is ahead of ours, less what the round trip could explain; `None` for a file.
    async fn clock_ahead_ms(&self) -> Result<Option<i64>, LedgerError> {
        let question = match self.database().backend {
            DbBackend::Postgres => "SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text",
            DbBackend::MySql => "SELECT CAST(CAST(ROUND(UNIX_TIMESTAMP(SYSDATE(6)) * 1000) AS SIGNED) AS CHAR)",
            _ => return Ok(None),
        };
        let earliest_ms = clock::now().millis();
        let question = Statement::from_string(self.database().backend, question);
        let Some(row) = self.connection().query_one_raw(question).await? else { return Ok(None) };
        let latest_ms = clock::now().millis();
        let text: String = row.try_get_by_index(0)?;
        let at_ms: i64 = text.parse().map_err(|_| LedgerError::damaged("the time"))?;
        Ok(Some((at_ms - latest_ms).max(0) + (at_ms - earliest_ms).min(0)))
    }
}
