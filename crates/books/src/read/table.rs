//! Whole tables, a page at a time.

use ledger::{Ledger, LedgerError, StoredId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoIden, IntoTableRef, Query, SelectStatement, TableRef};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable};
use uuid::Uuid;

/// Rows in one answer: few enough for the limit of an answer's time.
const PAGE_ROWS: usize = 5_000;

/// A row, and what is wrong with it if it cannot be read.
pub(super) struct Row<'a> {
    row: &'a QueryResult,
    table: &'static str,
}

impl Row<'_> {
    /// A column.
    pub(super) fn get<T: TryGetable>(&self, column: &'static str) -> Result<T, LedgerError> {
        Ok(self.row.try_get("", column)?)
    }

    /// A column of ids.
    pub(super) fn id(&self, column: &'static str) -> Result<Uuid, LedgerError> {
        Ok(self.get::<StoredId>(column)?.into())
    }

    /// A column of ids that may be empty.
    pub(super) fn id_if_any(&self, column: &'static str) -> Result<Option<Uuid>, LedgerError> {
        Ok(self.get::<Option<StoredId>>(column)?.map(Uuid::from))
    }

    /// A column whose word must be known.
    pub(super) fn word<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, LedgerError> {
        let text: String = self.get(column)?;
        read(&text).ok_or_else(|| damaged(format!("{}.{column} is {text}", self.table)))
    }
}

/// A row that this program cannot read.
pub(super) fn damaged(text: String) -> LedgerError {
    LedgerError::Schema(format!("{text}, which this program does not know"))
}

/// A table of the schema's own.
pub(super) fn own(name: &'static str) -> TableRef {
    Alias::new(name).into_table_ref()
}

/// A table of another schema of the database.
pub(super) fn of_schema(schema: &str, name: &'static str) -> TableRef {
    (Alias::new(schema), Alias::new(name).into_iden()).into_table_ref()
}

/// Every row, read by `row`, in the order of the first of the columns, which must be an unique id.
pub(super) async fn all<T>(
    ledger: &Ledger,
    table: &'static str,
    columns: &[&'static str],
    row: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Vec<T>, LedgerError> {
    let id = columns[0];
    let mut rows = Vec::new();
    let mut after: Option<StoredId> = None;
    loop {
        let mut select = select(own(table), columns);
        select.order_by(Alias::new(id), sea_orm::Order::Asc).limit(PAGE_ROWS as u64);
        if let Some(after) = after {
            select.and_where(Expr::col(Alias::new(id)).gt(after));
        }
        let page = ledger.connection().query_all(&select).await?;
        for found in &page {
            rows.push(row(&Row { row: found, table })?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE_ROWS => after = Some(last.try_get("", id)?),
            _ => return Ok(rows),
        }
    }
}

/// The rows of one statement: for tables without one id, and small ones.
pub(super) async fn some<T>(
    ledger: &Ledger,
    table: &'static str,
    select: &SelectStatement,
    row: impl Fn(&Row<'_>) -> Result<T, LedgerError>,
) -> Result<Vec<T>, LedgerError> {
    let found = ledger.connection().query_all(select).await?;
    found.iter().map(|one| row(&Row { row: one, table })).collect()
}

/// A statement of these columns.
pub(super) fn select(table: TableRef, columns: &[&'static str]) -> SelectStatement {
    let mut select = Query::select();
    select.from(table).columns(columns.iter().map(|column| Alias::new(*column)));
    select
}
