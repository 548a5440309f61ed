//! The slot of a schema's outbox in PostgreSQL's log, and the publication that it reads.

use super::changes::{COLUMNS, Change, read};
use super::lsn::Lsn;
use super::pending::Told;
use crate::connect::Ledger;
use crate::database::COMMON_SCHEMA;
use crate::error::{LedgerError, driver_error};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

/// The publication of the outbox: one for all schemas, since they share the table.
const PUBLICATION: &str = "onsale_outbox";
/// Its table.
const TABLE: &str = "outbox_events";
/// The plugin of PostgreSQL itself.
const PLUGIN: &str = "pgoutput";
/// The first version whose publications can leave out columns.
const VERSION_MIN: i32 = 15;
/// From this version on the level of the log follows the slots.
const VERSION_LEVEL_FOLLOWS: i32 = 19;
/// The refusals of PostgreSQL that are explained: a right is missing; it exists already; no place for a slot.
const DENIED: &str = "42501";
const EXISTS: [&str; 2] = ["42710", "23505"];
const NO_PLACE: &str = "53400";

/// The state of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotState {
    /// Its name.
    pub name: String,
    /// Whether a process reads it at this moment.
    pub is_active: bool,
    /// Whether the log that it needs is gone: it can never be read again, and is made anew.
    pub is_lost: bool,
    /// Bytes of the log that were written since its place: all that the relay has not settled, and what is not the outbox's.
    pub lag_bytes: u64,
    /// Bytes of the log that the server keeps for it.
    pub kept_bytes: u64,
    /// Bytes that may still be written before it is lost; `None`: it may fill the disk, since `max_slot_wal_keep_size` is -1.
    pub left_bytes: Option<u64>,
    /// Its place: the log before it is settled.
    pub(crate) place: Lsn,
    /// The end of the log on the disk.
    pub(crate) end: Lsn,
    plugin: String,
}

impl SlotState {
    /// Whether nobody has read it between two looks.
    pub(super) fn stands_as(&self, before: &Self) -> bool {
        self.name == before.name && self.place == before.place && !self.is_active && !before.is_active
    }
}

/// Whether the database has slots.
pub(super) fn is_possible(ledger: &Ledger) -> bool {
    ledger.database().backend == DbBackend::Postgres
}

/// A slot by its name.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub name: String,
}

impl Slot {
    /// The slot of the ledger's schema. Slots belong to the whole server, so the name has the number of the database.
    ///
    /// # Errors
    /// [`LedgerError::Schema`]: the database has no slots.
    pub async fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        if !is_possible(ledger) {
            return Err(LedgerError::Schema("outbox.source = \"wal\" needs PostgreSQL; set it to \"poll\"".to_owned()));
        }
        let question = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()";
        let database: i64 = first(&one(ledger, question).await?.ok_or_else(nothing)?)?;
        Ok(Self { name: format!("onsale_{}_{database}", ledger.database().schema.name) })
    }

    /// Its state; `None`: there is none.
    pub async fn state(&self, ledger: &Ledger) -> Result<Option<SlotState>, LedgerError> {
        let name = &self.name;
        let question = format!(
            "SELECT active, coalesce(wal_status, '') = 'lost', coalesce(confirmed_flush_lsn, '0/0')::text, \
             pg_current_wal_flush_lsn()::text, coalesce(restart_lsn, pg_current_wal_flush_lsn())::text, safe_wal_size, \
             plugin::text FROM pg_replication_slots WHERE slot_name = '{name}'"
        );
        let Some(row) = one(ledger, &question).await? else { return Ok(None) };
        let place = |index| row.try_get_by_index::<String>(index)?.parse::<Lsn>();
        let (place, end, restart) = (place(2)?, place(3)?, place(4)?);
        let left: Option<i64> = row.try_get_by_index(5)?;
        Ok(Some(SlotState {
            name: name.clone(),
            is_active: row.try_get_by_index(0)?,
            is_lost: row.try_get_by_index(1)?,
            lag_bytes: end.since(place),
            kept_bytes: end.since(restart),
            left_bytes: left.map(|bytes| u64::try_from(bytes).unwrap_or(0)),
            place,
            end,
            plugin: row.try_get_by_index(6)?,
        }))
    }

    /// Makes what is missing: the publication, the slot.
    ///
    /// # Errors
    /// [`LedgerError::Schema`]: the server is not set up for it, or this user lacks a right; the text says what to do.
    pub async fn prepare(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        check_server(ledger).await?;
        prepare_publication(ledger).await?;
        match self.state(ledger).await? {
            None => self.make(ledger).await,
            Some(state) if state.plugin != PLUGIN => Err(LedgerError::Schema(format!(
                "the replication slot {} belongs to something else (its plugin is {}); drop it: SELECT \
                 pg_drop_replication_slot('{}');",
                self.name, state.plugin, self.name
            ))),
            Some(state) if state.is_lost => self.make_anew(ledger).await,
            Some(_) => Ok(()),
        }
    }

    /// Makes the slot. PostgreSQL waits for all transactions that run.
    pub async fn make(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let name = &self.name;
        let make = format!("SELECT lsn::text FROM pg_create_logical_replication_slot('{name}', '{PLUGIN}')");
        match ask(ledger, &make).await {
            Ok(_) => Ok(()),
            Err(error) => match code(&error).as_deref() {
                Some(code) if EXISTS.contains(&code) => Ok(()),
                Some(DENIED) => Err(denied(ledger)),
                Some(NO_PLACE) => Err(LedgerError::Schema(
                    "PostgreSQL has no place for another replication slot: raise max_replication_slots (each schema with \
                     outbox.source = \"wal\" needs one) and start it again"
                        .to_owned(),
                )),
                _ => Err(error.into()),
            },
        }
    }

    /// Replaces a slot that can never be read again.
    pub async fn make_anew(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        self.drop(ledger).await?;
        self.make(ledger).await
    }

    pub async fn drop(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let name = &self.name;
        let drop =
            format!("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{name}'");
        ask(ledger, &drop).await?;
        Ok(())
    }

    /// Moves its place on, never back.
    pub async fn move_to(&self, ledger: &Ledger, place: Lsn) -> Result<(), LedgerError> {
        let name = &self.name;
        let advance = format!(
            "SELECT pg_replication_slot_advance(slot_name, $1::pg_lsn)::text FROM pg_replication_slots \
             WHERE slot_name = '{name}' AND confirmed_flush_lsn < $1::pg_lsn"
        );
        ask_about(ledger, &advance, place).await?;
        Ok(())
    }

    /// The rows of the schema's topics, and those without one, that were added up to a place, each with the end of its transaction,
    /// in the order of commits; and how far the log was read. Moves nothing. Whole transactions, until there are `limit` changes.
    pub async fn added(&self, ledger: &Ledger, up_to: Lsn, limit: i32) -> Result<(Vec<(Told, Lsn)>, Lsn), LedgerError> {
        let name = &self.name;
        let peek = format!(
            "SELECT xid::text::bigint, data FROM pg_logical_slot_peek_binary_changes('{name}', $1::pg_lsn, {limit}, \
             'proto_version', '1', 'publication_names', '{PUBLICATION}')"
        );
        let topics = ledger.database().schema.topics;
        let (mut found, mut open, mut end, mut count) = (Vec::new(), Vec::new(), Lsn::default(), 0);
        for row in ask_about(ledger, &peek, up_to).await? {
            count += 1;
            let (transaction, message): (i64, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            match read(&message)? {
                Change::Added(added) if added.topic.as_deref().is_none_or(|topic| topics.contains(&topic)) => {
                    let transaction = u32::try_from(transaction).map_err(|_| LedgerError::damaged("xid"))?;
                    open.push(Told { sequence: added.sequence, transaction });
                }
                Change::Added(_) | Change::Other => {}
                Change::Committed(at) => {
                    end = at;
                    found.extend(open.drain(..).map(|told| (told, at)));
                }
            }
        }
        // It ends before the place only when it has found enough.
        Ok((found, if count < limit { end.max(up_to) } else { end }))
    }
}

async fn check_server(ledger: &Ledger) -> Result<(), LedgerError> {
    let question = "SELECT current_setting('server_version_num')::int / 10000, current_setting('wal_level'), \
        current_setting('max_slot_wal_keep_size')";
    let row = one(ledger, question).await?.ok_or_else(nothing)?;
    let (version, level): (i32, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    if version < VERSION_MIN {
        return Err(LedgerError::Schema(format!(
            "outbox.source = \"wal\" needs PostgreSQL {VERSION_MIN} or newer, and this is {version}; set it to \"poll\""
        )));
    }
    if version < VERSION_LEVEL_FOLLOWS && level != "logical" {
        return Err(LedgerError::Schema(format!(
            "outbox.source = \"wal\" needs wal_level = logical, and it is {level}; as an administrator run ALTER SYSTEM SET \
             wal_level = 'logical'; and start PostgreSQL again, or set outbox.source to \"poll\""
        )));
    }
    let kept: String = row.try_get_by_index(2)?;
    if kept == "-1" {
        tracing::warn!(
            "max_slot_wal_keep_size is -1: while the outbox is not relayed, PostgreSQL keeps its log until the disk is full; set it \
             to a size, 10GB say (a slot that goes beyond it is made anew, and no message is lost)"
        );
    }
    Ok(())
}

async fn prepare_publication(ledger: &Ledger) -> Result<(), LedgerError> {
    let columns = COLUMNS.join(", ");
    let make = format!(
        "CREATE PUBLICATION {PUBLICATION} FOR TABLE {COMMON_SCHEMA}.{TABLE} ({columns}) WITH (publish = 'insert')"
    );
    let question = format!(
        "SELECT p.pubinsert AND NOT p.pubupdate AND NOT p.pubdelete AND t.rowfilter IS NULL \
           AND array_to_string(t.attnames::text[], ', ') = '{columns}' \
         FROM pg_publication p LEFT JOIN pg_publication_tables t ON t.pubname = p.pubname \
           AND t.schemaname = '{COMMON_SCHEMA}' AND t.tablename = '{TABLE}' WHERE p.pubname = '{PUBLICATION}'"
    );
    if one(ledger, &question).await?.is_none() {
        match ledger.connection().execute_unprepared(&make).await {
            Ok(_) => {}
            Err(error) => match code(&error).as_deref() {
                Some(code) if EXISTS.contains(&code) => {}
                Some(DENIED) => {
                    return Err(LedgerError::Schema(format!(
                        "the user {} may not make the publication of the outbox; as the owner of the tables or an administrator \
                         run: {make};",
                        ledger.database().user()
                    )));
                }
                _ => return Err(error.into()),
            },
        }
    }
    let row = one(ledger, &question).await?.ok_or_else(nothing)?;
    match row.try_get_by_index::<Option<bool>>(0)? {
        Some(true) => Ok(()),
        _ => Err(LedgerError::Schema(format!(
            "the publication {PUBLICATION} is not as this program needs it; as its owner run: DROP PUBLICATION {PUBLICATION}; \
             {make};"
        ))),
    }
}

fn denied(ledger: &Ledger) -> LedgerError {
    let user = ledger.database().user();
    LedgerError::Schema(format!(
        "the user {user} may not use replication slots, which outbox.source = \"wal\" needs; as an administrator run: ALTER \
         ROLE \"{user}\" REPLICATION;"
    ))
}

/// PostgreSQL's code of a refusal.
fn code(error: &DbErr) -> Option<String> {
    Some(driver_error(error)?.as_database_error()?.code()?.into_owned())
}

async fn ask(ledger: &Ledger, question: &str) -> Result<Vec<QueryResult>, DbErr> {
    ledger.connection().query_all_raw(Statement::from_string(DbBackend::Postgres, question)).await
}

/// With a place as the one value, so that the same statement serves for all places.
async fn ask_about(ledger: &Ledger, question: &str, place: Lsn) -> Result<Vec<QueryResult>, DbErr> {
    let question = Statement::from_sql_and_values(DbBackend::Postgres, question, [place.to_string().into()]);
    ledger.connection().query_all_raw(question).await
}

pub(super) async fn one(ledger: &Ledger, question: &str) -> Result<Option<QueryResult>, LedgerError> {
    Ok(ledger.connection().query_one_raw(Statement::from_string(DbBackend::Postgres, question)).await?)
}

pub(super) fn first<T: sea_orm::TryGetable>(row: &QueryResult) -> Result<T, LedgerError> {
    Ok(row.try_get_by_index(0)?)
}

pub(super) fn nothing() -> LedgerError {
    LedgerError::Other("the database returns no row about itself".into())
}
