//! Refresh families, log-out, and the sessions of pages.

use crate::support::{Desk, KEY, PASSWORD, log_in, pair};
use domain::Timestamp;
use http::Request;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

on_every_database!(
    a_token_is_exchanged_once_and_shown_again_ends_its_family,
    of_ten_at_once_one_wins_and_the_others_end_the_family,
    a_replay_beside_a_renewal_leaves_no_live_token,
    log_out_ends_this_session_and_no_other,
    two_tabs_of_a_page_are_told_the_same_pair,
);

async fn a_token_is_exchanged_once_and_shown_again_ends_its_family(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let (first, other) = (desk.logged_in("kim@example.com").await, desk.logged_in("kim@example.com").await);
    let heard = desk.refresh(&first.refresh).await;
    assert_eq!(heard.status, 200);
    let second = pair(&heard);
    assert_ne!((&first.access, &first.refresh), (&second.access, &second.refresh));
    let third = pair(&desk.refresh(&second.refresh).await);
    assert!(!desk.is_blacklisted(&first).await, "a renewal ends no access token");
    let heard = desk.refresh(&first.refresh).await;
    assert_eq!((heard.status, heard.code()), (401, "REVOKED_REFRESH_TOKEN"));
    assert_eq!(desk.refresh(&third.refresh).await.code(), "REVOKED_REFRESH_TOKEN", "the family has ended");
    for pair in [&first, &second, &third] {
        assert!(desk.is_blacklisted(pair).await);
    }
    assert!(!desk.is_blacklisted(&other).await);
    assert_eq!(desk.refresh(&other.refresh).await.status, 200, "another device stays");
}

async fn of_ten_at_once_one_wins_and_the_others_end_the_family(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let first = desk.logged_in("kim@example.com").await;
    let heard = futures::future::join_all((0..10).map(|_| desk.refresh(&first.refresh))).await;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    heard.iter().for_each(|heard| *told.entry(format!("{} {}", heard.status, heard.code())).or_default() += 1);
    assert_eq!(told, BTreeMap::from([("200 ".to_owned(), 1), ("401 REVOKED_REFRESH_TOKEN".to_owned(), 9)]));
    let won = pair(heard.iter().find(|heard| heard.status == 200).expect("a winner"));
    assert_eq!(desk.refresh(&won.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    assert!(desk.is_blacklisted(&won).await && desk.is_blacklisted(&first).await);
    let raw = desk.raw().await;
    assert_eq!(raw.numbers("SELECT count(*) FROM refresh_tokens WHERE revoked = false").await, [0]);
    assert_eq!(raw.numbers("SELECT count(*) FROM refresh_tokens").await, [2], "one successor");
    assert_eq!(raw.numbers("SELECT count(*) FROM refresh_tokens WHERE blacklist_due = true").await, [0]);
}

async fn a_replay_beside_a_renewal_leaves_no_live_token(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    for _ in 0..10 {
        let first = desk.logged_in("kim@example.com").await;
        let second = pair(&desk.refresh(&first.refresh).await);
        let (_, replay) = tokio::join!(desk.refresh(&second.refresh), desk.refresh(&first.refresh));
        assert_eq!(replay.code(), "REVOKED_REFRESH_TOKEN");
        let alive = desk.raw().await.numbers("SELECT count(*) FROM refresh_tokens WHERE revoked = false").await;
        assert_eq!(alive, [0]);
    }
}

async fn log_out_ends_this_session_and_no_other(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let (one, other) = (desk.logged_in("kim@example.com").await, desk.logged_in("kim@example.com").await);
    assert_eq!(desk.asks(&one, "POST", "/auth/logout", None).await.status, 204);
    assert!(desk.is_blacklisted(&one).await && !desk.is_blacklisted(&other).await);
    assert_eq!(desk.refresh(&one.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    assert_eq!(desk.refresh(&other.refresh).await.status, 200);
    let nobody = Request::post("/auth/logout");
    assert_eq!(crate::outsiders::ask(&desk.router, nobody, None, None).await.status, 401);
}

async fn two_tabs_of_a_page_are_told_the_same_pair(site: Site) {
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let caller = json!({"ipAddress": "203.0.113.7", "network": "203.0.113.7", "userAgent": "Firefox/1"});
    let mut body = log_in("kim@example.com", PASSWORD);
    body["caller"] = caller.clone();
    let heard = desk.gateway("/internal/sessions/login", body).await;
    assert_eq!(heard.status, 200, "{}", heard.body);
    assert_eq!((&heard.body["user"]["name"], &heard.body["refreshExpiresIn"]), (&json!("김민수"), &json!(604_800)));
    let first = pair(&heard);
    let renew = |agent: &str| {
        let body = json!({"refreshToken": first.refresh, "caller": {"userAgent": agent}});
        async { desk.gateway("/internal/sessions/refresh", body).await }
    };
    let (one, two) = tokio::join!(renew("Firefox/1"), renew("Firefox/1"));
    assert_eq!((one.status, two.status), (200, 200));
    let (second, told) = (pair(&one), pair(&two));
    assert_eq!((&second.access, &second.refresh), (&told.access, &told.refresh), "the same pair");
    clock.advance(Duration::from_millis(9_999));
    let heard = renew("Firefox/1").await;
    assert_eq!((heard.status, pair(&heard).refresh), (200, second.refresh.clone()));
    assert_eq!(renew("Chrome/1").await.code(), "REVOKED_REFRESH_TOKEN", "another browser");
    let heard = renew("Firefox/1").await;
    assert_eq!(heard.code(), "REVOKED_REFRESH_TOKEN", "nothing comes to life again");
    let ip = desk.raw().await.texts("SELECT ip_address FROM login_history").await;
    assert_eq!(ip, ["203.0.113.7"]);
}

#[tokio::test]
async fn the_leniency_ends_after_ten_seconds_and_is_not_for_the_api() {
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let desk = Desk::open(Site::sqlite()).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    for (route, later) in [("gateway", 10_000), ("api", 0)] {
        let first = desk.logged_in("kim@example.com").await;
        let body = json!({"refreshToken": first.refresh, "caller": {"userAgent": "Firefox/128.0"}});
        let heard = desk.gateway("/internal/sessions/refresh", body.clone()).await;
        assert_eq!(heard.status, 200);
        clock.advance(Duration::from_millis(later));
        let heard = match route {
            "api" => desk.refresh(&first.refresh).await,
            _ => desk.gateway("/internal/sessions/refresh", body).await,
        };
        assert_eq!(heard.code(), "REVOKED_REFRESH_TOKEN", "{route}");
    }
}

#[tokio::test]
async fn forged_revoked_and_expired_tokens_are_told_apart_in_that_order() {
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let desk = Desk::open(Site::sqlite()).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let (one, two) = (desk.logged_in("kim@example.com").await, desk.logged_in("kim@example.com").await);
    let used = pair(&desk.refresh(&two.refresh).await);
    for forged in
        ["x", "a.b.c", one.access.as_str(), &one.refresh[..one.refresh.len() - 2], &format!("{}x", one.refresh)]
    {
        assert_eq!(desk.refresh(forged).await.code(), "INVALID_TOKEN", "{forged}");
    }
    for (wrong, field) in
        [(json!({"refreshToken": " "}), true), (json!({"refreshToken": null}), true), (json!({}), true)]
    {
        let heard = desk.post("/auth/refresh", wrong).await;
        assert_eq!((heard.status, heard.code()), (400, "INVALID_INPUT"));
        assert_eq!(heard.body["message"].as_str().expect("a message").contains("refreshToken"), field);
    }
    clock.advance(Duration::from_secs(604_800));
    assert_eq!(desk.refresh(&one.refresh).await.code(), "EXPIRED_TOKEN");
    assert_eq!(desk.refresh(&two.refresh).await.code(), "REVOKED_REFRESH_TOKEN", "revoked counts before expired");
    assert_eq!(desk.refresh(&used.refresh).await.code(), "REVOKED_REFRESH_TOKEN", "its family has ended by that");
    clock.advance(Duration::from_secs(40 * 86_400));
    desk.accounts.keep_house().await.expect("kept");
    assert_eq!(desk.refresh(&one.refresh).await.code(), "INVALID_TOKEN", "not in the table any more");
}

#[tokio::test]
async fn what_a_crash_leaves_is_blacklisted_later() {
    let desk = Desk::open(Site::sqlite()).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let one = desk.logged_in("kim@example.com").await;
    // As a command does, or a server that died before hot state had it.
    let email = domain::account::EmailAddress::parse("kim@example.com").expect("valid");
    let (ledger, personal) = (&desk.accounts.ledger, &desk.accounts.personal);
    let admin = domain::account::UserRole::Admin;
    assert_eq!(account::operators::set_role(ledger, personal, &email, admin).await, Ok(true));
    assert!(!desk.is_blacklisted(&one).await);
    assert_eq!(desk.accounts.blacklist_due(None).await, Ok(1));
    assert!(desk.is_blacklisted(&one).await);
    assert_eq!(desk.accounts.blacklist_due(None).await, Ok(0));
    assert_eq!(desk.refresh(&one.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    let two = desk.logged_in("kim@example.com").await;
    assert_eq!(desk.asks(&two, "GET", "/users/me", None).await.body["role"], "ADMIN");
}

#[tokio::test]
async fn the_gateways_routes_need_its_key() {
    let desk = Desk::open(Site::sqlite()).await;
    let id = desk.signed_up("kim@example.com", "ci-1").await;
    for (path, body) in [
        ("/internal/sessions/login", log_in("kim@example.com", PASSWORD)),
        ("/internal/sessions/refresh", json!({"refreshToken": "x"})),
        ("/internal/sessions/end", json!({})),
    ] {
        let heard = crate::outsiders::ask(&desk.internal, Request::post(path), None, Some(body)).await;
        assert_eq!((heard.status, heard.code()), (401, "INTERNAL_API_UNAUTHORIZED"), "{path}");
    }
    let ask = async |path: String, key: &str| {
        let request = Request::get(path).header("x-service-api-key", key);
        crate::outsiders::ask(&desk.internal, request, None, None).await
    };
    assert_eq!(ask(format!("/internal/users/{id}"), "other").await.status, 401);
    let heard = ask(format!("/internal/users/{id}"), KEY).await;
    assert_eq!(heard.body, json!({"id": id, "name": "김민수", "role": "USER"}));
    assert_eq!(ask("/internal/users/7".into(), KEY).await.status, 404);
    let one = desk.logged_in("kim@example.com").await;
    let end = json!({"refreshToken": one.refresh, "accessToken": one.access});
    for _ in 0..2 {
        assert_eq!(desk.gateway("/internal/sessions/end", end.clone()).await.status, 204);
    }
    assert!(desk.is_blacklisted(&one).await);
    assert_eq!(desk.refresh(&one.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    let nothing: Value = json!({"refreshToken": "x", "accessToken": "y"});
    assert_eq!(desk.gateway("/internal/sessions/end", nothing).await.status, 204);
}
