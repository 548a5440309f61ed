//! `POST /reservations/hold`: its answers in the order of the contract (RSV-001, RSV-005, RSV-008, RSV-013, RSV-014).

use crate::stand_ins::prefix;
use crate::world::{NOON, OTHER_SHOW, SHOW, World, id_of, indices, person, seat, seats, show, user};
use axum::http::Method;
use domain::reservation::PaymentNews;
use domain::seat::{HoldOutcome, HoldRequest, Window};
use domain::{ReservationId, SeatId};
use hot::line::Clock;
use hot::seat::SeatPort;
use reservation::Settings;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn of(indices: &[u32]) -> Value {
    json!({"scheduleId": SHOW, "seatIds": seats(indices)})
}

#[tokio::test]
async fn a_hold_is_answered_with_all_that_a_page_needs() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let answer = world.hold(1, &[0, 10]).await;
    let location = answer.header("location");
    let body = answer.expect(201);
    assert_eq!(location, format!("/reservations/{}", id_of(&body)));
    assert_eq!((&body["status"], &body["totalAmount"]), (&json!("PENDING"), &json!(240_000)));
    assert_eq!((&body["holdExpiresAt"], &body["holdExpiresInMs"]), (&json!("2026-12-01T12:05:00"), &json!(300_000)));
    let first = json!({"seatId": seat(0), "seatNumber": "A-1", "grade": "VIP", "price": 150_000});
    assert_eq!((&body["seats"][0], body["seats"].as_array().map(Vec::len)), (&first, Some(2)));
    assert_eq!(world.seen(2, 2).await, (vec![0, 10], vec![]));
}

#[tokio::test]
async fn checks_are_answered_in_the_order_of_the_contract() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.held(9, &[5]).await;
    let send = async |by: u128, token: Option<&str>, body: Value| {
        let token = token.map(|token| ("x-queue-token", token));
        let token: Vec<(&str, &str)> = token.into_iter().collect();
        let answer = world.send(Some(person(by)), Method::POST, "/reservations/hold", Some(body), &token).await;
        let (status, code) = answer.code();
        (status, code.to_owned())
    };
    let is = |status: u16, code: &str| (status, code.to_owned());
    let wrong = json!({"scheduleId": SHOW, "seatIds": []});
    // The header's form before the body.
    assert_eq!(send(1, None, wrong.clone()).await, is(401, "QUEUE_TOKEN_MISSING"));
    assert_eq!(send(1, Some(""), wrong.clone()).await, is(401, "QUEUE_TOKEN_MISSING"));
    assert_eq!(send(1, Some("qr_7"), wrong.clone()).await, is(401, "QUEUE_TOKEN_INVALID"));
    let unknown = format!("qr_{}", Uuid::new_v4());
    assert_eq!(send(1, Some(&unknown.to_uppercase()), wrong.clone()).await, is(401, "QUEUE_TOKEN_INVALID"));
    // The body before the pass.
    assert_eq!(send(1, Some(&unknown), wrong).await, is(400, "INVALID_INPUT"));
    // The pass: live, the person's, of the schedule.
    assert_eq!(send(1, Some(&unknown), of(&[0])).await, is(401, "QUEUE_TOKEN_EXPIRED"));
    let pass = world.pass(1, 1).await;
    assert_eq!(send(2, Some(&pass), of(&[0])).await, is(401, "QUEUE_TOKEN_INVALID"));
    let elsewhere = world.pass_for(1, OTHER_SHOW, 1).await;
    assert_eq!(send(1, Some(&elsewhere), of(&[0])).await, is(401, "QUEUE_TOKEN_INVALID"));
    // A cancelled event before the sale's times, these before unknown seats.
    let foreign = json!({"scheduleId": SHOW, "seatIds": [prefix(OTHER_SHOW).seat(0)]});
    let set = |change: fn(&mut crate::stand_ins::Show)| {
        let mut others = world.others.known();
        let mut next = show();
        change(&mut next);
        others.shows.insert(SHOW, next);
    };
    set(|show| show.sale_start_at = NOON.plus_seconds(60));
    clock.advance(Duration::from_secs(31));
    assert_eq!(send(1, Some(&pass), foreign.clone()).await, is(400, "TICKET_SALE_NOT_STARTED"));
    set(|show| show.sale_end_at = NOON.plus_seconds(5));
    clock.advance(Duration::from_secs(31));
    assert_eq!(send(1, Some(&pass), foreign.clone()).await, is(400, "TICKET_SALE_ENDED"));
    set(|_| ());
    clock.advance(Duration::from_secs(31));
    // Unknown seats before everything about them.
    assert_eq!(send(1, Some(&pass), foreign).await, is(404, "SEAT_NOT_FOUND"));
    for made_up in [seat(9), seat(20), seat(u32::MAX), SeatId(Uuid::from_u128(7))] {
        let body = json!({"scheduleId": SHOW, "seatIds": [seat(5), made_up]});
        assert_eq!(send(1, Some(&pass), body).await, is(404, "SEAT_NOT_FOUND"), "{made_up}");
    }
    // Too many before taken.
    world.held(1, &[0, 1, 2]).await;
    assert_eq!(send(1, Some(&pass), of(&[5, 6])).await, is(400, "MAX_SEATS_EXCEEDED"));
    assert_eq!(send(1, Some(&pass), of(&[5])).await, is(409, "SEAT_ALREADY_HELD"));
    // A schedule that the catalog does not have any more.
    world.others.known().shows.remove(&SHOW);
    clock.advance(Duration::from_secs(31));
    assert_eq!(send(1, Some(&pass), of(&[0])).await, is(404, "NOT_FOUND"));
}

#[tokio::test]
async fn nothing_of_a_cancelled_event_is_held_whoever_says_so() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.service.steps().remember_cancelled(&[SHOW]).await.expect("stored");
    assert_eq!(world.hold(1, &[0]).await.code(), (409, "EVENT_CANCELLED"), "its message has come");
    let world = World::open().await;
    world.held(1, &[0]).await;
    world.others.known().shows.insert(SHOW, crate::stand_ins::Show { is_cancelled: true, ..show() });
    clock.advance(Duration::from_secs(31));
    assert_eq!(world.hold(2, &[1]).await.code(), (409, "EVENT_CANCELLED"), "the catalog says so");
    // From then on it is remembered, whatever the catalog says.
    world.others.known().shows.insert(SHOW, show());
    clock.advance(Duration::from_secs(31));
    assert_eq!(world.hold(2, &[1]).await.code(), (409, "EVENT_CANCELLED"));
}

#[tokio::test]
async fn a_sale_begins_and_ends_at_its_millisecond_by_a_kept_answer() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let starts_at = NOON.plus_seconds(1);
    world.others.known().shows.insert(SHOW, crate::stand_ins::Show { sale_start_at: starts_at, ..show() });
    clock.advance(Duration::from_millis(999));
    assert_eq!(world.hold(1, &[0]).await.code(), (400, "TICKET_SALE_NOT_STARTED"));
    clock.advance(Duration::from_millis(1));
    world.hold(1, &[0]).await.expect(201);
    assert_eq!(world.others.asked("schedule"), 1);
}

#[tokio::test]
async fn a_lost_key_ends_no_pass_and_a_queue_that_is_away_says_nothing() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let value = world.keys.get(&[format!("queue:token:{pass}")], NOON).await.expect("read").remove(0).expect("there");
    world.keys.remove(&[format!("queue:token:{pass}")]).await.expect("removed");
    world.others.known().pass = Some(serde_json::from_slice(&value).expect("JSON"));
    world.post(1, &pass, "/reservations/hold", of(&[0])).await.expect(201);
    assert_eq!(world.post(2, &pass, "/reservations/hold", of(&[1])).await.code(), (401, "QUEUE_TOKEN_INVALID"));
    world.others.known().away.insert("queue");
    assert_eq!(world.post(1, &pass, "/reservations/hold", of(&[1])).await.code(), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn taken_seats_are_named_with_a_whole_new_choice() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    world.held(1, &[4, 5]).await;
    let refused = world.hold(2, &[3, 4]).await;
    assert_eq!(refused.code(), (409, "SEAT_ALREADY_HELD"));
    assert_eq!(indices(&refused.body["taken"]), [4]);
    assert_eq!(indices(&refused.body["instead"]), [2, 3], "what is free is kept, with a seat beside it");
    // It can be held as it is.
    world.hold(2, &indices(&refused.body["instead"])).await.expect(201);
    // All of the grade are gone: there is no other choice of it.
    for (by, taken) in [(3, vec![0, 1]), (4, vec![6, 7, 8])] {
        world.held(by, &taken).await;
    }
    let refused = world.hold(5, &[4, 10]).await;
    assert_eq!((refused.code(), indices(&refused.body["taken"])), ((409, "SEAT_ALREADY_HELD"), vec![4]));
    assert_eq!(indices(&refused.body["instead"]), Vec::<u32>::new());
}

#[tokio::test]
async fn sold_is_answered_when_any_is_sold_and_all_that_are_not_free_are_named() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.ticket(1, &[4]).await;
    world.held(2, &[5]).await;
    // The catalog does not know yet: the seat is still held in hot state.
    assert_eq!(world.hold(3, &[4]).await.code(), (409, "SEAT_ALREADY_HELD"));
    // Now it does, and hot state lets the seat go.
    world.others.known().shows.get_mut(&SHOW).expect("there").sold.insert(seat(4));
    world.service.workers().follow_sold().await.expect("followed");
    clock.advance(Duration::from_secs(2));
    assert_eq!(world.seen(9, 9).await, (vec![5], vec![4]));
    for _ in 0..3 {
        let refused = world.hold(3, &[5, 4, 6]).await;
        assert_eq!((refused.code(), indices(&refused.body["taken"])), ((409, "SEAT_ALREADY_SOLD"), vec![5, 4]));
        clock.advance(Duration::from_secs(2));
    }
    // Too many comes before sold.
    world.held(3, &[0, 1, 2]).await;
    assert_eq!(world.hold(3, &[4, 6]).await.code(), (400, "MAX_SEATS_EXCEEDED"));
}

#[tokio::test]
async fn hot_state_that_was_lost_sells_no_seat_twice() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let held = world.held(1, &[0]).await;
    world.ticket(2, &[1]).await;
    // Everything is gone from hot state.
    let ticket = id_of(&world.get(2, "/reservations").await.expect(200)["list"][0]);
    world.lose_hot(held, 1, &[0]).await;
    world.lose_hot(ticket, 2, &[1]).await;
    assert_eq!(world.seen(9, 9).await, (vec![], vec![]), "nothing is held as far as hot state knows");
    assert_eq!(world.hold(3, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"), "the row refuses");
    let refused = world.hold(3, &[1, 2]).await;
    assert_eq!((refused.code(), indices(&refused.body["taken"])), ((409, "SEAT_ALREADY_SOLD"), vec![1]));
    assert_eq!(world.seen(9, 9).await, (vec![], vec![]), "a refused row gives its seats back");
    world.hold(3, &[2]).await.expect(201);
    // The best seats are chosen by what hot state knows: what the rows refuse is left out.
    let ticket = world.ticket(4, &[4, 5, 6]).await;
    world.lose_hot(ticket, 4, &[4, 5, 6]).await;
    world.held(5, &[7, 8]).await;
    let best = async |by: u128, count: u32| {
        world.hold_with(by, json!({"scheduleId": SHOW, "count": count, "grade": "VIP"})).await
    };
    assert_eq!(best(6, 2).await.code(), (409, "SEAT_NOT_AVAILABLE"), "one is left, whatever hot state says");
    assert_eq!(best(6, 1).await.expect(201)["seats"][0]["seatId"], json!(seat(3)));
    // The most is counted by the rows.
    assert_eq!(world.hold(1, &[11, 12, 13, 14]).await.code(), (400, "MAX_SEATS_EXCEEDED"));
}

#[tokio::test]
async fn a_hold_without_a_row_is_taken_over_by_its_person() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    // A crash after hot state and before the row.
    let request = HoldRequest {
        schedule: SHOW,
        reservation: ReservationId(Uuid::from_u128(77)),
        user: user(1),
        seats: seats(&[0, 1, 2, 3]),
        replaces: None,
        rowless: Vec::new(),
        ticket: None,
        is_retake: false,
        seats_max: 4,
        ttl_ms: 300_000,
        window: Window::OPEN,
    };
    let held = world.seats.hold(vec![request], Clock::Engine).await.remove(0).expect("decided");
    assert!(matches!(held, HoldOutcome::Held { .. }));
    assert_eq!(world.hold(2, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"));
    world.hold(1, &[0, 4]).await.expect(201);
    assert_eq!(world.seen(9, 9).await, (vec![0, 4], vec![]), "what is left of it is given back");
}

#[tokio::test]
async fn four_seats_are_counted_over_requests_and_ended_ones_do_not_count() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let first = world.held(1, &[0, 1]).await;
    world.held(1, &[2, 3]).await;
    let refused = world.hold(1, &[4]).await;
    assert_eq!((refused.code(), &refused.body["held"]), ((400, "MAX_SEATS_EXCEEDED"), &json!(4)));
    world.delete(1, &format!("/reservations/hold/{first}")).await.expect(204);
    world.held(1, &[0, 1]).await;
    clock.advance(Duration::from_millis(299_999));
    assert_eq!(world.hold(1, &[4]).await.code(), (400, "MAX_SEATS_EXCEEDED"));
    clock.advance(Duration::from_millis(1));
    // Nobody has swept, and the moment itself is the end: own seats and those of others.
    world.hold(1, &[4, 5]).await.expect(201);
    world.hold(2, &[0, 1, 2, 3]).await.expect(201);
}

#[tokio::test]
async fn a_setting_of_fewer_seats_is_the_most() {
    let _clock = clock::set(NOON);
    let world = World::with(Settings { max_seats: 2, ..Settings::default() }).await;
    assert_eq!(world.hold(1, &[0, 1, 2]).await.code(), (400, "MAX_SEATS_EXCEEDED"));
    let best = json!({"scheduleId": SHOW, "count": 3});
    assert_eq!(world.hold_with(1, best).await.code(), (400, "MAX_SEATS_EXCEEDED"));
    world.hold(1, &[0, 1]).await.expect(201);
}

#[tokio::test]
async fn the_best_seats_are_side_by_side_in_the_middle_and_honour_flags() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let best = async |by: u128, body: Value| {
        let mut whole = json!({"scheduleId": SHOW});
        whole.as_object_mut().expect("an object").extend(body.as_object().expect("an object").clone());
        world.hold_with(by, whole).await
    };
    let held = |answer: crate::world::Answer| {
        let body = answer.expect(201);
        let ids: Vec<Value> =
            body["seats"].as_array().expect("seats").iter().map(|seat| seat["seatId"].clone()).collect();
        indices(&json!(ids))
    };
    assert_eq!(held(best(1, json!({"count": 2})).await), [4, 5], "the middle of the front row");
    let next = held(best(2, json!({"count": 2})).await);
    assert!(next == [2, 3] || next == [6, 7], "beside it: {next:?}");
    assert_eq!(held(best(3, json!({"count": 1, "flags": ["wheelchair"]})).await), [10]);
    assert_eq!(held(best(4, json!({"count": 4, "grade": "S"})).await).len(), 4);
    assert_eq!(held(best(5, json!({"count": 4, "grade": "VIP"})).await).len(), 4);
    let refused = best(6, json!({"count": 2, "grade": "VIP"})).await;
    assert_eq!(refused.code(), (409, "SEAT_NOT_AVAILABLE"));
    assert_eq!(indices(&refused.body["instead"]).len(), 2, "of another grade");
    best(7, json!({"count": 4})).await.expect(201);
    let refused = best(8, json!({"count": 4})).await;
    assert_eq!((refused.code(), &refused.body["instead"]), ((409, "SEAT_NOT_AVAILABLE"), &Value::Null));
}

#[tokio::test]
async fn people_who_want_the_best_at_the_same_moment_get_different_seats() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let all = (1..=9).map(|by| world.hold_with(by, json!({"scheduleId": SHOW, "count": 2})));
    let answers = futures::future::join_all(all).await;
    let given: Vec<u32> = answers
        .into_iter()
        .filter(|answer| answer.status == 201)
        .flat_map(|answer| {
            let ids: Vec<Value> =
                answer.body["seats"].as_array().expect("seats").iter().map(|seat| seat["seatId"].clone()).collect();
            indices(&json!(ids))
        })
        .collect();
    let different: std::collections::BTreeSet<u32> = given.iter().copied().collect();
    assert_eq!((given.len(), different.len()), (18, 18), "19 seats but the wheelchair's are for sale");
}

#[tokio::test]
async fn who_waits_gets_the_seat_when_it_is_let_go_in_order() {
    let world = World::open().await;
    let first = world.held(1, &[0]).await;
    let wait = async |by: u128, wait_ms: u64| {
        let body = json!({"scheduleId": SHOW, "seatIds": seats(&[0]), "waitMs": wait_ms});
        let answer = world.hold_with(by, body).await;
        (answer.status, answer.code().1.to_owned())
    };
    let later = async |by: u128, wait_ms: u64| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        wait(by, wait_ms).await
    };
    let let_go = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.delete(1, &format!("/reservations/hold/{first}")).await.expect(204)
    };
    let taken = || (409, "SEAT_ALREADY_HELD".to_owned());
    // The second is told as soon as the seat is let go: the third, whose time ends later than that, comes too late.
    let (second, third, short, _) = tokio::join!(wait(2, 15_000), later(3, 2_500), later(4, 100), let_go);
    assert_eq!((second, third, short), ((201, String::new()), taken(), taken()));
}

#[tokio::test]
async fn another_call_of_the_same_person_is_refused_while_one_is_decided() {
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let all = (0..10).map(|index| world.post(1, &pass, "/reservations/hold", of(&[index % 9])));
    let answers = futures::future::join_all(all).await;
    let codes: Vec<(u16, &str)> = answers.iter().map(crate::world::Answer::code).collect();
    let made = codes.iter().filter(|(status, _)| *status == 201).count();
    assert!((1..=4).contains(&made), "{codes:?}");
    let known = [(201, ""), (409, "RESERVATION_IN_PROGRESS"), (400, "MAX_SEATS_EXCEEDED"), (409, "SEAT_ALREADY_HELD")];
    assert!(codes.iter().all(|code| known.contains(code)), "{codes:?}");
    assert!(codes.contains(&(409, "RESERVATION_IN_PROGRESS")), "{codes:?}");
}

#[tokio::test]
async fn a_returned_seat_is_for_those_who_were_still_waiting() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().line = (50, 3);
    let id = world.held(10, &[0]).await;
    world.delete(10, &format!("/reservations/hold/{id}")).await.expect(204);
    // Inside already: number 20. It looks held, also to who has given it back.
    assert_eq!(world.seen(20, 20).await, (vec![0], vec![]));
    assert_eq!(world.hold(20, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"));
    assert_eq!(world.hold(10, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"));
    let best = world.hold_with(21, json!({"scheduleId": SHOW, "count": 4, "grade": "VIP"})).await.expect(201);
    assert!(!best["seats"].to_string().contains("\"A-1\""), "{best}");
    // Still waiting then: number 51.
    assert!(!world.seen(51, 51).await.0.contains(&0));
    world.hold(51, &[0]).await.expect(201);
    // After the window everybody may.
    let id = world.held(52, &[12]).await;
    world.delete(52, &format!("/reservations/hold/{id}")).await.expect(204);
    clock.advance(Duration::from_millis(119_999));
    assert_eq!(world.hold(20, &[12]).await.code(), (409, "SEAT_ALREADY_HELD"));
    clock.advance(Duration::from_millis(1));
    world.hold(20, &[12]).await.expect(201);
}

#[tokio::test]
async fn the_end_of_a_hold_is_itself_the_return() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().line = (50, 3);
    world.held(10, &[0]).await;
    clock.advance(Duration::from_millis(300_000));
    assert_eq!(world.hold(20, &[0]).await.code(), (409, "SEAT_ALREADY_HELD"), "nobody slips in before a sweep");
    world.hold(51, &[0]).await.expect(201);
}

#[tokio::test]
async fn returned_seats_are_everybodys_where_nobody_waits_or_the_setting_says_so() {
    let clock = clock::set(NOON);
    for (settings, line) in [
        (Settings::default(), (50, 0)),
        (Settings { returned_seats: reservation::ReturnedSeats::Open, ..Settings::default() }, (50, 3)),
    ] {
        let world = World::with(settings).await;
        world.others.known().line = line;
        let id = world.held(10, &[0]).await;
        world.delete(10, &format!("/reservations/hold/{id}")).await.expect(204);
        world.hold(20, &[0]).await.expect(201);
        clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_catalog_that_is_away_sells_nothing_that_it_was_not_asked_about_lately() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.held(1, &[0]).await;
    world.others.known().away.insert("catalog");
    world.hold(2, &[1]).await.expect(201);
    clock.advance(Duration::from_secs(31));
    assert_eq!(world.hold(3, &[2]).await.code(), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn tables_that_were_put_back_sell_nothing() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().hold_no = 1_000;
    assert_eq!(
        world.hold(1, &[0]).await.code(),
        (503, "SERVICE_UNAVAILABLE"),
        "the catalog has stored greater numbers"
    );
    assert_eq!(world.seen(2, 2).await.0, Vec::<u32>::new(), "what was held in hot state was given back");
}

#[tokio::test]
async fn a_failed_payment_lets_others_have_the_seat() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    world.secured(id, 1).await;
    world.hear(id, PaymentNews::Failed).await;
    // Hot state follows, by a worker in the product.
    world.service.workers().put_right().await.expect("put right");
    let detail = world.get(1, &format!("/reservations/{id}")).await.expect(200);
    assert_eq!((&detail["status"], &detail["cancelReason"]), (&json!("CANCELLED"), &json!("PAYMENT_FAILED")));
}
