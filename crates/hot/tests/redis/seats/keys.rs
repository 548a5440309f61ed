//! The keys that others read (`contract.md`, Hot state), and their lives.

use super::support::{Show, TTL_MS, hold, is_held, now, number, open, text, waiting};
use domain::seat::HoldRequest;
use hot::SeatPort;
use hot::line::Clock;
use hot::redis::Ack;
use testkit::{Flavor, Kit, RedisNode};

/// Ten minutes, in which a kept hold has to be named.
const LIFE_MS: i64 = 600_000;

/// Names of all keys, each of which must end.
fn keys(redis: &RedisNode) -> Vec<String> {
    let keys = text(redis, &["EVAL", "return table.concat(redis.call('KEYS', '*'), ' ')", "0"]);
    let keys: Vec<String> = keys.split_whitespace().map(str::to_owned).collect();
    for key in &keys {
        assert!(number(redis, &["PTTL", key]) > 0, "{key} has no life");
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_keys_show_what_stands_and_all_end() {
    let kit = Kit::temporary().expect("a folder");
    let Some(redis) = testkit::available(RedisNode::start(&kit, Flavor::Redis)) else { return };
    let (seats, show) = (open(&redis.url(), Ack::None).await, Show::new());
    assert!(is_held(&hold(&seats, show.ask(1, &[1, 2])).await));
    assert!(is_held(&hold(&seats, show.ask(2, &[3])).await));
    let hold_key = |n: u64| format!("{}:{}", show.key("seat:hold"), show.seat(n));
    let user_key = format!("{}:{}", show.key("seat:user"), show.user(1));
    let shown: serde_json::Value = serde_json::from_str(&text(&redis, &["GET", &hold_key(1)])).expect("JSON");
    assert_eq!(shown["reservationId"], show.reservation(1).to_string());
    assert_eq!(shown["userId"], show.user(1).to_string());
    let left_ms = number(&redis, &["PTTL", &hold_key(1)]);
    assert!((1..=TTL_MS as i64).contains(&left_ms), "the rest of the hold: {left_ms}");
    assert_eq!(number(&redis, &["SCARD", &show.key("hold_seats")]), 3);
    let left_ms = number(&redis, &["PTTL", &show.key("hold_seats")]);
    assert!((TTL_MS as i64..=LIFE_MS).contains(&left_ms), "{left_ms}");
    let of_user = text(&redis, &["HGET", &user_key, &show.seat(2).to_string()]);
    assert_eq!(of_user, show.reservation(1).to_string());
    keys(&redis);

    assert_eq!(seats.keep(&show.holding(1, &[1]), Clock::Engine).await, Ok(vec![]));
    let left_ms = number(&redis, &["PTTL", &hold_key(1)]);
    assert!((TTL_MS as i64 + 1..=LIFE_MS).contains(&left_ms), "kept: {left_ms}");
    let releases = vec![show.release(1, &[2], waiting(100))];
    assert_eq!(seats.release(releases, Clock::Engine).await, [Ok(show.seats(&[2]))]);
    let until: i64 =
        text(&redis, &["ZSCORE", &show.key("seat:returned"), &show.seat(2).to_string()]).parse().expect("ms");
    assert!((60_000..=120_000).contains(&(until - now().millis())), "{until}");
    assert_eq!(number(&redis, &["EXISTS", &hold_key(2)]), 0);
    assert_eq!(number(&redis, &["SISMEMBER", &show.key("hold_seats"), &show.seat(2).to_string()]), 0);
    keys(&redis);

    // A newcomer takes what came back; the rest is sold.
    let newcomer = HoldRequest { ticket: Some(domain::line::QueueNumber(101)), ..show.ask(3, &[2]) };
    assert!(is_held(&hold(&seats, newcomer).await));
    for (n, own) in [(1, vec![1]), (2, vec![3]), (3, vec![2])] {
        assert_eq!(seats.sold(&show.holding(n, &[1, 2, 3]), Clock::Engine).await, Ok(show.seats(&own)));
    }
    let left = keys(&redis);
    let book = show.key("seat:book");
    assert_eq!(left.iter().filter(|key| key.contains(&show.0.to_string())).collect::<Vec<_>>(), [&book]);
    assert_eq!(number(&redis, &["HLEN", &book]), 1, "the sequence");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_hold_is_forgotten_unless_it_is_named() {
    let Some(redis) = testkit::available(testkit::shared().redis()) else { return };
    let (seats, show) = (open(&redis.url(), Ack::None).await, Show::new());
    assert!(is_held(&hold(&seats, show.ask(1, &[1, 2, 3])).await));
    assert_eq!(seats.keep(&show.holding(1, &[1, 2, 3]), Clock::Engine).await, Ok(vec![]));
    let named = |n: u64, named_ms: i64| {
        let (reservation, user) = (show.reservation(1), show.user(1));
        let record = format!("K{reservation},{user},{named_ms},{}", named_ms - 1);
        redis.tell(&["HSET", &show.key("seat:book"), &show.seat(n).to_string(), &record]).expect("written");
    };
    let record = |n: u64| text(redis, &["HGET", &show.key("seat:book"), &show.seat(n).to_string()]);
    let at = now().millis() - LIFE_MS;
    named(1, at);
    named(2, at + 60_000);
    named(3, at);
    assert!(is_held(&hold(&seats, show.ask(2, &[1])).await), "forgotten, and not returned");
    // Named by its row.
    let older_than = domain::Timestamp(at - 60_000);
    let rows = vec![show.row(2, 1, domain::seat::HoldEnd::Kept)];
    let right = seats.put_right(show.0, rows, older_than, waiting(0), Clock::Engine).await.expect("put right");
    assert!(right.is_nothing(), "{right:?}");
    assert_ne!(record(2), format!("K{},{},{},{}", show.reservation(1), show.user(1), at + 60_000, at + 59_999));
    assert_eq!(number(redis, &["HEXISTS", &show.key("seat:book"), &show.seat(3).to_string()]), 0, "forgotten");
    assert!(!is_held(&hold(&seats, show.ask(3, &[2])).await));
    // Named by a call.
    named(2, at + 60_000);
    assert_eq!(seats.keep(&show.holding(1, &[2]), Clock::Engine).await, Ok(vec![]));
    assert_ne!(record(2), format!("K{},{},{},{}", show.reservation(1), show.user(1), at + 60_000, at + 59_999));
}
