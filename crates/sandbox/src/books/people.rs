//! People at the providers of social log-in, and what their log-ins leave: codes and tokens.

use super::BooksFault;
use super::identities::demand_room;
use rusqlite::{Connection, OptionalExtension, named_params, params};

/// Most people in the books.
const ROWS_MAX: i64 = 1_000_000;
/// People that a page offers.
const OFFERED: i64 = 50;
/// A code counts for so long, as RFC 6749 recommends.
const CODE_LIFE_MS: i64 = 600_000;
/// A token counts for so long.
const TOKEN_LIFE_MS: i64 = 3_600_000;

/// A person at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    /// Empty: the person lets nobody see it.
    pub email: String,
    pub name: String,
}

/// A code on its way through the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: String,
    pub provider: String,
    pub person: String,
    pub redirect_uri: String,
    pub state: String,
    /// The S256 challenge (RFC 7636).
    pub challenge: String,
    pub made_ms: i64,
}

/// Keeps a person; one of the same id gets the new address and name.
pub fn put(connection: &Connection, provider: &str, person: &Person) -> Result<(), BooksFault> {
    demand_room(connection, "people", ROWS_MAX)?;
    connection
        .prepare_cached(
            "INSERT INTO people (provider, id, email, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (provider, id) DO UPDATE SET email = excluded.email, name = excluded.name",
        )?
        .execute(params![provider, person.id, person.email, person.name])?;
    Ok(())
}

/// The people that were made last.
pub fn offered(connection: &Connection, provider: &str) -> Result<Vec<Person>, BooksFault> {
    let sql = "SELECT id, email, name FROM people WHERE provider = ?1 ORDER BY rowid DESC LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![provider, OFFERED], person)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One person.
pub fn find(connection: &Connection, provider: &str, id: &str) -> Result<Option<Person>, BooksFault> {
    let sql = "SELECT id, email, name FROM people WHERE provider = ?1 AND id = ?2";
    Ok(connection.prepare_cached(sql)?.query_row([provider, id], person).optional()?)
}

fn person(row: &rusqlite::Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person { id: row.get(0)?, email: row.get(1)?, name: row.get(2)? })
}

/// Keeps a code. Old ones go.
pub fn put_code(connection: &Connection, code: &Code) -> Result<(), BooksFault> {
    connection.prepare_cached("DELETE FROM codes WHERE made_ms < ?1")?.execute([code.made_ms - CODE_LIFE_MS])?;
    connection
        .prepare_cached(
            "INSERT INTO codes (code, provider, person, redirect_uri, state, challenge, made_ms)
             VALUES (:code, :provider, :person, :redirect_uri, :state, :challenge, :made_ms)",
        )?
        .execute(named_params! {
            ":code": code.code, ":provider": code.provider, ":person": code.person, ":redirect_uri": code.redirect_uri,
            ":state": code.state, ":challenge": code.challenge, ":made_ms": code.made_ms,
        })?;
    Ok(())
}

/// Takes a code out of the books: it counts once, whatever comes of it.
pub fn take_code(connection: &Connection, code: &str, now_ms: i64) -> Result<Option<Code>, BooksFault> {
    let sql = "DELETE FROM codes WHERE code = ?1
               RETURNING code, provider, person, redirect_uri, state, challenge, made_ms";
    let taken = connection.prepare_cached(sql)?.query_row([code], |row| {
        Ok(Code {
            code: row.get(0)?,
            provider: row.get(1)?,
            person: row.get(2)?,
            redirect_uri: row.get(3)?,
            state: row.get(4)?,
            challenge: row.get(5)?,
            made_ms: row.get(6)?,
        })
    });
    Ok(taken.optional()?.filter(|code| now_ms - code.made_ms < CODE_LIFE_MS))
}

/// Keeps a token. Old ones go.
pub fn put_token(
    connection: &Connection,
    token: &str,
    provider: &str,
    person: &str,
    now_ms: i64,
) -> Result<(), BooksFault> {
    connection.prepare_cached("DELETE FROM tokens WHERE made_ms < ?1")?.execute([now_ms - TOKEN_LIFE_MS])?;
    connection
        .prepare_cached("INSERT INTO tokens (token, provider, person, made_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![token, provider, person, now_ms])?;
    Ok(())
}

/// The person of a token.
pub fn of_token(
    connection: &Connection,
    token: &str,
    provider: &str,
    now_ms: i64,
) -> Result<Option<Person>, BooksFault> {
    let sql = "SELECT person FROM tokens WHERE token = ?1 AND provider = ?2 AND made_ms > ?3";
    let mut select = connection.prepare_cached(sql)?;
    let id: Option<String> =
        select.query_row(params![token, provider, now_ms - TOKEN_LIFE_MS], |row| row.get(0)).optional()?;
    id.map_or(Ok(None), |id| find(connection, provider, &id))
}
