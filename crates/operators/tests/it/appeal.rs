//! Who was told what: stored, found, left out, removed.

use crate::support::{NOON, answer, open};
use domain::Timestamp;
use ledger::Ledger;
use ledger_testkit::{Site, on_every_database};
use operators::appeal::rows::purge;
use operators::appeal::{AppealPage, AppealQuery, Appeals, Kept, Sink, StoreBody, read, run, store};
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;

on_every_database!(
    what_was_told_is_found_by_trace_and_by_person,
    what_was_left_out_is_counted_beside_every_list,
    old_answers_go_and_the_oldest_beyond_the_bound,
);

async fn asked(ledger: &Ledger, query: &str) -> Result<AppealPage, String> {
    let query: AppealQuery = serde_json::from_str(query).expect("a query");
    read(ledger, query, 30).await.map_err(|error| error.code.as_str().to_owned())
}

async fn traces(ledger: &Ledger, query: &str) -> Vec<String> {
    let page = asked(ledger, query).await.expect("read");
    page.list.into_iter().map(|told| told.trace_id).collect()
}

fn at(ms: i64) -> Timestamp {
    Timestamp(NOON.millis() + ms)
}

async fn what_was_told_is_found_by_trace_and_by_person(site: Site) {
    let _clock = clock::set(at(10_000));
    let ledger = open(&site).await;
    let others = operators::appeal::Answer { user_id: None, ..answer(at(3), "c") };
    let list = vec![answer(at(1), "a"), answer(at(2_500), "b"), others];
    store(&ledger, &StoreBody { list, left_out: vec![] }).await.expect("stored");
    let page = asked(&ledger, r#"{"traceId":"a"}"#).await.expect("read");
    let told = page.list.first().expect("one");
    assert_eq!((page.list.len(), told.at.as_str(), told.status), (1, "2026-12-01T12:00:00.001Z", 409));
    assert_eq!((told.code.as_deref(), told.target.as_deref()), (Some("SEAT_ALREADY_HELD"), Some("schedule")));
    assert_eq!((page.is_more, page.kept_days, page.left_out), (false, 30, 0));
    assert_eq!(traces(&ledger, r#"{"userId":"kim"}"#).await, ["b", "a"], "newest first");
    assert_eq!(traces(&ledger, r#"{"userId":"kim","from":"2026-12-01T12:00:02Z"}"#).await, ["b"]);
    assert_eq!(traces(&ledger, r#"{"userId":"kim","to":"2026-12-01T12:00:02Z"}"#).await, ["a"]);
    assert_eq!(traces(&ledger, r#"{"userId":"lee"}"#).await, Vec::<String>::new());
    for wrong in [
        "{}",
        r#"{"traceId":"a","userId":"kim"}"#,
        r#"{"userId":""}"#,
        r#"{"traceId":""}"#,
        r#"{"userId":"kim","from":"yesterday"}"#,
    ] {
        assert_eq!(asked(&ledger, wrong).await.err().as_deref(), Some("INVALID_INPUT"), "{wrong}");
    }
    let many = (0..501).map(|index| answer(at(100 + index), "many")).collect();
    for part in chunks(many) {
        store(&ledger, &StoreBody { list: part, left_out: vec![] }).await.expect("stored");
    }
    let page = asked(&ledger, r#"{"traceId":"many"}"#).await.expect("read");
    assert_eq!((page.list.len(), page.is_more), (500, true));
}

fn chunks(mut all: Vec<operators::appeal::Answer>) -> Vec<Vec<operators::appeal::Answer>> {
    let rest = all.split_off(all.len() / 2);
    vec![all, rest]
}

async fn what_was_left_out_is_counted_beside_every_list(site: Site) {
    let clock = clock::set(NOON);
    let ledger = open(&site).await;
    for count in [7, 5] {
        let left_out = vec![("coupon".to_owned(), count)];
        store(&ledger, &StoreBody { list: vec![], left_out }).await.expect("stored");
        clock.advance(Duration::from_secs(60));
    }
    let left_out = async |query: &str| asked(&ledger, query).await.expect("read").left_out;
    assert_eq!(left_out(r#"{"userId":"kim"}"#).await, 12);
    assert_eq!(left_out(r#"{"userId":"kim","from":"2026-12-01T12:00:30Z"}"#).await, 5, "of that time");
    assert!(asked(&ledger, r#"{"userId":"kim"}"#).await.expect("read").list.is_empty(), "a count is no answer");
    clock.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(left_out(r#"{"userId":"kim"}"#).await, 0, "of the days that are kept");
}

async fn old_answers_go_and_the_oldest_beyond_the_bound(site: Site) {
    let ledger = open(&site).await;
    let days = |count: i64| Timestamp(NOON.millis() - count * DAY_MS);
    let list = (0..40).map(|day| answer(days(day), &format!("day-{day}"))).collect();
    store(&ledger, &StoreBody { list, left_out: vec![] }).await.expect("stored");
    assert_eq!(purge(&ledger, NOON, 30, 1_000).await.expect("removed"), 10, "thirty days are kept");
    assert_eq!(purge(&ledger, NOON, 30, 1_000).await.expect("removed"), 0);
    assert_eq!(purge(&ledger, NOON, 30, 8).await.expect("removed"), 22, "the oldest beyond eight");
    let _clock = clock::set(NOON);
    assert_eq!(traces(&ledger, r#"{"userId":"kim"}"#).await.last().map(String::as_str), Some("day-7"));
}

/// A database that is away for a while loses nothing that waits.
#[tokio::test]
async fn what_waits_is_stored_when_the_table_is_there() {
    let site = Site::sqlite();
    let ledger = open(&site).await;
    let appeals = Appeals::default();
    let recorder = appeals.recorder("reservation");
    let now = clock::now();
    recorder.note(now, true, |role| operators::appeal::Answer { role: role.into(), ..answer(now, "t-1") });
    let sink = Sink::Table(Box::new(ledger.clone()), Kept { days: 30, rows: 1_000 });
    let writer = tokio::spawn(run(appeals, sink));
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    while traces(&ledger, r#"{"traceId":"t-1"}"#).await.is_empty() {
        assert!(tokio::time::Instant::now() < until, "never stored");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    writer.abort();
}
