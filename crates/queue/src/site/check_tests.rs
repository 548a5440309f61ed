//! The line decides whether a visitor is inside, not the cookie.

use super::check::{AccessDecision, Checks};
use super::test_line::shop;
use super::visitor_cookies::{VISITOR_COOKIE, VisitorCookies, new_visitor};
use crate::CookieKeys;
use ::http::header::{COOKIE, USER_AGENT};
use ::http::{HeaderMap, HeaderValue};
use domain::PassId;
use domain::line::LineId;
use hot::line::{Clock, LineUser};
use lines::LineClient;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);

/// A browser's headers with these cookies.
fn headers(cookies: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let text = |text: &str| HeaderValue::from_str(text).expect("a header");
    headers.insert(USER_AGENT, text("Chrome/142.0"));
    headers.insert(COOKIE, text(&cookies.join("; ")));
    headers
}

fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().expect("a pair")
}

#[tokio::test]
async fn a_pass_that_was_given_up_is_refused_although_its_cookie_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let (lines, line) = (LineClient::new(port.clone()), "queue:shop".parse::<LineId>().expect("a line"));
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let user = new_visitor().expect("a visitor");
    let line_user = LineUser { line: line.clone(), user: user.clone() };
    let nothing = headers(&[]);
    let visitor = VisitorCookies::new(&keys, &nothing, None, false).visitor_cookie(&user);
    assert!(visitor.starts_with(VISITOR_COOKIE));

    let checks = Checks::new(lines.clone());
    let (first, wait_address) = (headers(&[pair(&visitor)]), "/wait/shop?to=/cart");
    let check = async |headers: &HeaderMap| {
        checks.check(&line, &VisitorCookies::new(&keys, headers, None, false), "/cart").await
    };
    let redirect = AccessDecision::Redirect { to: wait_address.to_owned(), cookie: None };
    lines.enter(line_user.clone()).await.expect("a position");
    assert_eq!(check(&first).await, redirect);
    port.admit(&line, vec![PassId(Uuid::new_v4())], Clock::Engine).await.expect("admitted");
    let AccessDecision::Allowed(Some(pass)) = check(&first).await else { panic!("not admitted") };
    let both = headers(&[pair(&visitor), pair(&pass)]);
    assert_eq!(check(&both).await, AccessDecision::Allowed(None));
    assert!(port.leave(&line_user, Clock::Engine).await.expect("answers"));
    let begun = Instant::now();
    while check(&both).await != redirect {
        assert!(begun.elapsed() < PATIENCE, "the cookie alone still passes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
