//! Several issuers store the same batches.

use crate::support::{Books, issued, message};
use coupon::rows::coupons;
use ledger::processed;
use ledger_testkit::{Site, on_every_server};

on_every_server!(
    ledger_testkit::Site;
    batches_stored_by_several_issuers_at_once_are_stored_once,
);

/// As after a rebalance that the former owner has not noticed yet. Half of the issuers begin at the other end.
async fn batches_stored_by_several_issuers_at_once_are_stored_once(site: Site) {
    let (books, sale) = Books::with_campaign(site, 1_000, 1).await;
    let issuers = (0..4).map(|issuer| {
        let (ledger, sale) = (books.ledger.clone(), sale.clone());
        tokio::spawn(async move {
            for number in 0..10 {
                let mut batch: Vec<_> = (number * 100 + 1..=(number + 1) * 100).map(|n| issued(&sale, n)).collect();
                if issuer % 2 == 1 {
                    batch.reverse();
                }
                let messages: Vec<_> = batch.iter().map(|(id, _)| message(id.as_u128())).collect();
                let keep = async |change: ledger::Transaction| {
                    let all: Vec<_> = messages.iter().collect();
                    let refused = coupons::keep_issued(&change, &batch).await?;
                    processed::record(&change, "group", &all).await?;
                    change.commit().await?;
                    Ok(refused)
                };
                assert_eq!(ledger.change(keep).await, Ok(vec![]), "issuer {issuer}, batch {number}");
            }
        })
    });
    for issuer in issuers.collect::<Vec<_>>() {
        issuer.await.expect("ran");
    }
    assert_eq!(coupons::counts(&books.ledger, &sale.id).await.expect("counted").kept(), 1_000);
}
