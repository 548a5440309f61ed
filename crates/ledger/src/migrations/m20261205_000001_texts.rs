//! A SQLite file has ids and times as the texts of the contract. Versions before wrote ids as 16 bytes, and times with a `T` and a
//! zone.

use sea_orm::{DbBackend, Statement};
use sea_orm_migration::prelude::*;
use std::collections::BTreeMap;

/// The columns of ids and times, by what they were declared as. Which table has a foreign key does not matter: they are checked at
/// the end of the transaction.
const COLUMNS: &str = "SELECT t.name, c.name, c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                       WHERE t.type = 'table' AND c.type IN ('uuid_text', 'timestamp_with_timezone_text')";
/// Until the end of the transaction, in which a row and those that refer to it change one after the other.
const CHECK_LATER: &str = "PRAGMA defer_foreign_keys = ON";
/// Room for the indexes of a large table, at most 256 MiB: ids lie anywhere in them. 900,000 rows took 25 s with it, 360 s without.
const CACHE: &str = "PRAGMA cache_size = -262144";

/// Ids and times as texts.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let cache = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA cache_size")).await?;
        let cache: Option<i64> = cache.map(|row| row.try_get_by_index(0)).transpose()?;
        connection.execute_unprepared(CACHE).await?;
        connection.execute_unprepared(CHECK_LATER).await?;
        let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for row in connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, COLUMNS)).await? {
            let column =
                Column { name: row.try_get_by_index(1)?, is_id: row.try_get_by_index::<String>(2)? == "uuid_text" };
            tables.entry(row.try_get_by_index(0)?).or_default().push(column);
        }
        for (table, columns) in tables {
            connection.execute_unprepared(&rewrite(&table, &columns)).await?;
        }
        // The connection goes back to its pool.
        if let Some(cache) = cache {
            connection.execute_unprepared(&format!("PRAGMA cache_size = {cache}")).await?;
        }
        Ok(())
    }
}

/// A column of ids, or of times.
struct Column {
    name: String,
    is_id: bool,
}

impl Column {
    /// Whether a row's value is not in the form yet, and the value in the form. What is neither an id nor a time stays.
    fn change(&self) -> (String, String) {
        let name = format!("\"{}\"", self.name);
        if self.is_id {
            let part = |from, length| format!("substr(hex({name}), {from}, {length})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
            let text = format!("lower({})", parts.join(" || '-' || "));
            return (format!("(typeof({name}) = 'blob' AND length({name}) = 16)"), text);
        }
        let is_time = format!("{name} GLOB '????-??-??[T ]*' AND {name} NOT GLOB '????-??-?? ??:??:??.???'");
        (format!("({is_time})"), format!("coalesce(strftime('%Y-%m-%d %H:%M:%f', {name}), {name})"))
    }
}

/// Changes all columns at once: a check may compare two of them.
fn rewrite(table: &str, columns: &[Column]) -> String {
    let (mut assigned, mut wanted) = (Vec::new(), Vec::new());
    for column in columns {
        let (is_older, text) = column.change();
        assigned.push(format!("\"{0}\" = CASE WHEN {is_older} THEN {text} ELSE \"{0}\" END", column.name));
        wanted.push(is_older);
    }
    format!("UPDATE \"{table}\" SET {} WHERE {}", assigned.join(", "), wanted.join(" OR "))
}
