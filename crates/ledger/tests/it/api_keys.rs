//! Keys: kept by their hash, taken back once.

use crate::support::Books;
use crate::support::engine::{Site, on_every_database};
use domain::Timestamp;
use ledger::LedgerError;
use ledger::api_keys::{ApiKey, KeyKind, active, insert, list, revoke};
use uuid::Uuid;

on_every_database!(keys_are_kept_listed_and_taken_back_once, a_key_that_can_not_be_is_refused,);

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

async fn keys_are_kept_listed_and_taken_back_once(site: Site) {
    let books = Books::open(site).await;
    let keys = [
        key(1, KeyKind::Tenant, Some("shop")),
        key(2, KeyKind::Admin, None),
        key(3, KeyKind::Service, Some("gateway")),
    ];
    for key in &keys {
        insert(&books.ledger, key).await.expect("kept");
    }
    assert_eq!(list(&books.ledger).await.expect("listed"), keys);
    let at = Timestamp(1_800_000_000_001);
    assert_eq!(revoke(&books.ledger, keys[0].id, at).await, Ok(true));
    assert_eq!(revoke(&books.ledger, keys[0].id, Timestamp(5)).await, Ok(false), "once");
    assert_eq!(revoke(&books.ledger, Uuid::from_u128(99), at).await, Ok(false), "unknown");
    let listed = list(&books.ledger).await.expect("listed");
    assert_eq!(listed[0], ApiKey { revoked_at: Some(at), ..keys[0].clone() });
    let open: Vec<Uuid> = active(&books.ledger).await.expect("listed").iter().map(|key| key.id).collect();
    assert_eq!(open.len(), 2);
    assert!(!open.contains(&keys[0].id));
}

async fn a_key_that_can_not_be_is_refused(site: Site) {
    let books = Books::open(site).await;
    insert(&books.ledger, &key(1, KeyKind::Admin, None)).await.expect("kept");
    let same_secret = ApiKey { id: Uuid::from_u128(2), ..key(1, KeyKind::Admin, None) };
    for bad in [same_secret, key(3, KeyKind::Tenant, None)] {
        let refused = insert(&books.ledger, &bad).await;
        assert!(matches!(refused, Err(LedgerError::Conflict(_))), "{refused:?}");
    }
}
