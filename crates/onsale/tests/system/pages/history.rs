//! Reload and the back button at every step: never a blank page, never a second hold or payment, never a lost answer.

use super::shop::{Show, open};
use super::steps;
use crate::browser::Person;

/// Reloads; the page must come back in that state.
#[track_caller]
fn again(person: &Person, states: &[&str]) {
    person.until_state(states);
    let before = person.words("location.pathname");
    person.reload_whole();
    person.until_state(states);
    assert_eq!(person.words("location.pathname"), before);
}

/// Goes back and forward; each of the two pages must be one that says where one is.
#[track_caller]
fn back_and_forth(person: &Person, before: &[&str], here: &[&str]) {
    person.history(-1);
    person.until_state(before);
    person.history(1);
    person.until_state(here);
}

#[test]
fn reload_and_back_lose_nothing_on_the_way_to_a_ticket() {
    let Some((browser, shop)) = open() else { return };
    let person = browser.person();
    let show = shop.new_show();
    person.open(&shop.url("/shows"));
    again(&person, &["fresh"]);
    steps::join(&person, &shop, &show);
    again(&person, &["form"]);
    let email = signs_up_with_doubts(&person);
    let buyer = super::shop::Buyer { api: super::shop::logged_in(&shop.world.anyone(), &email), email };
    steps::wait_for_seats(&person, &show);
    again(&person, &["section", "overview"]);
    person.value("window.isKept = true");
    let reservation = steps::take_best(&person);
    again(&person, &["ready"]);
    person.value("window.isKept = true");
    back_to_own_seats(&person);
    person.history(1);
    person.until_state(&["ready"]);
    // A page of a payment that the browser has kept loads itself anew: what is pressed before is lost.
    person.until("!window.isKept && document.readyState === 'complete'");
    person.follow("#press");
    person.until("location.pathname === '/sandbox/portone/window'");
    // Back from the window: the page says that it was left, and leads there again.
    person.history(-1);
    person.until_state(&["window"]);
    person.until("document.readyState === 'complete'");
    person.follow("#press");
    steps::pay_in_window(&person);
    steps::wait_for_ticket(&person);
    again(&person, &["good"]);
    // Back to the payment: it is paid. Where the browser has kept the window as it was, a second press leads to the ticket.
    person.history(-1);
    person.until("document.readyState === 'complete' && (document.querySelector('main')?.dataset.state === 'good' || location.pathname === '/sandbox/portone/window')");
    if person.value("!!document.querySelector('button[value=PAID]')") == Some(true.into()) {
        person.follow("button[value=PAID]");
        steps::wait_for_ticket(&person);
    }
    let mine = buyer.api.get("/reservations?size=20").ok();
    assert_eq!(mine["list"].as_array().map(Vec::len), Some(1), "{mine}");
    assert_eq!(mine["list"][0]["reservationId"], reservation.as_str());
    let paid = buyer.reservation(&reservation);
    assert_eq!(paid["status"], "CONFIRMED", "{paid}");
    give_back(&person, &shop.url(""), &reservation);
    person.assert_clean(&[steps::PAID_BEFORE]);
}

/// Back to the seats, which loads itself anew: the hold stands there, and nobody is said to have taken its seats.
fn back_to_own_seats(person: &Person) {
    person.history(-1);
    person.until("!window.isKept && document.querySelector('main')?.dataset.ready === '1'");
    person.until_seen(".hold");
    assert_eq!(person.value("document.getElementById('notice').childElementCount"), Some(0.into()));
}

/// A buyer's own hold, by the script, with the map open, and the way back. A slow next page is tried in `web/tests/it/scripts.mjs`:
/// while a page is held up, Chromium tells nothing of the one before it.
#[test]
fn own_seats_are_not_called_taken_on_the_way_back() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    let (person, _) = shop.visitor(browser);
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    person.open(&shop.url(&format!("/seats/{}?section=0", show.schedule)));
    person.until("document.getElementById('main').dataset.ready === '1'");
    person.value("window.isKept = true");
    person.click("button.seat[data-number='4']");
    person.click("#panel button.is-main");
    person.until_state(&["ready"]);
    back_to_own_seats(&person);
    person.assert_clean(&[]);
}

/// Each step is reloaded, and each is gone back to.
fn signs_up_with_doubts(person: &Person) -> String {
    person.follow("main a[href^='/signup']");
    again(person, &["form"]);
    steps::agree(person);
    again(person, &["identity"]);
    back_and_forth(person, &["form"], &["identity"]);
    steps::identify(person);
    again(person, &["form"]);
    // What was said before is still there.
    person.follow(".steps a[href='/signup']");
    assert_eq!(
        person.value("[...document.querySelectorAll('main input[type=checkbox]')].every((box) => box.checked)"),
        Some(true.into())
    );
    person.history(-1);
    let (email, phone) = steps::new_person();
    person.fill("#email", &email);
    person.follow(steps::GO);
    again(person, &["form"]);
    steps::skip_code(person);
    again(person, &["form"]);
    steps::account(person, &phone);
    again(person, &["form"]);
    steps::log_in(person);
    email
}

/// Cancelled once, whatever is pressed after "back".
fn give_back(person: &Person, base: &str, reservation: &str) {
    person.open(&format!("{base}/me/reservations/{reservation}/cancel"));
    again(person, &["ask"]);
    person.value("window.isKept = true");
    person.follow("#cancel");
    again(person, &["cancelled"]);
    person.history(-1);
    // Where the browser has kept the page it loads itself anew.
    person.until(
        "!window.isKept && document.readyState === 'complete' && !!document.querySelector('main')?.dataset.state",
    );
    if person.value("!!document.querySelector('#cancel')") == Some(true.into()) {
        person.follow("#cancel");
    }
    person.until_state(&["cancelled"]);
}

/// A place in a line: reload, another page and back, a closed tab. The ticket stays.
#[test]
fn a_place_survives_reload_back_and_a_closed_tab() {
    let Some((browser, shop)) = open() else { return };
    let (mut person, _) = shop.visitor(browser);
    let show: Show = shop.new_show();
    shop.let_in(&show, 0);
    let here = shop.url(&format!("/wait/{}", show.schedule));
    person.open(&here);
    let ticket = person.data("ticket");
    person.reload_whole();
    assert_eq!(person.data("ticket"), ticket);
    person.open(&shop.url(&format!("/shows/{}", show.event)));
    person.history(-1);
    assert_eq!(person.data("ticket"), ticket);
    person.close_page();
    person.open_page();
    person.open(&here);
    assert_eq!(person.data("ticket"), ticket);
    // Somebody who comes back by the back button after it was left is not put in again without a word.
    person.follow(".leave a");
    person.follow("main form button");
    person.until_state(&["left"]);
    person.history(-1);
    person.until_state(&["leave", "left", "gone", "join"]);
}
