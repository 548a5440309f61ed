//! Looks and their files (tables `looks` and `look_files`).

use super::entities::{look, look_file};
use call::Entry;
use domain::Timestamp;
use ledger::moment::{read, stored};
use ledger::{Ledger, LedgerError, Right, Table, Transaction, calls};
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

/// The table of looks.
pub const TABLE: Table = Table { name: "looks", rights: &[Right::Select, Right::Insert, Right::Update] };
/// The table of their files.
pub const FILES_TABLE: Table = Table { name: "look_files", rights: &[Right::Select, Right::Insert, Right::Delete] };

/// A file that no look has any more is kept for so long: pages that are under way still ask for it.
const KEPT_SECONDS: i64 = 86_400;

/// A look as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLook {
    /// The tenant, or the line.
    pub name: String,
    /// Name, colours and words, as JSON.
    pub look: String,
    /// The file of its logo.
    pub logo: Option<String>,
    /// The file of its style.
    pub style: String,
    /// When it was set.
    pub updated_at: Timestamp,
}

/// A file of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// `<hash>.css`, `<hash>.svg` or `<hash>.png`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A look.
///
/// # Errors
/// [`LedgerError`].
pub async fn get(ledger: &Ledger, name: &str) -> Result<Option<StoredLook>, LedgerError> {
    let row = look::Entity::find_by_id(name).one(ledger.connection()).await?;
    Ok(row.map(from_row))
}

/// A file, by its name.
///
/// # Errors
/// [`LedgerError`].
pub async fn file(ledger: &Ledger, name: &str) -> Result<Option<Vec<u8>>, LedgerError> {
    let row = look_file::Entity::find_by_id(name).one(ledger.connection()).await?;
    Ok(row.map(|row| row.bytes))
}

/// Stores a look with its files, and the entry of the audit log. Files that no look has had for a day go.
///
/// # Errors
/// [`LedgerError`]; nothing was stored then.
pub async fn put(ledger: &Ledger, new: &StoredLook, files: &[File], entry: Option<&Entry>) -> Result<(), LedgerError> {
    let put = async |change: Transaction| {
        for file in files {
            add(&change, file, new.updated_at).await?;
        }
        let row = look::Model {
            name: new.name.clone(),
            look: new.look.clone(),
            logo: new.logo.clone(),
            style: new.style.clone(),
            updated_at: stored(new.updated_at),
        };
        // Locked first: of two changes at once the later one counts as a whole.
        let known = look::Entity::find_by_id(&new.name).lock_exclusive().one(change.connection()).await?;
        match known {
            Some(_) => {
                let changed = row.into_active_model().reset_all();
                look::Entity::update(changed).exec(change.connection()).await.map(drop)?;
            }
            None => look::Entity::insert(row.into_active_model().reset_all())
                .exec_without_returning(change.connection())
                .await
                .map(drop)?,
        }
        forget(&change, new.updated_at).await?;
        calls::settle(&change, entry).await?;
        change.commit().await
    };
    ledger.change(put).await
}

async fn add(change: &Transaction, file: &File, now: Timestamp) -> Result<(), LedgerError> {
    let known = look_file::Entity::find_by_id(&file.name).one(change.connection()).await?;
    if known.is_none() {
        let row = look_file::ActiveModel {
            name: Set(file.name.clone()),
            bytes: Set(file.bytes.clone()),
            made_at: Set(stored(now)),
        };
        look_file::Entity::insert(row).exec_without_returning(change.connection()).await?;
    }
    Ok(())
}

async fn forget(change: &Transaction, now: Timestamp) -> Result<(), LedgerError> {
    let styles = Query::select().column(look::Column::Style).from(look::Entity).take();
    let logos = Query::select()
        .column(look::Column::Logo)
        .from(look::Entity)
        .and_where(look::Column::Logo.is_not_null())
        .take();
    look_file::Entity::delete_many()
        .filter(look_file::Column::MadeAt.lt(stored(now.plus_seconds(-KEPT_SECONDS))))
        .filter(look_file::Column::Name.not_in_subquery(styles))
        .filter(look_file::Column::Name.not_in_subquery(logos))
        .exec(change.connection())
        .await?;
    Ok(())
}

fn from_row(row: look::Model) -> StoredLook {
    let look::Model { name, look, logo, style, updated_at } = row;
    StoredLook { name, look, logo, style, updated_at: read(updated_at) }
}
