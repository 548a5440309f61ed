//! Several tabs of one browser, and addresses with a fragment. `reports.md`, F4 and O8. In Chromium, over HTTP/1.1.

use crate::browser::Person;
use crate::site::people::{IN_SHOP, WAITS, comes, open};
use crate::site::proxy::visitor;
use crate::site::shop::Shop;
use testkit::onsale::wait_until;

const LIVE: &str = "document.querySelector('main').className === 'is-live'";
/// More than the connections that a browser opens to a host.
const TABS: usize = 7;

fn streams(shop: &Shop) -> u64 {
    let text = shop.world.anyone().get("/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix("onsale_line_streams "));
    line.and_then(|value| value.trim().parse::<f64>().ok()).map_or(0, |value| value as u64)
}

fn tabs(first: Person, shop: &Shop) -> Vec<Person> {
    let mut tabs = vec![first];
    for _ in 1..TABS {
        tabs.push(tabs[0].another_tab());
    }
    for (number, tab) in tabs.iter().enumerate() {
        comes(tab, shop, &format!("/p{number}"));
    }
    tabs
}

#[test]
fn seven_tabs_share_one_stream_and_all_get_in() {
    let Some((browser, shop)) = open(&[]) else { return };
    let tabs = tabs(browser.person(), &shop);
    for tab in &tabs {
        tab.until(LIVE);
    }
    wait_until("one stream for all", || streams(&shop) == 1);
    shop.let_in(1_000);
    for (number, tab) in tabs.iter().enumerate() {
        tab.until_text("#shop", &format!("/p{number}"));
    }
}

#[test]
fn another_tab_takes_over_when_the_one_with_the_stream_goes() {
    let Some((browser, shop)) = open(&[]) else { return };
    let first = browser.person();
    comes(&first, &shop, "/");
    // So many seconds there is something to see after the rate is set.
    for _ in 0..10 {
        visitor(&shop);
    }
    let ann = browser.person();
    comes(&ann, &shop, "/a");
    ann.until(LIVE);
    let other = ann.another_tab();
    comes(&other, &shop, "/b");
    other.until(LIVE);
    wait_until("one stream for each browser", || streams(&shop) == 2);
    ann.close_page();
    other.value("window.isOld = true");
    wait_until("again", || streams(&shop) == 2);
    // Pushed through the new stream.
    shop.world.admin().call("PUT", "/queue/admin/queue:shop/rate", Some(b"{\"ratePerSecond\":1}"));
    other.until_text("#estimate", "Less than a minute");
    other.until(IN_SHOP);
}

/// Sets what the page believes of its own visibility.
fn hide(person: &Person, hidden: bool) {
    person.value(&format!(
        "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }}); \
         document.dispatchEvent(new Event('visibilitychange'))"
    ));
}

#[test]
fn a_hidden_tab_gives_its_stream_back() {
    let Some((browser, shop)) = open(&[]) else { return };
    let ann = browser.person();
    comes(&ann, &shop, "/");
    ann.until(LIVE);
    wait_until("follows", || streams(&shop) == 1);
    hide(&ann, true);
    wait_until("given back", || streams(&shop) == 0);
    hide(&ann, false);
    wait_until("follows again", || streams(&shop) == 1);
    hide(&ann, true);
    shop.let_in(1_000);
    ann.until(IN_SHOP);
}

#[test]
fn a_fragment_comes_through_the_line() {
    let Some((browser, shop)) = open(&[("ONSALE__QUEUE__CAPACITY", "1")]) else { return };
    let (ann, bob) = (browser.person(), browser.person());
    comes(&ann, &shop, "/shop?a=b#/product/5");
    bob.go(&shop.url("/cart#top"));
    bob.until("!!document.querySelector('a.again')");
    shop.let_in(1_000);
    ann.until_text("#shop", "/shop?a=b");
    assert_eq!(ann.value("location.pathname + location.search + location.hash"), Some("/shop?a=b#/product/5".into()));
    // The page that says that the line is full keeps it, too.
    bob.value("document.querySelector('a.again').click()");
    bob.until(&format!("{IN_SHOP} || {WAITS}"));
    bob.until_text("#shop", "/cart");
    assert_eq!(bob.value("location.hash"), Some("#top".into()));
}
