//! Names are compared with their case and sorted by bytes, whatever the server's own language is.

use crate::support::{Books, campaign, event, issued, tenant};
use coupon::rows::{campaigns, coupons};
use domain::message::CouponIssued;
use domain::{Campaign, CampaignId, CouponId, UserId};
use ledger_testkit::{Engine, Site, on_every_database};
use uuid::Uuid;

on_every_database!(
    user_names_are_case_sensitive,
    tenant_and_campaign_names_are_case_sensitive,
    coupons_are_read_in_the_byte_order_of_users,
    the_longest_names_fit,
);

fn of_user(sale: &Campaign, serial: u32, user: &str) -> (Uuid, CouponIssued) {
    let (event_id, coupon) = issued(sale, serial);
    (event_id, CouponIssued { user_id: user.into(), ..coupon })
}

async fn held(books: &Books, sale: &Campaign, user: &str) -> Vec<Option<u32>> {
    let user = UserId::new(user).expect("a name");
    let rows = coupons::of_user(&books.ledger, &sale.id.tenant, &sale.id.event, &user).await.expect("read");
    rows.iter().map(|row| row.serial).collect()
}

async fn user_names_are_case_sensitive(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    assert_eq!(books.keep(&[of_user(&sale, 1, "User"), of_user(&sale, 2, "user")]).await, []);
    assert_eq!(held(&books, &sale, "User").await, [Some(1)]);
    assert_eq!(held(&books, &sale, "user").await, [Some(2)]);
    assert_eq!(held(&books, &sale, "USER").await, []);
}

async fn tenant_and_campaign_names_are_case_sensitive(site: Site) {
    let books = Books::open(site).await;
    let all = [campaign("Shop", "sale", 1), campaign("shop", "sale", 2), campaign("shop", "Sale", 3)];
    for one in &all {
        campaigns::create(&books.ledger, one).await.expect("another name");
    }
    for one in &all {
        assert_eq!(campaigns::get(&books.ledger, &one.id).await, Ok(Some(one.clone())));
    }
    let absent = CampaignId::new(tenant("SHOP"), event("sale"));
    assert_eq!(campaigns::get(&books.ledger, &absent).await, Ok(None));
    let batch: Vec<_> = (1..).zip(&all).map(|(n, sale)| (n, of_user(sale, 1, "kim"), sale)).collect();
    let rows = batch
        .iter()
        .map(|(n, (id, coupon), _)| (*id, CouponIssued { coupon_id: CouponId(Uuid::from_u128(*n)), ..coupon.clone() }));
    assert_eq!(books.keep(&rows.collect::<Vec<_>>()).await, []);
    for (_, _, sale) in batch {
        assert_eq!(held(&books, sale, "kim").await, [Some(1)]);
    }
}

async fn coupons_are_read_in_the_byte_order_of_users(site: Site) {
    let (books, sale) = Books::with_campaign(site, 10, 1).await;
    let names = ["b", "B", "a", "A", "_", "a.b", "a-b", "ab"];
    let batch: Vec<_> = (1..).zip(names).map(|(serial, user)| of_user(&sale, serial, user)).collect();
    assert_eq!(books.keep(&batch).await, []);
    let (mut read, mut last) = (Vec::new(), None);
    for _ in 0..names.len() {
        let page = coupons::entries(&books.ledger, &sale.id, last.as_ref(), 1).await.expect("read");
        read.extend(page.iter().map(|entry| entry.user_id.clone()));
        last = page.into_iter().next();
    }
    let mut sorted = names.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(read, sorted);
}

async fn the_longest_names_fit(site: Site) {
    let books = Books::open(site).await;
    let longest = "x".repeat(128);
    let sale = campaign(&longest, &longest, 1);
    campaigns::create(&books.ledger, &sale).await.expect("created");
    assert_eq!(books.keep(&[of_user(&sale, 1, &longest)]).await, []);
    assert_eq!(held(&books, &sale, &longest).await, [Some(1)]);
}

/// The database's own order has "a" before "B".
#[tokio::test]
async fn a_database_with_a_language_sorts_by_bytes_too() {
    let Some(mut site) = Site::of(Engine::Postgres15) else { return };
    let server = testkit::available(testkit::shared().postgres()).expect("it is there");
    let owner = site.url.rsplit('/').next().expect("a name").to_owned();
    let language = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'";
    server.execute(&format!("CREATE DATABASE {owner}_en OWNER {owner} {language}")).expect("made");
    site.url.push_str("_en");
    coupons_are_read_in_the_byte_order_of_users(site).await;
}
