//! The page at `/`: whoever opens the printed address in a browser finds out where to go. API clients get the usual 404.

use crate::error::ApiError;
use crate::text::{language::Language, message};
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::ErrorCode;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, VARY};
use http::{HeaderMap, HeaderValue};

/// The path of the page.
pub const PATH: &str = "/";

/// The route. `has_documents`: whether this address has the API document and metrics, too.
pub fn routes(has_documents: bool) -> Router {
    Router::new().route(PATH, get(move |headers: HeaderMap| async move { answer(&headers, has_documents) }))
}

fn answer(headers: &HeaderMap, has_documents: bool) -> Response {
    let wants_page = headers.get_all(ACCEPT).iter().any(|value| contains(value.as_bytes(), b"text/html"));
    if !wants_page {
        return ApiError::new(ErrorCode::NotFound).into_response();
    }
    let language = headers.get(ACCEPT_LANGUAGE).map(HeaderValue::as_bytes);
    let page = page(Language::from_accept(language, Language::En), has_documents);
    ([(VARY, HeaderValue::from_static("Accept, Accept-Language"))], Html(page)).into_response()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// Without style and script: the content policy of the API allows neither.
fn page(language: Language, has_documents: bool) -> String {
    let text = |id| message(id, language);
    let link = |to: &str, id| format!("<li><a href=\"{to}\">{}</a></li>\n", text(id));
    let mut links = link("/health", "welcome-health");
    if has_documents {
        links = link("/docs", "welcome-documents") + &links + &link("/metrics", "welcome-metrics");
    }
    let (code, lead) = (language.as_str(), text("welcome-lead"));
    format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<meta charset=\"utf-8\">\n<title>Onsale</title>\n<h1>Onsale</h1>\n\
         <p>{lead}</p>\n<ul>\n{links}</ul>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn get(accept: Option<&'static str>, language: &'static str, has_documents: bool) -> (u16, String) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        if let Some(accept) = accept {
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
        }
        let response = answer(&headers, has_documents);
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 65_536).await.expect("a body");
        (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn a_browser_gets_a_page_in_its_language_and_a_client_gets_404() {
        let browser = Some("text/html,application/xhtml+xml,*/*;q=0.8");
        let (status, page) = get(browser, "en", true).await;
        assert_eq!(status, 200);
        assert!(page.contains("lang=\"en\"") && page.contains("href=\"/docs\"") && page.contains("href=\"/health\""));
        let (_, page) = get(browser, "ko", false).await;
        assert!(page.contains("lang=\"ko\"") && !page.contains("/docs") && !page.contains("/metrics"), "{page}");
        for accept in [None, Some("*/*"), Some("application/json")] {
            assert_eq!(get(accept, "en", true).await.0, 404);
        }
    }
}
