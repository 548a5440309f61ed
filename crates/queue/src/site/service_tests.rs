//! A browser that begins anew, as another visitor, and still carries what it had before.

use super::service::{Asker, Site, WaitQuery};
use super::shop::shop;
use super::visitor;
use super::visitor::{VISITOR_COOKIE, new_visitor};
use crate::CookieKeys;
use ::http::header::{COOKIE, LOCATION, SET_COOKIE, USER_AGENT};
use ::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::extract::FromRequestParts;
use axum::response::Response;
use domain::line::{LineId, Pass};
use domain::{Timestamp, UserId};
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

    fn hear(&mut self, response: &Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("text"));
        }
    }

    fn headers(&self) -> HeaderMap {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text = |text: &str| HeaderValue::from_str(text).expect("a header");
        HeaderMap::from_iter([(USER_AGENT, text("Chrome/142.0")), (COOKIE, text(&pairs.join("; ")))])
    }

    async fn asker(&self) -> Asker {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers = self.headers();
        let Ok(asker) = Asker::from_request_parts(&mut parts, &()).await;
        asker
    }
}

#[tokio::test]
async fn who_begins_anew_is_not_held_up_by_the_pass_of_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let line = "queue:shop".parse::<LineId>().expect("a line");
    let keys = Arc::new(CookieKeys::new(&[7; 32], None).expect("long enough"));
    let site = Site::new(LineClient::new(port.clone()), ServingCache::new(port.clone()), keys.clone(), false);

    // What the browser has of a visitor that it is not any more.
    let mut browser = Browser::default();
    let before = new_visitor().expect("somebody");
    let pass = Pass { id: Uuid::new_v4(), until: Timestamp(i64::MAX / 4_096) };
    let agent = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static("Chrome/142.0"))]);
    browser.keep(&visitor::Caller::new(&keys, &agent, None, false).pass_cookie(&line, &before, &pass, Timestamp(0)));

    let query = || WaitQuery::default();
    browser.hear(&site.wait("shop", &query(), &browser.asker().await).await.expect("a cookie"));
    let id = browser.0[VISITOR_COOKIE].split('.').next().expect("an id").to_owned();
    let page = site.wait("shop", &query(), &browser.asker().await).await.expect("a page");
    assert_eq!(page.status(), StatusCode::OK);
    browser.hear(&page);
    assert!(site.check("shop", &browser.asker().await, "/cart").await.is_err(), "the pass is another's");
    port.admit(&line, vec![Uuid::new_v4()], Clock::Engine).await.expect("let in");
    let who = LineUser { line, user: UserId::new(&id).expect("a name") };
    assert!(port.check_in(vec![who], Clock::Engine).await[0].is_ok());

    let sent = site.wait("shop", &query(), &browser.asker().await).await.expect("leads on");
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    assert!(sent.headers()[LOCATION].to_str().expect("text").contains("onsale_pass=qr_"));
    browser.hear(&sent);
    let through = site.check("shop", &browser.asker().await, "/cart").await.expect("decided");
    assert_eq!(through.status(), StatusCode::OK);
}
