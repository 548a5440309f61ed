//! Hot state that was emptied, and calls that come again.

use super::support::{Show, TTL_MS, hold, holders, is_held, now, number, open, text, waiting};
use domain::Timestamp;
use domain::seat::{HoldEnd, HoldOutcome, HoldRequest, PutRight, Window};
use hot::SeatPort;
use hot::line::Clock;
use hot::redis::Ack;
use testkit::{Flavor, Kit, RedisNode};

#[tokio::test(flavor = "multi_thread")]
async fn hot_state_that_was_emptied_is_put_right_by_the_rows() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let (seats, show) = (open(&redis.url(), Ack::None).await, Show::new());
    assert!(is_held(&hold(&seats, show.ask(1, &[1, 2])).await));
    assert!(is_held(&hold(&seats, show.ask(2, &[3])).await));
    assert_eq!(seats.keep(&show.holding(2, &[3]), Clock::Engine).await, Ok(vec![]));
    let before = seats.holds(show.0, Window::OPEN, Clock::Engine).await.expect("shown");
    redis.tell(&["FLUSHALL"]).expect("flushed");
    let empty = seats.holds(show.0, Window::OPEN, Clock::Engine).await.expect("shown");
    assert!(empty.holds.is_empty() && empty.sequence > before.sequence, "it is told that all has changed");
    // Somebody is quicker than the repair; the database refuses that one, and its hold gets no row.
    assert!(is_held(&hold(&seats, show.ask(3, &[2])).await));
    let end = HoldEnd::At(Timestamp(now().millis() + TTL_MS as i64));
    let rows = vec![show.row(1, 1, end), show.row(2, 1, end), show.row(3, 2, HoldEnd::Kept)];
    let put_right = async |older_than_ms: i64| {
        let older_than = Timestamp(now().millis() + older_than_ms);
        seats.put_right(show.0, rows.clone(), older_than, Window::OPEN, Clock::Engine).await.expect("put right")
    };
    assert_eq!(put_right(-10_000).await, PutRight { gone: 0, made: 2, extended: 0 });
    let (one, two, three) = (show.reservation(1), show.reservation(2), show.reservation(3));
    let expected = [(show.seat(1), one), (show.seat(2), three), (show.seat(3), two)];
    assert_eq!(holders(&seats, show).await, expected, "the row of a young hold may be on its way");
    assert_eq!(put_right(10_000).await, PutRight { gone: 1, made: 1, extended: 0 });
    assert_eq!(holders(&seats, show).await, [(show.seat(1), one), (show.seat(2), one), (show.seat(3), two)]);
    assert!(put_right(10_000).await.is_nothing());
    assert!(!is_held(&hold(&seats, show.ask(4, &[1])).await));
    assert!(is_held(&hold(&seats, HoldRequest { seats_max: 2, ..show.ask(1, &[1, 2]) }).await), "the holder has it");
    assert_eq!(seats.schedules().await, Ok(vec![show.0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_reply_was_lost_may_come_again() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (seats, other, show) = (open(&redis.url(), Ack::None).await, open(&redis.url(), Ack::None).await, Show::new());
    let first = hold(&seats, show.ask(1, &[1, 2])).await;
    let Ok(HoldOutcome::Held { until }) = first else { panic!("{first:?}") };
    assert_eq!(hold(&other, show.ask(1, &[1, 2])).await, Ok(HoldOutcome::Held { until }), "from another server");
    assert_eq!(hold(&other, show.ask(1, &[2, 1, 2])).await, Ok(HoldOutcome::Held { until }));
    let swap = HoldRequest { replaces: Some(show.reservation(1)), ..show.ask(1, &[2, 3]) };
    for _ in 0..2 {
        assert_eq!(hold(&seats, swap.clone()).await, Ok(HoldOutcome::Held { until }), "the earliest end");
    }
    let release = || vec![show.release(1, &[1], waiting(100))];
    assert_eq!(seats.release(release(), Clock::Engine).await, [Ok(show.seats(&[1]))]);
    assert_eq!(seats.release(release(), Clock::Engine).await, [Ok(vec![])]);
    let keep = show.holding(1, &[2, 3]);
    for _ in 0..2 {
        assert_eq!(seats.keep(&keep, Clock::Engine).await, Ok(vec![]));
    }
    let later = Timestamp(until.millis() + 120_000);
    for _ in 0..2 {
        assert_eq!(other.extend(&keep, later, Clock::Engine).await, Ok(vec![]));
    }
    assert_eq!(seats.sold(&keep, Clock::Engine).await, Ok(show.seats(&[2, 3])));
    assert_eq!(seats.sold(&keep, Clock::Engine).await, Ok(vec![]));
    assert_eq!(holders(&other, show).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_taken_over_with_its_keys() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (seats, show) = (open(&redis.url(), Ack::None).await, Show::new());
    let of_one = |n: u64, seats: &[u64]| HoldRequest { user: show.user(1), ..show.ask(n, seats) };
    assert!(is_held(&hold(&seats, of_one(1, &[1, 2, 3])).await));
    let own = vec![show.reservation(1)];
    let retry = hold(&seats, of_one(2, &[3, 4])).await;
    assert_eq!(retry, Ok(HoldOutcome::Taken { seats: show.seats(&[3]), own: own.clone() }));
    let retry = hold(&seats, HoldRequest { rowless: own, ..of_one(2, &[3, 4]) }).await;
    assert!(is_held(&retry), "{retry:?}");
    let two = show.reservation(2);
    assert_eq!(holders(&seats, show).await, [(show.seat(3), two), (show.seat(4), two)]);
    let shown = |n: u64| number(redis, &["EXISTS", &format!("{}:{}", show.key("seat:hold"), show.seat(n))]);
    assert_eq!([1, 2, 3, 4].map(shown), [0, 0, 1, 1]);
    let user_key = format!("{}:{}", show.key("seat:user"), show.user(1));
    assert_eq!(number(redis, &["HLEN", &user_key]), 2);
}

/// What was worked out from the whole book is written only where the book is still as it was read.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_has_changed_meanwhile_is_left_alone() {
    const APPLY: &str =
        concat!(include_str!("../../../src/redis/seat/common.lua"), include_str!("../../../src/redis/seat/apply.lua"));
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (seats, show) = (open(&redis.url(), Ack::None).await, Show::new());
    let (book, seat) = (show.key("seat:book"), show.seat(1).to_string());
    assert!(is_held(&hold(&seats, show.ask(1, &[1])).await));
    let first = text(redis, &["HGET", &book, &seat]);
    assert_eq!(seats.sold(&show.holding(1, &[1]), Clock::Engine).await, Ok(show.seats(&[1])));
    assert!(is_held(&hold(&seats, show.ask(2, &[1])).await));
    let second = text(redis, &["HGET", &book, &seat]);
    let take_away = |read: &str| {
        let keys = [book.as_str(), &show.key("hold_seats"), &show.key("seat:returned")];
        let words: Vec<&str> = ["EVAL", APPLY, "3"].into_iter().chain(keys).chain(["", &seat, read, "", "1"]).collect();
        redis.tell(&words).expect("runs");
    };
    for stale in [first.as_str(), ""] {
        take_away(stale);
        assert_eq!(text(redis, &["HGET", &book, &seat]), second);
    }
    take_away(&second);
    assert_eq!(holders(&seats, show).await, []);
}
