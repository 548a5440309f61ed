//! The own place as server-sent events.

use crate::support::{NOON, SCHEDULE, Scene, person, schedule, slow};
use axum::body::Body;
use axum::http::Request;
use futures::StreamExt;
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

const PATIENCE: Duration = Duration::from_secs(60);

/// The stream of a person: each event as its name and its data.
struct Events {
    bytes: axum::body::BodyDataStream,
    text: String,
}

impl Events {
    async fn open(scene: &Scene, number: u128) -> Self {
        Self::open_as(scene, number, false).await
    }

    /// For a page, as the gateway says it, or for the holder of a token.
    async fn open_as(scene: &Scene, number: u128, is_page: bool) -> Self {
        let mut request = Request::get(format!("/queue/stream?scheduleId={SCHEDULE}"))
            .header("host", "localhost")
            .body(Body::empty())
            .expect("a request");
        request.extensions_mut().insert(person(number));
        if is_page {
            request.extensions_mut().insert(access::ByPage);
        }
        let response = scene.router.clone().oneshot(request).await.expect("answered");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { bytes: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event, without comments and fields for the browser alone; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
                if let Some(data) = field("data: ") {
                    let name = field("event: ").unwrap_or_default();
                    return Some((name, serde_json::from_str(&data).expect("JSON")));
                }
            }
            let bytes = tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("an event in time")?;
            self.text.push_str(std::str::from_utf8(&bytes.expect("bytes")).expect("text"));
        }
    }

    async fn status(&mut self) -> Value {
        let (name, data) = self.next().await.expect("an event");
        assert_eq!(name, "");
        data
    }
}

#[tokio::test]
async fn a_stream_tells_the_place_each_change_and_the_pass() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 3).await;
    let mut events = Events::open(&scene, 4).await;
    let first = events.status().await;
    assert_eq!((first["status"].as_str(), first["rank"].as_u64()), (Some("WAITING"), Some(3)));
    scene.leave(2, SCHEDULE).await.expect(200);
    assert_eq!(events.status().await["rank"], 2, "somebody ahead has left");
    for rank in [1, 0] {
        clock.advance(Duration::from_secs(1));
        assert_eq!(scene.admit(1, SCHEDULE).await, 1);
        let event = events.status().await;
        assert_eq!(event["rank"], rank, "{event}");
        if rank == 0 {
            let token = event["token"].as_str().expect("a token");
            scene.check_pass(token, 4, SCHEDULE).await.expect(200);
        }
    }
    clock.advance(Duration::from_secs(600));
    let (name, data) = events.next().await.expect("an event");
    assert_eq!((name.as_str(), data["code"].as_str()), ("end", Some("QUEUE_TOKEN_EXPIRED")));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_pages_stream_tells_everything_but_the_pass() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.crowd(1, 1).await;
    let (mut page, mut program) = (Events::open_as(&scene, 2, true).await, Events::open(&scene, 2).await);
    for events in [&mut page, &mut program] {
        assert_eq!(events.status().await["status"], "WAITING");
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(scene.admit(1, SCHEDULE).await, 1);
    // Those that are opened now have it in their first event.
    let (page_again, program_again) = (Events::open_as(&scene, 2, true).await, Events::open(&scene, 2).await);
    for (mut events, is_page) in [(page, true), (page_again, true), (program, false), (program_again, false)] {
        let event = loop {
            let event = events.status().await;
            if event["status"] == "ACTIVE" {
                break event;
            }
        };
        assert!(event["expiresAt"].is_string(), "{event}");
        assert_eq!(event["token"].is_null(), is_page, "{event}");
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_sale_and_with_the_place() {
    let clock = clock::set(NOON);
    let scene = Scene::open(queue::TicketSettings { abandon_after_ms: 4_000, ..slow() }).await;
    scene.world.sell(SCHEDULE, NOON.plus_seconds(-10), NOON.plus_seconds(20));
    scene.crowd(1, 2).await;
    let (mut left, mut waits) = (Events::open(&scene, 2).await, Events::open(&scene, 3).await);
    left.status().await;
    waits.status().await;
    scene.leave(2, SCHEDULE).await.expect(200);
    let ended = loop {
        let (name, data) = left.next().await.expect("an event");
        if name == "end" {
            break data;
        }
    };
    assert_eq!(ended["code"], "NOT_IN_QUEUE");
    clock.advance(Duration::from_secs(20));
    let ended = loop {
        let (name, data) = waits.next().await.expect("an event");
        if name == "end" {
            break data;
        }
    };
    assert_eq!(ended["code"], "TICKET_SALE_ENDED");
}

#[tokio::test]
async fn a_stream_of_nobodys_place_is_refused_and_counts_as_a_look() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let path = format!("/queue/stream?scheduleId={SCHEDULE}");
    let get = async |who| scene.send(who, axum::http::Method::GET, &path, None, &[]).await;
    assert_eq!(get(None).await.status, 401);
    for _ in 0..15 {
        assert_eq!(get(Some(person(1))).await.code(), (404, "NOT_IN_QUEUE"));
    }
    assert_eq!(get(Some(person(1))).await.status, 429);
    assert!(scene.tickets.stream(person(1).id, schedule(SCHEDULE), None, false).await.is_err());
}
