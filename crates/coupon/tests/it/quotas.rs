//! A tenant has as many campaigns, lines and coupons as it may, also when two servers create them at once.

use crate::support::{Books, campaign};
use access::rows::tenants;
use coupon::rows::campaigns;
use coupon::schema::SCHEMA;
use domain::Campaign;
use domain::quota::{OwnQuotas, Quota, QuotaExceeded, Quotas};
use ledger::{Ledger, LedgerError};
use ledger_testkit::{Site, on_every_database, patient};

on_every_database!(
    of_calls_at_the_limit_exactly_as_many_are_made_as_fit,
    stock_that_is_added_counts_exactly,
    what_is_deleted_counts_no_more_and_is_found_no_more,
);

/// Two servers on one database.
async fn two(site: Site) -> (Books, Ledger) {
    let books = Books::open(site).await;
    let other = Ledger::connect(&books.site.url, &SCHEMA, patient()).await.expect("connects");
    (books, other)
}

type Made = Result<Result<(), QuotaExceeded>, LedgerError>;

async fn create_at_once(
    books: &Books,
    other: &Ledger,
    all: Vec<Campaign>,
    quotas: Quotas,
) -> (usize, Vec<QuotaExceeded>) {
    let calls: Vec<_> = all
        .into_iter()
        .enumerate()
        .map(|(n, one)| {
            let ledger = if n % 2 == 0 { books.ledger.clone() } else { other.clone() };
            tokio::spawn(async move { campaigns::create_within(&ledger, &one, quotas).await })
        })
        .collect();
    let (mut made, mut refused) = (0, Vec::new());
    for call in calls {
        let outcome: Made = call.await.expect("runs");
        match outcome.expect("answered") {
            Ok(()) => made += 1,
            Err(exceeded) => refused.push(exceeded),
        }
    }
    (made, refused)
}

async fn of_calls_at_the_limit_exactly_as_many_are_made_as_fit(site: Site) {
    let (books, other) = two(site).await;
    let quotas = Quotas { campaigns: 7, lines: 3, coupons: 100, ..Quotas::default() };
    let many = |tenant: &str, gated: bool, stock: u32| -> Vec<Campaign> {
        let one = |n: usize| Campaign { gated, ..campaign(tenant, &format!("sale-{n}"), stock) };
        (0..12).map(one).collect()
    };
    for (tenant, gated, stock, fits, quota) in [
        ("plain", false, 1, 7, Quota::Campaigns),
        ("gated", true, 1, 3, Quota::Lines),
        ("large", false, 20, 5, Quota::Coupons),
    ] {
        let (made, refused) = create_at_once(&books, &other, many(tenant, gated, stock), quotas).await;
        assert_eq!((made, refused.len()), (fits, 12 - fits), "{tenant}");
        assert!(refused.iter().all(|refused| refused.quota == quota), "{tenant}: {refused:?}");
        let (_, kept) = campaigns::list(&books.ledger, &crate::support::tenant(tenant), 0, 20).await.expect("listed");
        assert_eq!(kept, fits as u64, "{tenant}");
    }
    let own = |own| OwnQuotas { campaigns: Some(8), ..own };
    tenants::set(&books.ledger, &crate::support::tenant("plain"), own).await.expect("set");
    let more = vec![campaign("plain", "a", 1), campaign("plain", "b", 1)];
    assert_eq!(create_at_once(&books, &other, more, quotas).await.0, 1, "a value of its own");
}

async fn stock_that_is_added_counts_exactly(site: Site) {
    let (books, other) = two(site).await;
    let quotas = Quotas { coupons: 100, ..Quotas::default() };
    let sales: Vec<Campaign> = (0..6).map(|n| campaign("shop", &format!("sale-{n}"), 10)).collect();
    assert_eq!(create_at_once(&books, &other, sales.clone(), quotas).await.0, 6);
    let calls: Vec<_> = sales
        .iter()
        .enumerate()
        .map(|(n, sale)| {
            let ledger = if n % 2 == 0 { books.ledger.clone() } else { other.clone() };
            let more = Campaign { stock: 25, ..sale.clone() };
            tokio::spawn(async move { campaigns::update_within(&ledger, &more, quotas).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        made += usize::from(call.await.expect("runs").expect("answered").is_ok());
    }
    // 60 and twice 15 are 90; a third would be 105.
    assert_eq!(made, 2);
    let all = campaigns::all(&books.ledger).await.expect("read");
    assert_eq!(all.iter().map(|sale| sale.stock).sum::<u32>(), 90);
    // A change that adds nothing is free also past the limit.
    let renamed = Campaign { name: "Other".into(), ..all[0].clone() };
    let less = Quotas { coupons: 1, campaigns: 1, ..quotas };
    assert!(campaigns::update_within(&books.ledger, &renamed, less).await.expect("answered").is_ok());
}

async fn what_is_deleted_counts_no_more_and_is_found_no_more(site: Site) {
    let (books, other) = two(site).await;
    let quotas = Quotas { campaigns: 1, ..Quotas::default() };
    let sale = campaign("shop", "sale", 10);
    let made = create_at_once(&books, &other, vec![sale.clone()], quotas).await;
    assert_eq!(made.0, 1);
    let changes = campaigns::changes(&books.ledger).await.expect("read");
    assert_eq!(campaigns::changes(&other).await, Ok(changes), "nothing has changed");
    let stale = Campaign { revision: sale.revision + 1, ..sale.clone() };
    assert_eq!(campaigns::archive(&books.ledger, &stale).await, Ok(false), "another change came first");
    assert_eq!(campaigns::archive(&books.ledger, &sale).await, Ok(true));
    assert_eq!(campaigns::archive(&other, &sale).await, Ok(false), "once");
    assert_ne!(campaigns::changes(&other).await, Ok(changes));
    assert_eq!(campaigns::get(&other, &sale.id).await, Ok(None));
    assert_eq!(campaigns::is_archived(&other, &sale.id).await, Ok(true));
    assert!(campaigns::get_stored(&other, &sale.id).await.expect("read").is_some(), "its row stays");
    assert_eq!(campaigns::all(&other).await, Ok(vec![]));
    assert_eq!(campaigns::list(&other, &sale.id.tenant, 0, 20).await.expect("listed").1, 0);
    let again = campaigns::create_within(&other, &sale, quotas).await;
    assert!(matches!(again, Err(LedgerError::Conflict(_))), "its name stays taken: {again:?}");
    let late = campaigns::update(&other, &Campaign { revision: sale.revision + 1, ..sale.clone() }).await;
    assert!(matches!(late, Err(LedgerError::Conflict(_))), "{late:?}");
    assert_eq!(create_at_once(&books, &other, vec![campaign("shop", "next", 1)], quotas).await.0, 1, "there is room");
}
