//! A pass that use lengthens: `queue.pass_renewed_by_use`. `reports.md`, O9.

use crate::site::proxy::visitor;
use crate::site::shop::Shop;
use std::cell::RefCell;
use std::collections::BTreeMap;
use testkit::onsale::wait_until;

const TTL_MS: i64 = 1_000;
/// `domain::line::RENEWED_LIVES_MAX`.
const LIVES_MAX: i64 = 8;

/// Uses the site until the line sends the visitor away. Returns the ends of the pass, as the cookies have them.
fn used_up(shop: &Shop) -> Vec<i64> {
    shop.let_in(1_000);
    let (_, cookie) = visitor(shop);
    let (name, value) = cookie.split_once('=').expect("a pair");
    let cookies = RefCell::new(BTreeMap::from([(name.to_owned(), value.to_owned())]));
    let ends = RefCell::new(Vec::new());
    let ask = || {
        let pairs: Vec<String> = cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = shop.client().with("Cookie", &pairs.join("; ")).get("/cart");
        for (_, value) in reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if name == "onsale_pass_shop" {
                let until = value.split('.').nth(1).and_then(|until| until.parse().ok());
                ends.borrow_mut().push(until.expect("an end"));
            }
            cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        reply.status
    };
    wait_until("let in", || ask() == 200);
    shop.let_in(0);
    wait_until("sent away at last", || {
        let stats = shop.world.admin().get("/queue/admin/stats").ok();
        assert!(stats["scheduleStats"][0]["activeCount"].as_u64().is_some_and(|count| count <= 1), "{stats}");
        ask() == 303
    });
    let stats = shop.world.admin().get("/queue/admin/stats").ok();
    assert_eq!(stats["scheduleStats"][0]["activeCount"], 0, "{stats}");
    ends.take()
}

#[test]
fn a_visitor_who_uses_the_site_stays_up_to_the_longest_life_of_a_pass() {
    let more = [("ONSALE__QUEUE__TOKEN_TTL_SECONDS", "1"), ("ONSALE__QUEUE__PASS_RENEWED_BY_USE", "true")];
    let Some(shop) = Shop::open(&more) else { return };
    // A busy machine may let a pass of a second run out unused.
    let ends = (0..20).map(|_| used_up(&shop)).find(|ends| ends.len() > 3).expect("renewed");
    assert!(ends.is_sorted_by(|before, after| before < after), "{ends:?}");
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    assert!(last <= first + TTL_MS * (LIVES_MAX - 1), "beyond the longest life: {ends:?}");
    assert!(ends.len() as i64 <= LIVES_MAX * 10, "more than once in a tenth of a life: {ends:?}");
}

#[test]
fn without_the_setting_a_pass_ends_when_it_said() {
    let Some(shop) = Shop::open(&[("ONSALE__QUEUE__TOKEN_TTL_SECONDS", "1")]) else { return };
    assert_eq!(used_up(&shop).len(), 1);
}
