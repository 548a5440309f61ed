//! A provider that is slow, silent, or talks nonsense; and fingers that press twice.

use super::shop::{Buyer, Shop, faulty, open};
use super::steps;
use crate::browser::{Browser, Person};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::onsale::wait_until;

/// Orders a fault of the sandbox for calls about one payment, so that nobody else meets it.
fn order(shop: &Shop, key: &str, mode: &str, count: u32) {
    let fault = json!({"mode": mode, "count": count, "call": "get", "paymentKey": key});
    let reply = shop.world.anyone().post_json("/sandbox/portone/faults", &fault);
    assert_eq!(reply.status, 204, "{}", reply.text());
}

fn sandbox(shop: &Shop, key: &str) -> Value {
    shop.world.anyone().get(&format!("/sandbox/portone/payments/{key}")).ok()
}

/// As far as the payment's window. Returns reservation and the payment's key.
fn to_window(browser: &'static Browser, shop: &Arc<Shop>) -> (Person, Buyer, String, String) {
    let (person, buyer) = shop.visitor(browser);
    person.speaks("en");
    let show = shop.new_show();
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    let reservation = steps::take_best(&person);
    person.until_state(&["ready"]);
    person.follow("#press");
    person.until("location.pathname === '/sandbox/portone/window'");
    let key = person.words("document.querySelector('input[name=paymentId]').value");
    (person, buyer, reservation, key)
}

#[test]
fn a_slow_provider_is_waited_for() {
    let Some((browser, shop)) = faulty() else { return };
    let (person, buyer, reservation, key) = to_window(browser, &shop);
    order(&shop, &key, "slow", 1);
    steps::pay_in_window(&person);
    steps::wait_for_ticket(&person);
    assert_eq!(buyer.reservation(&reservation)["status"], "CONFIRMED");
    person.assert_clean(&["status of 50", steps::PAID_BEFORE]);
}

/// Nobody knows whether it was paid: the page says not to pay again, and finds out by itself.
#[test]
fn errors_and_nonsense_of_the_provider_resolve_themselves() {
    let Some((browser, shop)) = faulty() else { return };
    for mode in ["error", "garbage"] {
        let (person, buyer, reservation, key) = to_window(browser, &shop);
        order(&shop, &key, mode, 3);
        steps::pay_in_window(&person);
        steps::wait_for_ticket(&person);
        assert_eq!(buyer.reservation(&reservation)["status"], "CONFIRMED", "{mode}");
        assert_eq!(sandbox(&shop, &key)["captured"], 300_000, "{mode}");
        person.assert_clean(&["status of 50", steps::PAID_BEFORE]);
    }
}

/// No answer comes. The page says what to leave alone, a reload says the same, and it ends well.
#[test]
fn a_silent_provider_is_told_of_and_nobody_pays_twice() {
    let Some((browser, shop)) = faulty() else { return };
    let (person, buyer, reservation, key) = to_window(browser, &shop);
    // The notice and the page both ask, and neither hears anything.
    order(&shop, &key, "hang", 2);
    steps::pay_in_window(&person);
    person.until_state(&["confirming", "unknown"]);
    person.until("!document.getElementById('said').hidden");
    assert_eq!(
        person.value("!!document.querySelector('button[value=pay]')"),
        Some(false.into()),
        "nothing to pay again with"
    );
    steps::wait_for_ticket(&person);
    assert_eq!(buyer.reservation(&reservation)["status"], "CONFIRMED");
    person.assert_clean(&["status of 50", steps::PAID_BEFORE]);
}

/// The card is refused, and then accepted: the seats stay as long as their time runs.
#[test]
fn a_refused_card_may_be_tried_again() {
    let Some((browser, shop)) = open() else { return };
    let (person, buyer, reservation, _) = to_window(browser, &shop);
    person.follow("button[value=FAILED]");
    person.until_state(&["window", "ready"]);
    assert_eq!(buyer.reservation(&reservation)["status"], "PENDING");
    person.follow("#press");
    steps::pay_in_window(&person);
    steps::wait_for_ticket(&person);
    person.assert_clean(&[steps::PAID_BEFORE]);
}

/// Two quick presses at each button on the way: one hold, one payment, one capture, one ticket.
#[test]
fn a_double_click_pays_once() {
    let Some((browser, shop)) = open() else { return };
    let (person, buyer) = shop.visitor(browser);
    let show = shop.new_show();
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    person.follow_twice("#best button[value=best]");
    person.until_state(&["ready"]);
    let reservation = steps::reservation(&person);
    person.follow_twice("#press");
    person.until("location.pathname === '/sandbox/portone/window'");
    let key = person.words("document.querySelector('input[name=paymentId]').value");
    person.click_twice("button[value=PAID]");
    steps::wait_for_ticket(&person);
    let mine = buyer.api.get("/reservations?size=20").ok();
    assert_eq!(mine["list"].as_array().map(Vec::len), Some(1), "{mine}");
    let paid = buyer.reservation(&reservation);
    assert_eq!(sandbox(&shop, &key)["captured"], paid["totalAmount"]);
    assert_eq!(paid["seats"].as_array().map(Vec::len), Some(2));
}

/// As above, where no script holds the second press back: the server does.
#[test]
fn a_double_click_without_script_pays_once() {
    let Some((browser, shop)) = open() else { return };
    let (person, buyer) = shop.visitor(browser);
    let show = shop.new_show();
    person.without_script();
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    person.follow_twice("#best button[value=best]");
    person.until_state(&["ready"]);
    person.follow_twice("#press");
    person.until("location.pathname === '/sandbox/portone/window'");
    person.follow_twice("button[value=PAID]");
    person.until("location.pathname.startsWith('/pay/') || location.pathname.startsWith('/me/')");
    person.until_state(&["confirming", "unknown", "good"]);
    // The page asks again by itself, and would go away under the mouse.
    let stays =
        "(() => { const one = document.querySelector('button[value=confirm]'); if (one) stop(); return !!one; })()";
    if person.value(stays) == Some(true.into()) {
        person.follow_twice("button[value=confirm]");
    }
    wait_until("the ticket is made", || {
        let mine = buyer.api.get("/reservations?size=20").ok();
        let list = mine["list"].as_array().expect("a list");
        assert_eq!(list.len(), 1, "{mine}");
        list[0]["status"] == "CONFIRMED"
    });
}
