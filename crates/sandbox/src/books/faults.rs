//! Faults that were ordered: calls of PortOne's API that go wrong.

use super::BooksFault;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

/// Most faults ordered at once.
const FAULTS_MAX: i64 = 1_000;

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// The answer comes after three seconds.
    Slow,
    /// No answer comes.
    Hang,
    /// 500.
    Error,
    /// An answer that is no JSON.
    Garbage,
    /// A cancellation is taken up, and decided later.
    Requested,
    /// A cancellation is refused by the card company.
    Failed,
    /// A cancellation is refused: another amount is left, as after another cancellation at the same moment.
    Broken,
}

impl Mode {
    const ALL: [Self; 7] =
        [Self::Slow, Self::Hang, Self::Error, Self::Garbage, Self::Requested, Self::Failed, Self::Broken];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Hang => "hang",
            Self::Error => "error",
            Self::Garbage => "garbage",
            Self::Requested => "requested",
            Self::Failed => "failed",
            Self::Broken => "broken",
        }
    }

    /// Whether it decides a cancellation, and disturbs no answer.
    pub const fn is_of_cancellation(self) -> bool {
        matches!(self, Self::Requested | Self::Failed | Self::Broken)
    }
}

/// A call of PortOne's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// `POST /payments/{id}/pre-register`.
    PreRegister,
    /// `GET /payments/{id}`.
    Get,
    /// `POST /payments/{id}/cancel`.
    Cancel,
    /// `GET /identity-verifications/{id}`.
    Identity,
    /// `GET /payments`: about no payment.
    List,
}

impl Call {
    const fn as_str(self) -> &'static str {
        match self {
            Self::PreRegister => "preRegister",
            Self::Get => "get",
            Self::Cancel => "cancel",
            Self::Identity => "identity",
            Self::List => "list",
        }
    }
}

/// A fault as ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub mode: Mode,
    /// How many calls it meets; none: all, until it is taken back.
    pub count: Option<i64>,
    /// Which calls; none: any.
    pub call: Option<Call>,
    /// The id of the payment or verification; none: any.
    pub about: Option<String>,
    /// Whether what the call asks for happens all the same.
    pub is_carried_out: bool,
    /// What becomes of a cancellation that was taken up: `SUCCEEDED` or `FAILED`.
    pub settles_as: Option<String>,
    /// When.
    pub after_ms: i64,
}

/// Takes all faults back.
pub fn clear(connection: &Connection) -> Result<(), BooksFault> {
    connection.execute("DELETE FROM faults", [])?;
    Ok(())
}

/// Orders one. Those that were ordered before come first.
pub fn order(connection: &Connection, fault: &Fault) -> Result<(), BooksFault> {
    let ordered: i64 = connection.query_row("SELECT count(*) FROM faults", [], |row| row.get(0))?;
    if ordered >= FAULTS_MAX {
        return Err(BooksFault::Full);
    }
    connection
        .prepare_cached(
            "INSERT INTO faults (mode, uses_left, call, about, carried_out, settles_as, after_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            fault.mode.as_str(),
            fault.count,
            fault.call.map(Call::as_str),
            fault.about,
            fault.is_carried_out,
            fault.settles_as,
            fault.after_ms
        ])?;
    Ok(())
}

/// Takes one use of the fault that meets this call, if there is one.
pub fn meet(connection: &Connection, call: Call, about: &str) -> Result<Option<Fault>, BooksFault> {
    let mut select = connection.prepare_cached(
        "SELECT id, mode, uses_left, carried_out, settles_as, after_ms FROM faults
         WHERE (call IS NULL OR call = ?1) AND (about IS NULL OR about = ?2)
           AND (?1 = 'cancel' OR mode NOT IN ('requested', 'failed', 'broken')) ORDER BY id LIMIT 1",
    )?;
    let met = select.query_row(params![call.as_str(), about], |row| {
        let mode: String = row.get(1)?;
        let fault = Fault {
            mode: Mode::ALL.into_iter().find(|known| known.as_str() == mode).unwrap_or(Mode::Error),
            count: row.get(2)?,
            call: Some(call),
            about: None,
            is_carried_out: row.get(3)?,
            settles_as: row.get(4)?,
            after_ms: row.get(5)?,
        };
        Ok((row.get::<_, i64>(0)?, fault))
    });
    let Some((id, fault)) = met.optional()? else { return Ok(None) };
    connection.prepare_cached("UPDATE faults SET uses_left = uses_left - 1 WHERE id = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM faults WHERE id = ?1 AND uses_left <= 0")?.execute([id])?;
    Ok(Some(fault))
}
