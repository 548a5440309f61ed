//! Queries of `terms`: versions are made, and never changed.

use super::entities::term::{ActiveModel, Column, Entity, Model};
use domain::Timestamp;
use domain::account::TermsVersion;
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Transaction};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Most versions of all terms together: a mistake in a script of an operator ends here.
pub const VERSIONS_MAX: u64 = 2_000;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// A version of terms with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Code, version, and from when on.
    pub version: TermsVersion,
    /// The title.
    pub title: Both,
    /// The text.
    pub body: Both,
}

/// Stores a new version. False when the table is full.
///
/// # Errors
/// [`LedgerError::Conflict`] when the version exists.
pub async fn insert(change: &Transaction, terms: &Terms, now: Timestamp) -> Result<bool, LedgerError> {
    if Entity::find().count(change.connection()).await? >= VERSIONS_MAX {
        return Ok(false);
    }
    let Terms { version, title, body } = terms.clone();
    let row = ActiveModel {
        id: Set(Uuid::now_v7().into()),
        code: Set(version.code),
        version: Set(version.version),
        title_ko: Set(title.ko),
        title_en: Set(title.en),
        body_ko: Set(body.ko),
        body_en: Set(body.en),
        required: Set(version.required),
        effective_at: Set(stored(version.effective_at)),
        created_at: Set(stored(now)),
    };
    Entity::insert(row).exec_without_returning(change.connection()).await?;
    Ok(true)
}

/// All versions without their texts, in the order in which they were made.
///
/// # Errors
/// [`LedgerError`].
pub async fn versions(ledger: &Ledger) -> Result<Vec<TermsVersion>, LedgerError> {
    let columns = [Column::Code, Column::Version, Column::Required, Column::EffectiveAt];
    let rows: Vec<(String, String, bool, sea_orm::prelude::DateTimeUtc)> = Entity::find()
        .select_only()
        .columns(columns)
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(VERSIONS_MAX)
        .into_tuple()
        .all(ledger.connection())
        .await?;
    let version = |(code, version, required, effective_at)| TermsVersion {
        code,
        version,
        required,
        effective_at: read(effective_at),
    };
    Ok(rows.into_iter().map(version).collect())
}

/// These versions with their texts, in any order.
///
/// # Errors
/// [`LedgerError`].
pub async fn with_texts(ledger: &Ledger, wanted: &[&TermsVersion]) -> Result<Vec<Terms>, LedgerError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let any = wanted.iter().fold(Condition::any(), |any, terms| {
        any.add(Column::Code.eq(terms.code.as_str()).and(Column::Version.eq(terms.version.as_str())))
    });
    let rows = Entity::find().filter(any).all(ledger.connection()).await?;
    Ok(rows.into_iter().map(from_row).collect())
}

fn from_row(row: Model) -> Terms {
    let Model { code, version, title_ko, title_en, body_ko, body_en, required, effective_at, .. } = row;
    let version = TermsVersion { code, version, required, effective_at: read(effective_at) };
    Terms { version, title: Both { ko: title_ko, en: title_en }, body: Both { ko: body_ko, en: body_en } }
}
