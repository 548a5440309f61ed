//! Ids in rows.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::sqlx::error::BoxDynError;
use sea_orm::sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sea_orm::sqlx::{Decode, Row, Sqlite, Type, ValueRef};
use sea_orm::{ColIdx, DbErr, QueryResult, RuntimeErr, TryFromU64, TryGetError, TryGetable, Value};
use uuid::Uuid;

/// An id as a row has it: `uuid` on PostgreSQL, `binary(16)` on MySQL, on SQLite a text with hyphens in lower case.
///
/// Entities and tuples of columns have it in place of a [`Uuid`], which the driver reads from bytes alone on SQLite. Written and
/// compared are both of them alike: as the text, by [`Timed`](crate::Timed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredId(pub Uuid);

impl From<Uuid> for StoredId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<StoredId> for Uuid {
    fn from(id: StoredId) -> Self {
        id.0
    }
}

impl From<StoredId> for Value {
    fn from(id: StoredId) -> Self {
        id.0.into()
    }
}

impl TryGetable for StoredId {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let Some(row) = row.try_as_sqlite_row() else { return Uuid::try_get_by(row, index).map(Self) };
        match row.try_get::<Option<Self>, _>(index.as_sqlx_sqlite_index()) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(TryGetError::Null(format!("{index:?}"))),
            Err(error) => Err(DbErr::Query(RuntimeErr::SqlxError(error.into())).into()),
        }
    }
}

impl Type<Sqlite> for StoredId {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        // A text, or bytes.
        <Uuid as Type<Sqlite>>::compatible(found)
    }
}

/// From the text, or from the 16 bytes of versions before: a file is read, by `onsale doctor` for one, before it is migrated.
impl<'r> Decode<'r, Sqlite> for StoredId {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let is_bytes = *value.type_info() == <[u8] as Type<Sqlite>>::type_info();
        if is_bytes {
            return <Uuid as Decode<'r, Sqlite>>::decode(value).map(Self);
        }
        Ok(Self(Uuid::parse_str(<&str as Decode<'r, Sqlite>>::decode(value)?)?))
    }
}

impl ValueType for StoredId {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <Uuid as ValueType>::try_from(value).map(Self)
    }

    fn type_name() -> String {
        <Uuid as ValueType>::type_name()
    }

    fn array_type() -> ArrayType {
        <Uuid as ValueType>::array_type()
    }

    fn column_type() -> ColumnType {
        <Uuid as ValueType>::column_type()
    }
}

impl Nullable for StoredId {
    fn null() -> Value {
        <Uuid as Nullable>::null()
    }
}

/// A primary key has to have it; no database makes these ids.
impl TryFromU64 for StoredId {
    fn try_from_u64(number: u64) -> Result<Self, DbErr> {
        Uuid::try_from_u64(number).map(Self)
    }
}
