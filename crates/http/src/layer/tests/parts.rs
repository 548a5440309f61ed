//! Health and documents.

use super::*;

#[tokio::test]
async fn health_distinguishes_up_down_and_draining() {
    let health = Arc::new(Health::new("1.2.3").with("hot", || async { Ok(()) }));
    let router = |health: &Arc<Health>| {
        standard(health::routes(health.clone(), health::Details::ForAll), HttpSettings::default())
    };
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

/// Why a part is down is a host or a disk: an outsider learns the status alone, on every address of health.
#[tokio::test]
async fn outsiders_hear_no_details() {
    let is_operator: health::IsOperator =
        Arc::new(|headers| Box::pin(async move { headers.get("x-api-key").is_some_and(|key| key == "an operator's") }));
    let failing = || Arc::new(Health::new("1.2.3").with("ledger", || async { Err("disk of 10.0.0.7 full".into()) }));
    for details in [health::Details::ForNone, health::Details::For(is_operator)] {
        let knows = matches!(details, health::Details::For(_));
        let router = standard(health::routes(failing(), details), HttpSettings::default());
        for path in ["/health", "/actuator/health", "/health/ready"] {
            for (key, hears) in [(None, false), (Some("another"), false), (Some("an operator's"), knows)] {
                let call = key.into_iter().fold(request("GET", path), |call, key| call.header("x-api-key", key));
                let answer = send_to(router.clone(), call.body(Body::empty()).expect("a request")).await;
                assert_eq!(answer.json()["status"], "DOWN");
                let hears = hears && path != "/health/ready";
                assert_eq!(answer.text().contains("10.0.0.7"), hears, "{path} {key:?}: {}", answer.text());
                assert_eq!(answer.text().contains("1.2.3"), hears, "{path} {key:?}");
            }
        }
    }
}

/// A flood of probes must not become a flood of questions to the database.
#[tokio::test]
async fn probes_are_answered_from_a_copy_of_the_last_second() {
    let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = asked.clone();
    let health = Health::new("1.2.3").with("ledger", move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async { Ok(()) }
    });
    let begun = std::time::Instant::now();
    futures::future::join_all((0..500).map(|_| health.report())).await;
    // A busy machine may need longer than the second for which one copy counts.
    let seconds = u32::try_from(begun.elapsed().as_secs()).expect("a short time");
    assert!(asked.load(std::sync::atomic::Ordering::Relaxed) <= 1 + seconds);
    health.drain();
    assert_eq!(health.report().await.status, "OUT_OF_SERVICE", "that is never old");
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
