//! Old rows are deleted daily at 02:00 UTC.

use crate::support::{Books, TOPIC, message};
use domain::Timestamp;
use ledger::{outbox, processed, purge};
use ledger_testkit::Site;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Writes and publishes a message, and records that one was processed.
async fn write(books: &Books, id: u128) {
    let change = books.ledger.begin().await.expect("begins");
    outbox::append(&change, TOPIC, &message(id)).await.expect("written");
    processed::record(&change, "toy-group", &[&message(id)]).await.expect("recorded");
    change.commit().await.expect("commits");
    let next = outbox::next(&books.ledger, 1).await.expect("read");
    outbox::mark_published(&books.ledger, &[next[0].sequence]).await.expect("marked");
}

async fn counts(books: &Books) -> (i64, i64) {
    let raw = books.raw().await;
    let messages = raw.numbers("SELECT count(*) FROM outbox_events").await[0];
    (messages, raw.numbers("SELECT count(*) FROM processed_events").await[0])
}

#[tokio::test]
async fn what_is_old_goes_at_two_and_not_before() {
    let books = Books::open(Site::sqlite()).await;
    // 50 ms before the run of a day.
    let clock = clock::set(Timestamp::parse("2026-12-01T01:59:59.950Z").expect("a time"));
    write(&books, 1).await;
    clock.advance(24 * DAY);
    write(&books, 2).await;
    clock.advance(7 * DAY - Duration::from_secs(1));
    write(&books, 3).await;
    clock.advance(Duration::from_secs(1));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let run = purge::run(vec![books.ledger.clone()], async {
        let _ = ended.await;
    });
    let look = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(counts(&books).await, (3, 3), "nothing goes before the time");
        clock.advance(Duration::from_millis(100));
        let gone = async {
            while counts(&books).await != (1, 2) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), gone).await.expect("published for 7 days, processed for 30");
        end.send(()).expect("still running");
    };
    tokio::join!(run, look);
    assert_eq!(counts(&books).await, (1, 2));
}
