//! Connections whose every statement has a time limit and gets its values in the types that the database takes.

use crate::cause;
use crate::database::Database;
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value};
use std::time::Duration;

/// A pool or an open transaction with a limit on the wait for each answer: a server that was stopped or cut off sends no
/// error.
#[derive(Clone, Debug)]
pub struct Timed<C> {
    pub(crate) inner: C,
    pub(crate) answer_timeout: Duration,
    pub(crate) database: Database,
}

impl<C> Timed<C> {
    /// The result of `request`, or an error when it takes longer than the limit.
    pub(crate) async fn within<T, E: From<DbErr>>(&self, request: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        match tokio::time::timeout(self.answer_timeout, request).await {
            Ok(answer) => answer,
            Err(_) => Err(no_answer(self.answer_timeout).into()),
        }
    }
}

/// The error for an answer that did not come in time.
pub(crate) fn no_answer(limit: Duration) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(format!("no answer within {} s", limit.as_secs_f32())))
}

/// A time as SQLite has it: UTC, with milliseconds, so that texts are in the order of their times.
const SQLITE_TIME: &str = "%Y-%m-%d %H:%M:%S%.3f";

/// Values in the types of the database's columns.
fn in_types_of(backend: DbBackend, mut statement: Statement) -> Statement {
    let write: fn(&mut Value) = match backend {
        DbBackend::MySql => as_on_mysql,
        DbBackend::Sqlite => as_on_sqlite,
        _ => return statement,
    };
    statement.values.iter_mut().flat_map(|values| values.0.iter_mut()).for_each(write);
    statement
}

/// The driver sends a time with a zone as a `timestamp`, and MariaDB silently stores NULL for those after 2038. Without
/// a zone it is sent as a `datetime`, which is the type of the columns; the connection's zone is UTC.
fn as_on_mysql(value: &mut Value) {
    if let Value::ChronoDateTimeUtc(moment) = value {
        *value = Value::ChronoDateTime(moment.map(|moment| moment.naive_utc()));
    }
}

/// SQLite has neither type. The driver would write an id as bytes and a time with a `T`, a zone and a fraction of any length; the
/// contract has texts that other programs write and compare, too.
fn as_on_sqlite(value: &mut Value) {
    match value {
        Value::Uuid(id) => *value = Value::String(id.map(|id| id.hyphenated().to_string())),
        Value::ChronoDateTimeUtc(moment) => {
            *value = Value::String(moment.map(|moment| moment.format(SQLITE_TIME).to_string()));
        }
        _ => {}
    }
}

impl<C> Timed<C> {
    /// As [`Timed::within`]; where no connection could be had the error says why.
    async fn answered<T>(&self, request: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        match self.within(request).await {
            Err(error) => Err(cause::of_silence(&self.database, error).await),
            answer => answer,
        }
    }
}

#[async_trait]
impl<C: ConnectionTrait + Sync> ConnectionTrait for Timed<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let statement = in_types_of(self.get_database_backend(), statement);
        self.answered(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.answered(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let statement = in_types_of(self.get_database_backend(), statement);
        self.answered(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let statement = in_types_of(self.get_database_backend(), statement);
        self.answered(self.inner.query_all_raw(statement)).await
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }
}
