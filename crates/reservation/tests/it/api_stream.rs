//! The stream of seats: changes once a second, an event at the end of the pass (amendments 10, 21).

use crate::world::{NOON, SHOW, World, person, show};
use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use domain::line::{IssuedPass, read_pass};
use futures::StreamExt;
use reservation::Settings;
use serde_json::{Value, json};
use std::time::Duration;

struct Events(BodyDataStream);

impl Events {
    async fn open(world: &World, by: u128, pass: &str) -> Self {
        let path = format!("/reservations/seats/{SHOW}/stream");
        let headers = [("x-queue-token", pass)];
        let response = world.request(Some(person(by)), Method::GET, &path, Body::empty(), &headers).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"].as_bytes(), b"text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    /// The next event that is no heartbeat: its name and its data; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        let next = async {
            loop {
                let bytes = self.0.next().await?.expect("bytes");
                let text = String::from_utf8(bytes.to_vec()).expect("text");
                let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(data) = line("data: ") {
                    let data = serde_json::from_str(&data).expect("JSON");
                    return Some((line("event: ").unwrap_or_default(), data));
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), next).await.expect("in time")
    }

    async fn change(&mut self) -> Value {
        let (name, data) = self.next().await.expect("an event");
        assert_eq!(name, "", "{data}");
        data
    }
}

#[tokio::test]
async fn a_reader_hears_what_changes_and_what_is_open_to_it() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    world.others.known().line = (50, 3);
    let pass = world.pass(60, 60).await;
    let mut events = Events::open(&world, 60, &pass).await;
    let first = events.change().await;
    assert_eq!((&first["from"], &first["changes"], &first["open"]), (&first["to"], &json!([]), &json!([])));
    let id = world.held(1, &[2, 10]).await;
    clock.advance(Duration::from_secs(1));
    let second = events.change().await;
    assert_eq!((&second["from"], &second["changes"]), (&first["to"], &json!([[2, 1], [10, 1]])));
    assert_eq!(second.get("open"), None);
    // It comes back: the bits stay, and it is open to this reader.
    world.delete(1, &format!("/reservations/hold/{id}")).await.expect(204);
    clock.advance(Duration::from_secs(1));
    let third = events.change().await;
    assert_eq!((&third["from"], &third["to"]), (&second["to"], &second["to"]));
    assert_eq!((&third["changes"], &third["open"]), (&json!([]), &json!([2, 10])));
    clock.advance(Duration::from_secs(121));
    let fourth = events.change().await;
    assert_eq!((&fourth["changes"], &fourth["open"]), (&json!([[2, 0], [10, 0]]), &json!([])));
}

#[tokio::test]
async fn a_pass_that_ends_closes_the_stream_with_its_code() {
    let _clock = clock::set(NOON);
    let world = World::open().await;
    let (pass, other) = (world.pass(1, 1).await, world.pass(2, 2).await);
    let (mut ended, mut lives) = (Events::open(&world, 1, &pass).await, Events::open(&world, 2, &other).await);
    ended.change().await;
    lives.change().await;
    let id = read_pass(&pass).expect("a pass");
    world.keys.remove(&[IssuedPass::key(id)]).await.expect("removed");
    assert_eq!(ended.next().await, Some(("end".to_owned(), json!({"code": "QUEUE_TOKEN_EXPIRED"}))));
    assert_eq!(ended.next().await, None);
    // The server stops: the others end, too.
    world.service.end_streams();
    assert_eq!(lives.next().await, None);
    let path = format!("/reservations/seats/{SHOW}/stream");
    let refused = world.send(Some(person(2)), Method::GET, &path, None, &[("x-queue-token", &other)]).await;
    assert_eq!(refused.code(), (503, "SERVICE_UNAVAILABLE"));
}

#[tokio::test]
async fn a_cancelled_event_closes_its_streams() {
    let clock = clock::set(NOON);
    let world = World::open().await;
    let pass = world.pass(1, 1).await;
    let mut events = Events::open(&world, 1, &pass).await;
    events.change().await;
    world.others.known().shows.insert(SHOW, crate::stand_ins::Show { is_cancelled: true, ..show() });
    clock.advance(Duration::from_secs(31));
    assert_eq!(events.next().await, Some(("end".to_owned(), json!({"code": "EVENT_CANCELLED"}))));
}

#[tokio::test]
async fn streams_have_an_end_of_their_number() {
    let _clock = clock::set(NOON);
    let world = World::with(Settings { streams_max: 2, ..Settings::default() }).await;
    let pass = world.pass(1, 1).await;
    let (one, _two) = (Events::open(&world, 1, &pass).await, Events::open(&world, 1, &pass).await);
    let path = format!("/reservations/seats/{SHOW}/stream");
    let refused = world.send(Some(person(1)), Method::GET, &path, None, &[("x-queue-token", &pass)]).await;
    assert_eq!((refused.code(), refused.header("retry-after").as_str()), ((503, "SERVICE_UNAVAILABLE"), "5"));
    drop(one);
    Events::open(&world, 1, &pass).await;
}
