//! A server that has no time: pages ask again ever more slowly, not all at once, and under the same key.

use super::shop::{Shop, open};
use crate::browser::{Person, Request};

const ISSUE: &str = "*/api/v1/coupons/issue";
/// Every pause that the page takes is noted, and is a twentieth of what it would be.
const SHORT_PAUSES: &str = "{
  const real = window.setTimeout;
  window.pauses = [];
  window.setTimeout = (run, ms, ...more) => (ms > 60 && window.pauses.push(ms), real(run, ms > 60 ? ms / 20 : ms, ...more));
}";

/// Presses the coupon's button; the server refuses so often as there are answers, and then lets it through.
fn press(shop: &Shop, person: &Person, answers: &[(u16, &[(&str, &str)])]) -> Vec<f64> {
    person.before_pages(SHORT_PAUSES);
    person.open(&shop.url("/coupons/sample_event?own=1"));
    person.hold_up(ISSUE);
    person.value("window.pauses.length = 0");
    person.click("#take");
    for (number, (status, headers)) in answers.iter().enumerate() {
        person.answer(&person.paused(number), *status, headers);
    }
    let last = person.paused(answers.len());
    let pauses = person.value("window.pauses.filter((ms) => ms !== 50)").expect("pauses");
    person.let_go(&last);
    person.until("document.querySelector('#answer')?.dataset.code === 'ISSUED'");
    let tries: Vec<Request> = person.asked("POST", "/api/v1/coupons/issue");
    assert_eq!(tries.len(), answers.len() + 1);
    assert!(!tries[0].key.is_empty() && tries.iter().all(|one| one.key == tries[0].key), "{tries:?}");
    person.assert_clean(&["status of 429", "status of 503"]);
    pauses.as_array().expect("a list").iter().filter_map(serde_json::Value::as_f64).collect()
}

/// Without a word from the server the bounds are 1, 2, 4 ... s, and each pause is anywhere below its bound.
#[test]
fn without_retry_after_the_gaps_grow_and_differ() {
    let Some((browser, shop)) = open() else { return };
    let refusals: [(u16, &[(&str, &str)]); 4] = [(503, &[]), (503, &[]), (429, &[]), (503, &[])];
    let (first, _) = shop.visitor(browser);
    // The greatest jitter there is.
    first.before_pages("Math.random = () => 0.999");
    let pauses = press(&shop, &first, &refusals);
    for bound in [1_000.0, 2_000.0, 4_000.0, 8_000.0] {
        assert!(pauses.iter().any(|ms| (0.99 * bound..=bound).contains(ms)), "{pauses:?} has none of {bound}");
    }
    let (second, _) = shop.visitor(browser);
    second.open(&shop.url("/coupons/sample_event"));
    let many = "import(document.querySelector('link[rel=modulepreload]').href).then((core) => Array.from({ length: 20 }, () => core.waitMs(3)))";
    let many: Vec<f64> = serde_json::from_value(second.value(many).expect("pauses")).expect("numbers");
    assert!(many.iter().all(|ms| *ms <= 8_000.0) && many.iter().any(|ms| *ms != many[0]), "{many:?}");
}

#[test]
fn what_the_server_asks_for_is_the_least() {
    let Some((browser, shop)) = open() else { return };
    let (person, _) = shop.visitor(browser);
    let pauses = press(&shop, &person, &[(429, &[("Retry-After", "3")]), (503, &[("Retry-After", "2")])]);
    for least in [3_000.0, 2_000.0] {
        assert!(pauses.iter().any(|ms| (least..=2.0 * least).contains(ms)), "{pauses:?} has none of {least}");
    }
}
