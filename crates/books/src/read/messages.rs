//! `outbox_events` and `processed_events`: of each SQLite file, or once for all schemas of a server.

use super::table::{Row, of_schema, own, select, some};
use crate::records::{GROUPS, MessageBook, MessageRow};
use domain::message::topic::{EVENT_EVENTS, PAYMENT_EVENTS, RESERVATION_EVENTS, aggregates_on, topic_of_aggregate};
use ledger::{Ledger, LedgerError};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, TableRef};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::HashSet;
use uuid::Uuid;

/// The schema of the common tables on PostgreSQL, and the end of its name on MySQL (`contract.md`, Tables).
const COMMON: &str = "common";
/// The topics of tickets.
const TOPICS: [&str; 3] = [PAYMENT_EVENTS, RESERVATION_EVENTS, EVENT_EVENTS];
/// Messages in one answer.
const PAGE_ROWS: u64 = 5_000;

/// A database with messages: its pool, and the name of its schema (`reservation_service`).
#[derive(Clone, Copy, Debug)]
pub struct Outbox<'a> {
    /// The pool.
    pub ledger: &'a Ledger,
    /// The schema's name.
    pub schema: &'static str,
}

/// Reads the messages of tickets from these databases, each once, and the records of all groups. `groups`: those that run.
/// Dead letters are added by the caller, who knows where they lie.
///
/// # Errors
/// [`LedgerError`].
pub async fn messages(databases: &[Outbox<'_>], groups: &[&str]) -> Result<MessageBook, LedgerError> {
    let mut book =
        MessageBook { groups: groups.iter().map(|name| (*name).to_owned()).collect(), ..MessageBook::default() };
    let mut known: HashSet<Uuid> = HashSet::new();
    for database in databases {
        let found = written(database).await?;
        book.messages.extend(found.into_iter().filter(|message| known.insert(message.id)));
        for (id, group) in processed(database).await? {
            book.processed.entry(id).or_default().insert(group);
        }
    }
    Ok(book)
}

/// Where a common table stands.
async fn shared(database: &Outbox<'_>, table: &'static str) -> Result<TableRef, LedgerError> {
    let connection = database.ledger.connection();
    match connection.get_database_backend() {
        DbBackend::Postgres => Ok(of_schema(COMMON, table)),
        DbBackend::MySql => {
            let question = Statement::from_string(DbBackend::MySql, "SELECT DATABASE() AS name");
            let found = connection.query_one_raw(question).await?;
            let name: Option<String> = found.map(|row| row.try_get("", "name")).transpose()?.flatten();
            let prefix = name.as_deref().and_then(|name| name.strip_suffix(database.schema));
            Ok(prefix.map_or_else(|| own(table), |prefix| of_schema(&format!("{prefix}{COMMON}"), table)))
        }
        _ => Ok(own(table)),
    }
}

async fn written(database: &Outbox<'_>) -> Result<Vec<MessageRow>, LedgerError> {
    let table = shared(database, "outbox_events").await?;
    let mut rows = Vec::new();
    let mut after = 0_i64;
    loop {
        let columns = ["sequence", "id", "topic", "aggregate_type", "aggregate_id", "event_type", "published"];
        let mut page = select(table.clone(), &columns);
        page.and_where(Expr::col(Alias::new("sequence")).gt(after));
        // A row need not name its topic.
        let by_aggregate = Expr::col(Alias::new("aggregate_type")).is_in(aggregates_on(&TOPICS));
        let topic = || Expr::col(Alias::new("topic"));
        page.and_where(topic().is_in(TOPICS).or(topic().is_null().and(by_aggregate)));
        page.order_by(Alias::new("sequence"), sea_orm::Order::Asc).limit(PAGE_ROWS);
        let found = some(database.ledger, "outbox_events", &page, |row| {
            let message = MessageRow {
                id: row.id("id")?,
                kind: row.get("event_type")?,
                aggregate: row.get("aggregate_id")?,
                topic: topic_of(row)?,
                is_published: row.get("published")?,
            };
            Ok((row.get::<i64>("sequence")?, message))
        });
        let found = found.await?;
        let is_last = (found.len() as u64) < PAGE_ROWS;
        after = found.last().map_or(after, |(sequence, _)| *sequence);
        rows.extend(found.into_iter().map(|(_, message)| message));
        if is_last {
            return Ok(rows);
        }
    }
}

fn topic_of(row: &Row<'_>) -> Result<String, LedgerError> {
    match row.get("topic")? {
        Some(topic) => Ok(topic),
        None => row.word("aggregate_type", |kind| topic_of_aggregate(kind).map(str::to_owned)),
    }
}

async fn processed(database: &Outbox<'_>) -> Result<Vec<(Uuid, String)>, LedgerError> {
    let table = shared(database, "processed_events").await?;
    let mut rows = Vec::new();
    for group in GROUPS {
        let mut after: Option<Uuid> = None;
        loop {
            let mut page = select(table.clone(), &["event_id"]);
            page.and_where(Expr::col(Alias::new("consumer_service")).eq(group.name));
            if let Some(after) = after {
                page.and_where(Expr::col(Alias::new("event_id")).gt(after));
            }
            page.order_by(Alias::new("event_id"), sea_orm::Order::Asc).limit(PAGE_ROWS);
            let found = some(database.ledger, "processed_events", &page, |row| row.id("event_id")).await?;
            after = found.last().copied().or(after);
            let is_last = (found.len() as u64) < PAGE_ROWS;
            rows.extend(found.into_iter().map(|id| (id, group.name.to_owned())));
            if is_last {
                break;
            }
        }
    }
    Ok(rows)
}
