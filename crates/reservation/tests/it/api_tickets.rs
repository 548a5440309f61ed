//! Tickets at doors, with the network and without (RSV-016; amendment 30; part 2, 19).

use crate::world::{NOON, OTHER_SHOW, SHOW, World, admin, person};
use access::Caller;
use axum::http::Method;
use domain::reservation::PaymentNews;
use domain::ticket::{DoorList, OfflineCheck, TicketCode, TicketKey, TicketNumber, TicketStatus, code_in, qr_data};
use domain::{ReservationId, TenantName};
use ledger::calls::audit::{self, Filter};
use ledger_testkit::{Site, on_every_database};
use reservation::TicketExport;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_every_database!(a_batch_with_a_key_takes_every_mark);

async fn qr(world: &World, by: u128, id: ReservationId) -> String {
    let detail = world.get(by, &format!("/reservations/{id}")).await.expect(200);
    detail["qrData"].as_str().expect("a code").to_owned()
}

async fn check(world: &World, body: Value) -> Value {
    world.send(Some(admin()), Method::POST, "/tickets/verify", Some(body), &[]).await.expect(200)
}

async fn batch(world: &World, gate: &str, list: Value) -> Vec<Value> {
    let body = json!({"gate": gate, "list": list});
    let answer = world.send(Some(admin()), Method::POST, "/tickets/verify/batch", Some(body), &[]).await.expect(200);
    answer["list"].as_array().expect("a list").clone()
}

/// What the audit log says of tickets at doors, in the order of the marks: of which reservation, and where and when.
async fn let_in(world: &World) -> Vec<(String, Value)> {
    let filter = Filter { action: Some("ticket.use".to_owned()), ..Filter::default() };
    let (mut entries, _) = audit::list(world.service.ledger(), &filter, 0, 100).await.expect("read");
    entries.sort_by_key(|entry| entry.id);
    assert!(entries.iter().all(|entry| entry.actor_id == admin().id.to_string() && entry.before.is_none()));
    entries.into_iter().map(|entry| (entry.target, entry.after.expect("where and when"))).collect()
}

#[tokio::test]
async fn the_first_check_lets_in_and_the_second_says_when_and_where() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0, 10]).await;
    let code = qr(&world, 1, id).await;
    let peek = check(&world, json!({"qrData": code, "peek": true})).await;
    assert_eq!((&peek["status"], &peek["usedAt"], &peek["gate"]), (&json!("VALID"), &Value::Null, &Value::Null));
    let first = check(&world, json!({"qrData": code, "gate": "north"})).await;
    let number = world.get(1, &format!("/reservations/{id}")).await.expect(200)["ticketNumber"].clone();
    let expected = json!({"status": "VALID", "ticketNumber": number, "eventTitle": "Autumn night",
        "scheduleDate": "2026-12-12T12:00:00", "seats": ["A-1", "B-1"], "usedAt": "2026-12-01T12:00:00", "gate": "north"});
    assert_eq!(first, expected);
    clock.advance(Duration::from_secs(60));
    let second = check(&world, json!({"qrData": code, "gate": "south"})).await;
    assert_eq!(second["status"], "USED");
    assert_eq!((&second["usedAt"], &second["gate"]), (&json!("2026-12-01T12:00:00"), &json!("north")));
    let mine = world.get(1, &format!("/reservations/{id}")).await.expect(200);
    assert_eq!((&mine["usedAt"], &mine["usedGate"]), (&json!("2026-12-01T12:00:00"), &json!("north")));
    assert_eq!(world.get(1, "/reservations").await.expect(200)["list"][0]["usedAt"], "2026-12-01T12:00:00");
    // Who has come in does not cancel.
    assert_eq!(world.delete(1, &format!("/reservations/{id}")).await.code(), (422, "CANCELLATION_NOT_ALLOWED"));
}

#[tokio::test]
async fn of_two_doors_at_once_one_lets_in() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let beside = world.beside().await;
    for round in 0..5 {
        let by = 100 + round;
        let id = world.ticket(by, &[u32::try_from(round).expect("small")]).await;
        let code = qr(&world, by, id).await;
        let (one, other) = tokio::join!(
            check(&world, json!({"qrData": code, "gate": "north"})),
            check(&beside, json!({"qrData": code, "gate": "south"}))
        );
        let mut statuses = [one["status"].as_str(), other["status"].as_str()];
        statuses.sort_unstable();
        assert_eq!(statuses, [Some("USED"), Some("VALID")]);
        assert_eq!(one["gate"], other["gate"], "both say who it was");
    }
}

#[tokio::test]
async fn what_we_have_not_signed_is_forged() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0]).await;
    let code = qr(&world, 1, id).await;
    let ours = TicketCode::read(code_in(&code), &[TicketKey::from_bytes(&[7; 32]).public()]).expect("ours");
    let by_another = qr_data("http://127.0.0.1:8080", &ours.sign(&TicketKey::from_bytes(&[8; 32])));
    let changed: String = code.chars().rev().enumerate().map(|(at, one)| if at == 40 { 'A' } else { one }).collect();
    let changed: String = changed.chars().rev().collect();
    for forged in [by_another, changed, format!("{code}="), format!("{code}A"), "hello".to_owned(), "..".to_owned()] {
        let found = check(&world, json!({"qrData": forged})).await;
        let nothing = json!({"status": "FORGED", "ticketNumber": null, "eventTitle": null, "scheduleDate": null,
            "seats": [], "usedAt": null, "gate": null});
        assert_eq!(found, nothing, "{forged}");
    }
    // The address in front is no part of the ticket, and a previous key is still good.
    let moved = code.replace("http://127.0.0.1:8080", "https://tickets.example");
    assert_eq!(check(&world, json!({"qrData": moved, "peek": true})).await["status"], "VALID");
    assert_eq!(check(&world, json!({"qrData": code_in(&code), "peek": true})).await["status"], "VALID");
    let old = ours.sign(&TicketKey::from_bytes(&[6; 32]));
    assert_eq!(check(&world, json!({"qrData": old, "peek": true})).await["status"], "VALID");
}

#[tokio::test]
async fn number_and_reservation_must_both_be_the_tickets() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let (one, other) = (world.ticket(1, &[0]).await, world.ticket(2, &[1]).await);
    let key = TicketKey::from_bytes(&[7; 32]);
    let code = |text: &str| TicketCode::read(code_in(text), &[key.public()]).expect("ours");
    let (first, second) = (code(&qr(&world, 1, one).await), code(&qr(&world, 2, other).await));
    let unpaid = world.held(3, &[2]).await;
    // Such as of a ticket whose number was drawn again after a restore.
    for odd in [
        TicketCode { number: second.number, ..first },
        TicketCode { number: TicketNumber::new(NOON, 1), ..first },
        TicketCode { reservation: ReservationId(Uuid::from_u128(7)), ..first },
        TicketCode { reservation: unpaid, ..first },
        TicketCode { schedule: OTHER_SHOW, ..first },
    ] {
        let found = check(&world, json!({"qrData": odd.sign(&key)})).await;
        assert_eq!(found["status"], "CANCELLED", "{odd:?}");
    }
    assert_eq!(check(&world, json!({"qrData": first.sign(&key), "peek": true})).await["status"], "VALID");
}

#[tokio::test]
async fn a_cancelled_ticket_is_refused_even_while_it_is_being_cancelled() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0]).await;
    let code = qr(&world, 1, id).await;
    world.delete(1, &format!("/reservations/{id}")).await.expect(200);
    let found = check(&world, json!({"qrData": code})).await;
    assert_eq!((&found["status"], &found["usedAt"]), (&json!("CANCELLED"), &Value::Null));
    for round in 0..5 {
        let by = 10 + round;
        let id = world.ticket(by, &[1]).await;
        let code = qr(&world, by, id).await;
        let path = format!("/reservations/{id}");
        let (found, cancelled) = tokio::join!(check(&world, json!({"qrData": code})), world.delete(by, &path));
        let is_in = found["status"] == "VALID";
        let expected = if is_in { (422, "CANCELLATION_NOT_ALLOWED") } else { (200, "") };
        assert_eq!(cancelled.code(), expected, "{found}");
        if is_in {
            // The next round needs the seat.
            world.hear(id, PaymentNews::Refunded).await;
            return;
        }
    }
}

#[tokio::test]
async fn a_door_takes_tickets_of_its_schedule_alone() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0]).await;
    let code = qr(&world, 1, id).await;
    let body = json!({"qrData": code, "scheduleId": OTHER_SHOW});
    let wrong = check(&world, body).await;
    assert_eq!((&wrong["status"], &wrong["seats"]), (&json!("WRONG_SCHEDULE"), &json!(["A-1"])));
    let here = world.key(Caller::Door(Some(SHOW.get()))).await;
    let there = world.key(Caller::Door(Some(OTHER_SHOW.get()))).await;
    let any = world.key(Caller::Door(None)).await;
    let administrator = world.key(Caller::Administrator).await;
    let send = async |key: &str, method: Method, path: &str, body: Option<Value>| {
        world.send(None, method, path, body, &[("x-api-key", key)]).await
    };
    let shown = || Some(json!({"qrData": code, "peek": true}));
    for (key, status) in [(&here, "VALID"), (&there, "WRONG_SCHEDULE"), (&any, "VALID"), (&administrator, "VALID")] {
        let found = send(key, Method::POST, "/tickets/verify", shown()).await.expect(200);
        assert_eq!(found["status"], status);
    }
    let list = format!("/tickets/doors/{SHOW}");
    assert_eq!(send(&here, Method::GET, &list, None).await.status, 200);
    assert_eq!(send(&there, Method::GET, &list, None).await.code(), (403, "FORBIDDEN"));
    // Nobody else: people, tenants, made-up keys.
    let user = world.send(Some(person(1)), Method::POST, "/tickets/verify", shown(), &[]).await;
    assert_eq!(user.code(), (403, "FORBIDDEN"));
    let tenant = world.key(Caller::Tenant(TenantName::new("acme").expect("a name"))).await;
    assert_eq!(send(&tenant, Method::POST, "/tickets/verify", shown()).await.code(), (403, "FORBIDDEN"));
    assert_eq!(send("ons_x", Method::POST, "/tickets/verify", shown()).await.code(), (401, "UNAUTHORIZED"));
}

#[tokio::test]
async fn of_marks_that_are_handed_in_later_the_earliest_counts() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0]).await;
    let code = qr(&world, 1, id).await;
    clock.advance(Duration::from_secs(3_600));
    let mark = |at: &str| json!([{"qrData": code, "at": at}]);
    let one = batch(&world, "north", mark("2026-12-01T12:30:00.500")).await;
    let valid = json!({"ticketNumber": one[0]["ticketNumber"], "status": "VALID", "usedAt": "2026-12-01T12:30:00", "gate": "north"});
    assert_eq!(one, std::slice::from_ref(&valid));
    assert_eq!(batch(&world, "north", mark("2026-12-01T12:30:00.500")).await, [valid], "the reply was lost");
    let late = batch(&world, "south", mark("2026-12-01T12:30:00.501")).await;
    assert_eq!((&late[0]["status"], &late[0]["gate"]), (&json!("USED"), &json!("north")));
    let early = batch(&world, "south", mark("2026-12-01T12:30:00.499")).await;
    assert_eq!((&early[0]["status"], &early[0]["gate"]), (&json!("VALID"), &json!("south")));
    let beaten = batch(&world, "north", mark("2026-12-01T12:30:00.500")).await;
    assert_eq!((&beaten[0]["status"], &beaten[0]["gate"]), (&json!("USED"), &json!("south")));
    // The clock of a device may be ahead of ours.
    let other = world.ticket(2, &[1]).await;
    let code = qr(&world, 2, other).await;
    let ahead = batch(&world, "east", json!([{"qrData": code, "at": "2027-01-01T00:00:00"}])).await;
    assert_eq!(ahead[0]["usedAt"], "2026-12-01T13:00:00");
}

#[tokio::test]
async fn the_audit_log_says_who_let_in_where_and_when() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let (one, other) = (world.ticket(1, &[0]).await, world.ticket(2, &[1]).await);
    let codes = [qr(&world, 1, one).await, qr(&world, 2, other).await];
    let entry = |id: ReservationId, gate: &str, at: &str| {
        (format!("reservation:{id}"), json!({"gate": gate, "usedAt": format!("2026-12-01T12:00:{at}")}))
    };
    for (gate, peek) in [("east", true), ("north", false), ("south", false)] {
        check(&world, json!({"qrData": codes[0], "gate": gate, "peek": peek})).await;
    }
    let first = entry(one, "north", "00.123");
    assert_eq!(let_in(&world).await, std::slice::from_ref(&first), "neither a look nor a refusal");
    clock.advance(Duration::from_secs(60));
    let mark = |code: &String, at: &str| json!({"qrData": code, "at": format!("2026-12-01T12:00:{at}")});
    let list = json!([mark(&codes[0], "40"), mark(&codes[1], "30.500")]);
    for _ in 0..2 {
        batch(&world, "east", list.clone()).await;
    }
    let second = entry(other, "east", "30.500");
    assert_eq!(let_in(&world).await, [first.clone(), second.clone()]);
    batch(&world, "west", json!([mark(&codes[1], "20")])).await;
    assert_eq!(let_in(&world).await, [first, second, entry(other, "west", "20.000")], "an earlier mark counts");
}

/// Kind: marks of one call are stored in several transactions, and its key with one of them.
async fn a_batch_with_a_key_takes_every_mark(site: Site) {
    let world = World::on(site).await;
    let mut list = Vec::new();
    for index in 0..8 {
        let by = 100 + u128::from(index);
        let id = world.ticket(by, &[index]).await;
        list.push(json!({"qrData": qr(&world, by, id).await, "at": "2020-01-01T00:00:00"}));
    }
    let body = json!({"gate": "north", "list": list});
    let send = async || {
        let (path, headers) = ("/tickets/verify/batch", [("idempotency-key", "marks")]);
        world.send(Some(admin()), Method::POST, path, Some(body.clone()), &headers).await
    };
    let first = send().await.expect(200);
    for mark in first["list"].as_array().expect("a list") {
        assert_eq!((&mark["status"], &mark["usedAt"]), (&json!("VALID"), &json!("2020-01-01T00:00:00")), "{first}");
    }
    assert_eq!(let_in(&world).await.len(), 8);
    let again = send().await;
    assert_eq!((again.header("idempotency-replayed").as_str(), again.expect(200)), ("true", first));
    assert_eq!(let_in(&world).await.len(), 8);
}

#[tokio::test]
async fn a_batch_is_answered_mark_by_mark() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let (good, cancelled) = (world.ticket(1, &[0]).await, world.ticket(2, &[1]).await);
    let codes = [qr(&world, 1, good).await, qr(&world, 2, cancelled).await];
    world.delete(2, &format!("/reservations/{cancelled}")).await.expect(200);
    let at = "2026-12-01T12:00:00";
    let list = json!([{"qrData": "x.y", "at": at}, {"qrData": codes[1], "at": at}, {"qrData": codes[0], "at": at}]);
    let statuses: Vec<Value> =
        batch(&world, "north", list.clone()).await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, [json!("FORGED"), json!("CANCELLED"), json!("VALID")]);
    let body = json!({"gate": "north", "scheduleId": OTHER_SHOW, "list": list});
    let answer = world.send(Some(admin()), Method::POST, "/tickets/verify/batch", Some(body), &[]).await.expect(200);
    assert_eq!((&answer["list"][2]["status"], &answer["list"][2]["usedAt"]), (&json!("WRONG_SCHEDULE"), &Value::Null));
}

#[tokio::test]
async fn a_signed_list_checks_without_the_network() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let (good, used, cancelled) =
        (world.ticket(1, &[0, 1]).await, world.ticket(2, &[2]).await, world.ticket(3, &[3]).await);
    world.held(4, &[4]).await;
    let codes = [qr(&world, 1, good).await, qr(&world, 2, used).await, qr(&world, 3, cancelled).await];
    check(&world, json!({"qrData": codes[1]})).await;
    world.delete(3, &format!("/reservations/{cancelled}")).await.expect(200);
    let answer = world.send(Some(admin()), Method::GET, &format!("/tickets/doors/{SHOW}"), None, &[]).await;
    assert_eq!((answer.status, answer.header("content-type").as_str()), (200, "text/plain; charset=utf-8"));
    let text = String::from_utf8(answer.bytes).expect("text");
    let keys = [TicketKey::from_bytes(&[7; 32]).public()];
    let list = DoorList::read(&text, &keys).expect("ours");
    assert_eq!((list.schedule, list.at, list.tickets.len()), (SHOW, NOON, 3));
    let found = |code: &str| list.check(&TicketCode::read(code_in(code), &keys).expect("ours"));
    assert_eq!(found(&codes[0]), OfflineCheck::Listed(TicketStatus::Valid));
    assert_eq!(found(&codes[1]), OfflineCheck::Listed(TicketStatus::Used));
    assert_eq!(found(&codes[2]), OfflineCheck::Listed(TicketStatus::Cancelled));
    let later = world.ticket(5, &[5]).await;
    assert_eq!(found(&qr(&world, 5, later).await), OfflineCheck::NotListed);
    // The command makes the same list from the tables alone.
    let export = TicketExport { ledger: world.service.ledger().clone(), keys: world.service.tickets().clone() };
    let exported = export.list(SHOW, NOON).await.expect("made");
    assert_eq!(exported.tickets, 4);
    assert_eq!(DoorList::read(&exported.text, &keys).expect("ours").tickets.len(), 4);
    let nowhere = format!("/tickets/doors/{}", Uuid::from_u128(7));
    assert_eq!(world.send(Some(admin()), Method::GET, &nowhere, None, &[]).await.code(), (404, "NOT_FOUND"));
    let empty = format!("/tickets/doors/{OTHER_SHOW}");
    assert_eq!(world.send(Some(admin()), Method::GET, &empty, None, &[]).await.status, 200, "no tickets yet");
}

#[tokio::test]
async fn keys_are_public_the_one_that_signs_first() {
    let world = World::open().await;
    let keys = world.send(None, Method::GET, "/tickets/keys", None, &[]).await.expect(200);
    let key = |byte: u8| TicketKey::from_bytes(&[byte; 32]).public();
    let view =
        |byte| json!({"keyId": key(byte).id.to_string(), "algorithm": "Ed25519", "publicKey": key(byte).shown()});
    assert_eq!(keys, json!({"keys": [view(7), view(6)]}));
}

#[tokio::test]
async fn the_page_behind_a_code_marks_nothing_and_shows_nothing_personal() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let id = world.ticket(1, &[0]).await;
    let code = qr(&world, 1, id).await;
    let path = code.strip_prefix("http://127.0.0.1:8080").expect("a link").to_owned();
    for _ in 0..2 {
        let page = world.send(None, Method::GET, &path, None, &[("accept", "text/html,*/*;q=0.8")]).await;
        assert_eq!((page.status, page.header("content-type").as_str()), (200, "text/html; charset=utf-8"));
        let text = String::from_utf8(page.bytes).expect("text");
        assert!(text.contains("VALID") && !text.contains("A-1") && text.contains("lang=\"ko\""), "{text}");
    }
    let json = world.send(None, Method::GET, &path, None, &[("accept", "application/json")]).await.expect(200);
    assert_eq!(json["status"], "VALID");
    let fields: Vec<&String> = json.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["eventTitle", "gate", "scheduleDate", "status", "ticketNumber", "usedAt"]);
    let forged = world.send(None, Method::GET, "/tickets/verify/a.b", None, &[("accept", "application/json")]).await;
    assert_eq!(forged.expect(200)["status"], "FORGED");
    let english = world.send(None, Method::GET, &path, None, &[("accept-language", "en")]).await;
    assert!(String::from_utf8(english.bytes).expect("text").contains("lang=\"en\""));
}
