//! Payments: what was captured and what was given back, and how often PortOne was called about each.

use super::BooksFault;
use super::faults::Call;
use super::identities::demand_room;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

/// Most payments in the books.
const ROWS_MAX: i64 = 5_000_000;

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub key: String,
    pub status: Status,
    /// None before the first try.
    pub transaction_id: Option<String>,
    /// What was registered, or what the last try was about.
    pub total: i64,
    pub currency: String,
    /// What was taken from the card.
    pub captured: i64,
    /// What was given back.
    pub refunded: i64,
    pub failure: Option<String>,
    pub requested_ms: i64,
    pub changed_ms: i64,
    pub paid_ms: Option<i64>,
}

/// The states of a payment, in PortOne's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ready,
    PayPending,
    Paid,
    Failed,
    PartialCancelled,
    Cancelled,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Ready, Self::PayPending, Self::Paid, Self::Failed, Self::PartialCancelled, Self::Cancelled];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::PayPending => "PAY_PENDING",
            Self::Paid => "PAID",
            Self::Failed => "FAILED",
            Self::PartialCancelled => "PARTIAL_CANCELLED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl Payment {
    /// A payment of which nothing is known but its amount.
    pub fn new(key: &str, total: i64, currency: &str, now_ms: i64) -> Self {
        Self {
            key: key.to_owned(),
            status: Status::Ready,
            transaction_id: None,
            total,
            currency: currency.to_owned(),
            captured: 0,
            refunded: 0,
            failure: None,
            requested_ms: now_ms,
            changed_ms: now_ms,
            paid_ms: None,
        }
    }
}

/// A cancellation of a part or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    pub id: String,
    pub amount: i64,
    /// `SUCCEEDED`, `REQUESTED` or `FAILED`.
    pub status: String,
    pub reason: String,
    pub requested_ms: i64,
    pub cancelled_ms: Option<i64>,
    /// What becomes of one that is requested, and when.
    pub settles: Option<(String, i64)>,
}

/// Calls of the API about one payment, and how long their answers take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub pre_register: i64,
    pub get: i64,
    pub cancel: i64,
    pub delay_ms: i64,
}

const COLUMNS: &str = "payment_key, status, transaction_id, total, currency, captured, refunded, failure, requested_ms, \
                       changed_ms, paid_ms";

/// One payment. Cancellations whose time has come are settled first.
pub fn find(connection: &Connection, key: &str, now_ms: i64) -> Result<Option<Payment>, BooksFault> {
    settle_due(connection, key, now_ms)?;
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE payment_key = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([key], payment).optional()?)
}

/// Which payments of the store are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whether times are those of the last change, and not of the making.
    pub is_by_change: bool,
    pub from_ms: i64,
    pub until_ms: i64,
    pub skip: i64,
    pub take: i64,
}

/// Payments in the order of their making, a page of them, and how many there are. Cancellations whose time has come are
/// settled first.
pub fn list(connection: &Connection, listed: &Listed, now_ms: i64) -> Result<(Vec<Payment>, i64), BooksFault> {
    for key in due(connection, now_ms)? {
        settle_due(connection, &key, now_ms)?;
    }
    let column = if listed.is_by_change { "changed_ms" } else { "requested_ms" };
    let within = format!("FROM payments WHERE {column} BETWEEN ?1 AND ?2");
    let sql = format!("SELECT {COLUMNS} {within} ORDER BY rowid LIMIT ?3 OFFSET ?4");
    let mut select = connection.prepare_cached(&sql)?;
    let values = [listed.from_ms, listed.until_ms, listed.take, listed.skip];
    let rows = select.query_map(values, payment)?.collect::<rusqlite::Result<_>>()?;
    let mut count = connection.prepare_cached(&format!("SELECT count(*) {within}"))?;
    Ok((rows, count.query_row([listed.from_ms, listed.until_ms], |row| row.get(0))?))
}

/// The payments of which a cancellation is to be settled now.
fn due(connection: &Connection, now_ms: i64) -> Result<Vec<String>, BooksFault> {
    let sql = "SELECT DISTINCT payment_key FROM cancellations WHERE status = 'REQUESTED' AND settles_ms <= ?1";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_map([now_ms], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Takes more money than was asked for, as an acquirer does who books a payment twice. None for an unknown payment.
pub fn capture_again(
    connection: &Connection,
    key: &str,
    amount: i64,
    now_ms: i64,
) -> Result<Option<Payment>, BooksFault> {
    let Some(mut payment) = find(connection, key, now_ms)? else { return Ok(None) };
    payment.captured += amount;
    payment.status = if payment.refunded > 0 { Status::PartialCancelled } else { Status::Paid };
    payment.paid_ms = payment.paid_ms.or(Some(now_ms));
    payment.changed_ms = now_ms;
    put(connection, &payment)?;
    Ok(Some(payment))
}

fn payment(row: &Row<'_>) -> rusqlite::Result<Payment> {
    let status: String = row.get(1)?;
    Ok(Payment {
        key: row.get(0)?,
        status: Status::ALL.into_iter().find(|known| known.as_str() == status).unwrap_or(Status::Ready),
        transaction_id: row.get(2)?,
        total: row.get(3)?,
        currency: row.get(4)?,
        captured: row.get(5)?,
        refunded: row.get(6)?,
        failure: row.get(7)?,
        requested_ms: row.get(8)?,
        changed_ms: row.get(9)?,
        paid_ms: row.get(10)?,
    })
}

/// Keeps a payment as it is now.
pub fn put(connection: &Connection, payment: &Payment) -> Result<(), BooksFault> {
    let update = "UPDATE payments SET status = :status, transaction_id = :transaction_id, total = :total,
                  currency = :currency, captured = :captured, refunded = :refunded, failure = :failure,
                  requested_ms = :requested_ms, changed_ms = :changed_ms, paid_ms = :paid_ms WHERE payment_key = :key";
    let values = named_params! {
        ":key": payment.key, ":status": payment.status.as_str(), ":transaction_id": payment.transaction_id,
        ":total": payment.total, ":currency": payment.currency, ":captured": payment.captured,
        ":refunded": payment.refunded, ":failure": payment.failure, ":requested_ms": payment.requested_ms,
        ":changed_ms": payment.changed_ms, ":paid_ms": payment.paid_ms,
    };
    if connection.prepare_cached(update)?.execute(values)? > 0 {
        return Ok(());
    }
    demand_room(connection, "payments", ROWS_MAX)?;
    let insert = format!(
        "INSERT INTO payments ({COLUMNS}) VALUES (:key, :status, :transaction_id, :total, :currency, :captured, :refunded,
         :failure, :requested_ms, :changed_ms, :paid_ms)"
    );
    connection.prepare_cached(&insert)?.execute(values)?;
    Ok(())
}

/// Counts a call of the API, and tells how long its answer is to take.
pub fn count(connection: &Connection, key: &str, call: Call) -> Result<i64, BooksFault> {
    let column = match call {
        Call::PreRegister => "pre_register",
        Call::Get => "get",
        Call::Cancel => "cancel",
        Call::Identity | Call::List => return Ok(0),
    };
    demand_room(connection, "api_calls", ROWS_MAX)?;
    let sql = format!(
        "INSERT INTO api_calls (payment_key, {column}) VALUES (?1, 1)
         ON CONFLICT (payment_key) DO UPDATE SET {column} = {column} + 1 RETURNING delay_ms"
    );
    Ok(connection.prepare_cached(&sql)?.query_row([key], |row| row.get(0))?)
}

/// Sets how long each later answer about a payment takes.
pub fn delay(connection: &Connection, key: &str, delay_ms: i64) -> Result<(), BooksFault> {
    connection
        .prepare_cached(
            "INSERT INTO api_calls (payment_key, delay_ms) VALUES (?1, ?2)
             ON CONFLICT (payment_key) DO UPDATE SET delay_ms = excluded.delay_ms",
        )?
        .execute(params![key, delay_ms])?;
    Ok(())
}

/// The calls about a payment; zeros for one that nobody asked about.
pub fn calls(connection: &Connection, key: &str) -> Result<Calls, BooksFault> {
    let sql = "SELECT pre_register, get, cancel, delay_ms FROM api_calls WHERE payment_key = ?1";
    let found = connection.prepare_cached(sql)?.query_row([key], |row| {
        Ok(Calls { pre_register: row.get(0)?, get: row.get(1)?, cancel: row.get(2)?, delay_ms: row.get(3)? })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// The cancellations of a payment, oldest first.
pub fn cancellations(connection: &Connection, key: &str) -> Result<Vec<Cancellation>, BooksFault> {
    let mut select = connection.prepare_cached(
        "SELECT id, amount, status, reason, requested_ms, cancelled_ms, settles_as, settles_ms FROM cancellations
         WHERE payment_key = ?1 ORDER BY rowid",
    )?;
    let rows = select.query_map([key], |row| {
        let settles = row.get::<_, Option<String>>(6)?.zip(row.get::<_, Option<i64>>(7)?);
        Ok(Cancellation {
            id: row.get(0)?,
            amount: row.get(1)?,
            status: row.get(2)?,
            reason: row.get(3)?,
            requested_ms: row.get(4)?,
            cancelled_ms: row.get(5)?,
            settles,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What may still be cancelled: captured, less what was given back and what is on its way.
pub fn cancellable(connection: &Connection, payment: &Payment) -> Result<i64, BooksFault> {
    let sql = "SELECT coalesce(sum(amount), 0) FROM cancellations WHERE payment_key = ?1 AND status = 'REQUESTED'";
    let under_way: i64 = connection.prepare_cached(sql)?.query_row([&payment.key], |row| row.get(0))?;
    Ok(payment.captured - payment.refunded - under_way)
}

/// Keeps a new cancellation. One that succeeded gives the money back.
pub fn cancel(
    connection: &Connection,
    payment: &mut Payment,
    cancellation: &Cancellation,
    now_ms: i64,
) -> Result<(), BooksFault> {
    let (settles_as, settles_ms) = cancellation.settles.clone().unzip();
    connection
        .prepare_cached(
            "INSERT INTO cancellations (id, payment_key, amount, status, reason, requested_ms, cancelled_ms, settles_as,
             settles_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            cancellation.id,
            payment.key,
            cancellation.amount,
            cancellation.status,
            cancellation.reason,
            cancellation.requested_ms,
            cancellation.cancelled_ms,
            settles_as,
            settles_ms
        ])?;
    if cancellation.status == "SUCCEEDED" {
        give_back(connection, payment, cancellation.amount, now_ms)?;
    }
    Ok(())
}

fn give_back(connection: &Connection, payment: &mut Payment, amount: i64, now_ms: i64) -> Result<(), BooksFault> {
    payment.refunded += amount;
    let is_all = payment.refunded >= payment.captured;
    payment.status = if is_all { Status::Cancelled } else { Status::PartialCancelled };
    payment.changed_ms = now_ms;
    put(connection, payment)
}

/// Settles the cancellations that were only requested and whose time has come.
fn settle_due(connection: &Connection, key: &str, now_ms: i64) -> Result<(), BooksFault> {
    let due: Vec<(String, i64, String)> = {
        let mut select = connection.prepare_cached(
            "SELECT id, amount, settles_as FROM cancellations
             WHERE payment_key = ?1 AND status = 'REQUESTED' AND settles_ms <= ?2 ORDER BY rowid",
        )?;
        let rows = select.query_map(params![key, now_ms], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (id, amount, settles_as) in due {
        let sql = "UPDATE cancellations SET status = ?2, cancelled_ms = ?3 WHERE id = ?1";
        let cancelled_ms = (settles_as == "SUCCEEDED").then_some(now_ms);
        connection.prepare_cached(sql)?.execute(params![id, settles_as, cancelled_ms])?;
        if settles_as == "SUCCEEDED"
            && let Some(mut payment) = find(connection, key, now_ms)?
        {
            give_back(connection, &mut payment, amount, now_ms)?;
        }
    }
    Ok(())
}
