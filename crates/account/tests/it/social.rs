//! Log-in by another provider.

use crate::outsiders::{Heard, SECRET, Stand, account, ask, parameters};
use access::session_cookies::CSRF_COOKIE;
use access::{Person, SessionCookies, TokenKeys};
use account::rows::entities::{login, user};
use account::rows::{social, users};
use domain::account::{ReturnUrl, UserRole};
use domain::{AccountId, Timestamp};
use http::Request;
use ledger::Transaction;
use proptest::prelude::*;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use std::time::Duration;

const PLAIN: &str = "http://127.0.0.1:8080";
const SITE: &str = "https://tickets.example";
const KIM: u64 = 7;

/// The routes and the provider.
struct Desk {
    stand: Stand,
}

/// A browser of one person: its cookies.
#[derive(Clone, Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    /// Keeps what an answer sets.
    fn keep(&mut self, heard: &Heard) {
        for cookie in heard.cookies() {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.0.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn line(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

impl Desk {
    async fn open(public_url: &str) -> Self {
        Self { stand: Stand::open(public_url).await }
    }

    async fn get(&self, browser: &mut Browser, path: &str) -> Heard {
        let request = Request::get(path).header("cookie", browser.line()).header("user-agent", "Firefox/1");
        let heard = ask(&self.stand.router, request, None, None).await;
        browser.keep(&heard);
        heard
    }

    async fn begin(&self, browser: &mut Browser, path: &str) -> String {
        let heard = self.get(browser, path).await;
        assert_eq!((heard.status, heard.code()), (302, ""));
        heard.location().to_owned()
    }

    async fn link(&self, browser: &mut Browser, who: AccountId, path: &str) -> Heard {
        let request = Request::post(path).header("cookie", browser.line());
        let who = Person { id: who, role: UserRole::User };
        let heard = ask(&self.stand.router, request, Some(who), None).await;
        browser.keep(&heard);
        heard
    }

    /// The person says yes at the provider, and the browser comes back.
    async fn comes_back(&self, browser: &mut Browser, provider: &str, location: &str, id: u64) -> Heard {
        let (state, code) = self.stand.provider.says_yes(location, id, "kim@example.com");
        self.get(browser, &format!("/auth/oauth2/{provider}/callback?state={state}&code={code}")).await
    }

    /// Links a person of Kakao to a new account.
    async fn linked(&self, id: u64) -> AccountId {
        let who = account(&self.stand.ledger, "ACTIVE").await;
        let mut browser = Browser::default();
        let heard = self.link(&mut browser, who, "/auth/oauth2/kakao/link").await;
        assert_eq!(heard.status, 200);
        let location = heard.body["location"].as_str().expect("an address").to_owned();
        let heard = self.comes_back(&mut browser, "kakao", &location, id).await;
        assert_eq!((heard.status, heard.location()), (303, "/"));
        who
    }
}

#[tokio::test]
async fn the_browser_goes_to_the_provider_with_state_and_challenge() {
    let desk = Desk::open(SITE).await;
    let mut browser = Browser::default();
    let heard = desk.get(&mut browser, "/auth/oauth2/kakao?returnUrl=%2Fme").await;
    assert_eq!(heard.status, 302);
    let asked = parameters(heard.location());
    assert!(heard.location().contains("/authorize?"));
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], "onsale");
    assert_eq!(asked["redirect_uri"], "https://tickets.example/auth/oauth2/kakao/callback");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!((asked["code_challenge"].len(), asked["state"].len()), (43, 43));
    for provider in ["kakao", "naver", "google"] {
        let heard = desk.get(&mut browser, &format!("/auth/oauth2/{provider}")).await;
        assert!(parameters(heard.location()).get("scope").is_some_and(|scope| !scope.is_empty()), "{provider}");
    }
    let cookies = heard.cookies();
    let cookie = cookies.first().expect("a cookie");
    assert!(cookie.starts_with("__Host-oauthState="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains(&asked["state"]), "the cookie is the other half");
    assert_eq!(heard.headers["cache-control"], "no-store");
    for unknown in ["kakaotalk", "KAKAO", "apple", "kakao%20"] {
        let heard = desk.get(&mut browser, &format!("/auth/oauth2/{unknown}")).await;
        assert_eq!((heard.status, heard.code()), (404, "NOT_FOUND"), "{unknown}");
    }
    assert_eq!(desk.get(&mut browser, "/auth/oauth2/kakao?returnUrl=/a&returnUrl=/b").await.status, 400);
}

#[tokio::test]
async fn nobody_is_linked_by_an_address_and_the_page_says_so() {
    let desk = Desk::open(PLAIN).await;
    let mut browser = Browser::default();
    let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
    let heard = desk.comes_back(&mut browser, "kakao", &location, KIM).await;
    assert_eq!((heard.status, heard.location()), (303, "/login?link=kakao"));
    assert!(!browser.has("accessToken"));
}

#[tokio::test]
async fn a_linked_person_is_logged_in_and_goes_where_they_wanted() {
    let desk = Desk::open(PLAIN).await;
    let who = desk.linked(KIM).await;
    let mut browser = Browser::default();
    let location = desk.begin(&mut browser, "/auth/oauth2/kakao?returnUrl=/shows/1%3Ftab%3D2").await;
    let heard = desk.comes_back(&mut browser, "kakao", &location, KIM).await;
    assert_eq!((heard.status, heard.location()), (303, "/shows/1?tab=2"));
    let cookies = heard.cookies();
    for (name, rest) in [
        ("accessToken=", "; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"),
        ("refreshToken=", "; Path=/session; Max-Age=604800; HttpOnly; SameSite=Lax"),
        ("csrfToken=", "; Path=/; Max-Age=604800; SameSite=Lax"),
        ("oauthState=;", " Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    ] {
        assert!(cookies.iter().any(|cookie| cookie.starts_with(name) && cookie.ends_with(rest)), "{name}: {cookies:?}");
    }
    let keys = TokenKeys::new(SECRET, "").expect("keys");
    let of = |name: &str| browser.0.iter().find(|(known, _)| known == name).expect("a cookie").1.clone();
    let claims = keys.read_access(of("accessToken").as_bytes(), clock::now()).expect("a good token");
    assert_eq!((claims.sub, claims.role), (who, UserRole::User));
    assert_eq!(keys.read_refresh(of("refreshToken").as_bytes(), clock::now()).expect("good").sub, who);
    let writer = SessionCookies::new(SECRET, "", PLAIN).expect("a key");
    let line = http::HeaderMap::from_iter([(http::header::COOKIE, browser.line().parse().expect("a header"))]);
    assert!(writer.proves(who, &line, of(CSRF_COOKIE).as_bytes()));

    let history = login::Entity::find().all(desk.stand.ledger.connection()).await.expect("read");
    let row = history.first().expect("a line of history");
    assert_eq!((row.login_method.as_str(), row.success, row.user_id.map(|id| id.0)), ("KAKAO", true, Some(who.get())));

    let location = desk.begin(&mut browser, "/auth/oauth2/google").await;
    let heard = desk.comes_back(&mut browser, "google", &location, KIM).await;
    assert_eq!(heard.location(), "/login?link=google", "the same number at another provider is another person");
}

#[tokio::test]
async fn a_state_that_is_missing_foreign_or_used_is_refused() {
    let desk = Desk::open(PLAIN).await;
    desk.linked(KIM).await;
    let (mut mine, mut other) = (Browser::default(), Browser::default());
    let location = desk.begin(&mut mine, "/auth/oauth2/kakao").await;
    desk.begin(&mut other, "/auth/oauth2/kakao").await;
    let (state, code) = desk.stand.provider.says_yes(&location, KIM, "kim@example.com");
    let callback = |provider: &str, query: &str| format!("/auth/oauth2/{provider}/callback?{query}");
    let good = format!("state={state}&code={code}");
    let long = format!("state={}&code={code}", "a".repeat(5_000));
    for (mut browser, provider, query) in [
        (Browser::default(), "kakao", good.as_str()),
        (other, "kakao", &good),
        (mine.clone(), "google", &good),
        (mine.clone(), "kakao", &format!("code={code}")),
        (mine.clone(), "kakao", &format!("state=&code={code}")),
        (mine.clone(), "kakao", &format!("state={}&code={code}", &state[1..])),
        (mine.clone(), "kakao", &format!("state={state}x&code={code}")),
        (mine.clone(), "kakao", &format!("state={state}:used&code={code}")),
        (mine.clone(), "kakao", "state=%00%0d%0a&code=1"),
        (mine.clone(), "kakao", "error=access_denied"),
        (mine.clone(), "kakao", &long),
        (mine.clone(), "kakao", ""),
    ] {
        let heard = desk.get(&mut browser, &callback(provider, query)).await;
        assert_eq!((heard.status, heard.code()), (400, "OAUTH_STATE_INVALID"), "{provider} {query:.80}");
        assert!(!browser.has("accessToken"));
    }
    let twice = desk.get(&mut mine, &callback("kakao", &format!("state={state}&{good}"))).await;
    assert_eq!(twice.status, 400, "of two states neither counts");
    let unknown = desk.get(&mut mine, &callback("apple", &good)).await;
    assert_eq!(unknown.status, 404);
    // None of them has used it up; then it counts once.
    let kept = mine.clone();
    assert_eq!(desk.get(&mut mine, &callback("kakao", &good)).await.status, 303);
    for browser in [&mut mine, &mut kept.clone()] {
        let again = desk.get(browser, &callback("kakao", &good)).await;
        assert_eq!((again.status, again.code()), (400, "OAUTH_STATE_INVALID"));
    }
}

#[tokio::test]
async fn of_several_that_come_back_with_one_state_one_is_let_in() {
    let desk = Desk::open(PLAIN).await;
    desk.linked(KIM).await;
    let mut browser = Browser::default();
    let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
    let (state, code) = desk.stand.provider.says_yes(&location, KIM, "kim@example.com");
    let path = format!("/auth/oauth2/kakao/callback?state={state}&code={code}");
    let mut browsers = vec![browser; 10];
    let heard = futures::future::join_all(browsers.iter_mut().map(|browser| desk.get(browser, &path))).await;
    let count = |status| heard.iter().filter(|heard| heard.status == status).count();
    assert_eq!((count(303), count(400)), (1, 9));
}

#[tokio::test]
async fn a_log_in_may_take_ten_minutes() {
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let desk = Desk::open(PLAIN).await;
    desk.linked(KIM).await;
    for (wait_ms, status) in [(599_999, 303), (600_000, 400)] {
        let mut browser = Browser::default();
        let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
        clock.advance(Duration::from_millis(wait_ms));
        assert_eq!(desk.comes_back(&mut browser, "kakao", &location, KIM).await.status, status);
    }
}

#[tokio::test]
async fn several_tabs_may_have_begun_and_the_oldest_is_given_up() {
    let desk = Desk::open(PLAIN).await;
    desk.linked(KIM).await;
    let mut browser = Browser::default();
    let mut locations = Vec::new();
    for _ in 0..5 {
        locations.push(desk.begin(&mut browser, "/auth/oauth2/kakao").await);
    }
    for (location, status) in locations.iter().zip([400, 303, 303, 303, 303]) {
        assert_eq!(desk.comes_back(&mut browser, "kakao", location, KIM).await.status, status);
    }
    assert!(!browser.has("oauthState"));
}

#[tokio::test]
async fn a_refusal_and_a_provider_that_is_away_lead_to_the_log_in_page() {
    let desk = Desk::open(PLAIN).await;
    let mut browser = Browser::default();
    for query in ["error=access_denied", "error=access_denied&code=1", "code=", "code=forged", "error="] {
        let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
        let state = &parameters(&location)["state"];
        let heard = desk.get(&mut browser, &format!("/auth/oauth2/kakao/callback?state={state}&{query}")).await;
        assert_eq!((heard.status, heard.location()), (303, "/login?error=OAUTH_REFUSED"), "{query}");
    }
    let location = desk.begin(&mut browser, "/auth/oauth2/naver").await;
    let heard = desk.comes_back(&mut browser, "naver", &location, KIM).await;
    assert_eq!((heard.status, heard.location()), (303, "/login?error=OAUTH_UNAVAILABLE"));
    assert!(!browser.has("accessToken"));
}

#[tokio::test]
async fn a_person_has_one_account_and_an_account_one_person_a_provider() {
    let desk = Desk::open(PLAIN).await;
    let who = desk.linked(KIM).await;
    let mut browser = Browser::default();
    let heard = desk.link(&mut browser, who, "/auth/oauth2/kakao/link").await;
    assert_eq!((heard.status, heard.code()), (409, "SOCIAL_ALREADY_LINKED"));
    let other = account(&desk.stand.ledger, "ACTIVE").await;
    let heard = desk.link(&mut browser, other, "/auth/oauth2/kakao/link?returnUrl=//evil.example").await;
    let location = heard.body["location"].as_str().expect("an address").to_owned();
    let heard = desk.comes_back(&mut browser, "kakao", &location, KIM).await;
    assert_eq!((heard.status, heard.code()), (409, "SOCIAL_ALREADY_LINKED"), "somebody else's");
    let heard = desk.link(&mut browser, other, "/auth/oauth2/kakao/link").await;
    let location = heard.body["location"].as_str().expect("an address").to_owned();
    assert_eq!(desk.comes_back(&mut browser, "kakao", &location, KIM + 1).await.status, 303);
    assert!(!browser.has("accessToken"), "the link is no log-in");

    let remove = async |who: AccountId, provider: &str| {
        let who = Person { id: who, role: UserRole::User };
        let request = Request::delete(format!("/users/me/social/{provider}"));
        ask(&desk.stand.router, request, Some(who), None).await.status
    };
    let linked = async |who: AccountId| {
        let who = Person { id: who, role: UserRole::User };
        let heard = ask(&desk.stand.router, Request::get("/users/me/social"), Some(who), None).await;
        assert_eq!((heard.status, &heard.headers["cache-control"]), (200, &"no-store".parse().expect("a value")));
        heard.body["list"].as_array().expect("a list").clone()
    };
    let mine = linked(who).await;
    assert_eq!((mine.len(), &mine[0]["provider"]), (1, &"kakao".into()), "as the routes name it");
    assert!(mine[0]["linkedAt"].as_str().is_some_and(|at| at.len() == 19), "{mine:?}");
    assert!(linked(account(&desk.stand.ledger, "ACTIVE").await).await.is_empty());
    assert_eq!(ask(&desk.stand.router, Request::get("/users/me/social"), None, None).await.status, 401);
    assert_eq!(ask(&desk.stand.router, Request::delete("/users/me/social/kakao"), None, None).await.status, 401);
    assert_eq!(ask(&desk.stand.router, Request::post("/auth/oauth2/kakao/link"), None, None).await.status, 401);
    assert_eq!((remove(who, "apple").await, remove(who, "google").await), (404, 404));
    assert_eq!((remove(who, "kakao").await, remove(who, "kakao").await), (204, 404));
    assert!(linked(who).await.is_empty());
    let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
    assert_eq!(desk.comes_back(&mut browser, "kakao", &location, KIM).await.location(), "/login?link=kakao");
    let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
    assert_eq!(desk.comes_back(&mut browser, "kakao", &location, KIM + 1).await.location(), "/", "the other's stays");
}

#[tokio::test]
async fn an_account_that_is_not_in_use_is_neither_logged_in_nor_linked() {
    let desk = Desk::open(PLAIN).await;
    for (id, status, error) in [(20, "DORMANT", "ACCOUNT_DORMANT"), (21, "DELETED", "ACCOUNT_DELETED")] {
        let who = account(&desk.stand.ledger, status).await;
        let mut browser = Browser::default();
        let heard = desk.link(&mut browser, who, "/auth/oauth2/kakao/link").await;
        let location = heard.body["location"].as_str().expect("an address").to_owned();
        let heard = desk.comes_back(&mut browser, "kakao", &location, id).await;
        assert_eq!((heard.status, heard.code()), (401, "UNAUTHORIZED"), "{status}");
        // Linked before it went out of use.
        let subject = desk.stand.accounts.personal.hash("social", &format!("kakao:{id}"));
        let link = social::Link { account: who, provider: "KAKAO", subject, email_hash: None };
        let insert = async |change: Transaction| {
            social::insert(&change, &link, clock::now()).await?;
            change.commit().await
        };
        desk.stand.ledger.change(insert).await.expect("linked");
        let location = desk.begin(&mut browser, "/auth/oauth2/kakao").await;
        let heard = desk.comes_back(&mut browser, "kakao", &location, id).await;
        assert_eq!((heard.status, heard.location().to_owned()), (303, format!("/login?error={error}")));
        assert!(!browser.has("accessToken"));
        let rows = login::Entity::find().all(desk.stand.ledger.connection()).await.expect("read");
        let row = rows.iter().find(|row| row.user_id.map(|id| id.0) == Some(who.get())).expect("a line of history");
        assert_eq!((row.success, row.failure_reason.as_deref()), (false, Some(error)));
    }
}

#[tokio::test]
async fn a_link_that_was_begun_ends_with_the_password_of_its_session() {
    let desk = Desk::open(PLAIN).await;
    let who = account(&desk.stand.ledger, "ACTIVE").await;
    let begun = async || {
        let mut browser = Browser::default();
        let heard = desk.link(&mut browser, who, "/auth/oauth2/kakao/link").await;
        (browser, heard.body["location"].as_str().expect("an address").to_owned())
    };
    let of_a_stolen_session = begun().await;
    let change_password = async |change: Transaction| {
        let columns = user::ActiveModel { password_hash: Set(Some("another".to_owned())), ..Default::default() };
        users::set(&change, who, columns, clock::now()).await?;
        change.commit().await
    };
    desk.stand.ledger.change(change_password).await.expect("changed");
    let (mut browser, location) = of_a_stolen_session;
    let heard = desk.comes_back(&mut browser, "kakao", &location, KIM).await;
    assert_eq!((heard.status, heard.code()), (401, "UNAUTHORIZED"));
    let subject = desk.stand.accounts.personal.hash("social", &format!("kakao:{KIM}"));
    let owner = social::account_of(&desk.stand.ledger, "KAKAO", &subject).await.expect("read");
    assert_eq!(owner, None, "nothing is linked");
    let (mut browser, location) = begun().await;
    assert_eq!(desk.comes_back(&mut browser, "kakao", &location, KIM).await.status, 303, "begun with the new one");
}

#[tokio::test]
async fn a_return_address_never_leads_to_another_site() {
    let desk = Desk::open(PLAIN).await;
    desk.linked(KIM).await;
    for (asked, to) in [
        ("/me", "/me"),
        ("/shows?keyword=%EA%B0%80", "/shows?keyword=%EA%B0%80"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("%252F%252Fevil.example", "/"),
        ("/%252Fevil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/%0D%0ASet-Cookie:%20a=b", "/"),
        ("/%09/evil.example", "/"),
        ("", "/"),
    ] {
        let mut browser = Browser::default();
        let location = desk.begin(&mut browser, &format!("/auth/oauth2/kakao?returnUrl={asked}")).await;
        let heard = desk.comes_back(&mut browser, "kakao", &location, KIM).await;
        assert_eq!((heard.status, heard.location()), (303, to), "{asked}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    /// As browsers read addresses, whatever was asked for stays on the site.
    #[test]
    fn a_browser_stays_on_the_site(asked in "[/\\\\.:%@?#a-z0-9\t\r\n \u{0}\u{ff0f}\u{2215}]{0,24}|(//|/\\\\|\\\\|http:|javascript:)[ -~]{0,20}") {
        let site = url::Url::parse(SITE).expect("an address");
        let to = ReturnUrl::read(Some(&asked));
        let reached = site.join(to.as_str()).expect("an address");
        prop_assert_eq!(reached.origin(), site.origin(), "{:?} -> {:?}", asked, to);
        prop_assert!(http::HeaderValue::from_str(to.as_str()).is_ok());
    }
}
