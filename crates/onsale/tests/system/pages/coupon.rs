//! A coupon with a crowd beside the browser: what the page says is what happened.

use super::shop::{Shop, next_number, open};
use crate::browser::Person;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::onsale::wait_until;

const STOCK: u64 = 30;
const CROWD: usize = 60;
/// The page looks at the stock only once it was let go: on a busy machine it could see that all is gone before its button is
/// pressed, which then cannot be pressed any more.
const LOOKS_LATER: &str = "{
  const real = window.setTimeout;
  window.isHeld = true;
  window.setTimeout = (run, ms, ...more) =>
    real(function later() { if (window.isHeld && ms > 1000) real(later, 50); else run(...more); }, ms);
}";

fn campaign(shop: &Shop) -> String {
    let name = format!("crowd-{}", next_number());
    shop.world.admin().make_campaign(
        &json!({"event_id": name, "name": "Crowd", "stock": STOCK, "discount": {"type": "fixed", "value": 5_000}}),
    );
    shop.world.admin().open_campaign(&name);
    name
}

fn status(shop: &Shop, name: &str) -> Value {
    shop.world.anyone().get(&format!("/api/v1/coupons/status/{name}")).ok()
}

/// Everybody presses at once, the browser among them.
fn rush(shop: &Arc<Shop>, name: &str, person: &Person) -> Vec<String> {
    let (gone, shop) = (&AtomicBool::new(false), &**shop);
    std::thread::scope(|scope| {
        let ask = move |part: usize| {
            while !gone.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            let codes = (part..CROWD)
                .step_by(6)
                .map(|number| shop.world.admin().issue(&format!("{name}-{number}"), name).code());
            codes.collect::<Vec<String>>()
        };
        let crowd: Vec<_> = (0..6).map(|part| scope.spawn(move || ask(part))).collect();
        gone.store(true, Ordering::Release);
        person.click("#take");
        person.value("window.isHeld = false");
        crowd.into_iter().flat_map(|part| part.join().expect("asked")).collect()
    })
}

#[test]
fn the_page_tells_the_truth_in_a_crowd() {
    let Some((browser, shop)) = open() else { return };
    let name = campaign(&shop);
    let (person, buyer) = shop.visitor(browser);
    person.before_pages(LOOKS_LATER);
    person.open(&shop.url(&format!("/coupons/{name}")));
    let codes = rush(&shop, &name, &person);
    person.until("['ISSUED', 'SOLD_OUT'].includes(document.querySelector('#answer')?.dataset.code)");
    let code = person.words("document.querySelector('#answer').dataset.code");
    assert!(
        person.value("document.activeElement.id === 'answer'") == Some(true.into()),
        "the focus is at {}",
        person.focus()
    );
    let issued = codes.iter().filter(|code| *code == "ISSUED").count() as u64 + u64::from(code == "ISSUED");
    assert_eq!(issued, STOCK, "{code}, {codes:?}");
    // The decision is kept at once; its row follows a moment later.
    let mine = || buyer.api.get("/api/v1/coupons/mine").ok().to_string();
    if code == "ISSUED" {
        wait_until("the coupon is among those of its holder", || mine().contains(&name));
    } else {
        assert!(!mine().contains(&name), "{}", mine());
    }
    // The stock is at most seconds old.
    person.until("document.querySelector('main').dataset.state === 'sold_out' || document.querySelector('#count').textContent === '0'");
    assert_eq!(status(&shop, &name)["remaining_stock"], 0);
    person.reload_whole();
    person.assert_clean(&[]);
}

/// Before the opening the button waits, by the server's clock, and goes on by itself.
#[test]
fn the_button_goes_on_by_itself_at_the_opening() {
    let Some((browser, shop)) = open() else { return };
    let (person, _) = shop.visitor(browser);
    person.clock_off_by(-3_600_000);
    // On a busy machine the page may come after the opening: then there is another, later one.
    let is_early = [4, 20, 60].into_iter().any(|seconds| {
        let name = opens_in(&shop, seconds);
        person.open(&shop.url(&format!("/coupons/{name}")));
        // At one look: between two the opening may come.
        let waits = "[document.querySelector('main').dataset.state, document.getElementById('take').getAttribute('aria-disabled')]";
        person.value(waits) == Some(json!(["scheduled", "true"]))
    });
    assert!(is_early, "the button never waited for the opening");
    person.until_state(&["active"]);
    person.until("document.getElementById('take').getAttribute('aria-disabled') === 'false'");
    person.click("#take");
    // The page knows the time to some milliseconds, and the server has the last word: who was too early presses again.
    person.until("['ISSUED', 'NOT_OPEN'].includes(document.querySelector('#answer')?.dataset.code)");
    if person.words("document.querySelector('#answer').dataset.code") == "NOT_OPEN" {
        person.click("#next");
    }
    person.until("document.querySelector('#answer')?.dataset.code === 'ISSUED'");
}

/// A campaign that opens in so many seconds.
fn opens_in(shop: &Shop, seconds: i64) -> String {
    let name = format!("opening-{}", next_number());
    let now = shop.world.anyone().get("/time").ok()["now"].as_i64().expect("the time");
    let opens = format!("{}Z", domain::Timestamp((now / 1_000 + seconds) * 1_000));
    shop.world.admin().make_campaign(&json!({"event_id": name, "name": "Opening", "stock": 5, "opens_at": opens,
        "discount": {"type": "fixed", "value": 5_000}}));
    name
}
