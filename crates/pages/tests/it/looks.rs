//! Pages in a look of one's own (WEB-010): the site's, a gate's, a line's; never the console.

use axum::Json;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::response::Html;
use axum::routing::get;
use http::StatusCode;
use pages::{Settings, Shared};
use serde_json::{Value, json};
use tower::ServiceExt;

fn look(name: &str) -> Option<Value> {
    let css = match name {
        "default" => "/assets/look/1.css",
        "queue:shop" => "/assets/look/2.css",
        "queue:wild" => "https://elsewhere.example/2.css",
        _ => return None,
    };
    let words = json!({"ko": "천천히 오세요", "en": "Take <i>your</i> time"});
    Some(json!({"of": name, "name": format!("Tom & Co {name}"), "logo": null, "css": css, "words": words}))
}

/// The pages over an API that knows some looks, and a line's page with the two places of a look.
fn site() -> Router {
    let looks = |Path(name): Path<String>| async move { look(&name).map(Json).ok_or(StatusCode::NOT_FOUND) };
    let page = "<head><!-- look: style --></head><body><!-- look: head --><main></main></body>";
    let api = Router::new()
        .route("/api/v1/admin/looks/{name}", get(looks))
        .route("/assets/look/{file}", get(|Path(file): Path<String>| async move { format!("file {file}") }))
        .route("/assets/poster/{file}", get(|Path(file): Path<String>| async move { format!("poster {file}") }))
        .route("/wait/{line}", get(move || async move { Html(page) }))
        .route("/events", get(async || Json(json!({"list": [], "page": 0, "size": 20, "totalElements": 0}))));
    let settings =
        Settings { public_url: "https://tickets.example".to_owned(), has_looks: true, ..Settings::default() };
    let shared = Shared::new(settings);
    pages::in_front(shared.routes(api.clone()), api)
}

async fn page(path: &str) -> String {
    let request = Request::get(path).header("accept", "text/html").body(Body::empty()).expect("a request");
    let answer = site().oneshot(request).await.expect("answers");
    let bytes = to_bytes(answer.into_body(), 1_000_000).await.expect("read");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_page_of_the_site_wears_the_sites_look() {
    let page = page("/login?lang=en").await;
    assert!(page.contains("<link rel=\"stylesheet\" href=\"/assets/look/1.css\">"), "{page}");
    assert!(page.contains("Tom &#38; Co default"), "{page}");
}

#[tokio::test]
async fn a_line_before_another_site_wears_its_own_look_and_no_files_of_others() {
    let shop = page("/wait/shop?lang=en").await;
    assert!(shop.contains("href=\"/assets/look/2.css\"") && shop.contains("Tom &#38; Co queue:shop"), "{shop}");
    assert!(shop.contains("Take &#60;i&#62;your"), "{shop}");
    for other in ["wild", "plain"] {
        let page = page(&format!("/wait/{other}")).await;
        assert!(!page.contains("/assets/look/") && !page.contains("elsewhere"), "{page}");
    }
}

#[tokio::test]
async fn files_of_looks_and_posters_are_the_apis() {
    assert_eq!(page("/assets/look/1.css").await, "file 1.css");
    assert_eq!(page("/assets/poster/1.png?v=2").await, "poster 1.png");
}

#[tokio::test]
async fn the_console_wears_no_look() {
    assert!(!page("/console").await.contains("/assets/look/"));
}
