//! A seat that somebody else was quicker to take.

use super::shop::{Shop, Show, open};
use super::steps;
use crate::browser::Person;
use serde_json::json;
use testkit::http::Client;

/// Ids of the seats of a row.
fn row(inside: &Client, show: &Show, row: &str) -> Vec<String> {
    let seats = inside.get(&format!("/events/schedules/{}/seats", show.schedule)).ok();
    let grades = seats["grades"].as_array().expect("grades").iter();
    let all = grades.flat_map(|grade| grade["seats"].as_array().expect("seats"));
    let is_of_row = |name: &str| name.starts_with(&format!("{row}-"));
    let of_row = all.filter(|seat| seat["seatNumber"].as_str().is_some_and(is_of_row));
    of_row.map(|seat| seat["seatId"].as_str().or(seat["id"].as_str()).expect("an id").to_owned()).collect()
}

fn holds(inside: &Client, show: &Show, seat: &str) {
    let held = inside.post_json("/reservations/hold", &json!({"scheduleId": show.schedule, "seatIds": [seat]}));
    assert_eq!(held.status, 201, "{}", held.text());
}

/// Opens a section, once it is one's turn, and picks seats of it.
fn picks(person: &Person, shop: &Shop, show: &Show, section: u32, names: &[&str]) {
    person.speaks("en");
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(person, show);
    look_at(person, shop, show, section);
    for name in names {
        person.click(&format!("button.seat[aria-label*={name:?}]"));
    }
    person.until(&format!("document.querySelectorAll('#panel li').length === {}", names.len()));
}

fn look_at(person: &Person, shop: &Shop, show: &Show, section: u32) {
    person.open(&shop.url(&format!("/seats/{}?section={section}", show.schedule)));
    person.until("document.getElementById('main').dataset.ready === '1'");
}

fn names_of_seats(person: &Person) -> Vec<String> {
    let names = "[...document.querySelectorAll('button.seat')].map((seat) => seat.getAttribute('aria-label'))";
    serde_json::from_value(person.value(names).expect("names")).expect("texts")
}

/// Between the press and the server's decision: the answer says which, and offers the next best with one press.
#[test]
fn a_seat_that_goes_at_the_press_has_another_beside_it() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    let rival = shop.buyer().inside(&show);
    let (person, buyer) = shop.visitor(browser);
    picks(&person, &shop, &show, 1, &["row B, seat 7,", "row B, seat 8,"]);
    person.hold_up("*/reservations/hold");
    person.click("#panel button.is-main");
    let press = person.paused(0);
    holds(&rival, &show, &row(&rival, &show, "B")[6]);
    person.let_go(&press);
    person.until_text("#notice .notice", "B-7 was just taken");
    person.tell("Fetch.disable", json!({}));
    // The map may say it before the answer does; the answer alone has an offer.
    person.until_text("#notice button", "Hold ");
    // The offer has the focus: one press.
    person.until("document.activeElement.matches('#notice button')");
    person.key_follow("Enter");
    person.until_state(&["ready"]);
    let held = buyer.reservation(&steps::reservation(&person));
    let seats = held["seats"].as_array().expect("seats").iter();
    let seats: Vec<&str> = seats.filter_map(|seat| seat["seatNumber"].as_str()).collect();
    assert!(seats.len() == 2 && seats.iter().all(|seat| seat.starts_with("B-") && *seat != "B-7"), "{held}");
    person.assert_clean(&["status of 409"]);
}

/// Before the press: the map shows it, the choice loses it, and it is said.
#[test]
fn a_chosen_seat_that_goes_is_said_at_once() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    let rival = shop.buyer().inside(&show);
    let (person, _) = shop.visitor(browser);
    picks(&person, &shop, &show, 0, &["row A, seat 4,", "row A, seat 5,"]);
    holds(&rival, &show, &row(&rival, &show, "A")[3]);
    person.until_text("#notice .notice", "A-4 was just taken");
    person.until("document.querySelectorAll('#panel li').length === 1");
    // Its name says so, not its colour alone.
    person.until_seen("button.seat[aria-label*='row A, seat 4,'][aria-label*='in payment']");
    person.assert_clean(&[]);
}

/// What a person must know is seen, and not only said to a screen reader.
#[test]
fn too_many_seats_and_a_lost_connection_are_seen() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    let (person, _) = shop.visitor(browser);
    person.before_pages(
        "window.EventSource = class extends EventSource { constructor(of) { super(of); window.stream = this; } }",
    );
    picks(&person, &shop, &show, 1, &["row B, seat 7,", "row B, seat 8,", "row B, seat 9,", "row B, seat 10,"]);
    person.click("button.seat[aria-label*='row B, seat 11,']");
    person.until_text("#section .look", "4 seats at most");
    person.until("document.getElementById('trouble').hidden");
    // At one look: the next message of the stream takes it away.
    let seen = "(window.stream.onerror(new Event('error')), document.getElementById('trouble').checkVisibility())";
    assert_eq!(person.value(seen), Some(true.into()));
    person.assert_clean(&[]);
}

/// The name of each seat says its state: free, in payment, sold, chosen.
#[test]
fn a_seats_name_says_where_it_is_what_it_costs_and_how_it_stands() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    let rival = shop.buyer();
    rival.buys(&show, 1, "S");
    let inside = rival.inside(&show);
    holds(&inside, &show, &row(&inside, &show, "A")[0]);
    let (person, _) = shop.visitor(browser);
    picks(&person, &shop, &show, 0, &["row A, seat 2,"]);
    person.until_seen("button.seat[aria-label*='in payment']");
    let mut names = names_of_seats(&person);
    for section in [1, 2] {
        look_at(&person, &shop, &show, section);
        if section == 1 {
            // The ticket is there, and the map hears of it.
            person.until_seen("button.seat[aria-label*='sold']");
        }
        names.extend(names_of_seats(&person));
    }
    assert_eq!(names.len(), 75);
    for name in &names {
        let state = ["free", "in payment", "sold", "your choice"].iter().find(|state| name.contains(**state));
        assert!(state.is_some() && name.contains("won") && name.contains("row "), "{name}");
    }
    let count = |word: &str| names.iter().filter(|name| name.contains(word)).count();
    assert_eq!((count("sold"), count("in payment"), count("your choice")), (1, 1, 1), "{names:#?}");
    assert_eq!(count("wheelchair space"), 1, "{names:#?}");
}
