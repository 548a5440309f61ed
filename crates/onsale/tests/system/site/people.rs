//! Visitors with browsers: admission, its order, and attempts to bypass the line.

use crate::browser::{Browser, Person};
use crate::site::shop::Shop;
use serde_json::json;

/// The other kind of browser.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
pub(super) const IN_SHOP: &str = "!!document.querySelector('#shop')";
pub(super) const WAITS: &str = "!!document.querySelector('main#wait')";

pub(super) fn open(more: &[(&str, &str)]) -> Option<(&'static Browser, Shop)> {
    let shop = Shop::open(more)?;
    Some((Browser::get()?, shop))
}

/// Opens an address of the shop, and waits for the waiting page.
pub(super) fn comes(person: &Person, shop: &Shop, path: &str) {
    person.go(&shop.url(path));
    person.until(WAITS);
}

#[test]
fn two_visitors_with_a_direct_link_are_admitted_in_order() {
    let Some((browser, shop)) = open(&[]) else { return };
    let (ann, bob) = (browser.person(), browser.person());
    comes(&ann, &shop, "/cart?size=9");
    comes(&bob, &shop, "/");
    assert_eq!((ann.data("ticket"), bob.data("ticket")), ("1".to_owned(), "2".to_owned()));
    ann.until_text("#rank", "1");
    bob.until_text("#rank", "2");
    assert_eq!(shop.site.asked(), [""; 0]);
    shop.let_in(1);
    ann.until(IN_SHOP);
    bob.until(IN_SHOP);
    // They were admitted a second apart; the speed of their browsers is irrelevant.
    let mut asked = shop.site.asked();
    asked.sort();
    assert_eq!(asked, ["/", "/cart?size=9"], "once each, at the address asked for, without a token");
    ann.go(&shop.url("/other"));
    ann.until_text("#shop", "/other");
}

#[test]
fn a_reload_and_a_lost_connection_keep_the_position() {
    let Some((browser, shop)) = open(&[]) else { return };
    let (mut ann, bob) = (browser.person(), browser.person());
    comes(&ann, &shop, "/cart");
    comes(&bob, &shop, "/");
    for _ in 0..3 {
        ann.value("window.isOld = true");
        ann.reload();
        ann.until("!window.isOld && !!document.querySelector('main#wait')");
        assert_eq!((ann.data("ticket"), ann.data("rank")), ("1".to_owned(), "1".to_owned()));
    }
    ann.close_page();
    ann.open_page();
    comes(&ann, &shop, "/cart");
    assert_eq!((ann.data("ticket"), ann.data("rank")), ("1".to_owned(), "1".to_owned()));
    shop.until_waiting(2);
    shop.let_in(1_000);
    ann.until(IN_SHOP);
    bob.until(IN_SHOP);
}

/// Notes what the page shows, from change to change, where the next page of the same site finds it. A page that is loaded
/// again notes nothing. On a busy machine a rank may pass by too quickly to be looked at from outside.
const NOTES: &str = "(() => { const seen = []; const text = id => document.querySelector(id)?.textContent.trim() ?? ''; \
    new MutationObserver(() => { seen.push([text('#rank'), text('#estimate')]); \
    localStorage.setItem('seen', JSON.stringify(seen)); }) \
    .observe(document.body, {subtree: true, childList: true, characterData: true}); return true; })()";

#[test]
fn the_page_follows_the_line_by_itself() {
    let Some((browser, shop)) = open(&[]) else { return };
    let people: Vec<Person> = (0..3).map(|_| browser.person()).collect();
    for person in &people {
        comes(person, &shop, "/");
    }
    let last = &people[2];
    last.until("document.querySelector('main').className === 'is-live'");
    last.until_text("#lead", "Nobody is being let in");
    last.value(NOTES);
    shop.let_in(1);
    last.until(IN_SHOP);
    let seen = last.value("localStorage.getItem('seen')").expect("notes");
    let seen: Vec<(String, String)> = serde_json::from_str(seen.as_str().expect("text")).expect("JSON");
    // The second, or the first: on a busy machine the page hears of two steps at once.
    let is_nearer =
        |(rank, estimate): &(String, String)| rank.contains(['1', '2']) && estimate.contains("Less than a minute");
    assert!(seen.iter().any(is_nearer), "pushed, not loaded again: {seen:?}");
}

#[test]
fn the_page_works_without_script() {
    let Some((browser, shop)) = open(&[]) else { return };
    let ann = browser.person();
    ann.tell("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    comes(&ann, &shop, "/cart");
    ann.until_text("#rank", "1");
    assert_eq!(ann.value("document.querySelector('main').className"), Some("".into()), "the script has not run");
    shop.let_in(1_000);
    ann.until_text("#shop", "/cart");
}

#[test]
fn a_copied_link_opens_nothing_in_another_browser() {
    let Some((browser, shop)) = open(&[]) else { return };
    let (ann, thief) = (browser.person(), browser.person());
    comes(&ann, &shop, "/cart");
    shop.let_in(1_000);
    ann.until(IN_SHOP);
    shop.let_in(0);
    // The original link: only the owner of the cookie gets the token.
    let place = "(() => { const ask = new XMLHttpRequest(); ask.open('GET', '/queue/place/shop', false); ask.send(); \
                 return JSON.parse(ask.responseText).token; })()";
    let token = ann.value(place).expect("a token");
    let link = shop.url(&format!("/cart?onsale_pass={}", token.as_str().expect("text")));
    thief.go(&link);
    thief.until(WAITS);
    ann.go(&link);
    ann.until_text("#shop", "/cart");
    assert_eq!(ann.value("location.search"), Some("".into()));
    assert_eq!(shop.site.asked(), ["/cart", "/cart"]);
}

#[test]
fn copied_cookies_open_nothing_in_another_kind_of_browser() {
    let Some((browser, shop)) = open(&[]) else { return };
    let (ann, thief) = (browser.person(), browser.person());
    comes(&ann, &shop, "/cart");
    shop.let_in(1_000);
    ann.until(IN_SHOP);
    shop.let_in(0);
    let cookies = ann.cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies.iter().all(|cookie| cookie["httpOnly"] == true && cookie["sameSite"] == "Lax"), "{cookies:?}");
    thief.tell("Emulation.setUserAgentOverride", json!({"userAgent": FIREFOX}));
    thief.put_cookies(&cookies);
    thief.go(&shop.url("/cart"));
    thief.until(WAITS);
    let pass: Vec<_> = cookies.into_iter().filter(|cookie| cookie["name"] == "onsale_pass_shop").collect();
    let other = browser.person();
    comes(&other, &shop, "/cart");
    other.put_cookies(&pass);
    other.go(&shop.url("/cart"));
    other.until(WAITS);
    assert_eq!(shop.site.asked(), ["/cart"]);
}

#[test]
fn a_visitor_with_an_expired_pass_waits_again() {
    let Some((browser, shop)) = open(&[("ONSALE__QUEUE__TOKEN_TTL_SECONDS", "15")]) else { return };
    let ann = browser.person();
    comes(&ann, &shop, "/cart");
    shop.let_in(1_000);
    ann.until(IN_SHOP);
    shop.let_in(0);
    // A script of the page under way is told in its own language, and not sent to a page.
    let again = "(() => { const ask = new XMLHttpRequest(); ask.open('GET', '/cart', false); ask.send(); \
                 return ask.status === 401 && JSON.parse(ask.responseText).code === 'UNAUTHORIZED' \
                     && ask.getResponseHeader('X-Onsale-Location') === '/wait/shop?to=/'; })()";
    ann.until(again);
    comes(&ann, &shop, "/cart");
}

#[test]
fn a_visitor_that_comes_back_online_keeps_its_position() {
    let Some((browser, shop)) = open(&[]) else { return };
    let ann = browser.person();
    comes(&ann, &shop, "/cart");
    ann.until("document.querySelector('main').className === 'is-live'");
    let network =
        |offline: bool| json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    ann.tell("Network.enable", json!({}));
    ann.tell("Network.emulateNetworkConditions", network(true));
    shop.let_in(1_000);
    shop.until_waiting(0);
    assert_eq!(shop.site.asked(), [""; 0]);
    ann.tell("Network.emulateNetworkConditions", network(false));
    ann.until_text("#shop", "/cart");
}

#[test]
fn the_page_is_in_the_readers_language() {
    let Some((browser, shop)) = open(&[]) else { return };
    let (korean, english) = (browser.person(), browser.person());
    let agent = korean.value("navigator.userAgent").expect("an agent");
    for (person, language) in [(&korean, "ko-KR"), (&english, "en-US")] {
        person.tell("Emulation.setUserAgentOverride", json!({"userAgent": agent, "acceptLanguage": language}));
        comes(person, &shop, "/");
    }
    korean.until_text("h1", "잠시만 기다려 주세요");
    english.until_text("h1", "One moment, please");
    assert_eq!(english.value("document.documentElement.lang"), Some("en".into()));
    if let Some(folder) = std::env::var_os("ONSALE_TEST_PICTURES") {
        let folder = std::path::PathBuf::from(folder);
        korean.picture(&folder.join("ko.png"));
        english.picture(&folder.join("en.png"));
    }
}
