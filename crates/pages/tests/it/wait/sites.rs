//! The waiting page of a line before a site: its address is the API's, too, and is handed on.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::routing::get;
use http::StatusCode;
use pages::{Settings, Shared};
use tower::ServiceExt;

#[tokio::test]
async fn a_line_of_a_site_is_handed_on_with_the_parameters_of_the_apis_own_route() {
    let api =
        Router::new().route("/wait/{line}", get(|Path(line): Path<String>| async move { format!("line {line}") }));
    let shared = Shared::new(Settings { public_url: "https://tickets.example".to_owned(), ..Settings::default() });
    let pages = pages::in_front(shared.routes(api.clone()), api);
    let request = Request::get("/wait/shop").body(Body::empty()).expect("a request");
    let answer = pages.oneshot(request).await.expect("answers");
    assert_eq!(answer.status(), StatusCode::OK);
    let text = to_bytes(answer.into_body(), 1_024).await.expect("read");
    assert_eq!(&text[..], b"line shop");
}
