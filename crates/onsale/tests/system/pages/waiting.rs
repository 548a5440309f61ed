//! The waiting page against what is out of its hands: a server that is killed, a clock that is wrong.

use super::shop::{Shop, open};
use super::steps;
use crate::browser::{Browser, Person};
use serde_json::json;

const LIVE: &str = "document.querySelector('main').className === 'is-live'";
/// Notes each rank that is shown, at the start of the page.
const NOTES_RANKS: &str = "addEventListener('DOMContentLoaded', () => {
  const rank = document.getElementById('rank');
  if (!rank) return;
  window.ranks = [rank.textContent];
  new MutationObserver(() => window.ranks.push(rank.textContent)).observe(rank, { childList: true, characterData: true, subtree: true });
})";
const HOUR_MS: i64 = 3_600_000;

/// The number that is shown as the rank.
fn rank(person: &Person) -> u64 {
    person.text("#rank").chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number")
}

/// The place is kept by the server, and the page says so while nobody answers.
#[test]
fn a_killed_server_costs_nobody_a_place() {
    let Some(browser) = Browser::get() else { return };
    let mut shop = Shop::with(&[]);
    let show = shop.new_show();
    shop.let_in(&show, 0);
    for _ in 0..5 {
        let entered = shop.buyer().api.post_json("/queue/enter", &json!({"scheduleId": show.schedule}));
        assert_eq!(entered.status, 200, "{}", entered.text());
    }
    let (person, _) = shop.visitor(browser);
    person.speaks("en");
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    person.until(LIVE);
    assert_eq!(rank(&person), 6);
    let ticket = person.data("ticket");
    let address = shop.world.server.address.to_string();
    shop.world.server.kill();
    // What a person does who looks whether it still works.
    person.value("dispatchEvent(new Event('online'))");
    person.until("document.querySelector('main').className === 'is-offline'");
    assert_eq!(rank(&person), 6, "the last that was heard stands there");
    assert!(person.text("#state").contains("Your place is kept"), "{}", person.text("#state"));
    shop.world.server = super::shop::restarted(&shop, &address);
    person.until(LIVE);
    assert!(rank(&person) <= 6, "the rank has grown to {}", rank(&person));
    assert_eq!(person.data("ticket"), ticket);
    shop.let_in(&show, 50);
    steps::wait_for_seats(&person, &show);
}

/// Ranks as they were shown, while others give up and the line moves: never a worse one.
#[test]
fn the_rank_never_grows() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    shop.let_in(&show, 0);
    let before: Vec<_> = (0..12).map(|_| shop.buyer()).collect();
    for buyer in &before {
        assert_eq!(buyer.api.post_json("/queue/enter", &json!({"scheduleId": show.schedule})).status, 200);
    }
    let (person, _) = shop.visitor(browser);
    person.before_pages(NOTES_RANKS);
    // An answer that is older than what was heard, as a cache or another server gives it.
    person.before_pages(&STALE.replace("SCHEDULE", &show.schedule));
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    person.until(LIVE);
    assert_eq!(rank(&person), 13);
    for buyer in &before[..4] {
        let left = buyer.api.call("DELETE", &format!("/queue/leave?scheduleId={}", show.schedule), None);
        assert!(left.status < 300, "{}", left.text());
        person.value("dispatchEvent(new Event('online'))");
    }
    person.until("document.getElementById('rank').textContent === '9'");
    // Twice, so that the first was looked at when the second is asked for.
    person.value("window.isStale = true");
    for heard in 1..=2 {
        person.value("dispatchEvent(new Event('online'))");
        person.until(&format!("window.staleHeard >= {heard}"));
    }
    let ranks = person.value("window.ranks.map((text) => Number(text.replace(/[^0-9]/g, '')))").expect("ranks");
    let ranks: Vec<u64> = ranks.as_array().expect("a list").iter().filter_map(serde_json::Value::as_u64).collect();
    assert!(ranks.len() > 1 && ranks.is_sorted_by(|one, next| one >= next), "{ranks:?}");
}

/// Once it is told to, the page hears the line's document as it was at first.
const STALE: &str = "{
  const real = window.fetch;
  let first;
  window.staleHeard = 0;
  window.fetch = async (...asked) => {
    const answer = await real(...asked);
    if (!String(asked[0]).includes('/queue/serving/SCHEDULE')) return answer;
    first ??= await answer.clone().text();
    if (!window.isStale) return answer;
    window.staleHeard += 1;
    return new Response(first, { status: 200, headers: answer.headers });
  };
}";

/// Reads `3:12` or `1:03:12` as seconds.
fn seconds(text: &str) -> i64 {
    let digits: Vec<i64> = text.split(':').map(|part| part.trim().parse().expect("a number")).collect();
    digits.iter().fold(0, |sum, part| sum * 60 + part)
}

/// Reads a clock between two looks at what the server says is left, in seconds. On a busy machine a tick may be late: the
/// next one is right.
#[track_caller]
fn assert_left(shown: impl Fn() -> String, left: impl Fn() -> i64) {
    let mut said = String::new();
    for _ in 0..5 {
        let most = left();
        let text = shown();
        let least = left();
        // A second each way: the clock shows whole ones.
        if (least - 2..=most + 2).contains(&seconds(&text)) {
            return;
        }
        said = format!("{text} is shown, and {least} to {most} s are left");
    }
    panic!("{said}");
}

/// Opening, hold and payment run by the server's clock, whatever the device believes.
#[test]
fn a_device_whose_clock_is_an_hour_off_sees_the_servers_time() {
    let Some((browser, shop)) = open() else { return };
    for off in [HOUR_MS, -HOUR_MS] {
        let (person, buyer) = shop.visitor(browser);
        person.speaks("en");
        person.clock_off_by(off);
        opening(&person, &shop);
        let show = shop.new_show();
        person.open(&shop.url(&format!("/wait/{}", show.schedule)));
        steps::wait_for_seats(&person, &show);
        let reservation = steps::take_best(&person);
        let left = || buyer.reservation(&reservation)["holdExpiresInMs"].as_i64().expect("a hold") / 1_000;
        person.until("/\\d:\\d\\d/.test(document.getElementById('clock').textContent)");
        assert_left(|| person.text("#clock"), left);
        person.open(&shop.url(&format!("/seats/{}", show.schedule)));
        person.until("/\\d:\\d\\d/.test(document.querySelector('.hold .clock').textContent)");
        assert_left(|| person.text(".hold .clock"), left);
        person.assert_clean(&[]);
    }
}

/// The button of a show whose sale opens in twenty minutes counts down to that.
fn opening(person: &Person, shop: &Shop) {
    let show = shop.show(&format!("Soon {}", super::shop::next_number()), 1_200);
    person.open(&shop.url(&format!("/shows/{}", show.event)));
    let text = "document.querySelector('a[data-opens] span').textContent";
    person.until(&format!("/\\d:\\d\\d/.test({text})"));
    let left = "(async () => Number(document.querySelector('a[data-opens]').dataset.opens) - (await (await fetch('/time')).json()).now)()";
    let left = || (person.value(left).and_then(|left| left.as_f64()).expect("a time") / 1_000.0) as i64;
    assert_left(|| person.words(&format!("{text}.match(/[\\d:]+/)[0]")), left);
}
