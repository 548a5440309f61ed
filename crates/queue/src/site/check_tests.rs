//! The line decides whether a visitor is inside, not the cookie.

use super::asker::Asker;
use super::check::{AccessDecision, Checks, NewCookies};
use super::test_line::shop;
use super::visitor_cookies::{VISITOR_COOKIE, VisitorCookies, new_visitor};
use crate::CookieKeys;
use ::http::header::{COOKIE, USER_AGENT};
use ::http::{HeaderMap, HeaderValue};
use domain::line::{LineId, LineStatus, Pass};
use domain::{PassId, Timestamp, UserId};
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

/// From now on newcomers wait: nothing admits here by itself.
async fn somebody_waits(lines: &LineClient, line: &LineId) {
    let user = new_visitor().expect("a visitor");
    lines.enter(LineUser { line: line.clone(), user }).await.expect("a position");
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

    let checks = Checks::new(lines.clone(), None);
    let (first, wait_address) = (headers(&[pair(&visitor)]), "/wait/shop?to=/cart");
    let check = async |headers: &HeaderMap| {
        checks.check(&line, &VisitorCookies::new(&keys, headers, None, false), "/cart", Asker::Page).await
    };
    let redirect =
        AccessDecision::Redirect { to: wait_address.to_owned(), cookies: NewCookies::default(), returned: None };
    lines.enter(line_user.clone()).await.expect("a position");
    assert_eq!(check(&first).await, redirect);
    port.admit(&line, vec![PassId(Uuid::new_v4())], Clock::Engine).await.expect("admitted");
    let AccessDecision::Allowed(NewCookies { visitor: None, pass: Some(pass) }) = check(&first).await else {
        panic!("not admitted")
    };
    let both = headers(&[pair(&visitor), pair(&pass)]);
    assert_eq!(check(&both).await, AccessDecision::Allowed(NewCookies::default()));
    somebody_waits(&lines, &line).await;
    assert!(port.leave(&line_user, Clock::Engine).await.expect("answers"));
    let begun = Instant::now();
    while check(&both).await != redirect {
        assert!(begun.elapsed() < PATIENCE, "the cookie alone still passes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Kind: cookies of a neighbour. Whatever stands beside the own cookies, the visitor keeps what is the visitor's.
#[tokio::test]
async fn neighbours_cookies_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let (lines, line) = (LineClient::new(port.clone()), "queue:shop".parse::<LineId>().expect("a line"));
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let nothing = headers(&[]);
    let maker = VisitorCookies::new(&keys, &nothing, None, false);
    let inside = async |user: &UserId| {
        let user = LineUser { line: line.clone(), user: user.clone() };
        lines.enter(user.clone()).await.expect("a position");
        port.admit(&line, vec![PassId(Uuid::new_v4())], Clock::Engine).await.expect("admitted");
        match lines.check_in(user).await.expect("answers") {
            LineStatus::Inside { pass, .. } => pass,
            other => panic!("{other:?}"),
        }
    };
    let (own, other) = (new_visitor().expect("a visitor"), new_visitor().expect("a visitor"));
    let visitor = maker.visitor_cookie(&own);
    let pass = maker.pass_cookie(&line, &own, &inside(&own).await, clock::now());
    let (theirs, their_pass) = (maker.visitor_cookie(&other), {
        let late = Pass { id: PassId(Uuid::new_v4()), since: Timestamp(0), until: Timestamp(i64::MAX / 4_096) };
        maker.pass_cookie(&line, &new_visitor().expect("a visitor"), &late, clock::now())
    });
    let (visitor, pass, theirs, their_pass) = (pair(&visitor), pair(&pass), pair(&theirs), pair(&their_pass));
    let longer = format!("{pass}.x");
    let many = vec!["onsale_visitor=forged"; 50].join("; ");
    // As many as a head has room for, each valid.
    let made = (0..60).map(|_| maker.visitor_cookie(&new_visitor().expect("a visitor")));
    let valid = made.map(|cookie| pair(&cookie).to_owned()).collect::<Vec<_>>().join("; ");
    let before: String = pass.replacen(&format!(".{own}."), ".", 1);
    let neighbours = [
        theirs,
        their_pass,
        "onsale_visitor=",
        "onsale_visitor=a.b",
        "onsale_pass_shop=",
        "onsale_pass_shop=a.b.c",
        "onsale_pass_shop=...",
        &before,
        &longer,
        "__Host-onsale_visitor=a",
        "name",
        ";",
        &many,
        &valid,
    ];
    let checks = Checks::new(lines.clone(), None);
    let check = async |cookies: &[&str]| {
        let headers = headers(cookies);
        checks.check(&line, &VisitorCookies::new(&keys, &headers, None, false), "/cart", Asker::Page).await
    };
    for neighbour in neighbours {
        for cookies in [[neighbour, visitor, pass], [visitor, neighbour, pass], [visitor, pass, neighbour]] {
            assert_eq!(check(&cookies).await, AccessDecision::Allowed(NewCookies::default()), "{cookies:?}");
        }
    }
    // Alone they open nothing, and nobody is turned away for them.
    somebody_waits(&lines, &line).await;
    let redirect = AccessDecision::Redirect {
        to: "/wait/shop?to=/cart".to_owned(),
        cookies: NewCookies::default(),
        returned: None,
    };
    for neighbour in neighbours {
        for cookies in [&[neighbour][..], &[neighbour, pass], &[neighbour, their_pass]] {
            assert_eq!(check(cookies).await, redirect, "{cookies:?}");
        }
    }
    let bytes = [visitor.as_bytes(), b"; name=\xed\x99\x8d; ", pass.as_bytes()].concat();
    let mut headers = headers(&[]);
    headers.insert(COOKIE, HeaderValue::from_bytes(&bytes).expect("a header"));
    let cookies = VisitorCookies::new(&keys, &headers, None, false);
    assert_eq!(
        checks.check(&line, &cookies, "/cart", Asker::Page).await,
        AccessDecision::Allowed(NewCookies::default())
    );
}

/// Over TLS a neighbouring subdomain cannot set a cookie of ours, and one without the prefix counts for nothing.
#[test]
fn over_tls_only_cookies_of_this_host_count() {
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let line = "queue:shop".parse::<LineId>().expect("a line");
    let own = new_visitor().expect("a visitor");
    let mut secure = headers(&[]);
    secure.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    let cookie = VisitorCookies::new(&keys, &secure, None, false).visitor_cookie(&own);
    assert!(
        cookie.starts_with("__Host-onsale_visitor=")
            && cookie.ends_with("; Path=/; Max-Age=172800; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    let plain = pair(&cookie).trim_start_matches("__Host-").to_owned();
    let identity = |cookies: &[&str]| {
        let mut headers = headers(cookies);
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        VisitorCookies::new(&keys, &headers, None, false).identity(&line).map(|identity| identity.visitor)
    };
    assert_eq!(identity(&[&plain]), None);
    assert_eq!(identity(&[&plain, pair(&cookie)]), Some(own));
}

/// A robot's cookie is not good for ever, whatever its browser makes of `Max-Age`.
#[test]
fn a_stale_cookie_and_one_without_a_time_identify_nobody() {
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let line = "queue:shop".parse::<LineId>().expect("a line");
    let (own, nothing, made) = (new_visitor().expect("a visitor"), headers(&[]), clock::now());
    let cookie = VisitorCookies::new(&keys, &nothing, None, false).at(made).visitor_cookie(&own);
    let identity = |pair: &str, after_seconds: i64| {
        let headers = headers(&[pair]);
        let at = Timestamp(made.millis() + after_seconds * 1_000);
        VisitorCookies::new(&keys, &headers, None, false).at(at).identity(&line).map(|identity| identity.visitor)
    };
    for (after_seconds, is_known) in [(0, true), (172_800, true), (172_801, false), (-600, true), (-601, false)] {
        let known = identity(pair(&cookie), after_seconds);
        assert_eq!(known, is_known.then(|| own.clone()), "after {after_seconds} s");
    }
    let (value, mark) = (pair(&cookie).split_once('=').expect("a pair").1, mark_of_headers());
    let [id, made, signature] = value.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let later = made.parse::<i64>().expect("seconds") + 1;
    assert_eq!(identity(&format!("{VISITOR_COOKIE}={id}.{later}.{signature}"), 0), None, "the time is signed");
    let earlier_version = keys.sign(&["visitor", id, &mark]);
    assert_eq!(identity(&format!("{VISITOR_COOKIE}={id}.{earlier_version}"), 0), None);
}

/// The mark of [`headers`], as cookies are signed with it.
fn mark_of_headers() -> String {
    super::visitor_cookies::mark(b"Chrome/142.0", "")
}

/// Amendment 5: where nobody waits, one check is enough, and the cookies that it gives pass from then on.
#[tokio::test]
async fn a_newcomer_passes_at_once_where_nobody_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = shop(folder.path()).await;
    let (lines, line) = (LineClient::new(port.clone()), "queue:shop".parse::<LineId>().expect("a line"));
    let keys = CookieKeys::new(&[7; 32], None).expect("long enough");
    let checks = Checks::new(lines.clone(), None);
    let check = async |headers: &HeaderMap, asker| {
        checks.check(&line, &VisitorCookies::new(&keys, headers, None, false), "/cart", asker).await
    };
    let AccessDecision::Allowed(given) = check(&headers(&[]), Asker::Page).await else { panic!("waits") };
    let NewCookies { visitor: Some(visitor), pass: Some(pass) } = given else { panic!("no cookies") };
    let inside = headers(&[pair(&visitor), pair(&pass)]);
    for asker in [Asker::Page, Asker::Script, Asker::Crawler] {
        assert_eq!(check(&inside, asker).await, AccessDecision::Allowed(NewCookies::default()));
    }
    // The visitor's cookie alone, as an older proxy passes on, gets the pass's the next time.
    let (afresh, visitor_alone) = (Checks::new(lines.clone(), None), headers(&[pair(&visitor)]));
    let cookies = VisitorCookies::new(&keys, &visitor_alone, None, false);
    let decision = afresh.check(&line, &cookies, "/cart", Asker::Page).await;
    assert!(matches!(decision, AccessDecision::Allowed(NewCookies { visitor: None, pass: Some(_) })));
    let count = async || port.counts(&line, 0, Clock::Engine).await.expect("answers").expect("a line");
    assert_eq!((count().await.inside, count().await.admitted), (1, 1));
    // A script without cookies would take a place with each request, and a robot takes none.
    assert!(matches!(check(&headers(&[]), Asker::Script).await, AccessDecision::Redirect { .. }));
    assert_eq!(check(&headers(&[]), Asker::Crawler).await, AccessDecision::Allowed(NewCookies::default()));
    assert_eq!((count().await.inside, count().await.waiting), (1, 0));
    somebody_waits(&lines, &line).await;
    assert_eq!(check(&headers(&[]), Asker::Crawler).await, AccessDecision::Later);
    assert!(matches!(check(&headers(&[]), Asker::Page).await, AccessDecision::Redirect { .. }));
    assert_eq!((count().await.inside, count().await.waiting), (1, 1));
}
