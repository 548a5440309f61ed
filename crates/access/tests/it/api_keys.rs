//! Keys are stored with their hash and revoked once.

use access::Caller;
use access::making::{MakeKeyError, Restrictions, make};
use access::rows::{self, ApiKey, KeyKind, USED_EVERY_MS, active, insert, list, record_used, revoke, tenants};
use domain::quota::{Quota, Quotas};
use domain::{KeyId, Scopes, TenantName, Timestamp};
use ledger::{Ledger, LedgerError, Schema};
use ledger_testkit::{Raw, Site, on_every_database, patient};
use uuid::Uuid;

on_every_database!(
    keys_are_stored_listed_and_revoked_once,
    an_invalid_key_is_refused,
    keys_of_an_earlier_version_keep_all_rights,
    the_last_use_is_written_at_most_once_a_minute,
    a_tenant_has_as_many_keys_as_it_may_also_when_many_are_made_at_once,
);

/// A service that stores only keys.
pub static KEYS: Schema = Schema {
    name: "key_service",
    file: "keys.sqlite",
    topics: &[],
    migrations: |_| rows::migrations().into_iter().collect(),
    tables: &[rows::TABLE, rows::tenants::TABLE],
};

/// As it was before keys had rights.
static EARLIER: Schema = Schema {
    name: "key_service",
    file: "keys.sqlite",
    topics: &[],
    migrations: |_| rows::migrations().into_iter().take(1).collect(),
    tables: &[rows::TABLE],
};

async fn open(site: &Site) -> Ledger {
    let ledger = Ledger::connect(&site.url, &KEYS, patient()).await.expect("connects");
    ledger.migrate().await.expect("migrates");
    ledger
}

fn key(n: u128, kind: KeyKind, name: Option<&str>) -> ApiKey {
    ApiKey {
        id: KeyId(Uuid::from_u128(n)),
        kind,
        name: name.map(str::to_owned),
        secret_hash: format!("{n:064x}"),
        label: format!("ok_{n}"),
        created_at: Timestamp(1_700_000_000_000 + n as i64),
        revoked_at: None,
        scopes: Scopes::ALL,
        networks: Vec::new(),
        schedule_id: None,
        expires_at: None,
        last_used_at: None,
    }
}

async fn keys_are_stored_listed_and_revoked_once(site: Site) {
    let ledger = open(&site).await;
    let restricted = ApiKey {
        scopes: "issue,read".parse().expect("scopes"),
        networks: ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().expect("a network")).to_vec(),
        expires_at: Some(Timestamp(1_900_000_000_001)),
        ..key(4, KeyKind::Tenant, Some("shop"))
    };
    let door = ApiKey { schedule_id: Some(Uuid::from_u128(7)), ..key(5, KeyKind::Door, None) };
    let keys = [
        key(1, KeyKind::Tenant, Some("shop")),
        key(2, KeyKind::Admin, None),
        key(3, KeyKind::Service, Some("gateway")),
        restricted,
        door,
    ];
    for key in &keys {
        insert(&ledger, key).await.expect("stored");
    }
    assert_eq!(list(&ledger).await.expect("listed"), keys);
    let at = Timestamp(1_800_000_000_001);
    assert_eq!(revoke(&ledger, keys[0].id, at).await, Ok(true));
    assert_eq!(revoke(&ledger, keys[0].id, Timestamp(5)).await, Ok(false), "once");
    assert_eq!(revoke(&ledger, KeyId(Uuid::from_u128(99)), at).await, Ok(false), "unknown");
    let listed = list(&ledger).await.expect("listed");
    assert_eq!(listed[0], ApiKey { revoked_at: Some(at), ..keys[0].clone() });
    let in_force: Vec<KeyId> = active(&ledger).await.expect("listed").iter().map(|key| key.id).collect();
    assert_eq!(in_force.len(), 4);
    assert!(!in_force.contains(&keys[0].id));
}

async fn an_invalid_key_is_refused(site: Site) {
    let ledger = open(&site).await;
    insert(&ledger, &key(1, KeyKind::Admin, None)).await.expect("stored");
    let same_secret = ApiKey { id: KeyId(Uuid::from_u128(2)), ..key(1, KeyKind::Admin, None) };
    for bad in [same_secret, key(3, KeyKind::Tenant, None)] {
        let refused = insert(&ledger, &bad).await;
        assert!(matches!(refused, Err(LedgerError::Conflict(_))), "{refused:?}");
    }
}

async fn keys_of_an_earlier_version_keep_all_rights(site: Site) {
    let earlier = Ledger::connect(&site.url, &EARLIER, patient()).await.expect("connects");
    earlier.migrate().await.expect("migrates");
    let raw = Raw::open(&site, &EARLIER).await;
    for (n, kind, name) in [(1_u128, "tenant", "'shop'"), (2, "service", "'gateway'"), (3, "admin", "NULL")] {
        let (id, hash) = (site.engine.uuid(n), format!("{n:064x}"));
        let columns = "id, kind, name, secret_hash, label, created_at, revoked_at";
        let line = format!(
            "INSERT INTO api_keys ({columns}) VALUES ({id}, '{kind}', {name}, '{hash}', 'ok', '2026-11-21 00:00:00', NULL)"
        );
        raw.run(&line).await.expect("stored");
    }
    let ledger = open(&site).await;
    let kept = list(&ledger).await.expect("listed");
    assert_eq!(
        kept.iter().map(|key| key.kind).collect::<Vec<_>>(),
        [KeyKind::Tenant, KeyKind::Service, KeyKind::Admin]
    );
    for key in &kept {
        assert_eq!(
            (key.scopes, key.networks.as_slice(), key.expires_at, key.last_used_at),
            (Scopes::ALL, &[][..], None, None)
        );
    }
    assert_eq!(active(&ledger).await.expect("listed").len(), 3);
    // The constraints of before hold, with one kind more.
    insert(&ledger, &key(4, KeyKind::Door, None)).await.expect("a door needs no name");
    insert(&ledger, &key(5, KeyKind::Service, None)).await.expect_err("a service needs one");
    insert(&ledger, &key(1, KeyKind::Admin, None)).await.expect_err("the same secret");
    raw.run("UPDATE api_keys SET kind = 'other'").await.expect_err("no such kind");
}

async fn the_last_use_is_written_at_most_once_a_minute(site: Site) {
    let ledger = open(&site).await;
    for n in [1, 2] {
        insert(&ledger, &key(n, KeyKind::Admin, None)).await.expect("stored");
    }
    let (first, second) = (KeyId(Uuid::from_u128(1)), KeyId(Uuid::from_u128(2)));
    let used = async || {
        let keys = list(&ledger).await.expect("listed");
        keys.iter().map(|key| key.last_used_at.map(Timestamp::millis)).collect::<Vec<_>>()
    };
    let begin = 1_800_000_000_000;
    record_used(&ledger, &[(first, Timestamp(begin))]).await.expect("recorded");
    assert_eq!(used().await, [Some(begin), None]);
    // Another server, a moment later.
    let later = begin + USED_EVERY_MS - 1;
    record_used(&ledger, &[(first, Timestamp(later)), (second, Timestamp(later))]).await.expect("recorded");
    assert_eq!(used().await, [Some(begin), Some(later)]);
    record_used(&ledger, &[(first, Timestamp(begin + USED_EVERY_MS))]).await.expect("recorded");
    assert_eq!(used().await, [Some(begin + USED_EVERY_MS), Some(later)]);
}

/// Two connections, as of two servers, and calls at the limit: exactly so many are made.
async fn a_tenant_has_as_many_keys_as_it_may_also_when_many_are_made_at_once(site: Site) {
    let (one, other) = (open(&site).await, open(&site).await);
    let (of_all, acme) = (Quotas { keys: 3, ..Quotas::default() }, TenantName::new("acme").expect("a name"));
    let make_one = |ledger: Ledger| {
        let caller = Caller::Tenant(acme.clone());
        tokio::spawn(async move { make(&ledger, &caller, Restrictions::default(), of_all, Timestamp(0)).await })
    };
    let calls: Vec<_> = (0..10).map(|n| make_one(if n % 2 == 0 { one.clone() } else { other.clone() })).collect();
    let (mut made, mut refused) = (0, 0);
    for call in calls {
        match call.await.expect("runs") {
            Ok(_) => made += 1,
            Err(MakeKeyError::Quota(exceeded)) => {
                assert_eq!((exceeded.quota, exceeded.most, exceeded.has), (Quota::Keys, 3, 3));
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((made, refused, list(&one).await.expect("listed").len()), (3, 7, 3));
    let bolt = Caller::Tenant(TenantName::new("bolt").expect("a name"));
    make(&one, &bolt, Restrictions::default(), of_all, Timestamp(0)).await.expect("another tenant does not feel it");
    let own = tenants::set(&one, &acme, |own| domain::quota::OwnQuotas { keys: Some(4), ..own }).await.expect("set");
    assert_eq!(tenants::list(&other).await, Ok(vec![(acme.clone(), own)]));
    make_one(one.clone()).await.expect("runs").expect("a tenant's own value counts");
    assert!(matches!(make_one(one.clone()).await.expect("runs"), Err(MakeKeyError::Quota(_))));
    let all = list(&one).await.expect("listed");
    let key = all.iter().find(|key| key.name.as_deref() == Some("acme")).expect("one of the tenant's");
    assert_eq!(revoke(&one, key.id, Timestamp(1)).await, Ok(true));
    make_one(one).await.expect("runs").expect("a revoked one makes room");
}
