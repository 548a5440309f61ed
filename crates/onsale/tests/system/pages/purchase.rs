//! The whole purchase, from a stranger to the door and back, as `crates/onsale/tests/walks` goes it by the API.

use super::shop::{Buyer, Shop, Show, logged_in, next_number, open};
use super::steps;
use crate::browser::{Browser, Person};
use serde_json::json;
use std::sync::Arc;
use testkit::onsale::wait_until;

/// What the door says of a ticket, without letting anybody in.
fn door(shop: &Shop, qr: &str) -> String {
    let asked = json!({"qrData": qr, "gate": "A", "peek": true});
    shop.admin.post_json("/tickets/verify", &asked).ok()["status"].as_str().unwrap_or_default().to_owned()
}

/// A stranger finds a show, signs up on the way, buys, shows the ticket at the door, and gives it back.
fn whole_purchase(person: &Person, shop: &Shop, show: &Show, lang: &str, title: &str) {
    person.speaks(lang);
    person.open(&shop.url("/"));
    assert_eq!(person.words("document.documentElement.lang"), lang);
    person.follow(&format!("main a[href='/shows/{}']", show.event));
    assert_eq!(person.text("h1"), title);
    person.follow(".time a.button");
    person.until("location.pathname === '/login'");
    let email = steps::sign_up(person);
    steps::wait_for_seats(person, show);
    let reservation = steps::take_best(person);
    steps::pay(person);
    steps::wait_for_ticket(person);
    assert_eq!(steps::reservation(person), reservation);
    let owner = Buyer { api: logged_in(&shop.world.anyone(), &email), email };
    let ticket = owner.reservation(&reservation);
    assert_eq!(ticket["seats"].as_array().map(Vec::len), Some(2));
    assert_eq!(person.text("#number"), ticket["ticketNumber"].as_str().expect("a number"));
    let qr = ticket["qrData"].as_str().expect("a code");
    assert_eq!(door(shop, qr), "VALID");
    person.follow("main a[href='/me']");
    person.follow(&format!("main a[href='/me/tickets/{reservation}']"));
    person.follow(&format!("main a[href='/me/reservations/{reservation}/cancel']"));
    let paid = ticket["totalAmount"].as_i64().expect("an amount");
    let refund: String = person.text("#refund").chars().filter(char::is_ascii_digit).collect();
    assert_eq!(refund, paid.to_string(), "what comes back is told before");
    person.follow("#cancel");
    person.until_state(&["cancelled"]);
    wait_until("the door knows", || door(shop, qr) == "CANCELLED");
    person.assert_clean(&[steps::PAID_BEFORE]);
}

#[test]
fn a_stranger_buys_and_gives_back_in_korean() {
    let Some(browser) = Browser::get() else { return };
    // The front page has room for few shows: those of other tests would push this one out.
    let shop = Shop::with(&[]);
    let title = format!("가을 음악회 {}", next_number());
    let show = shop.show(&title, -60);
    whole_purchase(&browser.person(), &shop, &show, "ko", &title);
}

#[test]
fn a_stranger_buys_and_gives_back_in_english() {
    let Some(browser) = Browser::get() else { return };
    let shop = Shop::with(&[]);
    let title = format!("Autumn concert {}", next_number());
    let show = shop.show(&title, -60);
    whole_purchase(&browser.person(), &shop, &show, "en", &title);
}

/// All of it by POST and redirection, and pages that load themselves again.
#[test]
fn a_stranger_buys_and_gives_back_without_script() {
    let Some((browser, shop)) = open() else { return };
    let title = format!("조용한 밤 {}", next_number());
    let show = shop.show(&title, -60);
    let person = browser.person();
    person.without_script();
    person.speaks("ko");
    whole_without_script(&person, &shop, &show);
}

fn whole_without_script(person: &Person, shop: &Arc<Shop>, show: &Show) {
    steps::join(person, shop, show);
    person.until("location.pathname === '/login'");
    steps::sign_up(person);
    // By the page's own refresh.
    steps::wait_for_seats(person, show);
    person.follow("#sections tr[data-block='1'] a");
    for seat in [1, 2] {
        person.click(&format!("#list fieldset label:nth-of-type({seat}) input"));
    }
    person.follow("#list button[value=hold]");
    person.until_state(&["ready"]);
    let reservation = steps::reservation(person);
    steps::pay(person);
    // The provider's notice may be quicker than this page, and this page's own refresh than a mouse.
    person.until_state(&["confirming", "unknown", "paid", "good"]);
    person.value("document.querySelector('button[value=confirm]')?.click()");
    steps::wait_for_ticket(person);
    person.follow(&format!("main a[href='/me/reservations/{reservation}/cancel']"));
    person.follow("#cancel");
    person.until_state(&["cancelled"]);
    person.assert_clean(&[]);
}

/// No mouse at all: Tab, arrows, Enter, Space; what has the focus is seen each time.
#[test]
fn seats_are_bought_by_keyboard_alone() {
    let Some((browser, shop)) = open() else { return };
    let (person, buyer) = shop.visitor(browser);
    let show = shop.new_show();
    person.speaks("en");
    person.open(&shop.url(&format!("/shows/{}", show.event)));
    person.key("Tab");
    assert_eq!(person.value("document.activeElement.matches('.skip')"), Some(true.into()), "{}", person.focus());
    person.key("Enter");
    person.tab_to(".time a.button");
    person.key_follow("Enter");
    steps::wait_for_seats(&person, &show);
    person.until("document.getElementById('main').dataset.ready === '1'");
    choose_by_keys(&person);
    person.tab_to("#panel button.is-main");
    person.key_follow("Enter");
    person.until_state(&["ready"]);
    let reservation = steps::reservation(&person);
    let held = buyer.reservation(&reservation);
    let seats: Vec<&str> =
        held["seats"].as_array().expect("seats").iter().filter_map(|seat| seat["seatNumber"].as_str()).collect();
    assert_eq!(seats, ["B-1", "B-3"], "{held}");
    person.tab_to("#press");
    person.key_follow("Enter");
    person.tab_to("button[value=PAID]");
    person.key("Enter");
    steps::wait_for_ticket(&person);
    person.assert_clean(&[steps::PAID_BEFORE]);
}

/// Into the second section; its row's first seat is taken by Space, its third by Enter.
fn choose_by_keys(person: &Person) {
    person.tab_to("#overview a[data-block='1']");
    person.key("Enter");
    person.until("document.activeElement.matches('button.seat')");
    for key in ["Home", " ", "ArrowRight", "ArrowRight", "Enter"] {
        person.key(key);
    }
    person.until("document.querySelectorAll('#panel li').length === 2");
    // One tab stop for the whole grid.
    person.key("Tab");
    assert_eq!(person.value("document.activeElement.matches('button.seat')"), Some(false.into()), "{}", person.focus());
    assert_eq!(person.value("document.querySelectorAll('button.seat[tabindex=\"0\"]').length"), Some(1.into()));
}
