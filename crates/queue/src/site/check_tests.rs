//! The line's own word about somebody inside counts, not the cookie's.

use super::check::{Checks, Verdict};
use super::shop::shop;
use super::visitor::{Caller, VISITOR_COOKIE, new_visitor};
use crate::CookieKeys;
use ::http::header::{COOKIE, USER_AGENT};
use ::http::{HeaderMap, HeaderValue};
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
async fn a_pass_that_was_given_up_opens_nothing_though_its_cookie_lives() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let (lines, line) = (LineClient::new(port.clone()), "queue:shop".parse::<LineId>().expect("a line"));
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let user = new_visitor().expect("somebody");
    let who = LineUser { line: line.clone(), user: user.clone() };
    let nothing = headers(&[]);
    let visitor = Caller::new(&keys, &nothing, None, false).visitor_cookie(&user);
    assert!(visitor.starts_with(VISITOR_COOKIE));

    let checks = Checks::new(lines.clone());
    let (first, waits) = (headers(&[pair(&visitor)]), "/wait/shop?to=/cart");
    let check =
        async |headers: &HeaderMap| checks.check(&line, &Caller::new(&keys, headers, None, false), "/cart").await;
    let elsewhere = Verdict::Elsewhere { to: waits.to_owned(), cookie: None };
    lines.enter(who.clone()).await.expect("a place");
    assert_eq!(check(&first).await, elsewhere);
    port.admit(&line, vec![Uuid::new_v4()], Clock::Engine).await.expect("let in");
    let Verdict::Through(Some(pass)) = check(&first).await else { panic!("was let in") };
    let both = headers(&[pair(&visitor), pair(&pass)]);
    assert_eq!(check(&both).await, Verdict::Through(None));
    assert!(port.leave(&who, Clock::Engine).await.expect("answers"));
    let begun = Instant::now();
    while check(&both).await != elsewhere {
        assert!(begun.elapsed() < PATIENCE, "the cookie alone still opens");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
