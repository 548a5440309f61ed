//! The journal of the embedded engine: every decision, in order, in one SQLite file.
//!
//! ```text
//! meta       format, acknowledged
//! campaigns  id, tenant, event, policy
//! entries    position, campaign, kind, ...     a decision and its message are one row: they cannot be parted
//! deleted    campaign                          campaigns of which nothing is replayed
//! ```
//!
//! `synchronous=FULL` in WAL mode: a transaction that was committed has been flushed to the disk.

use crate::embedded::file::{JournalError, JournalFile, JournalOptions, Kind, NotKept};
use domain::coupon::issue::IssuedCoupon;
use domain::message::{CouponIssued, Envelope, StockExhausted, topic};
use domain::{Campaign, CampaignId, CouponId, IdempotencyKey, Timestamp};
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The coupon journal among the files of a data folder.
const KIND: Kind = Kind { file: "hot.sqlite", lock: "hot.lock", format_name: "format", format: 1, schema: SCHEMA };

/// Whether a process decides on coupons of this data folder at the moment.
pub fn is_in_use(folder: &Path) -> bool {
    KIND.is_in_use(folder)
}

const SCHEMA: &str = "
    INSERT OR IGNORE INTO meta VALUES ('acknowledged', 0);
    CREATE TABLE IF NOT EXISTS campaigns (
        id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, event TEXT NOT NULL, policy TEXT NOT NULL, UNIQUE (tenant, event)
    );
    CREATE TABLE IF NOT EXISTS entries (
        position INTEGER PRIMARY KEY AUTOINCREMENT, campaign INTEGER NOT NULL REFERENCES campaigns (id),
        kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, message_id BLOB, coupon_id BLOB,
        serial INTEGER, nth_of_user INTEGER, user TEXT, idempotency_key BLOB
    );
    CREATE TABLE IF NOT EXISTS deleted (campaign INTEGER PRIMARY KEY REFERENCES campaigns (id));";

/// One decision as it is journalled.
#[derive(Clone, Debug)]
pub(super) enum Entry<'a> {
    Issued { message_id: Uuid, coupon: IssuedCoupon, nth_of_user: u32, user: &'a str, key: Option<IdempotencyKey> },
    Revoked { user: &'a str, coupon_id: CouponId, return_to_stock: bool },
    Exhausted { message_id: Uuid },
    Restored { coupon: IssuedCoupon, nth_of_user: u32, user: &'a str },
}

const KIND_ISSUED: i64 = 1;
const KIND_REVOKED: i64 = 2;
const KIND_REVOKED_TO_STOCK: i64 = 3;
const KIND_EXHAUSTED: i64 = 4;
/// As issued, but without a message: it came from the ledger.
const KIND_RESTORED: i64 = 5;

/// The one connection that writes.
pub(super) struct Journal(JournalFile);

impl Journal {
    /// Opens or makes the journal in `folder`, for this process alone.
    pub fn open(folder: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        Ok(Self(JournalFile::open(folder, &KIND, options)?))
    }

    /// See [`JournalFile::transaction`].
    pub fn transaction<T>(&self, write: impl FnOnce() -> Result<T, JournalError>) -> Result<T, NotKept> {
        self.0.transaction(write)
    }

    /// Writes one decision.
    pub fn write(&self, campaign: i64, at: Timestamp, entry: &Entry<'_>) -> Result<(), JournalError> {
        let mut insert = self.0.connection.prepare_cached(
            "INSERT INTO entries (campaign, kind, at_ms, message_id, coupon_id, serial, nth_of_user, user, idempotency_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let none = rusqlite::types::Null;
        match entry {
            Entry::Issued { message_id, coupon, nth_of_user, user, key } => insert.execute(params![
                campaign,
                KIND_ISSUED,
                at.millis(),
                message_id.as_bytes(),
                coupon.coupon_id.0.as_bytes(),
                coupon.serial,
                nth_of_user,
                user,
                key.map(|key| key.0.into_bytes())
            ])?,
            Entry::Revoked { user, coupon_id, return_to_stock } => {
                let kind = if *return_to_stock { KIND_REVOKED_TO_STOCK } else { KIND_REVOKED };
                let coupon_id = coupon_id.0.as_bytes();
                insert.execute(params![campaign, kind, at.millis(), none, coupon_id, none, none, user, none])?
            }
            Entry::Restored { coupon, nth_of_user, user } => insert.execute(params![
                campaign,
                KIND_RESTORED,
                at.millis(),
                none,
                coupon.coupon_id.0.as_bytes(),
                coupon.serial,
                nth_of_user,
                user,
                none
            ])?,
            Entry::Exhausted { message_id } => insert.execute(params![
                campaign,
                KIND_EXHAUSTED,
                at.millis(),
                message_id.as_bytes(),
                none,
                none,
                none,
                none,
                none
            ])?,
        };
        Ok(())
    }

    /// Writes a campaign's policy; returns its row.
    pub fn write_campaign(&self, campaign: &Campaign) -> Result<i64, JournalError> {
        let policy = serde_json::to_string(campaign).map_err(|error| self.0.damaged(error))?;
        let (tenant, event) = (campaign.id.tenant.as_str(), campaign.id.event.as_str());
        Ok(self.0.connection.query_row(
            "INSERT INTO campaigns (tenant, event, policy) VALUES (?1, ?2, ?3)
             ON CONFLICT (tenant, event) DO UPDATE SET policy = excluded.policy RETURNING id",
            [tenant, event, &policy],
            |row| row.get(0),
        )?)
    }

    /// Nothing of this campaign is replayed any more. Its entries stay.
    pub fn write_deleted(&self, campaign: i64) -> Result<(), JournalError> {
        self.0.connection.execute("INSERT OR IGNORE INTO deleted VALUES (?1)", [campaign])?;
        Ok(())
    }

    /// All messages up to `position` were handed over.
    pub fn write_acknowledged(&self, position: u64) -> Result<(), JournalError> {
        let sql = "UPDATE meta SET value = max(value, ?1) WHERE name = 'acknowledged'";
        self.0.connection.prepare_cached(sql)?.execute([position as i64])?;
        Ok(())
    }

    /// See [`JournalFile::check`].
    pub fn check(&self, at: Timestamp) -> Result<(), NotKept> {
        self.0.check(at, || {
            // No tenant and no campaign has an empty name.
            let sql = "INSERT INTO campaigns (tenant, event, policy) VALUES ('', '', '') RETURNING id";
            let campaign = self.0.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            self.write(campaign, at, &Entry::Exhausted { message_id: Uuid::nil() })?;
            self.write_deleted(campaign)
        })
    }

    /// Calls `tell` with every entry again, in order.
    pub fn replay(&self, tell: impl FnMut(ReplayItem<'_>)) -> Result<(), JournalError> {
        replay(&self.0.connection, &self.0.path, tell)
    }
}

/// An entry of a replay.
pub(super) enum ReplayItem<'a> {
    Campaign { journal_id: i64, campaign: Campaign },
    Issued { journal_id: i64, user: &'a str, coupon: IssuedCoupon, at: Timestamp, key: Option<IdempotencyKey> },
    Revoked { journal_id: i64, user: &'a str, coupon_id: CouponId, return_to_stock: bool },
}

fn replay(connection: &Connection, path: &Path, mut tell: impl FnMut(ReplayItem<'_>)) -> Result<(), JournalError> {
    let damaged = |what: String| JournalError::Damaged { path: path.to_owned(), what };
    let mut campaigns = connection
        .prepare("SELECT id, policy FROM campaigns WHERE id NOT IN (SELECT campaign FROM deleted) ORDER BY id")?;
    let mut rows = campaigns.query([])?;
    while let Some(row) = rows.next()? {
        let policy = row.get_ref(1)?.as_str().map_err(|error| damaged(error.to_string()))?;
        let campaign = serde_json::from_str(policy).map_err(|error| damaged(error.to_string()))?;
        tell(ReplayItem::Campaign { journal_id: row.get(0)?, campaign });
    }
    let mut entries = connection.prepare(
        "SELECT campaign, kind, at_ms, coupon_id, serial, user, idempotency_key FROM entries ORDER BY position",
    )?;
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        let journal_id = row.get(0)?;
        match row.get::<_, i64>(1)? {
            KIND_ISSUED | KIND_RESTORED => tell(ReplayItem::Issued {
                journal_id,
                user: row.get_ref(5)?.as_str().map_err(|error| damaged(error.to_string()))?,
                coupon: IssuedCoupon { coupon_id: CouponId(Uuid::from_bytes(row.get(3)?)), serial: row.get(4)? },
                at: Timestamp(row.get(2)?),
                key: row.get::<_, Option<[u8; 16]>>(6)?.map(|key| IdempotencyKey(Uuid::from_bytes(key))),
            }),
            kind @ (KIND_REVOKED | KIND_REVOKED_TO_STOCK) => tell(ReplayItem::Revoked {
                journal_id,
                user: row.get_ref(5)?.as_str().map_err(|error| damaged(error.to_string()))?,
                coupon_id: CouponId(Uuid::from_bytes(row.get(3)?)),
                return_to_stock: kind == KIND_REVOKED_TO_STOCK,
            }),
            KIND_EXHAUSTED => {}
            kind => return Err(damaged(format!("entry of unknown kind {kind}"))),
        }
    }
    Ok(())
}

/// Reads beside the writer: messages to hand over, and the whole journal for a comparison of books.
pub(super) struct JournalReader {
    connection: Connection,
    path: PathBuf,
}

impl JournalReader {
    /// Opens the journal of `folder` for reading only; it may be in use.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let path = KIND.path_in(folder);
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        KIND.check(&connection, &path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Ok(Self { connection, path })
    }

    /// See [`Journal::replay`].
    pub fn replay(&self, tell: impl FnMut(ReplayItem<'_>)) -> Result<(), JournalError> {
        replay(&self.connection, &self.path, tell)
    }

    /// Messages not acknowledged yet; entries without a message may count too, but zero is exact. Does not scan.
    pub fn pending(&self) -> Result<u64, JournalError> {
        let sql = "SELECT CASE WHEN EXISTS (SELECT 1 FROM entries WHERE position > a.value AND kind IN (1, 4))
                          THEN (SELECT max(position) FROM entries) - a.value ELSE 0 END
                   FROM meta a WHERE a.name = 'acknowledged'";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? as u64)
    }

    /// The next messages to hand over, oldest first.
    pub fn outbox(&self, limit: usize) -> Result<Vec<(u64, Envelope)>, JournalError> {
        let mut select = self.connection.prepare_cached(
            "SELECT e.position, e.kind, e.at_ms, e.message_id, e.coupon_id, e.serial, e.nth_of_user, e.user,
                    c.tenant, c.event, c.policy
             FROM entries e JOIN campaigns c ON c.id = e.campaign
             WHERE e.kind IN (1, 4) AND e.position > (SELECT value FROM meta WHERE name = 'acknowledged')
             ORDER BY e.position LIMIT ?1",
        )?;
        let mut rows = select.query([limit as i64])?;
        let mut messages = Vec::with_capacity(limit);
        while let Some(row) = rows.next()? {
            messages.push((row.get::<_, i64>(0)? as u64, self.envelope(row)?));
        }
        Ok(messages)
    }

    fn envelope(&self, row: &rusqlite::Row<'_>) -> Result<Envelope, JournalError> {
        let damaged = |what: String| JournalError::Damaged { path: self.path.clone(), what };
        let (tenant, campaign_id): (String, String) = (row.get(8)?, row.get(9)?);
        let id: CampaignId = format!("{tenant}/{campaign_id}").parse().map_err(|error| damaged(format!("{error}")))?;
        let at = Timestamp(row.get(2)?);
        let message_id = Uuid::from_bytes(row.get(3)?);
        if row.get::<_, i64>(1)? == KIND_EXHAUSTED {
            let policy: Campaign = serde_json::from_str(row.get_ref(10)?.as_str().unwrap_or_default())
                .map_err(|error| damaged(error.to_string()))?;
            return Ok(StockExhausted::message(message_id, &id, policy.stock, at));
        }
        let payload = CouponIssued {
            tenant,
            campaign_id,
            coupon_id: CouponId(Uuid::from_bytes(row.get(4)?)),
            user_id: row.get(7)?,
            serial: row.get(5)?,
            nth_of_user: row.get(6)?,
            issued_at_ms: at.millis(),
        };
        Ok(payload.message_with_id(message_id, &id, at))
    }
}

/// The topic of every message of this journal.
pub(super) const TOPIC: &str = topic::COUPON_EVENTS;
