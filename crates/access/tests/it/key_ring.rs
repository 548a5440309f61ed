//! A key identifies its caller, a forged or revoked key nobody.

use crate::api_keys::KEYS;
use access::keys::make;
use access::{Caller, KeyRing, rows};
use domain::{TenantName, Timestamp};
use ledger::Ledger;
use std::sync::Arc;

async fn ring() -> (tempfile::TempDir, Ledger, Arc<KeyRing>) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = KEYS.embedded_url(folder.path());
    let ledger = Ledger::connect(&url, &KEYS, ledger::LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    let ring = KeyRing::load(ledger.clone()).await.expect("loads");
    (folder, ledger, ring)
}

#[tokio::test]
async fn a_key_identifies_its_owner_and_a_forged_key_does_not() {
    let (_folder, ledger, ring) = ring().await;
    let tenant = Caller::Tenant(TenantName::new("acme").expect("valid"));
    let key = make(&ledger, &tenant, Timestamp(0)).await.expect("made");
    assert_eq!(ring.caller_fresh(key.text.as_bytes()).await, Some(tenant));
    let mut forged = key.text.clone().into_bytes();
    let last = forged.len() - 1;
    forged[last] = if forged[last] == b'0' { b'1' } else { b'0' };
    for wrong in [&forged[..], &key.text.as_bytes()[..last], b"", b"onsale_", "onsale_\u{ff}".as_bytes()] {
        assert_eq!(ring.caller_fresh(wrong).await, None);
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_its_secret_is_not_stored() {
    let (_folder, ledger, ring) = ring().await;
    let key = make(&ledger, &Caller::Administrator, Timestamp(0)).await.expect("made");
    let stored = format!("{:?}", rows::list(&ledger).await.expect("reads"));
    assert!(!stored.contains(key.text.rsplit('_').next().expect("a secret")));
    assert!(ring.caller_fresh(key.text.as_bytes()).await.is_some());
    assert!(rows::revoke(&ledger, key.id, Timestamp(1)).await.expect("revokes"));
    ring.refresh().await.expect("reads");
    assert_eq!(ring.caller(key.text.as_bytes()), None);
}
