//! Cookies in place of headers, and requests that pages of other sites make a browser send.

use crate::stack::{PASS, SITE, Stack, bearer, cookies, page, refresh_token};
use crate::stand_in::{StandIn, everything_at};
use access::ByPage;
use access::session_cookies::SessionTokens;
use axum::routing::{delete, get};
use axum::{Extension, Json, Router};
use domain::account::UserRole::{Admin, User};
use serde_json::json;

/// What a request has, its headers, and whether it is taken.
type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, bool);

#[tokio::test]
async fn a_page_is_known_by_its_cookies() {
    let front = Stack::default().telling();
    let (cookie, _) = page(User);
    let with_pass = format!("theme=dark; {cookie}; queueToken={PASS}");
    let answer =
        front.get("/reservations/seats/0190a1b2-0000-7000-8000-0000000000aa/state", &[("cookie", &with_pass)]).await;
    assert_eq!((answer.status, answer.json()["person"]["role"].as_str()), (200, Some("USER")), "{answer:?}");
    assert_eq!(answer.told("x-queue-token").as_deref(), Some(PASS));
    let told = answer.told("cookie").expect("cookies");
    assert!(!told.contains("accessToken") && !told.contains("refreshToken") && told.contains("theme=dark"), "{told}");
    // A neighbour's cookies in front of ours hide nothing.
    let behind = format!("accessToken=x.y.z; queueToken=zzz; {with_pass}");
    let answer = front.get("/reservations/seats/0190a1b2-0000-7000-8000-0000000000aa", &[("cookie", &behind)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // With a header cookies count for nothing.
    for headers in
        [[("authorization", "Bearer x"), ("cookie", &*with_pass)], [("x-api-key", "k"), ("cookie", &*with_pass)]]
    {
        assert_eq!(front.get("/users/me", &headers).await.status, 401, "{headers:?}");
    }
    let header = [("authorization", &*bearer(User)), ("cookie", &*with_pass)];
    let answer = front.get("/reservations/seats/0190a1b2-0000-7000-8000-0000000000aa", &header).await;
    assert_eq!(answer.code(), "QUEUE_TOKEN_MISSING");
}

#[tokio::test]
async fn a_request_by_cookie_must_come_from_a_page_of_this_site() {
    let mut stack = Stack::default();
    stack.settings.limits_enabled = false;
    let front = stack.telling();
    let (cookie, csrf) = page(User);
    let (_, of_admin) = page(Admin);
    let by_user = bearer(User);
    let with = |value: &str| cookie.replace(&csrf, value);
    let foreign_nonce = format!("{}x", &csrf[1..]);
    let planted = with(&of_admin);
    let two = format!("csrfToken={of_admin}; {cookie}");
    let page_of = format!("{SITE}/me");
    let no_cookie = with("");
    let forged = with(&foreign_nonce);
    let cases: Vec<Case<'_>> = vec![
        ("all", vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("origin", SITE)], true),
        ("referer", vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("referer", &page_of)], true),
        ("a neighbour's cookie in front", vec![("cookie", &two), ("x-csrf-token", &csrf), ("origin", SITE)], true),
        ("no token", vec![("cookie", &cookie), ("origin", SITE)], false),
        ("empty token", vec![("cookie", &cookie), ("x-csrf-token", ""), ("origin", SITE)], false),
        ("no page", vec![("cookie", &cookie), ("x-csrf-token", &csrf)], false),
        ("another page", vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("origin", "https://evil.example")], false),
        ("a page without a name", vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("origin", "null")], false),
        (
            "a page of plain HTTP",
            vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("origin", "http://tickets.example")],
            false,
        ),
        (
            "origin counts before referer",
            vec![("cookie", &cookie), ("x-csrf-token", &csrf), ("origin", "null"), ("referer", &page_of)],
            false,
        ),
        (
            "another referer",
            vec![
                ("cookie", &cookie),
                ("x-csrf-token", &csrf),
                ("referer", "https://evil.example/https://tickets.example/"),
            ],
            false,
        ),
        ("not the cookie's", vec![("cookie", &cookie), ("x-csrf-token", &of_admin), ("origin", SITE)], false),
        (
            "planted, of another account",
            vec![("cookie", &planted), ("x-csrf-token", &of_admin), ("origin", SITE)],
            false,
        ),
        ("no cookie of it", vec![("cookie", &no_cookie), ("x-csrf-token", &csrf), ("origin", SITE)], false),
        ("both forged alike", vec![("cookie", &forged), ("x-csrf-token", &foreign_nonce), ("origin", SITE)], false),
    ];
    for (what, headers, is_good) in &cases {
        for (method, path) in [
            ("PATCH", "/users/me"),
            ("POST", "/queue/enter"),
            ("DELETE", "/users/me"),
            ("POST", "/auth/logout"),
            ("PUT", "/users/me/password"),
        ] {
            let answer = front.call(method, path, headers, "{}").await;
            let expected = if *is_good { (200, "") } else { (403, "CSRF_TOKEN_INVALID") };
            assert_eq!((answer.status, answer.code().as_str()), expected, "{what}: {method} {path}");
        }
        // Reading needs none of it, nor does who shows a header.
        assert_eq!(front.get("/users/me", headers).await.status, 200, "{what}");
        let by_header = [headers.as_slice(), &[("authorization", &*by_user)]].concat();
        assert_eq!(front.call("PATCH", "/users/me", &by_header, "{}").await.status, 200, "{what}");
        // Also on routes where the cookie only helps: an administrator's counts as a key.
        let answer = front.call("POST", "/api/v1/coupons/issue", headers, "{}").await;
        assert_eq!(answer.status, if *is_good { 200 } else { 403 }, "{what}");
        // Others' doors do not look at our cookies.
        for path in ["/payments/webhook", "/sandbox/portone/faults", "/wait/shop", "/queue/check/shop/order"] {
            let answer = front.call("POST", path, headers, "{}").await;
            assert_eq!((answer.status, answer.json()["person"].is_null()), (200, true), "{what}: {path}");
        }
    }
}

#[tokio::test]
async fn a_form_shows_its_token_in_a_field_and_arrives_whole() {
    let front = Stack::default().telling();
    let (cookie, csrf) = page(User);
    let form = |token: &str| format!("a=1&csrfToken={token}&b=%EA%B0%80");
    let headers =
        [("cookie", &*cookie), ("origin", SITE), ("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let answer = front.call("POST", "/queue/enter", &headers, &form(&csrf)).await;
    assert_eq!((answer.status, answer.json()["body"].as_str()), (200, Some(form(&csrf).as_str())), "{answer:?}");
    for body in [form(""), form("x.y"), form(&page(Admin).1), "a=1".to_owned(), "x".repeat(70_000)] {
        let answer = front.call("POST", "/queue/enter", &headers, &body).await;
        assert!([403, 413].contains(&answer.status), "{answer:?}");
    }
    // Another kind of body is no form, whatever is in it.
    for kind in ["text/plain", "multipart/form-data", "application/json"] {
        let headers = [("cookie", &*cookie), ("origin", SITE), ("content-type", kind)];
        assert_eq!(
            front.call("POST", "/queue/enter", &headers, &form(&csrf)).await.code(),
            "CSRF_TOKEN_INVALID",
            "{kind}"
        );
    }
    // The header counts before the field.
    let both = [headers.as_slice(), &[("x-csrf-token", "x.y")]].concat();
    assert_eq!(front.call("POST", "/queue/enter", &both, &form(&csrf)).await.code(), "CSRF_TOKEN_INVALID");
}

#[tokio::test]
async fn a_cookie_that_is_not_good_is_nobody() {
    let front = Stack::default().telling();
    let stale = [("cookie", "accessToken=a.b.c; csrfToken=d.e")];
    assert_eq!(front.get("/users/me", &stale).await.code(), "INVALID_TOKEN");
    // A browser whose session has run out can still log in and sign up.
    assert_eq!(front.call("POST", "/auth/signup", &stale, "{}").await.status, 200);
    assert_eq!(front.call("POST", "/api/v1/coupons/issue", &stale, "{}").await.status, 200);
    // Where a key would do, too, the token's own code is told.
    assert_eq!(front.get("/queue/admin/stats", &stale).await.code(), "INVALID_TOKEN");
    // A refresh token opens nothing.
    let refresh = refresh_token(User, "r", 60);
    let tokens = SessionTokens {
        account: crate::stack::account(User),
        access: &refresh,
        access_seconds: 1,
        refresh: &refresh,
        refresh_seconds: 1,
    };
    let first = crate::stack::pair(&cookies().begin(&tokens)[0]).join("=");
    assert_eq!(front.get("/users/me", &[("cookie", &first)]).await.code(), "INVALID_TOKEN");
}

/// The queue role, which gives everybody the same pass.
fn queue() -> Router {
    let status = || async {
        ([("x-queue-token", PASS)], Json(json!({"status": "ACTIVE", "token": PASS, "expiresInMs": 599_900})))
    };
    let leave = || async { Json(json!({"message": "left"})) };
    let stream = |page: Option<Extension<ByPage>>| async move {
        let token = page.is_none().then_some(PASS);
        ([("content-type", "text/event-stream")], format!("data: {}\n\n", json!({"token": token})))
    };
    let router = Router::new().route("/queue/status", get(status)).route("/queue/stream", get(stream));
    router.route("/queue/leave", delete(leave))
}

#[tokio::test]
async fn the_stream_of_a_page_is_told_that_a_script_reads_it() {
    let front = Stack::default().around_with(queue(), Router::new());
    let (cookie, by_header) = (page(User).0, bearer(User));
    // What a client says about that counts for nothing, in any spelling.
    for (headers, expected) in [
        ([("cookie", &*cookie), ("x-user-by", "x")], "data: {\"token\":null}\n\n".to_owned()),
        ([("authorization", &*by_header), ("X_User_By", "page")], format!("data: {{\"token\":\"{PASS}\"}}\n\n")),
    ] {
        let answer = front.get("/queue/stream?scheduleId=1", &headers).await;
        assert_eq!((answer.status, String::from_utf8_lossy(&answer.bytes)), (200, expected.into()), "{answer:?}");
    }
}

#[tokio::test]
async fn a_service_apart_hears_by_the_gateways_word_that_a_page_calls() {
    let service = StandIn::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let front = everything_at(&Stack::default(), &service.url());
    let (cookie, by_header) = (page(User).0, bearer(User));
    let asked = [
        ([("cookie", &*cookie), ("x-user-by", "x")], Some("page")),
        ([("authorization", &*by_header), ("x-user-by", "page")], None),
    ];
    for (headers, expected) in &asked {
        assert_eq!(front.get("/queue/stream?scheduleId=1", headers).await.status, 200);
        let head = service.heads().pop().expect("a head").to_ascii_lowercase();
        let told: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("x-user-by: ")).collect();
        assert_eq!(told, expected.iter().copied().collect::<Vec<_>>(), "{head}");
    }
}

#[tokio::test]
async fn the_pass_of_a_page_is_a_cookie_that_no_script_reads() {
    let front = Stack::default().around_with(queue(), Router::new());
    let (cookie, csrf) = page(User);
    let answer = front.get("/queue/status?scheduleId=1", &[("cookie", &cookie)]).await;
    assert_eq!(answer.json(), json!({"status": "ACTIVE", "token": null, "expiresInMs": 599_900}));
    assert!(!answer.headers.contains_key("x-queue-token"), "{answer:?}");
    let set = std::str::from_utf8(answer.headers["set-cookie"].as_bytes()).expect("text");
    assert_eq!(set, format!("queueToken={PASS}; Path=/; Max-Age=4199; HttpOnly; Secure; SameSite=Lax"));
    // Who is known by a header reads it.
    let answer = front.get("/queue/status", &[("authorization", &*bearer(User))]).await;
    assert_eq!((answer.json()["token"].as_str(), answer.headers.get("set-cookie")), (Some(PASS), None));
    let headers = [("cookie", &*cookie), ("x-csrf-token", &*csrf), ("origin", SITE)];
    let answer = front.call("DELETE", "/queue/leave", &headers, "").await;
    let set = std::str::from_utf8(answer.headers["set-cookie"].as_bytes()).expect("text");
    assert!(set.starts_with("queueToken=; Path=/; Max-Age=0"), "{set}");
}
