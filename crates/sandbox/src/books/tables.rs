//! The tables of the books.

use super::OpenError;
use rusqlite::Connection;

/// The tables' version in the file.
pub const VERSION: i64 = 1;

/// Money in won, times in milliseconds since 1970. `api_calls` counts calls about payments that do not exist, too.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS payments (
        payment_key TEXT PRIMARY KEY, status TEXT NOT NULL, transaction_id TEXT, total INTEGER NOT NULL,
        currency TEXT NOT NULL, captured INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0,
        failure TEXT, requested_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, paid_ms INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS api_calls (
        payment_key TEXT PRIMARY KEY, pre_register INTEGER NOT NULL DEFAULT 0, get INTEGER NOT NULL DEFAULT 0,
        cancel INTEGER NOT NULL DEFAULT 0, delay_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS cancellations (
        id TEXT PRIMARY KEY, payment_key TEXT NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
        requested_ms INTEGER NOT NULL, cancelled_ms INTEGER, settles_as TEXT, settles_ms INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ix_cancellations_payment ON cancellations (payment_key);
    CREATE TABLE IF NOT EXISTS repeats (
        idempotency_key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
        ready_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ix_repeats_made ON repeats (made_ms);
    CREATE TABLE IF NOT EXISTS faults (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mode TEXT NOT NULL, uses_left INTEGER, call TEXT, about TEXT,
        carried_out INTEGER NOT NULL, settles_as TEXT, after_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS identities (
        id TEXT PRIMARY KEY, status TEXT NOT NULL, name TEXT NOT NULL, phone TEXT NOT NULL, ci TEXT NOT NULL,
        di TEXT NOT NULL, calls INTEGER NOT NULL DEFAULT 0, made_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS people (
        provider TEXT NOT NULL, id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (provider, id)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS codes (
        code TEXT PRIMARY KEY, provider TEXT NOT NULL, person TEXT NOT NULL, redirect_uri TEXT NOT NULL,
        state TEXT NOT NULL, challenge TEXT NOT NULL, made_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS tokens (
        token TEXT PRIMARY KEY, provider TEXT NOT NULL, person TEXT NOT NULL, made_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS mails (
        id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ix_mails_recipient ON mails (recipient, id);
";

/// Makes what is missing.
pub fn make(connection: &Connection) -> Result<(), OpenError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != 0 && version != VERSION {
        return Err(OpenError::Version(version));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
