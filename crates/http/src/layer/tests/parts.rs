//! Health and documents.

use super::*;

#[tokio::test]
async fn health_distinguishes_up_down_and_draining() {
    let health = Arc::new(Health::new("1.2.3").with("hot", || async { Ok(()) }));
    let router = |health: &Arc<Health>| standard(health::routes(health.clone()), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    for path in ["/health", "/actuator/health"] {
        let up = send_to(router(&health), get(path)).await;
        assert_eq!((up.status, up.json()["status"].as_str()), (StatusCode::OK, Some("UP")));
        assert_eq!(up.json()["version"], "1.2.3");
        assert_eq!(up.json()["parts"]["hot"]["ok"], true);
    }
    health.drain();
    let ready = send_to(router(&health), get("/health/ready")).await;
    assert_eq!((ready.status, ready.text()), (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"OUT_OF_SERVICE"}"#));
    assert_eq!(ready.header("retry-after"), "2");
    assert_eq!(send_to(router(&health), get("/health/live")).await.status, StatusCode::OK);
    let failing =
        Health::new("1.2.3").with("hot", || async { Ok(()) }).with("ledger", || async { Err("disk full".into()) });
    let down = send_to(router(&Arc::new(failing)), get("/health")).await;
    assert_eq!((down.status, down.json()["status"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("DOWN")));
    assert_eq!(down.json()["parts"]["ledger"]["why"], "disk full");
}

#[tokio::test]
async fn the_document_and_its_page_load_only_from_this_server() {
    let document = docs::document("1.2.3", []);
    let router = standard(docs::routes(document), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    let document = send_to(router.clone(), get("/openapi.json")).await.json();
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], "X-Api-Key");
    let fields = &document["components"]["schemas"]["ErrorBody"]["properties"];
    assert!(fields["traceId"].is_object() && fields["code"].is_object());
    let page = send_to(router.clone(), get("/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for file in ["/docs/index.html", "/docs/swagger-initializer.js"] {
        let file = send_to(router.clone(), get(file)).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(!file.text().contains("https://"), "{}", file.text());
    }
    let settings = send_to(router.clone(), get("/docs/swagger-initializer.js")).await;
    assert!(settings.text().contains(r#""validatorUrl": "none""#), "{}", settings.text());
    send_to(router, get("/docs/missing.js")).await.is_error(ErrorCode::NotFound);
}
