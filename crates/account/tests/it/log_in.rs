//! Log-in: who is refused is refused alike, and the history tells of it.

use crate::support::{Desk, PASSWORD, log_in, pair, plain};
use domain::Timestamp;
use http::Request;
use ledger_testkit::{Site, on_every_database};
use serde_json::json;
use std::time::Duration;

on_every_database!(
    a_wrong_password_an_unknown_address_and_a_deleted_account_are_answered_alike,
    the_history_tells_who_tried_and_marks_what_is_strange,
);

async fn a_wrong_password_an_unknown_address_and_a_deleted_account_are_answered_alike(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    desk.signed_up("gone@example.com", "ci-2").await;
    let gone = desk.logged_in("gone@example.com").await;
    assert_eq!(desk.asks(&gone, "DELETE", "/users/me", None).await.status, 204);
    let wrong = desk.post("/auth/login", log_in("kim@example.com", "another one")).await;
    assert_eq!((wrong.status, wrong.code()), (401, "INVALID_CREDENTIALS"));
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("gone@example.com", "another one"),
        ("kim@example.com", "correct horse battery "),
        ("kim@example.com", "Correct horse battery"),
        ("kim@example.com", "corr\u{435}ct horse battery"),
        ("kim@example.com", "correct horse battery\0"),
        ("kim@example.com", &"a".repeat(5_000)),
    ] {
        let heard = desk.post("/auth/login", log_in(email, password)).await;
        assert_eq!(plain(&heard), plain(&wrong), "{email} {password:?}");
    }
    let reasons = desk.raw().await.texts("SELECT failure_reason FROM login_history WHERE success = false").await;
    let count = |reason: &str| reasons.iter().filter(|one| *one == reason).count();
    assert_eq!((count("USER_NOT_FOUND"), count("ACCOUNT_DELETED"), count("INVALID_PASSWORD")), (1, 2, 6));
}

async fn the_history_tells_who_tried_and_marks_what_is_strange(site: Site) {
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let first = desk.logged_in("kim@example.com").await;
    clock.advance(Duration::from_secs(1));
    let elsewhere = Request::post("/auth/login").header("user-agent", "Chrome/1.0");
    let heard = crate::outsiders::ask(&desk.router, elsewhere, None, Some(log_in("kim@example.com", PASSWORD))).await;
    assert_eq!(heard.status, 200);
    for _ in 0..5 {
        clock.advance(Duration::from_secs(1));
        assert_eq!(desk.post("/auth/login", log_in("kim@example.com", "wrong one")).await.status, 401);
    }
    clock.advance(Duration::from_secs(1));
    let mut robot = log_in("kim@example.com", PASSWORD);
    robot["recaptchaToken"] = json!("fail");
    assert_eq!(desk.post("/auth/login", robot).await.code(), "RECAPTCHA_FAILED");
    clock.advance(Duration::from_secs(1));
    desk.logged_in("kim@example.com").await;
    clock.advance(Duration::from_secs(601));
    desk.logged_in("kim@example.com").await;
    let heard = desk.asks(&first, "GET", "/users/me/logins?size=50", None).await;
    assert_eq!((heard.status, &heard.body["totalElements"]), (200, &json!(10)));
    let list = heard.body["list"].as_array().expect("a list");
    let said: Vec<(bool, bool)> =
        list.iter().map(|one| (one["success"] == json!(true), one["suspicious"] == json!(true))).collect();
    let no = (false, false);
    assert_eq!(said, [(true, false), (true, true), no, no, no, no, no, no, (true, true), (true, false)]);
    let fields: Vec<&String> = list[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["at", "ipAddress", "method", "success", "suspicious", "userAgent"]);
    assert_eq!((&list[8]["userAgent"], &list[0]["method"]), (&json!("Chrome/1.0"), &json!("EMAIL")));
    for bad in ["page=-1", "size=0", "size=101", "page=1000001", "size=a"] {
        assert_eq!(desk.asks(&first, "GET", &format!("/users/me/logins?{bad}"), None).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_log_in_has_two_tokens_that_say_who_it_is() {
    let desk = Desk::open(Site::sqlite()).await;
    let id = desk.signed_up("Kim@Example.com", "ci-1").await;
    let heard = desk.post("/auth/login", log_in("kim@example.com", PASSWORD)).await;
    let fields: Vec<&String> = heard.body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["accessToken", "expiresIn", "refreshToken", "tokenType"]);
    assert_eq!((&heard.body["expiresIn"], &heard.body["tokenType"]), (&json!(3600), &json!("Bearer")));
    assert_eq!(heard.headers["cache-control"], "no-store");
    let pair = pair(&heard);
    let claims = desk.accounts.tokens.read_access(pair.access.as_bytes(), clock::now()).expect("good");
    assert_eq!((claims.sub, claims.email.as_str()), (id, "Kim@Example.com"));
    assert_eq!(claims.exp - claims.iat, 3_600);
    let refresh = desk.accounts.tokens.read_refresh(pair.refresh.as_bytes(), clock::now()).expect("good");
    assert_eq!((refresh.sub, refresh.exp - refresh.iat), (id, 604_800));
    let raw = desk.raw().await;
    let kept = raw.texts("SELECT refresh_token FROM refresh_tokens").await;
    assert_eq!(kept, [account::pairs::token_hash(&pair.refresh)], "the hash alone");
}

#[tokio::test]
async fn every_wrong_form_of_a_log_in_is_refused() {
    let desk = Desk::open(Site::sqlite()).await;
    for (field, wrong) in [
        ("email", json!(null)),
        ("email", json!("kim")),
        ("email", json!("")),
        ("password", json!(null)),
        ("password", json!("  ")),
        ("password", json!(12345678)),
        ("recaptchaToken", json!("")),
        ("recaptchaToken", json!(null)),
    ] {
        let mut body = log_in("kim@example.com", PASSWORD);
        body[field] = wrong;
        let heard = desk.post("/auth/login", body).await;
        assert_eq!((heard.status, heard.code()), (400, "INVALID_INPUT"), "{field}");
        assert!(heard.body["message"].as_str().expect("a message").contains(field), "{field}");
    }
    assert_eq!(desk.offices.asked(), (0, 0));
}

#[tokio::test]
async fn a_hash_of_another_cost_is_made_anew_at_the_next_log_in() {
    let site = Site::sqlite();
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let hash = async |desk: &Desk| desk.raw().await.texts("SELECT password_hash FROM users").await[0].clone();
    assert!(hash(&desk).await.starts_with("$2b$04$"));
    let Desk { site, .. } = desk;
    let desk = Desk::with(site, |settings| settings.bcrypt_cost = 5).await;
    desk.logged_in("kim@example.com").await;
    assert!(hash(&desk).await.starts_with("$2b$05$"));
    desk.logged_in("kim@example.com").await;
}

#[tokio::test]
async fn a_flood_of_log_ins_hears_503_with_a_time_and_others_are_served() {
    let desk = Desk::with(Site::sqlite(), |settings| {
        settings.bcrypt_cost = 10;
        settings.hash_queue = 4;
        settings.hash_threads = 1;
    })
    .await;
    let flood = (0..40).map(|n| {
        let desk = &desk;
        async move { desk.post("/auth/login", log_in(&format!("n{n}@example.com"), PASSWORD)).await }
    });
    let heard = futures::future::join_all(flood).await;
    let busy: Vec<_> = heard.iter().filter(|heard| heard.status == 503).collect();
    assert!(busy.len() >= 20, "{}", busy.len());
    for heard in busy {
        assert_eq!(heard.code(), "SERVICE_UNAVAILABLE");
        let seconds: u32 =
            std::str::from_utf8(heard.headers["retry-after"].as_bytes()).expect("ASCII").parse().expect("a number");
        assert!((1..=30).contains(&seconds));
    }
    assert!(heard.iter().all(|heard| matches!(heard.status, 401 | 503)));
}
