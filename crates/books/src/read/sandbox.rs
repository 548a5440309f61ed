//! The sandbox's books: its file, or its doors.

use crate::records::ProviderRow;
use domain::id::PaymentKey;
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use std::path::Path;

/// The reason of a cancellation in the provider's console (`POST .../console-cancel` of the sandbox).
const BY_HAND: &str = "console";

/// Why the sandbox's books cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The file.
    #[error("the sandbox's books cannot be read")]
    File(#[from] rusqlite::Error),
    /// A door gave no answer.
    #[error("the sandbox does not answer")]
    Door(#[from] reqwest::Error),
    /// A door gave an answer that is none.
    #[error("the sandbox's answer cannot be read")]
    Answer(#[from] serde_json::Error),
}

/// Reads `sandbox.sqlite`. The file may be in use. Payments whose name is none of ours are left out: testers make some up.
///
/// # Errors
/// [`SandboxError::File`].
pub fn sandbox_file(path: &Path) -> Result<Vec<ProviderRow>, SandboxError> {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = file.prepare(
        "SELECT p.payment_key, p.captured, p.refunded,
                (SELECT coalesce(sum(c.amount), 0) FROM cancellations c
                 WHERE c.payment_key = p.payment_key AND c.reason = ?1 AND c.status = 'SUCCEEDED')
         FROM payments p ORDER BY p.rowid",
    )?;
    let rows = select.query_map([BY_HAND], |row| {
        let key: String = row.get(0)?;
        let (captured, refunded, refunded_by_hand) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(key.parse().ok().map(|key| ProviderRow { key, captured, refunded, refunded_by_hand }))
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
}

#[derive(Deserialize)]
struct Look {
    captured: i64,
    refunded: i64,
}

/// Asks the sandbox's doors about these payments, one after the other. Doors name neither payments that nobody asks about nor
/// what was given back by hand: the file does.
///
/// # Errors
/// [`SandboxError::Door`], [`SandboxError::Answer`].
pub async fn sandbox_doors(
    client: &reqwest::Client,
    base_url: &str,
    keys: impl IntoIterator<Item = PaymentKey>,
) -> Result<Vec<ProviderRow>, SandboxError> {
    let mut rows = Vec::new();
    for key in keys {
        let url = format!("{}/sandbox/portone/payments/{key}", base_url.trim_end_matches('/'));
        let body = client.get(url).send().await?.error_for_status()?.bytes().await?;
        let Look { captured, refunded } = serde_json::from_slice(&body)?;
        rows.push(ProviderRow { key, captured, refunded, refunded_by_hand: 0 });
    }
    Ok(rows)
}
