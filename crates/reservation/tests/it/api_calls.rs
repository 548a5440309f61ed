//! `Idempotency-Key` on holds (SEC-003; amendment 1): a call that comes again is answered as the first time, and holds nothing more.

use crate::world::{Answer, NOON, SHOW, World, id_of, person, seats, user};
use axum::http::Method;
use call::{Actor, ActorKind, Call, Keyed};
use domain::PassId;
use domain::line::read_pass;
use ledger::calls::kept::{self, Found};
use reservation::ReservationService;
use reservation::views::hold::{Choice, HoldAsked};
use serde_json::json;
use std::time::Duration;

async fn keyed(world: &World, by: u128, pass: &str, key: &str, indices: &[u32]) -> Answer {
    let body = json!({"scheduleId": SHOW, "seatIds": seats(indices)});
    let headers = [("x-queue-token", pass), ("idempotency-key", key)];
    world.send(Some(person(by)), Method::POST, "/reservations/hold", Some(body), &headers).await
}

#[tokio::test]
async fn the_same_call_is_told_the_same_hold_whatever_has_happened_since() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let first = keyed(&world, 1, &pass, "k1", &[0]).await;
    let location = first.header("location");
    let first = first.expect(201);
    let again = keyed(&world, 1, &pass, "k1", &[0]).await;
    assert_eq!((again.header("idempotency-replayed").as_str(), again.header("location")), ("true", location));
    assert_eq!(again.expect(201), first);
    // The pass is over, and the hold.
    clock.advance(Duration::from_secs(700));
    let later = keyed(&world, 1, &pass, "k1", &[0]).await;
    assert_eq!(later.expect(201), first);
    // Another body, another person, another key.
    assert_eq!(keyed(&world, 1, &pass, "k1", &[1]).await.code(), (422, "IDEMPOTENCY_KEY_REUSED"));
    let other = world.pass(2, 2).await;
    assert_ne!(id_of(&keyed(&world, 2, &other, "k1", &[0]).await.expect(201)), id_of(&first));
    assert_eq!(world.get(1, "/reservations").await.expect(200)["totalElements"], 1);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let taken = world.held(2, &[0]).await;
    let pass = world.pass(1, 1).await;
    assert_eq!(keyed(&world, 1, &pass, "k1", &[0]).await.code(), (409, "SEAT_ALREADY_HELD"));
    world.delete(2, &format!("/reservations/hold/{taken}")).await.expect(204);
    keyed(&world, 1, &pass, "k1", &[0]).await.expect(201);
}

#[tokio::test]
async fn the_same_call_at_two_processes_at_once_holds_once() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let beside = world.beside().await;
    let pass = world.pass(1, 1).await;
    for round in 0..4 {
        let (key, seat) = (format!("k{round}"), [round]);
        let (one, other) = tokio::join!(keyed(&world, 1, &pass, &key, &seat), keyed(&beside, 1, &pass, &key, &seat));
        let answers = [one, other].map(|answer| (answer.status, answer.body.clone()));
        let made: Vec<_> = answers.iter().filter(|(status, _)| *status == 201).map(|(_, body)| id_of(body)).collect();
        assert!(made.windows(2).all(|two| two[0] == two[1]) && !made.is_empty(), "{answers:?}");
    }
    assert_eq!(world.get(1, "/reservations").await.expect(200)["totalElements"], 4);
}

/// Holds a seat as a call with this key; `is_done`: an earlier run has stored the effect.
async fn run(service: &ReservationService, pass: PassId, keyed: Keyed) -> Result<String, String> {
    let call = Call::new(Actor { kind: ActorKind::User, id: user(1).to_string() }, "trace-1", None).keyed(keyed);
    let asked = HoldAsked { schedule: SHOW, choice: Choice::Seats(seats(&[0])), wait_ms: 0 };
    let made = call::within(call, service.hold(user(1), pass, asked)).await;
    made.map(|view| view.reservation_id().to_string()).map_err(|error| error.code.as_str().to_owned())
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_answered_from_what_stands() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let pass = read_pass(&world.pass(1, 1).await).expect("a pass");
    let fresh = || Keyed::new("default/user/1".into(), "k1".into(), "0".repeat(64));
    let made = run(&world.service, pass, fresh()).await.expect("made");
    assert_eq!(kept::find(world.service.ledger(), &fresh()).await.expect("read"), Found::Done, "noted with the row");
    let done = || {
        let mut keyed = fresh();
        keyed.is_done = true;
        keyed
    };
    clock.advance(Duration::from_secs(900));
    assert_eq!(run(&world.service, pass, done()).await, Ok(made.clone()), "the pass is over, too");
    assert_eq!(world.get(1, "/reservations").await.expect(200)["totalElements"], 1);
}

#[tokio::test]
async fn a_key_of_yesterday_makes_a_new_hold() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let first = id_of(&keyed(&world, 1, &pass, "k1", &[0]).await.expect(201));
    clock.advance(Duration::from_secs(24 * 3_600 + 1));
    let pass = world.pass(1, 1).await;
    let second = id_of(&keyed(&world, 1, &pass, "k1", &[0]).await.expect(201));
    assert_ne!(first, second);
    // And once more, with an answer that was lost: told the last.
    clock.advance(Duration::from_secs(24 * 3_600 + 1));
    let keyed = || Keyed::new("default/user/1".into(), "k9".into(), "0".repeat(64));
    let mut made = Vec::new();
    for _ in 0..3 {
        let pass = read_pass(&world.pass(1, 1).await).expect("a pass");
        made.push(run(&world.service, pass, keyed()).await);
        let mut done = keyed();
        done.is_done = true;
        assert_eq!(run(&world.service, pass, done).await, made[made.len() - 1]);
        clock.advance(Duration::from_secs(400));
        world.service.workers().sweep().await.expect("swept");
        ledger::calls::kept::purge(world.service.ledger(), clock::now().plus_seconds(24 * 3_600))
            .await
            .expect("purged");
    }
    assert!(made[0].is_ok() && made[0] != made[1] && made[1] != made[2], "{made:?}");
}

#[tokio::test]
async fn every_other_change_is_told_again_too() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let (one, other) = (world.held(1, &[0]).await, world.held(1, &[1]).await);
    let send = async |method: Method, path: String, body: Option<serde_json::Value>, key: &str| {
        let headers = [("x-queue-token", pass.as_str()), ("idempotency-key", key)];
        world.send(Some(person(1)), method, &path, body, &headers).await
    };
    for _ in 0..2 {
        let body = Some(json!({"newSeatIds": seats(&[2])}));
        send(Method::PUT, format!("/reservations/hold/{one}"), body, "swap").await.expect(200);
        send(Method::POST, format!("/reservations/hold/{one}/extend"), None, "extend").await.expect(200);
        send(Method::DELETE, format!("/reservations/hold/{other}"), None, "let-go").await.expect(204);
    }
    for _ in 0..2 {
        let cancelled = send(Method::DELETE, format!("/reservations/{one}"), None, "cancel").await.expect(200);
        assert_eq!(cancelled["status"], "CANCELLED");
    }
}
