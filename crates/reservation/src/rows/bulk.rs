//! One update of many rows that have different values.

use ledger::LedgerError;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use std::fmt::Write;

/// Most rows in one statement: SQLite joins 500 at most, and parameters have a limit of some 32,000.
const ROWS_MAX: usize = 200;

/// Sets `columns` of the rows of `table` that `keys` name. Each row of `rows` has the values of the keys and then of the
/// columns.
///
/// # Errors
/// [`LedgerError`].
pub(super) async fn update(
    connection: &impl ConnectionTrait,
    table: &str,
    keys: &[&str],
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<(), LedgerError> {
    let backend = connection.get_database_backend();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let part: Vec<Vec<Value>> = rows.by_ref().take(ROWS_MAX).collect();
        let sql = statement(backend, table, keys, columns, part.len());
        let statement = Statement::from_sql_and_values(backend, sql, part.into_iter().flatten());
        connection.execute_raw(statement).await?;
    }
    Ok(())
}

fn statement(backend: DbBackend, table: &str, keys: &[&str], columns: &[&str], count: usize) -> String {
    let values = values_table(backend, keys, columns, count);
    let assign = |own: &str| {
        let each: Vec<String> = columns.iter().map(|name| format!("{own}{name} = v.{name}")).collect();
        each.join(", ")
    };
    let on: Vec<String> = keys.iter().map(|name| format!("{table}.{name} = v.{name}")).collect();
    let on = on.join(" AND ");
    match backend {
        DbBackend::MySql => {
            let assign = assign(&format!("{table}."));
            format!("UPDATE {table} JOIN ({values}) v ON {on} SET {assign}")
        }
        _ => format!("UPDATE {table} SET {} FROM ({values}) AS v WHERE {on}", assign("")),
    }
}

/// The rows as a table of parameters.
fn values_table(backend: DbBackend, keys: &[&str], columns: &[&str], count: usize) -> String {
    let (mut table, mut number) = (String::new(), 0);
    for row in 0..count {
        table.push_str(if row == 0 { "SELECT " } else { " UNION ALL SELECT " });
        for (index, name) in keys.iter().chain(columns).enumerate() {
            number += 1;
            let comma = if index == 0 { "" } else { ", " };
            // Writing to a text cannot fail.
            let _ = match backend {
                DbBackend::Postgres => write!(table, "{comma}${number}"),
                _ => write!(table, "{comma}?"),
            };
            if row == 0 {
                let _ = write!(table, " AS {name}");
            }
        }
    }
    table
}
