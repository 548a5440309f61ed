//! Bytes and requests of a first visit, as `docs` promise them (web design, section 3): counts, so they are asserted.
//!
//! Scripts and styles are counted as a release sends them: without comments, brotli 11. Pages are compressed here at the
//! quality that the server uses at run time.

use super::shop::{Shop, open};
use super::steps;
use super::sweep::demo_show;
use crate::browser::{Browser, Person, Request};
use std::collections::BTreeSet;
use std::path::Path;

#[path = "../../../../web/src/slim.rs"]
mod slim;

const KIB: usize = 1_024;
/// The folder of scripts and styles.
const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/assets");

/// What a page may cost: page, styles, scripts in KiB, and requests (0: not bounded).
struct Budget(usize, usize, usize, usize);

fn brotli(content: &[u8]) -> usize {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &params).expect("compresses");
    compressed.len()
}

/// `/assets/<hash>/seats/grid.js` -> `seats/grid.js`.
fn asset(request: &Request) -> Option<String> {
    let (_, name) = request.path().strip_prefix("/assets/")?.split_once('/')?;
    Some(name.to_owned())
}

fn assets(requests: &[Request], end: &str) -> usize {
    let names: BTreeSet<String> = requests.iter().filter_map(asset).filter(|name| name.ends_with(end)).collect();
    names
        .iter()
        .map(|name| brotli(&slim::slim(name, &std::fs::read(Path::new(ASSETS).join(name)).expect("a file"))))
        .sum()
}

/// What a page loads for itself: not what it asks for then, nor what it fetches for the next page.
fn of_the_page(person: &Person, from: usize) -> Vec<Request> {
    let kinds = ["Document", "Stylesheet", "Script", "Image", "Other"];
    let mut seen = BTreeSet::new();
    let own = person.requests().into_iter().skip(from);
    own.filter(|one| {
        kinds.contains(&one.kind.as_str()) && !one.path().ends_with("icon.svg") && seen.insert(one.url.clone())
    })
    .collect()
}

/// Measures the page that was opened after `from` requests.
fn measure(person: &Person, name: &str, from: usize, budget: &Budget) -> Vec<String> {
    let requests = of_the_page(person, from);
    let page = requests.iter().rev().find(|one| one.kind == "Document" && one.status == Some(200)).expect("a page");
    let html = person.tell("Network.getResponseBody", serde_json::json!({"requestId": page.id}));
    let html = brotli(html["body"].as_str().expect("a text").as_bytes());
    let loaded: Vec<Request> =
        requests.iter().filter(|one| one.status.is_none_or(|status| status < 300)).cloned().collect();
    let (css, js, count) = (assets(&loaded, ".css"), assets(&loaded, ".js"), loaded.len());
    println!("{name}: {html} + {css} + {js} bytes, {count} requests");
    let Budget(html_max, css_max, js_max, count_max) = *budget;
    let mut over = Vec::new();
    for (what, is, most) in [("page", html, html_max), ("styles", css, css_max), ("scripts", js, js_max)] {
        if is > most {
            over.push(format!("{name}: {is} bytes of {what}, more than {most}"));
        }
    }
    if count_max > 0 && count > count_max {
        let paths: Vec<&str> = loaded.iter().map(Request::path).collect();
        over.push(format!("{name}: {count} requests, more than {count_max}: {paths:?}"));
    }
    over
}

/// A first visit: nothing is in the browser's memory.
fn first_visit(browser: &'static Browser, shop: &Shop, path: &str, budget: &Budget) -> Vec<String> {
    let person = browser.person();
    person.open(&shop.url(path));
    measure(&person, path, 0, budget)
}

/// As above, of somebody who is logged in: what the log-in page loaded is forgotten.
fn visit(person: &Person, shop: &Shop, path: &str, budget: &Budget) -> Vec<String> {
    person.tell("Network.clearBrowserCache", serde_json::json!({}));
    let from = person.requests().len();
    person.open(&shop.url(path));
    measure(person, path, from, budget)
}

/// What this person gets at an address.
fn content(person: &Person, path: &str) -> Vec<u8> {
    let bytes = format!(
        "fetch({path:?}).then((answer) => answer.arrayBuffer()).then((content) => [...new Uint8Array(content)])"
    );
    let content: Vec<u8> = serde_json::from_value(person.value(&bytes).expect("an answer")).expect("bytes");
    assert!(!content.is_empty(), "{path} is empty");
    content
}

#[test]
fn pages_for_everybody_stay_small() {
    let Some(browser) = Browser::get() else { return };
    // The demonstration alone: what other tests make stands on these pages, too.
    let shop = Shop::with(&[]);
    let show = demo_show(&shop);
    let mut over = Vec::new();
    for path in ["/", "/shows"] {
        over.extend(first_visit(browser, &shop, path, &Budget(4 * KIB, 4 * KIB, 0, 3)));
    }
    over.extend(first_visit(browser, &shop, &format!("/shows/{}", show.event), &Budget(5 * KIB, 4 * KIB, 3 * KIB, 4)));
    for path in ["/login", "/signup"] {
        over.extend(first_visit(browser, &shop, path, &Budget(3 * KIB, 4 * KIB, 2 * KIB, 0)));
    }
    over.extend(first_visit(browser, &shop, "/coupons/sample_event", &Budget(2 * KIB, 3 * KIB, 3 * KIB + KIB / 2, 4)));
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn pages_of_buyers_stay_small() {
    let Some((browser, shop)) = open() else { return };
    let (person, _) = shop.visitor(browser);
    let waits = shop.new_show();
    shop.let_in(&waits, 0);
    let mut over =
        visit(&person, &shop, &format!("/wait/{}", waits.schedule), &Budget(KIB * 3 / 2, 3 * KIB, 4 * KIB, 4));
    let (person, _) = shop.visitor(browser);
    let show = demo_show(&shop);
    person.open(&shop.url(&format!("/wait/{}", show.schedule)));
    steps::wait_for_seats(&person, &show);
    over.extend(visit(
        &person,
        &shop,
        &format!("/seats/{}", show.schedule),
        &Budget(4 * KIB, 5 * KIB, 29 * KIB / 2, 0),
    ));
    person.until("document.getElementById('main').dataset.ready === '1'");
    for (what, most) in [("/events/schedules/ID/plan", KIB), ("/reservations/seats/ID/state", 8 * KIB)] {
        let bytes = brotli(&content(&person, &what.replace("ID", &show.schedule)));
        println!("{what}: {bytes} bytes");
        assert!(bytes <= most, "{what}: {bytes} bytes, more than {most}");
    }
    let reservation = steps::take_best(&person);
    over.extend(visit(&person, &shop, &format!("/pay/{reservation}"), &Budget(3 * KIB, 4 * KIB, 5 * KIB, 0)));
    steps::pay(&person);
    steps::wait_for_ticket(&person);
    over.extend(visit(&person, &shop, "/me", &Budget(3 * KIB, 4 * KIB, KIB, 0)));
    over.extend(visit(&person, &shop, &format!("/me/tickets/{reservation}"), &Budget(3 * KIB, 4 * KIB, KIB, 0)));
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn the_console_stays_small() {
    let Some(browser) = Browser::get() else { return };
    let shop = Shop::with(&[]);
    let person = browser.person();
    shop.log_in(&person, "admin@onsale.local");
    // With the chart's library, which no other page loads.
    let most = Budget(6 * KIB, 6 * KIB, 32 * KIB, 0);
    let mut over = visit(&person, &shop, "/console", &most);
    over.extend(visit(&person, &shop, "/console/letters", &most));
    let line = shop.new_show();
    over.extend(visit(&person, &shop, &format!("/console/lines/{}", line.schedule), &most));
    assert!(over.is_empty(), "{over:#?}");
}
