//! Keys are stored with their hash and revoked once.

use access::rows::{self, ApiKey, KeyKind, active, insert, list, revoke};
use domain::Timestamp;
use ledger::{Ledger, LedgerError, Schema};
use ledger_testkit::{Site, on_every_database, patient};
use uuid::Uuid;

on_every_database!(keys_are_stored_listed_and_revoked_once, an_invalid_key_is_refused);

/// A service that stores only keys.
pub static KEYS: Schema = Schema {
    name: "key_service",
    file: "keys.sqlite",
    topics: &[],
    migrations: |_| vec![rows::migration()],
    tables: &[rows::TABLE],
};

async fn open(site: &Site) -> Ledger {
    let ledger = Ledger::connect(&site.url, &KEYS, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

fn key(n: u128, kind: KeyKind, name: Option<&str>) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(n),
        kind,
        name: name.map(str::to_owned),
        secret_hash: format!("{n:064x}"),
        label: format!("ok_{n}"),
        created_at: Timestamp(1_700_000_000_000 + n as i64),
        revoked_at: None,
    }
}

async fn keys_are_stored_listed_and_revoked_once(site: Site) {
    let ledger = open(&site).await;
    let keys = [
        key(1, KeyKind::Tenant, Some("shop")),
        key(2, KeyKind::Admin, None),
        key(3, KeyKind::Service, Some("gateway")),
    ];
    for key in &keys {
        insert(&ledger, key).await.expect("stored");
    }
    assert_eq!(list(&ledger).await.expect("listed"), keys);
    let at = Timestamp(1_800_000_000_001);
    assert_eq!(revoke(&ledger, keys[0].id, at).await, Ok(true));
    assert_eq!(revoke(&ledger, keys[0].id, Timestamp(5)).await, Ok(false), "once");
    assert_eq!(revoke(&ledger, Uuid::from_u128(99), at).await, Ok(false), "unknown");
    let listed = list(&ledger).await.expect("listed");
    assert_eq!(listed[0], ApiKey { revoked_at: Some(at), ..keys[0].clone() });
    let in_force: Vec<Uuid> = active(&ledger).await.expect("listed").iter().map(|key| key.id).collect();
    assert_eq!(in_force.len(), 2);
    assert!(!in_force.contains(&keys[0].id));
}

async fn an_invalid_key_is_refused(site: Site) {
    let ledger = open(&site).await;
    insert(&ledger, &key(1, KeyKind::Admin, None)).await.expect("stored");
    let same_secret = ApiKey { id: Uuid::from_u128(2), ..key(1, KeyKind::Admin, None) };
    for bad in [same_secret, key(3, KeyKind::Tenant, None)] {
        let refused = insert(&ledger, &bad).await;
        assert!(matches!(refused, Err(LedgerError::Conflict(_))), "{refused:?}");
    }
}
