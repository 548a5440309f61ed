//! Health and documents.

use super::*;

#[tokio::test]
async fn health_tells_well_from_unwell_and_draining() {
    let health = Arc::new(Health::new("1.2.3").with("hot", || async { Ok(()) }));
    let router = |health: &Arc<Health>| standard(health::routes(health.clone()), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    for path in ["/health", "/actuator/health"] {
        let well = ask_router(router(&health), get(path)).await;
        assert_eq!((well.status, well.json()["status"].as_str()), (StatusCode::OK, Some("UP")));
        assert_eq!(well.json()["version"], "1.2.3");
        assert_eq!(well.json()["parts"]["hot"]["ok"], true);
    }
    health.drain();
    let ready = ask_router(router(&health), get("/health/ready")).await;
    assert_eq!((ready.status, ready.text()), (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"OUT_OF_SERVICE"}"#));
    assert_eq!(ready.header("retry-after"), "2");
    assert_eq!(ask_router(router(&health), get("/health/live")).await.status, StatusCode::OK);
    let ill =
        Health::new("1.2.3").with("hot", || async { Ok(()) }).with("ledger", || async { Err("disk full".into()) });
    let unwell = ask_router(router(&Arc::new(ill)), get("/health")).await;
    assert_eq!((unwell.status, unwell.json()["status"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("DOWN")));
    assert_eq!(unwell.json()["parts"]["ledger"]["why"], "disk full");
}

#[tokio::test]
async fn the_document_and_its_page_need_nothing_from_outside() {
    let document = docs::document("1.2.3", []);
    let router = standard(docs::routes(document), HttpSettings::default());
    let get = |path: &str| request("GET", path).body(Body::empty()).expect("a request");
    let document = ask_router(router.clone(), get("/openapi.json")).await.json();
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], "X-Api-Key");
    let fields = &document["components"]["schemas"]["ErrorBody"]["properties"];
    assert!(fields["traceId"].is_object() && fields["code"].is_object());
    let page = ask_router(router.clone(), get("/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for file in ["/docs/index.html", "/docs/swagger-initializer.js"] {
        let file = ask_router(router.clone(), get(file)).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(!file.text().contains("https://"), "{}", file.text());
    }
    let settings = ask_router(router.clone(), get("/docs/swagger-initializer.js")).await;
    assert!(settings.text().contains(r#""validatorUrl": "none""#), "{}", settings.text());
    ask_router(router, get("/docs/missing.js")).await.is_error(ErrorCode::NotFound);
}
