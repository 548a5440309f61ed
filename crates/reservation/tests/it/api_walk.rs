//! One walk through all routes on every database, by the database's clock.

use crate::world::{World, admin, id_of, seats};
use axum::http::Method;
use ledger_testkit::{Site, on_every_database};
use serde_json::json;

async fn a_ticket_is_held_paid_used_and_another_is_given_back(site: Site) {
    let world = World::on(site).await;
    let id = id_of(&world.hold(1, &[0, 10]).await.expect(201));
    let pass = world.pass(1, 1).await;
    let path = format!("/reservations/hold/{id}");
    let swapped = world.put(1, &pass, &path, json!({"newSeatIds": seats(&[0, 11])})).await.expect(200);
    let left = swapped["holdExpiresInMs"].as_i64().expect("a number");
    assert!((1..=300_000).contains(&left), "{left}");
    let extended = world.post(1, &pass, &format!("{path}/extend"), json!({})).await.expect(200);
    assert!(extended["holdExpiresInMs"].as_i64() > Some(left), "{extended}");
    assert_eq!(world.hold(2, &[11]).await.code(), (409, "SEAT_ALREADY_HELD"));
    let other = world.held(2, &[10]).await;
    world.delete(2, &format!("/reservations/hold/{other}")).await.expect(204);
    world.pay(id, 1, &[0, 11]).await;
    let sold = world.internal(&format!("/internal/reservations/sold/{}", crate::world::SHOW)).await.expect(200);
    assert_eq!(sold["soldSeatIds"], json!(seats(&[0, 11])));
    // Sold by the rows, whatever hot state and catalog know.
    world.lose_hot(id, 1, &[0, 11]).await;
    let refused = world.hold(3, &[0, 1]).await;
    assert_eq!((refused.code(), &refused.body["taken"]), ((409, "SEAT_ALREADY_SOLD"), &json!(seats(&[0]))));
    let detail = world.get(1, &format!("/reservations/{id}")).await.expect(200);
    let code = detail["qrData"].clone();
    let found = world.send(Some(admin()), Method::POST, "/tickets/verify", Some(json!({"qrData": code})), &[]).await;
    assert_eq!(found.expect(200)["status"], "VALID");
    let again = world.send(Some(admin()), Method::POST, "/tickets/verify", Some(json!({"qrData": code})), &[]).await;
    assert_eq!(again.expect(200)["status"], "USED");
    let back = world.ticket(4, &[2]).await;
    let cancelled = world.delete(4, &format!("/reservations/{back}")).await.expect(200);
    assert_eq!(cancelled["refundAmount"], 150_000);
    let stock = world.internal(&format!("/internal/reservations/stock/{}", crate::world::SHOW)).await.expect(200);
    assert_eq!(stock["holders"], 1);
    let list = world.get(1, "/reservations").await.expect(200);
    assert_eq!((&list["totalElements"], &list["list"][0]["status"]), (&json!(1), &json!("CONFIRMED")));
}

async fn a_crowd_on_one_seat_makes_one_hold(site: Site) {
    let world = World::on(site).await;
    let answers = futures::future::join_all((1..=100).map(|by| world.hold(by, &[4]))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "{:?}", answers.iter().map(crate::world::Answer::code).collect::<Vec<_>>());
    // And without hot state: the rows alone.
    let id = answers.iter().find(|answer| answer.status == 201).map(|answer| id_of(&answer.body)).expect("made");
    let holder = answers.iter().position(|answer| answer.status == 201).expect("made") as u128 + 1;
    world.lose_hot(id, holder, &[4]).await;
    let others = (101..=110).map(|by| world.hold(by, &[4]));
    for answer in futures::future::join_all(others).await {
        assert_eq!(answer.code(), (409, "SEAT_ALREADY_HELD"));
    }
}

on_every_database!(a_ticket_is_held_paid_used_and_another_is_given_back, a_crowd_on_one_seat_makes_one_hold,);
