//! Where nobody waits, the check itself lets through: a newcomer's first request gets the site's page.

use crate::site::proxy::visitor;
use crate::site::shop::Shop;
use std::cell::RefCell;
use std::time::Instant;
use testkit::http::{Client, Reply};
use testkit::onsale::wait_until;

/// The values of a header, each as it came.
pub fn all(reply: &Reply, name: &str) -> Vec<String> {
    let of_name = reply.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    of_name.map(|(_, value)| value.clone()).collect()
}

/// The same browser with the cookies that it was given.
pub fn returning(client: &Client, reply: &Reply) -> Client {
    let pairs: Vec<String> =
        all(reply, "set-cookie").iter().filter_map(|cookie| Some(cookie.split(';').next()?.to_owned())).collect();
    client.with("Cookie", &pairs.join("; "))
}

/// The first page of a newcomer, once the line lets one straight through.
pub fn first_page(client: &Client) -> Reply {
    let page = RefCell::new(None);
    wait_until("straight through", || {
        let reply = client.get("/");
        let is_in = reply.status == 200;
        page.replace(Some(reply));
        is_in
    });
    page.take().expect("it was asked for")
}

fn figure(shop: &Shop, name: &str) -> u64 {
    shop.world.admin().get("/queue/admin/stats").ok()["scheduleStats"][0][name].as_u64().expect("a figure")
}

#[test]
fn one_request_of_a_newcomer_gets_the_sites_page_where_nobody_waits() {
    let Some(shop) = Shop::open(&[]) else { return };
    shop.let_in(1_000);
    for (number, path) in ["/cart?a=b", "/cached"].into_iter().enumerate() {
        let first = shop.client().get(path);
        assert_eq!((first.status, first.header("x-shop")), (200, Some("yes")), "{}", first.text());
        let cookies = all(&first, "set-cookie");
        let names: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
        assert_eq!(names, ["onsale_visitor", "onsale_pass_shop"]);
        let control = all(&first, "cache-control").join(", ");
        assert!(control.contains("private, no-store") && !control.contains("public"), "{control}");
        assert!(!first.headers.iter().any(|(name, _)| name.to_lowercase().starts_with("x-onsale-")), "{first:?}");
        let again = returning(&shop.client(), &first).get(path);
        assert_eq!((again.status, again.header("set-cookie")), (200, None));
        assert_eq!((figure(&shop, "waitingCount"), figure(&shop, "activeCount")), (0, number as u64 + 1));
    }
    assert_eq!(shop.site.asked(), ["/cart?a=b", "/cart?a=b", "/cached", "/cached"]);
}

#[test]
fn newcomers_pass_never_above_the_rate_and_never_before_who_waits() {
    const RATE: u64 = 5;
    let Some(shop) = Shop::open(&[]) else { return };
    assert_eq!(shop.client().get("/cart").status, 303, "rate 0");
    shop.let_in(RATE as u32);
    let begun = Instant::now();
    wait_until("one passes", || shop.client().get("/cart").status == 200);
    let passed = std::thread::scope(|scope| {
        let ask = || (0..25).filter(|_| shop.client().get("/cart").status == 200).count() as u64;
        let crowd: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        crowd.into_iter().map(|caller| caller.join().expect("asked")).sum::<u64>()
    });
    // In any second at most the rate.
    assert!(passed < RATE * (begun.elapsed().as_secs() + 2), "{passed} in {:?}", begun.elapsed());
    assert_eq!(figure(&shop, "activeCount"), passed + 1);
    assert_eq!(figure(&shop, "waitingCount"), 0, "who was refused has taken nothing");

    shop.let_in(0);
    let (waiting, _) = visitor(&shop);
    shop.let_in(1);
    let others = || shop.client().get("/cart").status;
    // Somebody waits from here on, until the line lets that visitor in.
    let place = || waiting.get("/queue/place/shop").field("status");
    wait_until("the one who waits is in", || {
        let before = others();
        let has_waited = place() == "WAITING";
        assert!(!has_waited || before == 303, "overtaken");
        !has_waited
    });
}

#[test]
fn a_full_house_lets_nobody_straight_through() {
    let Some(shop) = Shop::open(&[("ONSALE__QUEUE__MAX_INSIDE", "2")]) else { return };
    shop.let_in(1_000);
    assert_eq!([(); 4].map(|()| shop.client().get("/cart").status), [200, 200, 303, 303]);
    assert_eq!(figure(&shop, "activeCount"), 2);
}
