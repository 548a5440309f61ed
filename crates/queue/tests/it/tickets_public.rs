//! The line of a schedule for everybody, before anybody has entered it.

use crate::support::{Answer, NOON, OTHER, SCHEDULE, Scene, UNKNOWN, line, slow};
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use futures::future::join_all;
use hot::line::Clock;
use onsale_http::server::{HotHead, HotRoutes};
use onsale_http::{HttpMetrics, HttpSettings};
use queue::TicketSettings;
use queue::api::serving_route::ServingRoute;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

async fn get(scene: &Scene, path: &str) -> Answer {
    scene.send(None, Method::GET, path, None, &[]).await
}

async fn has_line(scene: &Scene, id: &str) -> bool {
    scene.engines.lines.rule(&line(id)).await.expect("answered").is_some()
}

fn calls(scene: &Scene) -> usize {
    scene.world.catalog_calls.load(Ordering::SeqCst)
}

/// What the fast path answers: the status, and the document or error.
async fn fast(route: &ServingRoute, id: &str) -> (String, Value) {
    let target = format!("/queue/serving/{id}");
    let head = HotHead { method: "GET", target: &target, ..HotHead::default() };
    assert!(route.knows(head.method, head.target));
    let mut out = Vec::new();
    if let Some(undecided) = route.answer_now(IpAddr::V4(Ipv4Addr::LOCALHOST), &head, &[], &mut out) {
        route.answer(undecided, &mut out).await;
    }
    let text = String::from_utf8(out).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    (head[9..12].to_owned(), serde_json::from_str(body).expect("JSON"))
}

/// The state, when it opens, and the counts.
fn told(document: &Value) -> (String, Value, [Value; 3]) {
    let counts = ["serving", "last", "waiting"].map(|name| document[name].clone());
    (document["state"].as_str().unwrap_or_default().to_owned(), document["opensAt"].clone(), counts)
}

fn zeros() -> [Value; 3] {
    [json!(0), json!(0), json!(0)]
}

#[tokio::test]
async fn a_schedule_on_sale_has_its_line_with_the_first_look() {
    let _clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let looks = join_all((0..100).map(|_| get(&scene, "/queue/serving/3F2A0B0E-6C3D-4A57-9E3F-6D1F0A4F6A11"))).await;
    for look in looks {
        let document = look.expect(200);
        assert_eq!(told(&document), ("OPEN".into(), json!("2026-12-01T11:00:00"), zeros()));
        assert_eq!(document["line"], format!("queue:{SCHEDULE}"));
    }
    assert_eq!(calls(&scene), 1, "one asks for all");
    assert!(has_line(&scene, SCHEDULE).await && !has_line(&scene, OTHER).await);
    scene.enter(1, SCHEDULE).await.expect(200);
    assert_eq!(scene.status(1, SCHEDULE).await.expect(200)["status"], "ACTIVE", "nobody waits");
}

#[tokio::test]
async fn before_its_sale_a_schedule_is_scheduled_and_its_line_is_made_an_hour_before() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.world.sell(OTHER, NOON.plus_seconds(2 * 3_600), NOON.plus_seconds(3 * 3_600));
    let serving = format!("/queue/serving/{OTHER}");
    let scheduled = ("SCHEDULED".to_owned(), json!("2026-12-01T14:00:00"), zeros());
    assert_eq!(told(&get(&scene, &serving).await.expect(200)), scheduled);
    assert!(!has_line(&scene, OTHER).await, "it will have the rate that is configured then");
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(told(&get(&scene, &serving).await.expect(200)), scheduled);
    assert!(has_line(&scene, OTHER).await);
}

#[tokio::test]
async fn a_schedule_that_is_over_has_ended_and_gets_no_line() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.world.cancel(OTHER);
    let ended = ("ENDED".to_owned(), Value::Null, zeros());
    assert_eq!(told(&get(&scene, &format!("/queue/serving/{OTHER}")).await.expect(200)), ended, "cancelled");
    clock.advance(Duration::from_secs(3_600));
    let document = get(&scene, &format!("/queue/serving/queue:{SCHEDULE}?ranges=1")).await;
    assert_eq!(document.header("cache-control"), "public, max-age=1");
    assert_eq!(document.header("access-control-allow-origin"), "*");
    let document = document.expect(200);
    assert_eq!(told(&document), ended);
    let rest = ["line", "ratePerSecond", "ticketsPerSecond", "left", "notice", "at", "now"].map(|name| &document[name]);
    let now = NOON.plus_seconds(3_600);
    let expected = [
        json!(format!("queue:{SCHEDULE}")),
        json!(0.0),
        json!(0.0),
        json!([]),
        Value::Null,
        json!("2026-12-01T13:00:00"),
        json!(now.millis()),
    ];
    assert_eq!(rest, expected.each_ref());
    assert!(!has_line(&scene, SCHEDULE).await && !has_line(&scene, OTHER).await);
}

#[tokio::test]
async fn a_stream_without_a_line_tells_the_document_and_lets_the_browser_come_back() {
    let _clock = clock::set(NOON.plus_seconds(3_600));
    let scene = Scene::open(slow()).await;
    let open = async |newest: &str| {
        let request = Request::get(format!("/queue/stream/{SCHEDULE}")).header("host", "localhost");
        let request = request.header("last-event-id", newest).body(Body::empty()).expect("a request");
        let response = scene.router.clone().oneshot(request).await.expect("answered");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/event-stream".parse().expect("a value"))
        );
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("an end");
        String::from_utf8(bytes.to_vec()).expect("text")
    };
    let first = open("").await;
    let (retry, event) = first.split_once("\n\n").expect("two parts");
    assert_eq!(retry, "retry: 60000");
    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).expect("a document");
    assert_eq!(told(&serde_json::from_str(data).expect("JSON")).0, "ENDED");
    let id = event.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
    assert_eq!(open(id).await, "retry: 60000\n\n", "the reader has it");
}

#[tokio::test]
async fn what_a_line_asks_for_is_told_before_anybody_has_entered() {
    let clock = clock::set(NOON);
    let settings = TicketSettings { challenge: domain::line::Challenge::Pow, ..TicketSettings::default() };
    let scene = Scene::open(settings).await;
    let kind = async |id: &str| get(&scene, &format!("/queue/challenge/{id}")).await.expect(200)["kind"].clone();
    assert_eq!(kind(SCHEDULE).await, "pow");
    assert!(has_line(&scene, SCHEDULE).await);
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(kind(OTHER).await, "pow");
    assert!(!has_line(&scene, OTHER).await, "it is over");
    assert_eq!(get(&scene, &format!("/queue/challenge/{UNKNOWN}")).await.code(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn an_unknown_schedule_is_remembered_for_a_second_and_a_flood_of_names_leaves_the_catalog_alone() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let serving = async |id: &str| get(&scene, &format!("/queue/serving/{id}")).await;
    for _ in 0..20 {
        assert_eq!(serving(UNKNOWN).await.code(), (404, "NOT_FOUND"));
    }
    assert_eq!(calls(&scene), 1);
    clock.advance(Duration::from_secs(1));
    // Published since.
    scene.world.sell(UNKNOWN, NOON.plus_seconds(-60), NOON.plus_seconds(3_600));
    serving(UNKNOWN).await.expect(200);
    let mut refused = 0;
    for number in 0..200 {
        match serving(&Uuid::from_u128(number).to_string()).await.code() {
            (404, "NOT_FOUND") => {}
            (503, "SERVICE_UNAVAILABLE") => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((calls(&scene), refused), (2 + 49, 151));
    serving(UNKNOWN).await.expect(200);
    scene.enter(1, OTHER).await.expect(200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(serving(&Uuid::from_u128(7_000).to_string()).await.code(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn a_catalog_that_does_not_answer_is_waited_for_two_seconds() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    scene.world.is_catalog_stuck.store(true, Ordering::SeqCst);
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let path = format!("/queue/serving/{SCHEDULE}");
    for look in join_all((0..10).map(|_| get(&scene, &path))).await {
        assert_eq!(look.code(), (503, "SERVICE_UNAVAILABLE"));
    }
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
    tokio::time::resume();
    scene.world.is_catalog_stuck.store(false, Ordering::SeqCst);
    clock.advance(Duration::from_secs(1));
    get(&scene, &path).await.expect(200);
}

#[tokio::test]
async fn the_fast_path_knows_what_the_router_knows() {
    let clock = clock::set(NOON);
    let scene = Scene::open(slow()).await;
    let tickets = Some(scene.tickets.clone());
    let limits = HttpSettings::default().limits;
    let route = ServingRoute::new(scene.cache.clone(), tickets, limits, &HttpMetrics::default(), 0);
    let all = join_all((0..20).map(|_| fast(&route, SCHEDULE))).await;
    assert!(all.iter().all(|(status, document)| status == "200" && document["state"] == "OPEN"), "{all:?}");
    assert!(has_line(&scene, SCHEDULE).await);
    assert_eq!(calls(&scene), 1);
    let (status, refused) = fast(&route, UNKNOWN).await;
    assert_eq!((status.as_str(), &refused["code"]), ("404", &json!("NOT_FOUND")));
    let (status, refused) = fast(&route, "shop").await;
    assert_eq!((status.as_str(), &refused["code"]), ("404", &json!("NOT_FOUND")), "a line before a site");
    clock.advance(Duration::from_secs(3_600));
    let (status, document) = fast(&route, OTHER).await;
    assert_eq!((status.as_str(), told(&document).0.as_str()), ("200", "ENDED"));
    // The line goes a day after its schedule; what is left is its end.
    scene.engines.lines.end_line(&line(SCHEDULE), Clock::Engine).await.expect("ended");
    scene.cache.forget(&line(SCHEDULE));
    assert_eq!(told(&fast(&route, SCHEDULE).await.1).0, "ENDED");
}
