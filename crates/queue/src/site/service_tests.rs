//! A browser with a new visitor cookie that still has the pass cookie of the earlier visitor.

use super::service::{Site, SiteOptions, VisitorRequest};
use super::test_line::shop;
use super::visitor_cookies;
use super::visitor_cookies::{VISITOR_COOKIE, new_visitor};
use super::wait_query::WaitQuery;
use crate::CookieKeys;
use ::http::header::{COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use ::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::extract::FromRequestParts;
use axum::response::Response;
use domain::line::{LineId, Pass};
use domain::{PassId, Timestamp, UserId};
use hot::line::{Clock, LineUser};
use lines::{LineClient, ServingCache};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A browser with its cookies.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn keep(&mut self, set_cookie: &str) {
        let pair = set_cookie.split(';').next().expect("a pair");
        let (name, value) = pair.split_once('=').expect("a pair");
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn receive(&mut self, response: &Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(std::str::from_utf8(cookie.as_bytes()).expect("text"));
        }
    }

    fn headers(&self) -> HeaderMap {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = |text: &str| HeaderValue::from_str(text).expect("a header");
        HeaderMap::from_iter([(USER_AGENT, text("Chrome/142.0")), (COOKIE, text(&pairs.join("; ")))])
    }

    async fn request(&self) -> VisitorRequest {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers = self.headers();
        let Ok(request) = VisitorRequest::from_request_parts(&mut parts, &()).await;
        request
    }
}

#[tokio::test]
async fn a_new_visitor_is_not_blocked_by_the_pass_cookie_of_the_earlier_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let line = "queue:shop".parse::<LineId>().expect("a line");
    let keys = Arc::new(CookieKeys::new(&[7; 32], None).expect("long enough"));
    let site =
        Site::new(LineClient::new(port.clone()), ServingCache::new(port.clone()), keys.clone(), SiteOptions::default());

    // The pass cookie of an earlier visitor in the same browser.
    let mut browser = Browser::default();
    let earlier = new_visitor().expect("a visitor");
    let pass = Pass { id: PassId(Uuid::new_v4()), since: Timestamp(0), until: Timestamp(i64::MAX / 4_096) };
    let agent = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static("Chrome/142.0"))]);
    browser.keep(&visitor_cookies::VisitorCookies::new(&keys, &agent, None, false).pass_cookie(
        &line,
        &earlier,
        &pass,
        Timestamp(0),
    ));

    let query = || WaitQuery::default();
    browser.receive(&site.wait("shop", &query(), &browser.request().await).await.expect("a cookie"));
    let id = browser.0[VISITOR_COOKIE].split('.').next().expect("an id").to_owned();
    let page = site.wait("shop", &query(), &browser.request().await).await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    browser.receive(&page);
    let waits = site.check("shop", &browser.request().await, b"/cart").await.expect("decided");
    assert_eq!(waits.status(), StatusCode::UNAUTHORIZED, "the pass belongs to the earlier visitor");
    port.admit(&line, vec![PassId(Uuid::new_v4())], Clock::Engine).await.expect("admitted");
    let user = LineUser { line, user: UserId::new(&id).expect("a name") };
    assert!(port.check_in(vec![user], Clock::Engine).await[0].is_ok());

    let sent = site.wait("shop", &query(), &browser.request().await).await.expect("redirects");
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert!(sent.headers()[LOCATION].as_bytes().windows(15).any(|part| part == b"onsale_pass=qr_"));
    browser.receive(&sent);
    let allowed = site.check("shop", &browser.request().await, b"/cart").await.expect("decided");
    assert_eq!(allowed.status(), StatusCode::OK);
}
