//! Bad input at every route: malformed bodies, media types, others' seats and amounts.

use crate::stand_ins::prefix;
use crate::world::{NOON, OTHER_SHOW, SERVICE_KEY, SHOW, World, admin, person, seat, seats};
use access::Person;
use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

/// Who calls, how, which path, and the headers beside.
type Call<'a> = (Option<Person>, Method, String, &'a [(&'a str, &'a str)]);

/// Bodies that are no request of any route.
const NOT_JSON: [&[u8]; 7] = [b"", b" ", b"{", b"[]", b"null", b"\"x\"", b"{\"a\":1}}"];

#[tokio::test]
async fn bodies_that_are_no_json_object_are_400_at_every_route_and_name_no_effect() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let pass = world.pass(1, 1).await;
    let people = [("x-queue-token", pass.as_str())];
    let services = [("x-service-api-key", SERVICE_KEY)];
    let routes: [Call<'_>; 6] = [
        (Some(person(1)), Method::POST, "/reservations/hold".into(), &people),
        (Some(person(1)), Method::PUT, format!("/reservations/hold/{id}"), &people),
        (Some(admin()), Method::POST, "/tickets/verify".into(), &[]),
        (Some(admin()), Method::POST, "/tickets/verify/batch".into(), &[]),
        (None, Method::POST, format!("/internal/reservations/{id}/claim"), &services),
        (None, Method::POST, format!("/internal/reservations/{id}/secure"), &services),
    ];
    for (by, method, path, headers) in &routes {
        for body in NOT_JSON {
            let length = body.len().to_string();
            let mut all = headers.to_vec();
            all.extend([("content-type", "application/json"), ("content-length", length.as_str())]);
            let response = world.request(*by, method.clone(), path, Body::from(body), &all).await;
            let answer = crate::world::read(response).await;
            assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{method} {path} {}", String::from_utf8_lossy(body));
        }
        let mut all = headers.to_vec();
        all.extend([("content-type", "text/plain"), ("content-length", "2")]);
        let response = world.request(*by, method.clone(), path, Body::from("{}"), &all).await;
        assert_eq!(crate::world::read(response).await.code(), (415, "UNSUPPORTED_MEDIA_TYPE"), "{method} {path}");
    }
    let padded = |bytes| json!({"scheduleId": SHOW, "seatIds": seats(&[1, 1]), "x": "x".repeat(bytes)});
    for (bytes, refusal) in [(200_000, (400, "INVALID_INPUT")), (1_048_576, (413, "PAYLOAD_TOO_LARGE"))] {
        let answer = world.post(1, &pass, "/reservations/hold", padded(bytes)).await;
        assert_eq!(answer.code(), refusal, "a field that is not known is passed over, but not without end");
    }
    assert_eq!(world.seen(9, 9).await, (vec![0], vec![]), "nothing has changed");
}

#[tokio::test]
async fn malformed_fields_of_internal_routes_are_400() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.held(1, &[0]).await;
    let uuid = Uuid::from_u128(1);
    let claim = json!({"paymentId": uuid, "paymentKey": uuid, "userId": uuid, "amount": 1});
    let secure = json!({"paymentId": uuid, "amount": 1, "holdNo": 1, "paidAt": "2026-12-01T12:00:00"});
    for (end, good) in [("claim", claim), ("secure", secure)] {
        let path = format!("/internal/reservations/{id}/{end}");
        for field in good.as_object().expect("an object").keys() {
            for bad in [json!(null), json!("x"), json!([]), json!(1.5), json!(true)] {
                let mut body = good.clone();
                body[field] = bad.clone();
                let answer = world.internal_post(&path, body).await;
                assert_eq!(answer.code(), (400, "INVALID_INPUT"), "{end} {field} {bad}");
                assert!(
                    answer.body["message"].as_str().is_some_and(|message| message.contains(field.as_str())),
                    "{}",
                    answer.body
                );
            }
            let mut body = good.clone();
            body.as_object_mut().expect("an object").remove(field);
            assert_eq!(world.internal_post(&path, body).await.code(), (400, "INVALID_INPUT"), "{end} without {field}");
        }
    }
}

#[tokio::test]
async fn unknown_fields_and_any_case_of_an_id_are_borne() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let upper: Vec<String> = seats(&[0]).iter().map(|seat| seat.to_string().to_uppercase()).collect();
    let body = json!({"scheduleId": SHOW.to_string().to_uppercase(), "seatIds": upper, "totalAmount": 1, "price": 1});
    let made = world.post(1, &pass, "/reservations/hold", body).await.expect(201);
    assert_eq!(made["totalAmount"], 150_000, "an amount of the caller means nothing");
}

#[tokio::test]
async fn seats_of_others_and_of_other_schedules_are_not_reached() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let mine = world.held(1, &[0]).await;
    let foreign = prefix(OTHER_SHOW).seat(0);
    let pass = world.pass(1, 1).await;
    let put = async |ids: serde_json::Value| {
        world.put(1, &pass, &format!("/reservations/hold/{mine}"), json!({"newSeatIds": ids})).await
    };
    assert_eq!(put(json!([foreign])).await.code(), (404, "SEAT_NOT_FOUND"));
    assert_eq!(put(json!([seat(1), foreign])).await.code(), (404, "SEAT_NOT_FOUND"));
    assert_eq!(put(json!([seat(1), seat(1)])).await.code(), (400, "INVALID_INPUT"));
    world.held(2, &[1]).await;
    assert_eq!(put(json!([seat(1)])).await.code(), (409, "SEAT_ALREADY_HELD"));
    let get = world.get(2, &format!("/reservations/{mine}")).await;
    assert_eq!(get.code(), (403, "FORBIDDEN"));
    assert_eq!(get.body.get("totalAmount"), None);
    assert_eq!(world.seen(9, 9).await, (vec![0, 1], vec![]));
}

#[tokio::test]
async fn other_methods_and_paths_are_405_and_404() {
    let world = World::open().await;
    for (method, path, code) in [
        (Method::GET, "/reservations/hold", (405, "METHOD_NOT_ALLOWED")),
        (Method::PATCH, "/reservations", (405, "METHOD_NOT_ALLOWED")),
        (Method::GET, "/tickets", (404, "NOT_FOUND")),
        (Method::GET, "/reservations/seats", (404, "NOT_FOUND")),
    ] {
        let answer = world.send(Some(person(1)), method.clone(), path, None, &[]).await;
        // A name that is no id is nobody's reservation.
        assert_eq!(answer.code(), code, "{method} {path}");
    }
}
