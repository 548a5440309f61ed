//! Decided coupons are stored in batches, each once; valid coupons are stored beside refused ones.

use crate::support::{Books, campaign, event, issued, tenant};
use coupon::rows::{campaigns, coupons};
use domain::coupon::reconcile::Entry;
use domain::message::CouponIssued;
use domain::{Campaign, CouponId, Timestamp, UserId};
use ledger::LedgerError;
use ledger_testkit::{Site, on_every_database};
use uuid::Uuid;

on_every_database!(
    a_large_batch_is_stored_whole_and_a_repeat_changes_nothing,
    each_refused_coupon_is_reported_and_the_rest_is_stored,
    numbers_of_added_stock_are_stored_without_touching_earlier_rows,
    one_batch_contains_many_campaigns_of_many_tenants,
    another_tenant_reads_nothing,
    coupons_are_read_in_pages_without_gaps_or_repeats,
    a_missing_coupon_is_restored_once_and_never_against_the_constraints,
    an_uncommitted_batch_is_not_stored,
);

async fn kept(books: &Books, campaign: &Campaign) -> u64 {
    coupons::counts(&books.ledger, &campaign.id).await.expect("counted").kept()
}

async fn a_large_batch_is_stored_whole_and_a_repeat_changes_nothing(site: Site) {
    let (books, sale) = Books::with_campaign(site, 3_000, 1).await;
    let batch: Vec<_> = (1..=1_234).map(|serial| issued(&sale, serial)).collect();
    assert_eq!(books.keep(&batch).await, []);
    assert_eq!(books.keep(&batch).await, [], "repeated");
    let overlapping: Vec<_> = (1_000..=1_500).chain(1_400..=1_500).map(|serial| issued(&sale, serial)).collect();
    assert_eq!(books.keep(&overlapping).await, [], "partly repeated, some twice in the batch");
    assert_eq!(kept(&books, &sale).await, 1_500);
    let user = UserId::new("u77").expect("a name");
    let rows = coupons::of_user(&books.ledger, &sale.id.tenant, &sale.id.event, &user).await.expect("read");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].serial, rows[0].coupon_id), (Some(77), CouponId(Uuid::from_u128(77))));
    assert_eq!(rows[0].usage.issued_at, Timestamp(1_700_000_000_077), "to the millisecond");
}

async fn each_refused_coupon_is_reported_and_the_rest_is_stored(site: Site) {
    let (books, sale) = Books::with_campaign(site, 1_000, 2).await;
    assert_eq!(books.keep(&[issued(&sale, 5)]).await, []);
    let mut batch: Vec<_> = (1..=600).map(|serial| issued(&sale, serial)).collect();
    let other = |n: u128, change: &dyn Fn(&mut CouponIssued)| {
        let (_, mut coupon) = issued(&sale, 900 + n as u32);
        change(&mut coupon);
        (Uuid::from_u128(0xBAD0 + n), coupon)
    };
    batch.insert(17, other(1, &|coupon| coupon.serial = 5));
    batch.insert(100, other(2, &|coupon| coupon.serial = 1_001));
    batch.insert(250, other(3, &|coupon| coupon.nth_of_user = 3));
    batch.insert(300, other(4, &|coupon| coupon.user_id = "u5".into()));
    batch.insert(400, other(5, &|coupon| coupon.campaign_id = "unknown".into()));
    batch.insert(500, other(6, &|coupon| coupon.tenant = "stranger".into()));
    batch.insert(550, other(7, &|coupon| coupon.serial = 0));
    batch.push(other(8, &|coupon| coupon.serial = u32::MAX));
    let mut named: Vec<Uuid> = books.keep(&batch).await.into_iter().map(|refused| refused.event_id).collect();
    named.sort_unstable();
    assert_eq!(named, (1..=8).map(|n| Uuid::from_u128(0xBAD0 + n)).collect::<Vec<_>>());
    assert_eq!(kept(&books, &sale).await, 600, "none of the good ones is lost, none of the bad ones is half kept");
}

async fn numbers_of_added_stock_are_stored_without_touching_earlier_rows(site: Site) {
    let (books, sale) = Books::with_campaign(site, 2, 1).await;
    assert_eq!(books.keep(&[issued(&sale, 1), issued(&sale, 2)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 3)]).await.len(), 1, "beyond the stock");
    let sale = campaigns::update(&books.ledger, &Campaign { stock: 4, ..sale }).await.expect("stored");
    assert_eq!(books.keep(&[issued(&sale, 3), issued(&sale, 4)]).await, []);
    assert_eq!(books.keep(&[issued(&sale, 5)]).await.len(), 1);
    let grants = books.raw().await.numbers("SELECT last_serial FROM coupons ORDER BY serial").await;
    assert_eq!(grants, [2, 2, 4, 4], "the smallest grant that covers the number");
}

async fn one_batch_contains_many_campaigns_of_many_tenants(site: Site) {
    let books = Books::open(site).await;
    let sales: Vec<_> = (0..20).map(|n| campaign(&format!("t{}", n % 3), &format!("sale{n}"), 10)).collect();
    for sale in &sales {
        campaigns::create(&books.ledger, sale).await.expect("created");
    }
    let batch: Vec<_> = sales
        .iter()
        .enumerate()
        .map(|(n, sale)| {
            let (event_id, coupon) = issued(sale, n as u32 + 1);
            (event_id, CouponIssued { serial: 7, ..coupon })
        })
        .collect();
    assert_eq!(books.keep(&batch).await, []);
    for sale in &sales {
        assert_eq!(kept(&books, sale).await, 1);
    }
}

async fn another_tenant_reads_nothing(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    books.keep(&[issued(&sale, 1)]).await;
    let id = CouponId(Uuid::from_u128(1));
    let (own, foreign, user) = (sale.id.tenant.clone(), tenant("other"), UserId::new("u1").expect("a name"));
    assert!(coupons::find(&books.ledger, &own, id).await.expect("read").is_some());
    assert_eq!(coupons::find(&books.ledger, &foreign, id).await, Ok(None));
    assert_eq!(coupons::by_ids(&books.ledger, &foreign, &[id]).await, Ok(vec![]));
    assert_eq!(coupons::of_user(&books.ledger, &foreign, &event("sale"), &user).await, Ok(vec![]));
    let elsewhere = campaign("other", "sale", 1);
    assert_eq!(coupons::entries(&books.ledger, &elsewhere.id, None, 10).await, Ok(vec![]));
    assert_eq!(kept(&books, &elsewhere).await, 0);
}

async fn coupons_are_read_in_pages_without_gaps_or_repeats(site: Site) {
    let (books, sale) = Books::with_campaign(site, 1_000, 3).await;
    let mut batch: Vec<_> = (1..=100).map(|serial| issued(&sale, serial)).collect();
    for (n, serial) in (101..=150).enumerate() {
        let (event_id, coupon) = issued(&sale, serial);
        batch.push((event_id, CouponIssued { user_id: format!("u{}", n + 1), nth_of_user: 2, ..coupon }));
    }
    assert_eq!(books.keep(&batch).await, []);
    let (mut pages, mut last) = (Vec::<Entry>::new(), None);
    loop {
        let page = coupons::entries(&books.ledger, &sale.id, last.as_ref(), 7).await.expect("read");
        pages.extend(page.iter().cloned());
        last = pages.last().cloned();
        if page.len() < 7 {
            break;
        }
    }
    let mut ids: Vec<_> = pages.iter().map(|entry| entry.coupon_id.get().as_u128()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=150).collect::<Vec<u128>>());
    let all = batch.iter().map(|(_, c)| c.coupon_id).collect::<Vec<_>>();
    let rows = coupons::by_ids(&books.ledger, &sale.id.tenant, &all).await.expect("read");
    assert_eq!(rows.len(), 150);
}

async fn a_missing_coupon_is_restored_once_and_never_against_the_constraints(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    books.keep(&[issued(&sale, 1)]).await;
    let entry = |n: u32, serial: Option<u32>, revoked| Entry {
        coupon_id: CouponId(Uuid::from_u128(u128::from(n))),
        serial,
        user_id: format!("u{n}"),
        nth_of_user: 1,
        revoked,
    };
    let restore = async |entry: &Entry| coupons::keep_entry(&books.ledger, &sale.id, entry, Timestamp(5)).await;
    for good in [entry(2, Some(2), false), entry(3, None, true), entry(4, Some(10), true)] {
        assert_eq!(restore(&good).await, Ok(true));
        assert_eq!(restore(&good).await, Ok(false), "already there");
    }
    for bad in [entry(5, Some(2), false), entry(6, Some(11), false), entry(7, None, false), entry(8, Some(0), false)] {
        let refused = restore(&bad).await;
        assert!(matches!(refused, Err(LedgerError::Conflict(_))), "{bad:?} {refused:?}");
    }
    let book = coupons::entries(&books.ledger, &sale.id, None, 100).await.expect("read");
    let hot = [entry(1, Some(1), false), entry(2, Some(2), false), entry(3, None, true), entry(4, Some(10), true)];
    assert_eq!(book, hot);
}

async fn an_uncommitted_batch_is_not_stored(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let change = books.ledger.begin().await.expect("begins");
    assert_eq!(coupons::keep_issued(&change, &[issued(&sale, 1)]).await, Ok(vec![]));
    drop(change);
    assert_eq!(kept(&books, &sale).await, 0);
    assert_eq!(books.keep(&[issued(&sale, 1)]).await, []);
}
