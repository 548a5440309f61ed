//! Lists: pages, filters, keywords, order.

use crate::support::{NOON, Shop, Who, schedule};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::time::Duration;

on_every_database!(
    a_keyword_is_literal_and_of_one_unicode_form,
    lists_are_sorted_by_each_key_and_paged_without_gaps,
    a_status_filter_follows_the_clock,
);

async fn titles(shop: &Shop, query: &str) -> Vec<String> {
    let list = shop.get(&format!("/events?{query}")).await.expect(200);
    let list = list["list"].as_array().expect("a list").clone();
    list.iter().map(|one| one["title"].as_str().expect("a title").to_owned()).collect()
}

/// Percent-encodes a keyword.
fn keyword(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("sort=title,asc&keyword={bytes}")
}

async fn a_keyword_is_literal_and_of_one_unicode_form(site: Site) {
    let _clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    let decomposed = "\u{1100}\u{1161}\u{110b}\u{1173}\u{11af} 밤";
    for (title, artist) in [
        ("100% 라이브", "한강밴드"),
        ("100 라이브", "한강_밴드"),
        ("A!B", "back\\slash"),
        (decomposed, "Café"),
        ("AXB", "quote'\"s"),
    ] {
        shop.open_event(&place, json!({"title": title, "artist": artist})).await;
    }
    for (text, found) in [
        ("100%", vec!["100% 라이브"]),
        ("%", vec!["100% 라이브"]),
        ("_", vec!["100 라이브"]),
        ("한강", vec!["100 라이브", "100% 라이브"]),
        ("한강_밴드", vec!["100 라이브"]),
        ("A!B", vec!["A!B"]),
        ("!", vec!["A!B"]),
        ("\\", vec!["A!B"]),
        ("axb", vec!["AXB"]),
        ("'\"", vec!["AXB"]),
        ("가을", vec!["가을 밤"]),
        (decomposed, vec!["가을 밤"]),
        ("cafe\u{301}", vec!["가을 밤"]),
        ("CAFÉ", vec!["가을 밤"]),
        ("밤 Café", vec![]),
        ("nothing", vec![]),
    ] {
        assert_eq!(titles(&shop, &keyword(text)).await, found, "{text:?}");
    }
}

async fn lists_are_sorted_by_each_key_and_paged_without_gaps(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    // In the order of making; title, artist, start and sale stand in other orders.
    for (title, artist, sale, end) in
        [("나", "c", 30, 900), ("다", "a", 20, 700), ("가", "b", 40, 800), ("라", "d", 10, 800), ("B", "e", 15, 950)]
    {
        let body = json!({"title": title, "artist": artist, "schedules": [schedule(1, sale, end)]});
        shop.open_event(&place, body).await;
        clock.advance(Duration::from_secs(1));
    }
    for (sort, wanted) in [
        ("title", ["B", "가", "나", "다", "라"]),
        ("artist", ["다", "가", "나", "라", "B"]),
        ("createdAt", ["나", "다", "가", "라", "B"]),
        ("saleStartAt", ["라", "B", "다", "나", "가"]),
    ] {
        assert_eq!(titles(&shop, &format!("sort={sort},asc")).await, wanted, "{sort}");
        let mut turned = wanted;
        turned.reverse();
        assert_eq!(titles(&shop, &format!("sort={sort},desc")).await, turned, "{sort}");
    }
    let by_start = titles(&shop, "").await;
    assert_eq!((by_start[0].as_str(), by_start[3].as_str(), by_start[4].as_str()), ("다", "나", "B"));
    let mut pages = Vec::new();
    for page in 0..4 {
        pages.extend(titles(&shop, &format!("page={page}&size=2")).await);
    }
    assert_eq!(pages, by_start, "events that begin at the same time stand on one page each");
    let page = shop.get("/events?page=1&size=2").await.expect(200);
    assert_eq!((&page["page"], &page["size"], &page["totalElements"]), (&json!(1), &json!(2), &json!(5)));
}

async fn a_status_filter_follows_the_clock(site: Site) {
    let clock = clock::set(NOON);
    let shop = Shop::open(site).await;
    let place = shop.small_place().await;
    // Sale from 13:00 to 14:00, played from 17:00 to 18:00.
    let short = shop.open_event(&place, json!({"title": "short", "schedules": [schedule(1, 60, 120)]})).await;
    shop.open_event(&place, json!({"title": "long", "schedules": [schedule(1, 60, 600), schedule(2, 700, 900)]})).await;
    shop.prepared_event(&place, json!({"title": "prepared"})).await;
    let gone = shop.open_event(&place, json!({"title": "gone"})).await;
    shop.step(&format!("/events/{gone}/cancel")).await.expect(200);
    let by_status = async |status: &str| titles(&shop, &format!("status={status}&sort=title,asc")).await;
    assert_eq!(by_status("UPCOMING").await, ["long", "short"]);
    assert_eq!(by_status("OPEN").await, ["long", "short"]);
    assert_eq!(by_status("CANCELLED").await, ["gone"]);
    assert!(by_status("ENDED").await.is_empty() && by_status("CLOSED").await.is_empty());
    clock.advance(Duration::from_secs(3_600));
    assert!(by_status("UPCOMING").await.is_empty(), "kept lists have ended with the opening");
    clock.advance(Duration::from_secs(5 * 3_600 - 1));
    assert_eq!(by_status("OPEN").await, ["long", "short"]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(by_status("OPEN").await, ["long"]);
    assert_eq!(
        (by_status("ENDED").await, by_status("CLOSED").await),
        (vec!["short".to_owned()], vec!["short".to_owned()])
    );
    let detail = shop.get(&format!("/events/{short}")).await.expect(200);
    assert_eq!((&detail["status"], &detail["schedules"][0]["times"][0]["status"]), (&json!("ENDED"), &json!("ENDED")));
    let all = |list: Value| list["totalElements"].as_u64();
    assert_eq!(all(shop.get("/events").await.expect(200)), Some(3));
    assert_eq!(all(shop.get_as(Who::Admin, "/events").await.expect(200)), Some(4));
}
