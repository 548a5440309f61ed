//! Ten thousand people and one seat, through routes, hot state and tables: one hold.

use crate::world::{Answer, SHOW, World, person, seat, seats};
use axum::http::Method;
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: u128 = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_10_000_people_on_one_seat_exactly_one_holds_it() {
    let world = World::open().await;
    let mut passes = Vec::new();
    for by in 1..=PEOPLE {
        passes.push((by, world.pass(by, u64::try_from(by).expect("small")).await));
    }
    let world = &world;
    let asked = stream::iter(passes).map(|(by, pass)| async move {
        let body = json!({"scheduleId": SHOW, "seatIds": seats(&[4])});
        world.post(by, &pass, "/reservations/hold", body).await
    });
    let answers: Vec<Answer> = asked.buffer_unordered(2_000).collect().await;
    let mut codes: BTreeMap<(u16, String), u32> = BTreeMap::new();
    for answer in &answers {
        let (status, code) = answer.code();
        *codes.entry((status, code.to_owned())).or_default() += 1;
        if status == 409 {
            assert_eq!(answer.body["taken"], json!([seat(4)]));
            assert_eq!(answer.body["instead"].as_array().map(Vec::len), Some(1), "{}", answer.body);
        }
    }
    let expected = [((201, String::new()), 1), ((409, "SEAT_ALREADY_HELD".to_owned()), 9_999)];
    assert_eq!(codes, BTreeMap::from(expected));
    assert_eq!(world.seen(1, 1).await, (vec![4], vec![]));
    let sold = world.internal(&format!("/internal/reservations/held/{SHOW}")).await.expect(200);
    assert_eq!(sold, json!({"held": 1}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_for_few_seats_gets_each_once_and_nobody_more_than_four() {
    let world = World::open().await;
    let world = &world;
    let asked = stream::iter(0..1_000_u128).map(|number| async move {
        // A hundred people who try ten times each: named seats, and the best that there are.
        let by = 1 + number % 100;
        let first = u32::try_from(number * 7 % 19).expect("small");
        let first = if first == 9 { 10 } else { first };
        let body = match number % 3 {
            0 => json!({"scheduleId": SHOW, "count": 1 + number % 4}),
            _ => json!({"scheduleId": SHOW, "seatIds": seats(&[first])}),
        };
        world.hold_with(by, body).await
    });
    let answers: Vec<Answer> = asked.buffer_unordered(200).collect().await;
    let held: usize = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.body["seats"].as_array().map_or(0, Vec::len))
        .sum();
    let known = ["", "SEAT_ALREADY_HELD", "SEAT_NOT_AVAILABLE", "MAX_SEATS_EXCEEDED", "RESERVATION_IN_PROGRESS"];
    let codes: BTreeSet<&str> = answers.iter().map(|answer| answer.code().1).collect();
    assert!(codes.iter().all(|code| known.contains(code)), "{codes:?}");
    let live = world.internal(&format!("/internal/reservations/held/{SHOW}")).await.expect(200);
    assert_eq!(live["held"], held);
    let pass = world.pass(999, 999).await;
    let path = format!("/reservations/seats/{SHOW}");
    let seen = world.send(Some(person(999)), Method::GET, &path, None, &[("x-queue-token", &pass)]).await.expect(200);
    assert_eq!(seen["seats"]["hold"], held, "hot state and rows agree");
    for by in 1..=100 {
        let list = world.get(by, "/reservations?size=100").await.expect(200);
        let seats = |one: &serde_json::Value| one["seats"].as_array().map_or(0, Vec::len);
        let own: usize = list["list"].as_array().expect("a list").iter().map(seats).sum();
        assert!(own <= 4, "{by} has {own}");
    }
}
