//! Shared by the tests: a schema of one table, and a ledger on a database of its own.

use domain::Timestamp;
use domain::message::{Envelope, Metadata, VERSION};
use ledger::columns::{name, table};
use ledger::{Ledger, LedgerError, Right, Schema, Table, Transaction, call_tables, common_tables};
use ledger_testkit::{Raw, Site, patient};
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::{ColumnDef, MigrationName, MigrationTrait, SchemaManager};
use uuid::Uuid;

/// The topic of the toy service.
pub const TOPIC: &str = "toy.events";

/// A service with the one table `toys`.
pub static TOYS: Schema = Schema {
    name: "toy_service",
    file: "toys.sqlite",
    topics: &[TOPIC],
    migrations: |database| vec![Box::new(MakeTable("toys")), common_tables(database), call_tables()],
    tables: &[
        Table { name: "toys", rights: &[Right::Select, Right::Insert] },
        ledger::calls::AUDIT_TABLE,
        ledger::calls::KEPT_TABLE,
    ],
};

/// Makes a table with the one column `name`.
pub struct MakeTable(pub &'static str);

impl MigrationName for MakeTable {
    fn name(&self) -> &str {
        "m20261121_000001_table"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for MakeTable {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name: ColumnDef = name(manager, "name").not_null().primary_key().take();
        manager.create_table(table(manager, self.0).col(name).take()).await
    }
}

/// Adds a row to a table of [`MakeTable`].
pub async fn insert(change: &Transaction, table: &'static str, name: &str) -> Result<(), LedgerError> {
    let insert = Query::insert().into_table(table).columns(["name"]).values_panic([name.into()]).take();
    change.connection().execute(&insert).await?;
    Ok(())
}

/// A migrated ledger of [`TOYS`] on a database of its own.
pub struct Books {
    pub ledger: Ledger,
    pub site: Site,
}

impl Books {
    pub async fn open(site: Site) -> Self {
        let ledger = Ledger::connect(&site.url, &TOYS, patient()).await.expect("connects");
        ledger.migrate().await.expect("migrates");
        Self { ledger, site }
    }

    /// A connection past the ledger's code.
    pub async fn raw(&self) -> Raw {
        Raw::open(&self.site, &TOYS).await
    }
}

pub fn message(id: u128) -> Envelope {
    Envelope {
        event_id: Uuid::from_u128(id),
        event_type: "ToyMade".to_owned(),
        aggregate_id: "shop/toy".to_owned(),
        aggregate_type: "Toy".to_owned(),
        version: VERSION.to_owned(),
        timestamp: Timestamp(1_700_000_000_456),
        metadata: Metadata {
            correlation_id: Uuid::from_u128(id).to_string(),
            causation_id: None,
            user_id: Some("u1".to_owned()),
        },
        payload: serde_json::json!({"n": 1, "text": "한글"}),
    }
}
