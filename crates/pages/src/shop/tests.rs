//! The shop over a small stand-in of the API.

use crate::{Settings, Shared};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use uuid::Uuid;

/// 2026-12-01T12:00:00, 21:00 in Korea.
const NOON: Timestamp = Timestamp(1_796_126_400_000);
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" ' & {{ 7*7 }} \u{202e}";

/// What the catalog and the coupons say.
#[derive(Default)]
struct Catalog {
    shows: Mutex<Vec<Value>>,
    times: Mutex<Vec<Value>>,
    is_away: AtomicBool,
    asked: AtomicU64,
    queries: Mutex<Vec<String>>,
}

fn at(minutes: i64) -> Timestamp {
    NOON.plus_seconds(minutes * 60)
}

fn listed(id: u128, title: &str, status: &str, sale: i64) -> Value {
    json!({"id": Uuid::from_u128(id), "title": title, "artist": "한강밴드", "venueName": "온세일 아레나", "city": "서울",
        "startDate": at(10_000), "endDate": at(10_150), "status": status, "minPrice": 99_000, "maxPrice": 165_000,
        "saleStartAt": at(sale), "poster": "/assets/poster/x.svg"})
}

fn time(id: u128, status: &str, sale: (i64, i64), left: u64, in_payment: Option<u64>) -> Value {
    json!({"id": Uuid::from_u128(id), "sequence": id, "time": "00:00:00", "saleStartAt": at(sale.0), "saleEndAt": at(sale.1),
        "status": status, "isSoldOut": left == 0, "left": left, "inPayment": in_payment, "eventId": Uuid::from_u128(1),
        "eventStartAt": at(10_000 + id as i64), "eventEndAt": at(10_150)})
}

impl Catalog {
    fn router(self: &Arc<Self>) -> Router {
        let events = async |State(it): State<Arc<Self>>, RawQuery(query): RawQuery| {
            let query = query.unwrap_or_default();
            it.queries.lock().expect("whole").push(query.clone());
            let status = if query.contains("UPCOMING") { "UPCOMING" } else { "OPEN" };
            let fits = |show: &&Value| {
                let is_coming = show["saleStartAt"].as_str() > Some(&NOON.to_string());
                !query.contains("city=") && (status == "OPEN" || is_coming)
            };
            let list: Vec<Value> = it.shows.lock().expect("whole").iter().filter(fits).cloned().collect();
            it.answer(json!({"totalElements": list.len(), "page": 0, "size": 12, "list": list}))
        };
        let event = async |State(it): State<Arc<Self>>, Path(id): Path<Uuid>| {
            let found = it.shows.lock().expect("whole").iter().find(|show| show["id"] == json!(id)).cloned();
            let Some(show) = found else {
                return (StatusCode::NOT_FOUND, axum::Json(json!({"code": "NOT_FOUND"}))).into_response();
            };
            it.answer(json!({"id": id, "title": show["title"], "artist": show["artist"], "description": show["title"],
                "status": show["status"], "venue": {"id": id, "name": "온세일 아레나", "address": "서울 송파구", "city": "서울"},
                "halls": {"id": id, "name": "대공연장"}, "priceByGrade": {"A": 121_000, "VIP": 165_000, "S": 143_000},
                "schedules": []}))
        };
        let times = async |State(it): State<Arc<Self>>| {
            let list = it.times.lock().expect("whole").clone();
            it.answer(json!({"totalElements": list.len(), "page": 0, "size": 100, "list": list}))
        };
        let venues =
            async |State(it): State<Arc<Self>>| it.answer(json!({"list": [{"city": "서울"}, {"city": "부산"}]}));
        let coupons = async || {
            axum::Json(json!({"list": [
                {"event_id": "welcome", "name": HOSTILE, "status": "active", "remaining_stock": 900, "opens_at": null},
                {"event_id": "later", "name": "나중 쿠폰", "status": "scheduled", "remaining_stock": 9, "opens_at": "2026-12-01T13:00:00Z"},
                {"event_id": "gone", "name": "지난 쿠폰", "status": "closed", "remaining_stock": 9, "opens_at": null},
            ]}))
        };
        Router::new()
            .route("/events", get(events))
            .route("/events/{id}", get(event))
            .route("/events/{id}/schedules", get(times))
            .route("/venues", get(venues))
            .route("/api/v1/coupons/campaigns", get(coupons))
            .with_state(self.clone())
    }

    fn answer(&self, body: Value) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            let body = json!({"code": "SERVICE_UNAVAILABLE", "message": "away"});
            return (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body)).into_response();
        }
        axum::Json(body).into_response()
    }
}

struct Site {
    catalog: Arc<Catalog>,
    pages: Router,
}

/// An answer.
struct Seen {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Site {
    fn new() -> Self {
        let settings = Settings {
            public_url: "https://shop.example".into(),
            has_sandbox: true,
            kept_for: std::time::Duration::from_millis(1),
            ..Settings::default()
        };
        Self::of(settings)
    }

    fn of(settings: Settings) -> Self {
        let catalog = Arc::new(Catalog::default());
        *catalog.shows.lock().expect("whole") =
            vec![listed(1, "가을 밤의 노래", "OPEN", -60), listed(2, "겨울 콘서트", "OPEN", 60)];
        let pages = Shared::new(settings).routes(catalog.router());
        Self { catalog, pages }
    }

    async fn get(&self, path: &str) -> Seen {
        self.get_in(path, "ko").await
    }

    async fn get_in(&self, path: &str, language: &str) -> Seen {
        let request =
            Request::builder().uri(path).header("accept-language", language).body(Body::empty()).expect("made");
        let response = self.pages.clone().oneshot(request).await.expect("answered");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        Seen { status, headers, text: String::from_utf8(bytes.to_vec()).expect("text") }
    }

    /// As [`Site::get`], past what is kept.
    async fn again(&self, path: &str) -> Seen {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        self.get(path).await
    }
}

fn show(id: u128) -> String {
    format!("/shows/{}", Uuid::from_u128(id))
}

/// What stands between two marks, for each time that both do.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    text.split(from).skip(1).filter_map(|rest| rest.split_once(to).map(|(found, _)| found)).collect()
}

#[tokio::test]
async fn the_first_page_has_what_is_on_sale_what_comes_and_coupons() {
    let _clock = clock::set(NOON);
    let site = Site::new();
    let seen = site.get("/").await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!(seen.headers["cache-control"], "public, max-age=5, stale-while-revalidate=30");
    let on_sale = between(&seen.text, "id=\"on-sale\"", "</section>")[0];
    assert!(on_sale.contains("가을 밤의 노래") && !on_sale.contains("겨울 콘서트"), "{on_sale}");
    let coming = between(&seen.text, "id=\"coming\"", "</section>")[0];
    assert!(coming.contains("겨울 콘서트") && coming.contains("22:00"), "in Korean time: {coming}");
    let coupons = between(&seen.text, "id=\"coupons\"", "</section>")[0];
    assert!(coupons.contains("/coupons/welcome") && coupons.contains("나중 쿠폰") && !coupons.contains("지난 쿠폰"));
    assert!(seen.text.contains("id=\"demo\"") && seen.text.matches("<h1").count() == 1);
    let plain = Site::of(Settings::default()).get("/").await;
    assert!(!plain.text.contains("id=\"demo\""));
}

#[tokio::test]
async fn filters_are_in_the_address_and_an_empty_list_says_which_to_drop() {
    let _clock = clock::set(NOON);
    let site = Site::new();
    let seen = site.get("/shows?city=%EB%B6%80%EC%82%B0&utm_source=x&keyword=%EB%B0%A4").await;
    assert_eq!(seen.status, 200);
    assert!(seen.text.contains("data-state=\"empty\""), "{}", seen.text);
    assert!(seen.text.contains("<option selected>부산</option>") && seen.text.contains("value=\"밤\""));
    let empty = between(&seen.text, "class=\"empty\"", "</section>")[0];
    assert!(empty.contains("href=\"/shows?keyword=%EB%B0%A4\"") && empty.contains("공연 2개"), "{empty}");
    assert_eq!(empty.matches("href=").count(), 1, "without the word nothing is found either: {empty}");
    let queries = site.catalog.queries.lock().expect("whole").clone();
    assert!(queries.iter().all(|query| !query.contains("utm")), "{queries:?}");
}

#[tokio::test]
async fn the_last_list_is_shown_and_said_to_be_old_while_the_catalog_is_away() {
    let clock = clock::set(NOON);
    let site = Site::new();
    let paths = ["/".to_owned(), "/shows".to_owned(), show(1)];
    for path in &paths {
        assert!(!site.get(path).await.text.contains("notice is-warn"), "{path}");
    }
    site.catalog.is_away.store(true, Ordering::SeqCst);
    clock.advance(std::time::Duration::from_secs(600));
    for path in &paths {
        let seen = site.again(path).await;
        assert_eq!(seen.status, 200, "{path}");
        assert!(
            seen.text.contains("notice is-warn") && seen.text.contains("21:00") && seen.text.contains("가을 밤의 노래"),
            "{path}"
        );
    }
    assert_eq!(site.again("/shows?keyword=x").await.status, 503, "nothing was read of it before");
    site.catalog.is_away.store(false, Ordering::SeqCst);
    site.catalog.shows.lock().expect("whole").clear();
    assert_eq!(site.again(&show(1)).await.status, 404);
    site.catalog.is_away.store(true, Ordering::SeqCst);
    assert_ne!(site.again(&show(1)).await.status, 200, "what was deleted does not come back");
}

#[tokio::test]
async fn each_performance_says_whether_it_can_be_bought() {
    let _clock = clock::set(NOON);
    let site = Site::new();
    *site.catalog.times.lock().expect("whole") = vec![
        time(1, "ONGOING", (-60, 600), 12, Some(3)),
        time(2, "UPCOMING", (3, 600), 2_000, None),
        time(3, "ONGOING", (-60, 600), 0, Some(12)),
        time(4, "ONGOING", (-60, 600), 0, Some(0)),
        time(5, "ONGOING", (-60, -1), 9, Some(0)),
        time(6, "ENDED", (-60, -1), 9, None),
        time(7, "CANCELLED", (-60, 600), 9, None),
    ];
    let seen = site.get(&show(1)).await;
    let states = between(&seen.text, "<li class=\"time\" data-state=\"", "\"");
    assert_eq!(states, ["open", "soon", "in-payment", "sold-out", "over", "over", "cancelled"]);
    let hrefs = between(&seen.text, "class=\"button\" href=\"", "\"");
    assert_eq!(hrefs, [format!("/wait/{}", Uuid::from_u128(1))], "one can be bought now");
    let opens = at(3).millis().to_string();
    assert!(seen.text.contains(&format!("data-opens=\"{opens}\" data-href=\"/wait/{}\"", Uuid::from_u128(2))));
    assert!(seen.text.contains("12석 남음") && seen.text.contains("매진, 12석은 결제 중입니다"));
    assert!(seen.text.contains("<main id=\"main\" class=\"shop\" data-state=\"open\""));
    let english = site.get_in(&show(1), "en").await.text;
    assert!(english.contains("12 seats left") && english.contains("Sold out, 12 seats in payment"));
}

#[tokio::test]
async fn hostile_words_are_words_in_the_page_and_in_its_data() {
    let _clock = clock::set(NOON);
    let site = Site::new();
    *site.catalog.shows.lock().expect("whole") = vec![listed(1, HOSTILE, "OPEN", -60)];
    *site.catalog.times.lock().expect("whole") = vec![time(1, "ONGOING", (-60, 600), 12, Some(3))];
    let query = "/shows?keyword=%3C%2Fscript%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27";
    for path in ["/".to_owned(), "/shows".to_owned(), query.to_owned(), show(1)] {
        let seen = site.get(&path).await;
        assert_eq!(seen.status, 200, "{path}");
        assert!(!seen.text.contains("<script>alert") && !seen.text.contains("<img"), "{path}: {}", seen.text);
        let scripts = between(&seen.text, "<script", ">");
        assert!(scripts.iter().all(|script| script.contains("type=")), "{path}: {scripts:?}");
        let policy = std::str::from_utf8(seen.headers["content-security-policy"].as_bytes()).expect("text");
        assert!(policy.contains("script-src 'self';"), "{policy}");
    }
}

#[tokio::test]
async fn search_engines_and_messengers_get_the_show_as_data() {
    let _clock = clock::set(NOON);
    let site = Site::new();
    *site.catalog.shows.lock().expect("whole") = vec![listed(1, HOSTILE, "OPEN", -60)];
    *site.catalog.times.lock().expect("whole") = vec![
        time(1, "ONGOING", (-60, 600), 12, Some(3)),
        time(2, "UPCOMING", (3, 600), 5, None),
        time(3, "CANCELLED", (3, 600), 5, None),
    ];
    let seen = site.get(&show(1)).await;
    let data = between(&seen.text, "<script type=\"application/ld+json\">", "</script>");
    let data: Value = serde_json::from_str(data[0]).expect("JSON");
    let events = data["@graph"].as_array().expect("a graph");
    assert_eq!((events.len(), &events[0]["name"]), (3, &json!(HOSTILE)));
    assert_eq!(events[0]["startDate"], "2026-12-08T19:41:00+09:00");
    assert_eq!(events[0]["offers"]["lowPrice"], 121_000);
    let of =
        |key: &str| events.iter().map(|event| event[key].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let word = |word: &str| format!("https://schema.org/{word}");
    assert_eq!(of("eventStatus"), [word("EventScheduled"), word("EventScheduled"), word("EventCancelled")]);
    let stock: Vec<&Value> = events.iter().map(|event| &event["offers"]["availability"]).collect();
    assert_eq!(stock, [&json!(word("InStock")), &json!(word("PreOrder")), &json!(word("SoldOut"))]);
    assert_eq!(events[0]["location"]["address"]["addressLocality"], "서울");
    let tag = poster::Poster::new(1, HOSTILE, "한강밴드").tag();
    let image = format!("https://shop.example/assets/poster/{}.png?v={tag}", Uuid::from_u128(1));
    assert_eq!(events[0]["image"], json!([image]));
    assert!(seen.text.contains(&format!("property=\"og:image\" content=\"{image}\"")));
    assert!(seen.text.contains(&format!("rel=\"canonical\" href=\"https://shop.example{}\"", show(1))));
}

#[tokio::test]
async fn a_page_is_made_once_for_all_and_two_languages_are_two_pages() {
    let _clock = clock::set(NOON);
    let site = Site::of(Settings { kept_for: std::time::Duration::from_secs(60), ..Settings::default() });
    let first = site.get("/shows?page=1").await.text;
    let asked = site.catalog.asked.load(Ordering::SeqCst);
    for path in ["/shows", "/shows?utm_source=a", "/shows?status=open", "/shows?page=0"] {
        assert_eq!(site.get(path).await.text, first, "{path}");
    }
    assert_eq!(site.catalog.asked.load(Ordering::SeqCst), asked, "one rendering for all");
    let english = site.get_in("/shows", "en").await.text;
    assert!(english.contains("lang=\"en\"") && english.contains("On sale from"));
}

#[tokio::test]
async fn what_is_no_show_is_not_found() {
    let site = Site::new();
    for path in ["/shows/x", "/shows/00000000-0000-0000-0000-000000000009", "/shows/%3Cscript%3E"] {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
}

/// The files that the waiting page needs, by its own words.
fn imports(name: &str, seen: &mut BTreeSet<String>) {
    if !seen.insert(name.to_owned()) {
        return;
    }
    let text = web::assets::content(name).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    for module in between(&text, "from \"./", "\"") {
        let folder = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        imports(&format!("{folder}{module}"), seen);
    }
}

#[test]
fn the_files_that_are_fetched_beforehand_are_those_of_the_waiting_page() {
    let script = web::assets::content("shop.js").expect("a script");
    let script = String::from_utf8_lossy(&script);
    let named = between(&script, "const NEXT = [", "]")[0];
    let named: BTreeSet<String> = named.split(',').map(|name| name.trim().trim_matches('"').to_owned()).collect();
    let mut needed = BTreeSet::from(["wait.css".to_owned()]);
    imports("wait.js", &mut needed);
    assert_eq!(named, needed);
}
