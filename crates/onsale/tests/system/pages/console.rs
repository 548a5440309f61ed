//! The console: a rate that somebody else has changed, a pause that people are told of, letters that are replayed as listed.

use super::shop::{Shop, open};
use super::sweep::{Sweep, demo_show};
use crate::browser::{Browser, Person};
use rusqlite::Connection;
use serde_json::json;
use std::time::Duration;

fn operator(browser: &'static Browser, shop: &Shop) -> Person {
    let person = browser.person();
    shop.log_in(&person, "admin@onsale.local");
    person.speaks("en");
    person
}

/// Opens the page of a line, and waits for its chart: it moves what stands below it.
#[track_caller]
fn open_line(person: &Person, address: &str) {
    person.open(address);
    person.until("!document.getElementById('chart').hidden");
}

/// What is typed is told before; more than twice is asked about; what another has changed meanwhile is not overwritten.
#[test]
fn a_rate_that_another_changed_is_a_conflict() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    shop.let_in(&show, 10);
    let person = operator(browser, &shop);
    let here = shop.url(&format!("/console/lines/{}", show.schedule));
    open_line(&person, &here);
    person.fill("#ratePerSecond", "15");
    shop.let_in(&show, 12);
    // Said before the press, too; and from here on nothing moves any more.
    person.until_text("#rate-preview", "changed to 12");
    person.follow("#rate-change");
    assert!(person.text("#conflict").contains("12"), "{}", person.text("#conflict"));
    assert_eq!(rate(&shop, &show.schedule), 12, "it was overwritten");
    person.follow("#sure-form button");
    assert_eq!(rate(&shop, &show.schedule), 15);
    // More than twice as many: a second press. And back within a minute.
    open_line(&person, &here);
    person.fill("#ratePerSecond", "100");
    person.click("#rate-change");
    // The page itself asks: the same button, with other words.
    person.until_text("#rate-change", "100");
    assert_eq!(rate(&shop, &show.schedule), 15);
    person.follow("#rate-change");
    assert_eq!(rate(&shop, &show.schedule), 100);
    person.follow("#undo button");
    assert_eq!(rate(&shop, &show.schedule), 15);
    person.assert_clean(&["status of 409"]);
}

fn rate(shop: &Shop, line: &str) -> u64 {
    let line = shop.admin.get(&format!("/queue/admin/lines/{line}")).ok();
    line["ratePerSecond"].as_u64().expect("a rate")
}

/// The operator writes, and the person who waits reads, without a reload.
#[test]
fn words_of_a_pause_reach_those_who_wait() {
    let Some((browser, shop)) = open() else { return };
    let show = shop.new_show();
    shop.let_in(&show, 0);
    let (waiting, _) = shop.visitor(browser);
    waiting.speaks("ko");
    waiting.open(&shop.url(&format!("/wait/{}", show.schedule)));
    waiting.until("document.querySelector('main').className === 'is-live'");
    let person = operator(browser, &shop);
    open_line(&person, &shop.url(&format!("/console/lines/{}", show.schedule)));
    person.fill("#pause-ko", "음향을 점검하고 있습니다. 순서는 그대로입니다.");
    person.fill("#pause-en", "We check the sound. Your place is kept.");
    person.follow("#pause-form button");
    person.until("document.getElementById('state').dataset.state === 'PAUSED'");
    waiting.value("dispatchEvent(new Event('online'))");
    waiting.until_text("#words", "음향을 점검하고 있습니다");
    waiting.until_state(&["paused"]);
    person.until("!document.getElementById('chart').hidden");
    person.follow("#resume-form button");
    waiting.value("dispatchEvent(new Event('online'))");
    waiting.until("document.getElementById('notice').hidden");
    for one in [&person, &waiting] {
        one.assert_clean(&[]);
    }
}

/// Puts a message of which nobody can handle anything among the dead letters, as a consumer would.
fn bury(shop: &Shop, key: &str) -> String {
    let file = Connection::open(shop.world.folder.path().join("bus.sqlite")).expect("the dead letters");
    file.busy_timeout(Duration::from_secs(10)).expect("patience");
    let value = json!({"eventId": "0190a1b2-0000-7000-8000-000000000001", "payload": {"userId": "kim@example.com"}});
    file.execute(
        "INSERT INTO dead_letters (topic, consumer_group, reason, error, original_topic, original_partition, original_offset, key,
            headers, value, buried_at_ms) VALUES ('dlq.payment', 'nobody', 'INVALID', 'told by kim@example.com', 'payment.events', 0, 7,
            ?1, '[[\"eventType\", \"PaymentSuccess\"]]', ?2, CAST(strftime('%s', 'now') AS INTEGER) * 1000)",
        (key, value.to_string().into_bytes()),
    )
    .expect("buried");
    file.last_insert_rowid().to_string()
}

/// One that arrives while the operator thinks is not touched: "all" is never more than what was seen.
#[test]
fn exactly_the_chosen_letters_are_replayed() {
    let Some((browser, shop)) = open() else { return };
    let ids = ["a", "b", "c"].map(|key| bury(&shop, key));
    let person = operator(browser, &shop);
    person.open(&shop.url("/console/letters"));
    for id in &ids[..2] {
        person.click(&format!("input[name=ids][value='{id}']"));
    }
    person.until_text("#picked", "2");
    person.follow("button[value=replay]");
    assert!(!person.text("main").contains("kim@example.com"));
    let late = bury(&shop, "late");
    person.follow("#sure-form button");
    let outcomes = "[...document.querySelectorAll('#outcomes tr[data-letter]')].map((row) => row.dataset.letter + row.dataset.outcome)";
    let mut told: Vec<String> = serde_json::from_value(person.value(outcomes).expect("outcomes")).expect("texts");
    told.sort();
    let mut wanted = [format!("{}REPLAYED", ids[0]), format!("{}REPLAYED", ids[1])];
    wanted.sort();
    assert_eq!(told, wanted);
    let left = shop.admin.get("/api/v1/admin/dead-letters?size=100").ok();
    let state = |id: &str| {
        let mut list = left["list"].as_array().expect("a list").iter();
        list.find(|one| one["id"] == id).map(|one| one["replayRequested"].as_bool().unwrap_or_default())
    };
    assert_eq!([state(&ids[2]), state(&late)], [Some(false), Some(false)], "{left}");
    person.assert_clean(&[]);
}

#[test]
fn the_console_is_for_everybody() {
    let Some((browser, shop)) = open() else { return };
    let mut sweep = Sweep::new(browser, &shop);
    let show = demo_show(&shop);
    let waits = shop.new_show();
    shop.let_in(&waits, 5);
    bury(&shop, "seen");
    let buyer = shop.buyer();
    shop.log_in(&sweep.person, &buyer.email);
    sweep.person.open(&shop.url("/console"));
    let state = sweep.person.words("document.querySelector('main').dataset.state");
    sweep.look(&state);
    sweep.person.delete_cookie("accessToken");
    sweep.person.tell("Network.clearBrowserCookies", json!({}));
    shop.log_in(&sweep.person, "admin@onsale.local");
    let paths = [
        "/console".to_owned(),
        "/console/lines".to_owned(),
        "/console/lines/new".to_owned(),
        format!("/console/lines/{}", waits.schedule),
        format!("/console/lines/{}/rate?to=50", waits.schedule),
        "/console/campaigns".to_owned(),
        "/console/campaigns/new".to_owned(),
        "/console/campaigns/sample_event".to_owned(),
        "/console/shows".to_owned(),
        format!("/console/shows/{}", show.event),
        format!("/console/shows/{}/cancel", show.event),
        "/console/letters".to_owned(),
        "/console/reconcile".to_owned(),
        "/console/appeal".to_owned(),
        format!("/console/appeal?userId={}", buyer.email),
        "/console/audit".to_owned(),
        "/console/looks".to_owned(),
        "/console/looks/default".to_owned(),
    ];
    for path in paths {
        sweep.person.open(&shop.url(&path));
        let state = sweep.person.words("document.querySelector('main').dataset.state");
        sweep.look(&state);
    }
    sweep.end(&["status of 403", "status of 404"]);
}
