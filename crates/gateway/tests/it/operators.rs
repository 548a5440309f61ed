//! What operators see over all roles: joined, with a role away, and by whom it may be seen.

use crate::stack::{SITE, Stack, bearer, page};
use access::Peer;
use access::callers::Callers;
use access::remote::RemoteKeys;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use domain::account::UserRole::{Admin, User};
use gateway::{OperatorPeers, Operators};
use hot::embedded::{EmbeddedLines, JournalOptions};
use http::{HeaderMap, StatusCode};
use onsale_http::Calls;
use onsale_http::calls::HotAnswers;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The roles of a test, each with routes of its own; those without any are away.
struct Roles {
    coupon: Router,
    catalog: Router,
    reservation: Router,
    payment: Router,
    user: Router,
    queue: Router,
}

fn away() -> Router {
    Router::new().fallback(|| async { StatusCode::SERVICE_UNAVAILABLE })
}

impl Roles {
    fn away() -> Self {
        let all = || away();
        Self { coupon: all(), catalog: all(), reservation: all(), payment: all(), user: all(), queue: all() }
    }

    fn operators(&self) -> Operators {
        let peer = |role, routes: &Router| {
            let peer = Peer::in_process(role, "key", Duration::from_secs(60)).expect("a key");
            peer.connect(routes);
            peer
        };
        let peers = OperatorPeers {
            user: peer("user", &self.user),
            catalog: peer("catalog", &self.catalog),
            queue: peer("queue", &self.queue),
            reservation: peer("reservation", &self.reservation),
            payment: peer("payment", &self.payment),
            coupon: peer("coupon", &self.coupon),
        };
        let keys = RemoteKeys::new("http://127.0.0.1:1", String::new(), None).expect("an address");
        let callers = Callers::by_coupon_role(keys);
        let folder = tempfile::tempdir().expect("a folder");
        let lines = EmbeddedLines::open(folder.path(), JournalOptions::default()).expect("lines");
        let calls = Calls::new(callers.identify(), Arc::new(HotAnswers(Arc::new(lines))), Duration::from_secs(60));
        Operators::new(peers, callers, calls)
    }

    fn front(&self) -> Router {
        let stack = Stack::default();
        let gateway = stack.gateway().with_operators(self.operators());
        onsale_http::standard(gateway::around(Router::new(), Router::new(), gateway), stack.http)
    }
}

async fn ask(
    front: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<Value>,
) -> (u16, HeaderMap, Value) {
    use tower::ServiceExt;
    let mut request = Request::builder().method(method).uri(path).header("host", "a");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = front.clone().oneshot(request.body(body).expect("a request")).await.expect("answered");
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    (head.status.as_u16(), head.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn entry(id: &str, at_ms: i64) -> Value {
    json!({"atMs": at_ms, "entry": {"id": id, "at": "2026-12-01T20:00:00Z", "action": "x"}})
}

fn log(total: u64, entries: &[Value]) -> Router {
    let body = json!({"total": total, "list": entries});
    Router::new().route("/internal/admin/audit", get(move || async move { axum::Json(body) }))
}

#[tokio::test]
async fn the_audit_logs_are_one_list_and_a_role_that_is_away_is_named() {
    let mut roles = Roles::away();
    roles.coupon = log(2, &[entry("c", 30), entry("a", 10)]);
    roles.payment = log(1, &[entry("b", 20)]);
    let admin = bearer(Admin);
    let (status, headers, body) =
        ask(&roles.front(), "GET", "/api/v1/admin/audit?size=2", &[("authorization", &admin)], None).await;
    assert_eq!((status, headers["cache-control"].as_bytes()), (200, &b"no-store"[..]), "{body}");
    let ids: Vec<_> = body["list"].as_array().expect("a list").iter().map(|one| (&one["id"], &one["role"])).collect();
    assert_eq!(json!(ids), json!([["c", "coupon"], ["b", "payment"]]));
    assert_eq!(body["totalElements"], 3);
    let part = |role: &str| body["parts"].as_array().expect("parts").iter().find(|part| part["role"] == role).cloned();
    assert_eq!(part("coupon"), Some(json!({"role": "coupon"})));
    assert_eq!(part("user"), Some(json!({"role": "user", "error": "SERVICE_UNAVAILABLE"})));
    let (status, _, body) =
        ask(&Roles::away().front(), "GET", "/api/v1/admin/audit", &[("authorization", &admin)], None).await;
    assert_eq!((status, &body["code"]), (503, &json!("SERVICE_UNAVAILABLE")));
}

#[tokio::test]
async fn sales_without_payment_have_no_money_and_say_so() {
    let mut roles = Roles::away();
    let seats = json!({"eventId": "e", "title": "t", "schedules": [{"scheduleId": "s", "sequence": 1, "total": 10, "sold": 3,
        "byGrade": {"VIP": {"price": 5, "total": 4, "sold": 3}, "S": {"price": 2, "total": 6, "sold": 0}}}]});
    roles.catalog = Router::new().route("/internal/admin/sales/seats", get(move || async move { axum::Json(seats) }));
    let held = json!({"held": {"s": {"S": 2}}});
    roles.reservation = Router::new().route("/internal/admin/sales/held", get(move || async move { axum::Json(held) }));
    let path = "/api/v1/admin/sales?eventId=0190a1b2-0000-7000-8000-0000000000aa";
    let (status, _, body) = ask(&roles.front(), "GET", path, &[("authorization", &bearer(Admin))], None).await;
    assert_eq!(status, 200, "{body}");
    let schedule = &body["schedules"][0];
    assert_eq!((&schedule["held"], &schedule["free"], &schedule["captured"]), (&json!(2), &json!(5), &Value::Null));
    assert_eq!(schedule["byGrade"]["S"], json!({"price": 2, "total": 6, "sold": 0, "held": 2, "free": 4}));
    assert_eq!(body["parts"][2], json!({"role": "payment", "error": "SERVICE_UNAVAILABLE"}));
}

#[tokio::test]
async fn a_change_is_carried_out_once_in_the_operators_name() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let mut roles = Roles::away();
    let noted = heard.clone();
    let replay = move |headers: HeaderMap, axum::Json(body): axum::Json<Value>| async move {
        let actor = String::from_utf8_lossy(headers["x-on-behalf-of"].as_bytes()).into_owned();
        noted.lock().expect("not poisoned").push((actor, body));
        axum::Json(json!({"results": []})).into_response()
    };
    roles.reservation = Router::new()
        .route("/internal/admin/dead-letters/count", get(|| async { axum::Json(json!({"count": 0})) }))
        .route("/internal/admin/dead-letters/replay", post(replay));
    let front = roles.front();
    let admin = bearer(Admin);
    let headers = [("authorization", &*admin), ("idempotency-key", "once")];
    for _ in 0..2 {
        let body = json!({"ids": ["7", 8]});
        let (status, _, body) = ask(&front, "POST", "/api/v1/admin/dead-letters/replay", &headers, Some(body)).await;
        assert_eq!((status, body), (200, json!({"results": []})));
    }
    let heard = heard.lock().expect("not poisoned").clone();
    let actor = format!("user {}", crate::stack::account(Admin));
    assert_eq!(heard, [(actor, json!({"ids": ["7", 8]}))]);
}

#[tokio::test]
async fn by_cookies_a_change_needs_the_proof_of_a_page_and_a_look_none() {
    let mut roles = Roles::away();
    roles.coupon = Router::new()
        .route("/internal/admin/dead-letters/count", get(|| async { axum::Json(json!({"count": 0})) }))
        .route("/internal/admin/dead-letters/drop", post(|| async { axum::Json(json!({"results": []})) }))
        .route("/internal/admin/dead-letters", get(|| async { axum::Json(json!({"list": []})) }));
    let front = roles.front();
    let (cookie, csrf) = page(Admin);
    let path = "/api/v1/admin/dead-letters/drop";
    let (status, _, _) = ask(&front, "GET", "/api/v1/admin/dead-letters", &[("cookie", &cookie)], None).await;
    assert_eq!(status, 200);
    let body = || Some(json!({"ids": ["1"]}));
    for headers in [
        vec![("cookie", &*cookie)],
        vec![("cookie", &*cookie), ("origin", SITE)],
        vec![("cookie", &*cookie), ("origin", SITE), ("x-csrf-token", "another")],
        vec![("cookie", &*cookie), ("origin", "https://evil.example"), ("x-csrf-token", &*csrf)],
    ] {
        let (status, _, answer) = ask(&front, "POST", path, &headers, body()).await;
        assert_eq!((status, &answer["code"]), (403, &json!("CSRF_TOKEN_INVALID")), "{headers:?}");
    }
    let proven = [("cookie", &*cookie), ("origin", SITE), ("x-csrf-token", &*csrf)];
    let (status, _, answer) = ask(&front, "POST", path, &proven, body()).await;
    assert_eq!((status, answer), (200, json!({"results": []})));
    let (users, csrf) = page(User);
    let users = [("cookie", &*users), ("origin", SITE), ("x-csrf-token", &*csrf)];
    assert_eq!(ask(&front, "POST", path, &users, body()).await.0, 403);
}

#[tokio::test]
async fn bounds_are_told_before_a_role_is_asked() {
    let front = Roles::away().front();
    let admin = bearer(Admin);
    let headers = [("authorization", &*admin)];
    let many: Vec<String> = (0..501).map(|id| id.to_string()).collect();
    for body in [json!({"ids": []}), json!({ "ids": many }), json!({"ids": "1"}), json!({"all": true}), json!([])] {
        for part in ["seats", "payments", "coupons"] {
            let path = format!("/api/v1/admin/reconcile?part={part}");
            let (status, _, answer) = ask(&front, "POST", &path, &headers, Some(body.clone())).await;
            assert_eq!((status, &answer["code"]), (400, &json!("INVALID_INPUT")), "{part} {body}");
        }
    }
    for path in [
        "/api/v1/admin/audit?size=101",
        "/api/v1/admin/audit?size=0",
        "/api/v1/admin/audit?page=101&size=100",
        "/api/v1/admin/dead-letters?size=101",
        "/api/v1/admin/dead-letters?page=-1",
        "/api/v1/admin/reconcile?part=all",
        "/api/v1/admin/reconcile?part=seats&event_id=a",
        "/api/v1/admin/sales?eventId=x",
    ] {
        let (status, _, answer) = ask(&front, "GET", path, &headers, None).await;
        assert_eq!((status, &answer["code"]), (400, &json!("INVALID_INPUT")), "{path}");
    }
    let body = json!({"ids": ["1".repeat(20_000)]});
    let (status, _, _) = ask(&front, "POST", "/api/v1/admin/dead-letters/drop", &headers, Some(body)).await;
    assert_eq!(status, 413);
    let (status, _, _) = ask(&front, "GET", "/api/v1/admin/dead-letters/x", &headers, None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn seats_that_nothing_puts_right_have_no_repair_and_say_why() {
    let mut roles = Roles::away();
    let found = json!({"part": "seats", "checkedAt": "2026-12-01T12:00:00Z", "differences": [
        {"kind": "SOLD_HERE_ONLY", "id": "a", "details": "seat a", "repair": "frees it", "canBeRepaired": true},
        {"kind": "SOLD_TWICE", "id": "b", "details": "seat b", "repair": "none: an operator must decide", "canBeRepaired": false}]});
    roles.catalog =
        Router::new().route("/internal/admin/reconcile/seats", get(move || async move { axum::Json(found) }));
    let admin = bearer(Admin);
    let headers = [("authorization", &*admin)];
    let (status, _, answer) = ask(&roles.front(), "GET", "/api/v1/admin/reconcile?part=seats", &headers, None).await;
    let first = json!({"kind": "SOLD_HERE_ONLY", "id": "a", "details": "seat a", "repair": "frees it"});
    let second =
        json!({"kind": "SOLD_TWICE", "id": "b", "details": "seat b (an operator must decide)", "repair": null});
    assert_eq!((status, &answer["differences"], &answer["isMore"]), (200, &json!([first, second]), &json!(false)));
    let (status, _, answer) =
        ask(&Roles::away().front(), "GET", "/api/v1/admin/reconcile?part=payments", &headers, None).await;
    assert_eq!((status, &answer["code"], &answer["role"]), (503, &json!("SERVICE_UNAVAILABLE"), &json!("payment")));
}

#[tokio::test]
async fn a_question_that_a_role_refuses_is_told_as_it_refused_it() {
    let mut roles = Roles::away();
    let refuse = || async { onsale_http::ApiError::invalid("reason must be INVALID") };
    roles.coupon = Router::new().route("/internal/admin/dead-letters", get(refuse));
    let path = "/api/v1/admin/dead-letters?reason=odd";
    let (status, _, body) = ask(&roles.front(), "GET", path, &[("authorization", &bearer(Admin))], None).await;
    assert_eq!((status, &body["code"]), (400, &json!("INVALID_INPUT")));
    assert!(body["message"].as_str().expect("text").contains("reason must be INVALID"), "{body}");
}

#[tokio::test]
async fn nobody_and_no_user_is_let_in() {
    let front = Roles::away().front();
    let user = bearer(User);
    for (method, path) in [
        ("GET", "/api/v1/admin/audit"),
        ("GET", "/api/v1/admin/dead-letters"),
        ("GET", "/api/v1/admin/dead-letters/1"),
        ("POST", "/api/v1/admin/dead-letters/replay"),
        ("POST", "/api/v1/admin/dead-letters/drop"),
        ("GET", "/api/v1/admin/reconcile?part=seats"),
        ("POST", "/api/v1/admin/reconcile?part=seats"),
        ("GET", "/api/v1/admin/sales?eventId=x"),
        ("GET", "/api/v1/admin/appeal?userId=x"),
        ("GET", "/api/v1/admin/stream"),
    ] {
        let body = (method == "POST").then(|| json!({"ids": ["1"]}));
        let (status, _, _) = ask(&front, method, path, &[], body.clone()).await;
        assert_eq!(status, 401, "{method} {path}");
        let (status, _, _) = ask(&front, method, path, &[("authorization", &user)], body).await;
        assert_eq!(status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_role_that_answers_nonsense_is_away() {
    let mut roles = Roles::away();
    roles.coupon = Router::new().route("/internal/admin/audit", get(|| async { "no JSON" }));
    roles.user = log(0, &[]);
    let (status, _, body) =
        ask(&roles.front(), "GET", "/api/v1/admin/audit", &[("authorization", &bearer(Admin))], None).await;
    assert_eq!((status, &body["parts"][0]["error"]), (200, &json!("SERVICE_UNAVAILABLE")));
}
