//! A key identifies its caller, and a forged, revoked, expired or foreign one nobody.

use crate::api_keys::KEYS;
use access::making::{NewKey, Restrictions, make};
use access::{Caller, KeyRing, rows};
use domain::quota::Quotas;
use domain::{Scope, Scopes, TenantName, Timestamp};
use ledger::Ledger;
use std::net::IpAddr;
use std::sync::Arc;

async fn ring() -> (tempfile::TempDir, Ledger, Arc<KeyRing>) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = KEYS.embedded_url(folder.path());
    let ledger = Ledger::connect(&url, &KEYS, ledger::LedgerOptions::default()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    let ring = KeyRing::load(ledger.clone()).await.expect("loads");
    (folder, ledger, ring)
}

async fn new_key(ledger: &Ledger, caller: &Caller, restrictions: Restrictions) -> NewKey {
    make(ledger, caller, restrictions, Quotas::default(), Timestamp(0)).await.expect("made")
}

#[tokio::test]
async fn a_key_identifies_its_owner_and_a_forged_key_does_not() {
    let (_folder, ledger, ring) = ring().await;
    let tenant = Caller::Tenant(TenantName::new("acme").expect("valid"));
    let key = new_key(&ledger, &tenant, Restrictions::default()).await;
    let holder = ring.holder_fresh(key.text.as_bytes(), None).await.expect("in force");
    assert_eq!((&holder.caller, holder.id, holder.scopes), (&tenant, key.id, Scopes::ALL));
    let mut forged = key.text.clone().into_bytes();
    let last = forged.len() - 1;
    forged[last] = if forged[last] == b'0' { b'1' } else { b'0' };
    for wrong in [&forged[..], &key.text.as_bytes()[..last], b"", b"onsale_", "onsale_\u{ff}".as_bytes()] {
        assert_eq!(ring.holder_fresh(wrong, None).await, None);
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_its_secret_is_not_stored() {
    let (_folder, ledger, ring) = ring().await;
    let key = new_key(&ledger, &Caller::Administrator, Restrictions::default()).await;
    let stored = format!("{:?}", rows::list(&ledger).await.expect("reads"));
    assert!(!stored.contains(key.text.rsplit('_').next().expect("a secret")));
    assert!(ring.holder_fresh(key.text.as_bytes(), None).await.is_some());
    assert!(rows::revoke(&ledger, key.id, Timestamp(1)).await.expect("revokes"));
    ring.refresh().await.expect("reads");
    assert_eq!(ring.holder(key.text.as_bytes(), None), None);
}

#[tokio::test]
async fn an_expired_key_is_refused_from_its_end_on() {
    let (_folder, ledger, ring) = ring().await;
    let end = Timestamp(clock::now().millis() + 3_600_000);
    let restrictions = Restrictions { expires_at: Some(end), ..Restrictions::default() };
    let key = new_key(&ledger, &Caller::Administrator, restrictions).await;
    let holder = ring.holder_fresh(key.text.as_bytes(), None).await.expect("in force");
    assert!(holder.is_in_force(None, Timestamp(end.millis() - 1)));
    assert!(!holder.is_in_force(None, end) && !holder.is_in_force(None, Timestamp(end.millis() + 1)));
}

#[tokio::test]
async fn a_key_of_some_networks_is_refused_from_all_others() {
    let (_folder, ledger, ring) = ring().await;
    let networks = ["203.0.113.0/24", "2001:db8::/32"].map(|network| network.parse().expect("a network"));
    let restrictions = Restrictions { networks: networks.to_vec(), ..Restrictions::default() };
    let key = new_key(&ledger, &Caller::Administrator, restrictions).await;
    ring.refresh().await.expect("reads");
    for (from, is_in_force) in [
        (Some("203.0.113.7"), true),
        (Some("::ffff:203.0.113.7"), true),
        (Some("203.0.114.7"), false),
        (Some("2001:db8:ffff::1"), true),
        (Some("2001:db9::1"), false),
        (None, false),
    ] {
        let address = from.map(|from| from.parse::<IpAddr>().expect("an address"));
        assert_eq!(ring.holder_fresh(key.text.as_bytes(), address).await.is_some(), is_in_force, "{from:?}");
    }
    assert!(ring.may_call(key.text.as_bytes(), Scope::Issue), "the body may be read before the address counts");
}

#[tokio::test]
async fn the_use_of_a_key_is_written_by_the_background_and_not_by_the_call() {
    let (_folder, ledger, ring) = ring().await;
    let key = new_key(&ledger, &Caller::Administrator, Restrictions::default()).await;
    let used = async || rows::list(&ledger).await.expect("listed")[0].last_used_at;
    for _ in 0..100 {
        assert!(ring.holder_fresh(key.text.as_bytes(), None).await.is_some());
    }
    assert_eq!(used().await, None, "a call writes nothing");
    ring.write_usage().await.expect("written");
    let first = used().await.expect("written");
    // Reading the keys again forgets nothing, and nothing is due for a minute.
    ring.refresh().await.expect("reads");
    assert!(ring.holder(key.text.as_bytes(), None).is_some());
    ring.write_usage().await.expect("nothing to do");
    assert_eq!(used().await, Some(first));
}
