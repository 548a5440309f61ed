//! Pages of other origins.

use super::*;
use crate::Cors;

const SHOP: &str = "https://shop.example";

fn settings() -> HttpSettings {
    HttpSettings { cors: Cors::new(&[SHOP.to_owned(), "http://localhost:3000".to_owned()]), ..HttpSettings::default() }
}

async fn from(origin: &str, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
    let mut request = request(method, path).header("origin", origin);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    send_to(small_router(settings()), request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn an_allowed_page_reads_every_answer_and_no_other_does() {
    for path in ["/wishes", "/refused", "/limited", "/secret", "/broken", "/nowhere", "/busy"] {
        let answer = from(SHOP, "GET", path, &[]).await;
        assert_eq!(answer.header("access-control-allow-origin"), SHOP, "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "true", "{path}");
        let exposed = "X-Trace-Id, X-Queue-Token, Retry-After, RateLimit, RateLimit-Policy, Location";
        assert_eq!(answer.header("access-control-expose-headers"), exposed, "{path}");
        assert_eq!(answer.header("vary"), "Origin", "{path}");
        for stranger in ["https://shop.example.evil", "http://shop.example", "https://SHOP.example", "null"] {
            let answer = from(stranger, "GET", path, &[]).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{stranger} {path}");
            assert_eq!(answer.header("access-control-allow-credentials"), "", "{stranger} {path}");
            assert_eq!(answer.header("vary"), "Origin", "{stranger} {path}");
        }
    }
    let unasked = request("GET", "/wishes").body(Body::empty()).expect("a request");
    assert_eq!(send_to(small_router(settings()), unasked).await.header("vary"), "Origin", "no page asks");
}

#[tokio::test]
async fn what_is_open_to_all_pages_stays_so() {
    for origin in [SHOP, "https://other.example"] {
        let answer = from(origin, "GET", "/open", &[]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{origin}");
    }
}

#[tokio::test]
async fn a_browser_that_asks_beforehand_is_told_what_it_may_send() {
    let asks = [("access-control-request-method", "PATCH"), ("access-control-request-headers", "content-type")];
    for path in ["/wishes", "/secret", "/nowhere"] {
        let answer = from(SHOP, "OPTIONS", path, &asks).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), SHOP);
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST, PUT, PATCH, DELETE, OPTIONS");
        let headers = "authorization, content-type, x-queue-token, x-trace-id, x-csrf-token, idempotency-key, \
                       accept-language, last-event-id";
        assert_eq!(answer.header("access-control-allow-headers"), headers);
        assert_eq!(answer.header("access-control-max-age"), "3600");
    }
    let stranger = from("https://other.example", "OPTIONS", "/wishes", &asks).await;
    assert_eq!(stranger.header("access-control-allow-methods"), "");
    assert_eq!(
        from(SHOP, "OPTIONS", "/wishes", &[]).await.header("access-control-allow-methods"),
        "",
        "it asks nothing"
    );
}

#[tokio::test]
async fn without_the_setting_nothing_is_said() {
    let asked = request("GET", "/wishes").header("origin", SHOP).body(Body::empty()).expect("a request");
    let answer = send_to(small_router(HttpSettings::default()), asked).await;
    assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), ("", ""));
}
