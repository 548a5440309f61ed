//! Campaigns are stored whole, changed one change at a time, and read by their tenant only.

use crate::support::{Books, campaign, event, tenant};
use coupon::rows::campaigns;
use domain::coupon::campaign::Switches;
use domain::{Campaign, CampaignId, Discount, Terms, Timestamp};
use ledger::LedgerError;
use ledger_testkit::{Site, on_every_database};

on_every_database!(
    every_field_comes_back_to_the_millisecond,
    a_campaign_name_is_unique_within_its_tenant,
    a_tenant_reads_only_its_own_campaigns,
    the_first_change_wins_and_a_later_one_is_refused,
    only_one_of_many_concurrent_changes_is_stored,
    stock_grows_by_grants_and_never_shrinks,
);

fn full() -> Campaign {
    Campaign {
        name: "가을 할인".into(),
        per_user_limit: 3,
        gated: true,
        opens_at: Some(Timestamp(1_700_000_000_001)),
        closes_at: Some(Timestamp(253_402_300_799_000)),
        switches: Switches { opened: true, paused: true, closed: false },
        terms: Terms {
            discount: Some(Discount::Percent { value: 15, max_amount: Some(5_000) }),
            min_order_amount: 10_000,
            valid_from: Some(Timestamp(1_700_000_000_002)),
            valid_until: Some(Timestamp(1_800_000_000_003)),
            valid_days_after_issue: Some(30),
        },
        ..campaign("shop", "full", 100)
    }
}

async fn every_field_comes_back_to_the_millisecond(site: Site) {
    let books = Books::open(site).await;
    for wanted in [
        full(),
        campaign("shop", "bare", 1),
        Campaign {
            terms: Terms { discount: Some(Discount::Fixed { value: 9 }), ..Terms::default() },
            ..campaign("shop", "fixed", 1)
        },
    ] {
        campaigns::create(&books.ledger, &wanted).await.expect("created");
        assert_eq!(campaigns::get(&books.ledger, &wanted.id).await, Ok(Some(wanted)));
    }
}

async fn a_campaign_name_is_unique_within_its_tenant(site: Site) {
    let books = Books::open(site).await;
    campaigns::create(&books.ledger, &campaign("a", "sale", 1)).await.expect("created");
    campaigns::create(&books.ledger, &campaign("b", "sale", 2)).await.expect("another tenant's");
    campaigns::create(&books.ledger, &campaign("a", "SALE", 3)).await.expect("capitals are other letters");
    let again = campaigns::create(&books.ledger, &campaign("a", "sale", 9)).await;
    assert!(matches!(again, Err(LedgerError::Conflict(_))), "{again:?}");
}

async fn a_tenant_reads_only_its_own_campaigns(site: Site) {
    let books = Books::open(site).await;
    for n in 0..5 {
        campaigns::create(&books.ledger, &campaign("a", &format!("sale{n}"), 1)).await.expect("created");
    }
    campaigns::create(&books.ledger, &campaign("b", "other", 1)).await.expect("created");
    let names = |list: &[Campaign]| list.iter().map(|c| c.id.event.to_string()).collect::<Vec<_>>();
    let (page, total) = campaigns::list(&books.ledger, &tenant("a"), 1, 2).await.expect("listed");
    assert_eq!((names(&page), total), (vec!["sale2".to_owned(), "sale1".to_owned()], 5));
    let (page, total) = campaigns::list(&books.ledger, &tenant("b"), 0, 20).await.expect("listed");
    assert_eq!((names(&page), total), (vec!["other".to_owned()], 1));
    let (page, _) = campaigns::list(&books.ledger, &tenant("a"), u64::MAX, u64::MAX).await.expect("an absurd page");
    assert!(page.is_empty());
    let foreign = CampaignId::new(tenant("b"), event("sale0"));
    assert_eq!(campaigns::get(&books.ledger, &foreign).await, Ok(None));
    assert_eq!(campaigns::all(&books.ledger).await.expect("all").len(), 6);
}

async fn the_first_change_wins_and_a_later_one_is_refused(site: Site) {
    let books = Books::open(site).await;
    let first = full();
    campaigns::create(&books.ledger, &first).await.expect("created");
    let renamed = Campaign { name: "renamed".into(), terms: Terms::default(), ..first.clone() };
    let stored = campaigns::update(&books.ledger, &renamed).await.expect("stored");
    assert_eq!(stored, Campaign { revision: 2, ..renamed });
    assert_eq!(campaigns::get(&books.ledger, &first.id).await, Ok(Some(stored.clone())));
    let late = campaigns::update(&books.ledger, &first).await;
    assert!(matches!(late, Err(LedgerError::Conflict(_))), "{late:?}");
    assert_eq!(campaigns::get(&books.ledger, &first.id).await, Ok(Some(stored)));
}

async fn only_one_of_many_concurrent_changes_is_stored(site: Site) {
    let books = Books::open(site).await;
    let first = campaign("shop", "sale", 10);
    campaigns::create(&books.ledger, &first).await.expect("created");
    let tries = (0..8).map(|n| {
        let (ledger, changed) = (books.ledger.clone(), Campaign { stock: 11 + n, ..first.clone() });
        tokio::spawn(async move { campaigns::update(&ledger, &changed).await })
    });
    let mut stored = 0;
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.expect("ran") {
            Ok(_) => stored += 1,
            Err(refused) => assert!(matches!(refused, LedgerError::Conflict(_)), "{refused:?}"),
        }
    }
    assert_eq!(stored, 1);
    let grants = books.raw().await.numbers("SELECT count(*) FROM stock_grants").await;
    assert_eq!(grants, [2], "the first stock and one addition");
}

async fn stock_grows_by_grants_and_never_shrinks(site: Site) {
    let books = Books::open(site).await;
    let first = campaign("shop", "sale", 10);
    campaigns::create(&books.ledger, &first).await.expect("created");
    let more = campaigns::update(&books.ledger, &Campaign { stock: 25, ..first }).await.expect("stored");
    let less = campaigns::update(&books.ledger, &Campaign { stock: 24, ..more.clone() }).await;
    assert!(matches!(less, Err(LedgerError::Conflict(_))), "{less:?}");
    assert_eq!(campaigns::get(&books.ledger, &more.id).await, Ok(Some(more)));
    let grants = books.raw().await.numbers("SELECT last_serial FROM stock_grants ORDER BY last_serial").await;
    assert_eq!(grants, [10, 25]);
}
