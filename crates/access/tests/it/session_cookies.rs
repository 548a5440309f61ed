//! The cookies of a page's session.

use access::session_cookies::{ACCESS_COOKIE, CSRF_COOKIE, REFRESH_COOKIE, is_secure};
use access::{SessionCookies, SessionTokens};
use domain::AccountId;
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

const SECRET: &str = "a secret of at least sixty-four bytes, which nobody would use anywhere";
const OLD: &str = "another secret of at least sixty-four bytes, which was used until now";
const PLAIN: &str = "http://127.0.0.1:8080";
const ANN: AccountId = AccountId(Uuid::from_u128(1));
const BOB: AccountId = AccountId(Uuid::from_u128(2));

fn writer(public_url: &str) -> SessionCookies {
    SessionCookies::new(SECRET, "", public_url).expect("a key")
}

fn tokens(account: AccountId) -> SessionTokens<'static> {
    SessionTokens { account, access: "a.b.c", access_seconds: 3_600, refresh: "d.e.f", refresh_seconds: 604_800 }
}

fn texts(cookies: &[HeaderValue]) -> Vec<&str> {
    cookies.iter().map(|cookie| std::str::from_utf8(cookie.as_bytes()).expect("ASCII")).collect()
}

fn csrf_of(cookies: &[HeaderValue]) -> String {
    let found = texts(cookies).into_iter().find_map(|cookie| cookie.strip_prefix("csrfToken="));
    found.and_then(|rest| rest.split(';').next()).expect("a CSRF token").to_owned()
}

fn request(cookies: &[&str]) -> HeaderMap {
    let line = cookies.iter().map(|csrf| format!("{CSRF_COOKIE}={csrf}")).collect::<Vec<_>>().join("; ");
    HeaderMap::from_iter([(http::header::COOKIE, line.parse().expect("a header"))])
}

#[test]
fn names_paths_and_attributes_are_those_of_the_contract() {
    let cookies = writer("https://tickets.example").begin(&tokens(ANN));
    let csrf = csrf_of(&cookies);
    assert_eq!(
        texts(&cookies),
        [
            "accessToken=a.b.c; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax".to_owned(),
            "refreshToken=d.e.f; Path=/session; Max-Age=604800; HttpOnly; Secure; SameSite=Lax".to_owned(),
            format!("csrfToken={csrf}; Path=/; Max-Age=604800; Secure; SameSite=Lax"),
        ]
    );
    for cookie in texts(&writer(PLAIN).begin(&tokens(ANN))) {
        assert!(!cookie.contains("Secure") && cookie.ends_with("SameSite=Lax"), "{cookie}");
    }
    let ended = writer(PLAIN).end();
    for (cookie, name) in texts(&ended).into_iter().zip([ACCESS_COOKIE, REFRESH_COOKIE, CSRF_COOKIE]) {
        assert!(cookie.starts_with(&format!("{name}=; Path=/")) && cookie.contains("; Max-Age=0"), "{cookie}");
    }
}

#[test]
fn only_plain_http_to_the_machine_itself_goes_without_secure() {
    for plain in [PLAIN, "http://localhost:8080/", "http://LOCALHOST", "http://[::1]:8080", "http://shop.localhost"] {
        assert!(!is_secure(plain), "{plain}");
    }
    for secure in [
        "https://127.0.0.1",
        "https://localhost",
        "http://tickets.example",
        "http://localhost.example",
        "http://0.0.0.0:8080",
        "http://10.0.0.1",
        "",
        "nonsense",
    ] {
        assert!(is_secure(secure), "{secure}");
    }
}

#[test]
fn a_csrf_token_proves_something_for_its_account_and_beside_its_cookie_alone() {
    let writer = writer(PLAIN);
    let (ann, bob) = (csrf_of(&writer.begin(&tokens(ANN))), csrf_of(&writer.begin(&tokens(BOB))));
    assert!(writer.proves(ANN, &request(&[&ann]), ann.as_bytes()));
    assert!(
        writer.proves(ANN, &request(&["of a neighbour", &ann]), ann.as_bytes()),
        "a neighbour's cookie hides nothing"
    );
    assert!(!writer.proves(ANN, &request(&[&bob]), bob.as_bytes()), "planted by somebody with an account");
    assert!(!writer.proves(ANN, &request(&[&bob]), ann.as_bytes()), "without its cookie");
    assert!(!writer.proves(ANN, &request(&[]), ann.as_bytes()));
    let cut: Vec<&str> = (0..ann.len()).map(|end| &ann[..end]).collect();
    for forged in cut.into_iter().chain(["", ".", "x.", ".x", "a.b.c"]) {
        assert!(!writer.proves(ANN, &request(&[forged]), forged.as_bytes()), "{forged}");
    }
    let long = format!("{ann}{}", "A".repeat(10_000));
    assert!(!writer.proves(ANN, &request(&[&long]), long.as_bytes()));
}

#[test]
fn a_renewed_session_keeps_its_csrf_token_and_takes_no_planted_one() {
    let writer = writer(PLAIN);
    let first = csrf_of(&writer.begin(&tokens(ANN)));
    assert_ne!(first, csrf_of(&writer.begin(&tokens(ANN))), "each log-in has its own");
    assert_eq!(csrf_of(&writer.renew(&tokens(ANN), &request(&["x.y", &first]))), first);
    let renewed = csrf_of(&writer.renew(&tokens(BOB), &request(&[&first])));
    assert_ne!(renewed, first);
    assert!(writer.proves(BOB, &request(&[&renewed]), renewed.as_bytes()));
}

#[test]
fn the_previous_secret_is_good_until_it_is_taken_away() {
    let old = SessionCookies::new(OLD, "", PLAIN).expect("a key");
    let csrf = csrf_of(&old.begin(&tokens(ANN)));
    let both = SessionCookies::new(SECRET, OLD, PLAIN).expect("keys");
    assert!(both.proves(ANN, &request(&[&csrf]), csrf.as_bytes()));
    assert!(!writer(PLAIN).proves(ANN, &request(&[&csrf]), csrf.as_bytes()));
    assert!(!format!("{both:?}").contains("secret"));
}
