//! Assets and pages as answers.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use tower::ServiceExt;
use web::errors::{Trouble, error_page};
use web::{Caching, Hosts, Language, Policy, Visit, assets};

async fn get(path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    assets::routes::<()>().with_state::<()>(()).oneshot(request).await.expect("an answer")
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| std::str::from_utf8(value.as_bytes()).expect("text"))
}

#[tokio::test]
async fn an_asset_is_served_under_its_hash_and_under_an_old_one() {
    let url = assets::url("core.js");
    let response = get(&url).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&response, "vary"), "Accept-Encoding");
    assert_eq!(header(&response, "cache-control"), "no-cache", "a debug build reads the disk");
    assert!(text(response).await.contains("export"));
    assert_eq!(get("/assets/0123456789ab/core.js").await.status(), StatusCode::OK, "of a build before");
}

#[tokio::test]
async fn nothing_but_assets_is_served() {
    for path in [
        "/assets/dev/none.js",
        "/assets/dev/..%2fbuild.rs",
        "/assets/dev/%2e%2e/Cargo.toml",
        "/assets/dev/",
        "/assets/dev/seats",
    ] {
        assert_eq!(get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn encodings_are_those_that_the_client_takes() {
    assert!(assets::accepts("gzip, deflate, br", "br") && assets::accepts("BR;q=0.5", "br"));
    for refused in ["", "gzip", "br;q=0", "br; q=0.0", "brotli", "identity"] {
        assert!(!assets::accepts(refused, "br"), "{refused}");
    }
}

#[test]
fn the_policy_is_the_contracts_and_names_others_only_where_they_are_needed() {
    let common = Policy::Common.header();
    assert_eq!(
        common,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src \
         'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    let sources = vec!["https://cdn.portone.io".to_owned(), "https://bad; script-src *".to_owned()];
    let with = Policy::With(Hosts { sources, ..Hosts::default() }).header();
    let with = std::str::from_utf8(with.as_bytes()).expect("text");
    assert!(with.contains("script-src 'self' https://cdn.portone.io;") && !with.contains("bad"), "{with}");
    assert!(with.contains("frame-src 'self' https://cdn.portone.io;") && !with.contains("unsafe-inline"), "{with}");
}

fn trouble(status: StatusCode) -> Trouble<'static> {
    Trouble { status, code: "X", message: Some("the API's words"), retry_after: Some(7), trace: "trace-1" }
}

#[tokio::test]
async fn an_error_says_what_is_safe_and_how_to_ask_about_it() {
    for (here, safe) in
        [("/wait/gate:g", "대기 순서는 그대로"), ("/pay/1", "두 번 되지 않습니다"), ("/shows", "모두 그대로입니다")]
    {
        let visit = Visit { lang: Language::Ko, here: here.to_owned(), ..Visit::default() };
        let response = error_page(&visit, &trouble(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((header(&response, "retry-after"), header(&response, "cache-control")), ("7", "no-store"));
        assert_eq!(
            (header(&response, "content-language"), header(&response, "vary")),
            ("ko", "Accept-Language, Cookie")
        );
        let page = text(response).await;
        assert!(page.contains(safe) && page.contains("trace-1") && page.contains("lang=\"ko\""), "{page}");
        assert_eq!(page.matches("<h1").count(), 1);
        assert!(page.contains(&format!("href=\"{here}\"")), "a way to try again: {page}");
    }
}

#[tokio::test]
async fn hostile_words_stay_words() {
    let visit = Visit { lang: Language::En, here: "/shows?keyword=\"><script>".to_owned(), ..Visit::default() };
    let page =
        text(error_page(&visit, &Trouble { message: Some("<img src=x>"), ..trouble(StatusCode::BAD_REQUEST) })).await;
    assert!(!page.contains("<img src=x") && !page.contains("\"><script>"), "{page}");
}

#[test]
fn what_may_be_kept_is_said() {
    assert_eq!(Caching::Shared.header(), "public, max-age=5, stale-while-revalidate=30");
    assert_eq!(Caching::Private.header(), "private, no-cache");
    let _: Router = assets::routes();
}
