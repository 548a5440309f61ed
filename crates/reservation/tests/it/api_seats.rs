//! `GET /reservations/seats/{id}` and its `state` (RSV-003; amendment 10).

use crate::world::{NOON, SHOW, World, person, seat};
use axum::http::Method;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

async fn state(world: &World, by: u128, ticket: u64, headers: &[(&str, &str)]) -> crate::world::Answer {
    let pass = world.pass(by, ticket).await;
    let mut all = vec![("x-queue-token", pass.as_str())];
    all.extend(headers);
    world.send(Some(person(by)), Method::GET, &format!("/reservations/seats/{SHOW}/state"), None, &all).await
}

fn bits(answer: &crate::world::Answer) -> Vec<u8> {
    answer.bytes.iter().flat_map(|byte| (0..4).map(move |place| byte >> (2 * place) & 3)).collect()
}

#[tokio::test]
async fn each_seat_is_free_or_in_one_list() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    world.held(1, &[0, 1]).await;
    world.others.known().shows.get_mut(&SHOW).expect("there").sold = [seat(1), seat(10)].into();
    let pass = world.pass(2, 2).await;
    let path = format!("/reservations/seats/{SHOW}");
    let answer = world.send(Some(person(2)), Method::GET, &path, None, &[("x-queue-token", &pass)]).await.expect(200);
    let expected = json!({"scheduleId": SHOW, "seats": {"total": 19, "available": 16, "sold": 2, "hold": 1},
        "sold": [seat(1), seat(10)], "hold": [seat(0)]});
    assert_eq!(answer, expected, "sold beats held");
}

#[tokio::test]
async fn seats_are_shown_to_holders_of_the_schedules_pass_alone() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let get = async |by: u128, path: &str, headers: &[(&str, &str)]| {
        let answer = world.send(Some(person(by)), Method::GET, path, None, headers).await;
        let (status, code) = answer.code();
        (status, code.to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    let pass = world.pass(1, 1).await;
    let nowhere = Uuid::from_u128(0x2000_0009 << 96);
    let no_pass = world.pass_for(1, domain::ScheduleId(nowhere), 1).await;
    for end in ["", "/state", "/stream"] {
        let path = format!("/reservations/seats/{SHOW}{end}");
        assert_eq!(get(1, &path, &[]).await, is(401, "QUEUE_TOKEN_MISSING"), "{path}");
        assert_eq!(get(1, &path, &[("x-queue-token", "qr_")]).await, is(401, "QUEUE_TOKEN_INVALID"), "{path}");
        assert_eq!(get(2, &path, &[("x-queue-token", &pass)]).await, is(401, "QUEUE_TOKEN_INVALID"), "{path}");
        let dead = format!("qr_{}", Uuid::new_v4());
        assert_eq!(get(1, &path, &[("x-queue-token", &dead)]).await, is(401, "QUEUE_TOKEN_EXPIRED"), "{path}");
        let unknown = format!("/reservations/seats/{nowhere}{end}");
        assert_eq!(get(1, &unknown, &[("x-queue-token", &no_pass)]).await, is(404, "NOT_FOUND"), "{unknown}");
        assert_eq!(get(1, &unknown, &[("x-queue-token", &pass)]).await, is(401, "QUEUE_TOKEN_INVALID"), "{unknown}");
        assert_eq!(
            get(1, &format!("/reservations/seats/7{end}"), &[("x-queue-token", &pass)]).await,
            is(404, "NOT_FOUND")
        );
    }
}

#[tokio::test]
async fn a_state_has_two_bits_a_seat_and_is_told_again_by_its_tag() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().shows.get_mut(&SHOW).expect("there").sold = [seat(10)].into();
    world.held(1, &[0, 4]).await;
    clock.advance(Duration::from_secs(1));
    let first = state(&world, 2, 2, &[]).await;
    assert_eq!((first.status, first.header("content-type").as_str()), (200, "application/octet-stream"));
    let mut expected = [0; 20];
    (expected[0], expected[4], expected[9], expected[10]) = (1, 1, 3, 2);
    assert_eq!((bits(&first), first.bytes.len()), (expected.to_vec(), 5));
    let tag = first.header("etag");
    let again = state(&world, 3, 3, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.header("x-sequence")), (304, first.header("x-sequence")));
    // A second later, and only then, what has changed is shown.
    world.held(3, &[5]).await;
    assert_eq!(state(&world, 2, 2, &[("if-none-match", &tag)]).await.status, 304);
    clock.advance(Duration::from_millis(1_000));
    let later = state(&world, 2, 2, &[("if-none-match", &tag)]).await;
    assert_eq!((later.status, bits(&later)[5]), (200, 1));
    let number = |answer: &crate::world::Answer| answer.header("x-sequence").parse::<u64>().expect("a number");
    assert_eq!(number(&later), number(&first) + 1);
}

#[tokio::test]
async fn a_state_is_made_once_a_second_for_all_processes() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let beside = world.beside().await;
    let first = state(&world, 1, 1, &[]).await;
    for index in 0..20 {
        let from = if index % 2 == 0 { &world } else { &beside };
        let same = state(from, index, 1, &[]).await;
        assert_eq!((same.header("x-sequence"), same.bytes), (first.header("x-sequence"), first.bytes.clone()));
        clock.advance(Duration::from_millis(40));
    }
    assert_eq!(world.others.asked("sold"), 1);
    world.held(2, &[0]).await;
    clock.advance(Duration::from_millis(2_000));
    let before = world.others.asked("sold");
    let (one, other) = tokio::join!(state(&world, 1, 1, &[]), state(&beside, 1, 1, &[]));
    assert_eq!(world.others.asked("sold"), before + 1, "one makes it and the other waits for it");
    assert_eq!((one.header("etag"), one.bytes.clone()), (other.header("etag"), other.bytes));
    assert_ne!(one.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn a_returned_seat_is_1_in_the_state_and_named_to_those_who_may_take_it() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().line = (50, 3);
    let id = world.held(10, &[3]).await;
    world.delete(10, &format!("/reservations/hold/{id}")).await.expect(204);
    clock.advance(Duration::from_secs(1));
    let (early, late) = (state(&world, 20, 20, &[]).await, state(&world, 60, 60, &[]).await);
    assert_eq!((bits(&early)[3], bits(&late)[3]), (1, 1), "the same bytes for everybody");
    assert_eq!((early.header("x-open-seats"), late.header("x-open-seats")), (String::new(), "3".to_owned()));
    let known = [("if-none-match", late.header("etag"))];
    let known: Vec<(&str, &str)> = known.iter().map(|(name, tag)| (*name, tag.as_str())).collect();
    let again = state(&world, 60, 60, &known).await;
    assert_eq!((again.status, again.header("x-open-seats")), (304, "3".to_owned()));
    clock.advance(Duration::from_secs(121));
    let after = state(&world, 20, 20, &[]).await;
    assert_eq!((bits(&after)[3], after.header("x-open-seats")), (0, String::new()));
}

#[tokio::test]
async fn a_cancelled_schedule_is_not_for_sale_as_a_whole() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    state(&world, 1, 1, &[]).await;
    world.others.known().shows.get_mut(&SHOW).expect("there").is_cancelled = true;
    clock.advance(Duration::from_secs(31));
    assert!(bits(&state(&world, 1, 1, &[]).await).iter().all(|state| *state == 3));
}

#[tokio::test]
async fn without_the_plan_the_seats_for_sale_are_enough() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().shows.get_mut(&SHOW).expect("there").has_plan = false;
    let answer = state(&world, 1, 1, &[]).await;
    assert_eq!((bits(&answer)[9], bits(&answer)[10], bits(&answer).len()), (3, 0, 20));
    world.hold(1, &[0, 19]).await.expect(201);
}
