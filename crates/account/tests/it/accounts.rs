//! One's own account: profile, password, deletion, dormancy.

use crate::support::{Desk, PASSWORD, log_in, pair, sign_up};
use domain::Timestamp;
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::time::Duration;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: Duration = Duration::from_secs(86_400);
const NEW: &str = "a new long password";

on_every_database!(
    a_profile_changes_by_what_is_named,
    a_changed_password_ends_all_other_sessions,
    a_forgotten_password_needs_the_same_person,
    a_deleted_account_is_dead_at_once_and_erased_when_due,
    a_sleeping_account_wakes_up_for_the_same_person,
);

async fn a_profile_changes_by_what_is_named(site: Site) {
    let desk = Desk::open(site).await;
    let id = desk.signed_up("kim@example.com", "ci-1").await;
    let kim = desk.logged_in("kim@example.com").await;
    for method in ["PATCH", "PUT"] {
        let heard = desk.asks(&kim, method, "/users/me", Some(json!({"name": "  이민호 "}))).await;
        assert_eq!(heard.body, json!({"id": id, "name": "이민호", "phone": "010-1234-5678"}), "{method}");
        let heard = desk.asks(&kim, method, "/users/me", Some(json!({"phone": "01099998888", "role": "ADMIN"}))).await;
        assert_eq!(heard.body, json!({"id": id, "name": "이민호", "phone": "01099998888"}), "{method}");
        let heard = desk.asks(&kim, method, "/users/me", Some(json!({}))).await;
        assert_eq!((heard.status, &heard.body["name"]), (200, &json!("이민호")));
        for (field, wrong) in [
            ("name", json!(null)),
            ("name", json!(" ")),
            ("name", json!("Ki\u{200b}m")),
            ("phone", json!(null)),
            ("phone", json!("")),
            ("phone", json!("010-1234-567\u{967}")),
        ] {
            let heard = desk.asks(&kim, method, "/users/me", Some(json!({field: wrong}))).await;
            assert_eq!((heard.status, heard.code()), (400, "INVALID_INPUT"), "{field} {wrong}");
            assert!(heard.body["message"].as_str().expect("a message").contains(field));
        }
        desk.asks(&kim, method, "/users/me", Some(json!({"phone": "010-1234-5678"}))).await;
    }
    assert_eq!(desk.asks(&kim, "GET", "/users/me", None).await.body["role"], "USER");
    for (method, path) in [("GET", "/users/me"), ("DELETE", "/users/me"), ("GET", "/users/me/logins")] {
        assert_eq!(desk.send(method, path, Value::Null).await.code(), "UNAUTHORIZED", "{method} {path}");
    }
}

async fn a_changed_password_ends_all_other_sessions(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let (kim, other) = (desk.logged_in("kim@example.com").await, desk.logged_in("kim@example.com").await);
    let change = async |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new});
        desk.asks(&kim, "PUT", "/users/me/password", Some(body)).await
    };
    assert_eq!(change("wrong one", NEW).await.code(), "INVALID_CREDENTIALS");
    for bad in ["short", "with\ttab12", &"a".repeat(73)] {
        let heard = change(PASSWORD, bad).await;
        assert_eq!(heard.status, 400);
        assert!(heard.body["message"].as_str().expect("a message").contains("newPassword"));
    }
    assert!(!desk.is_blacklisted(&other).await);
    assert_eq!(change(PASSWORD, NEW).await.status, 204);
    assert!(desk.is_blacklisted(&other).await && !desk.is_blacklisted(&kim).await);
    assert_eq!(desk.refresh(&other.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    assert_eq!(desk.refresh(&kim.refresh).await.status, 200, "this session stays");
    assert_eq!(desk.post("/auth/login", log_in("kim@example.com", PASSWORD)).await.status, 401);
    assert_eq!(desk.post("/auth/login", log_in("kim@example.com", NEW)).await.status, 200);
    assert_eq!(desk.accounts.send_notices().await, Ok(1));
    assert_eq!(desk.accounts.send_notices().await, Ok(0));
    let mails = desk.mails.after(1).await;
    assert_eq!(mails[0].to, "kim@example.com");
}

async fn a_forgotten_password_needs_the_same_person(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    desk.signed_up("lee@example.com", "ci-2").await;
    let kim = desk.logged_in("kim@example.com").await;
    let reset = async |email: &str, verification: &str| {
        let body = json!({"email": email, "identityVerificationId": verification, "newPassword": NEW, "recaptchaToken": "pass"});
        desk.post("/auth/password/reset", body).await
    };
    let (good, foreign) = (desk.offices.verified("good", "ci-1"), desk.offices.verified("foreign", "ci-2"));
    for (email, verification) in [
        ("kim@example.com", foreign.as_str()),
        ("nobody@example.com", &good),
        ("kim@example.com", "unknown"),
        ("kim@example.com", "v-kim@example.com"),
    ] {
        let heard = reset(email, verification).await;
        assert_eq!((heard.status, heard.code()), (400, "PORTONE_VERIFICATION_FAILED"), "{email} {verification}");
    }
    desk.offices.put("ready", "READY", None);
    assert_eq!(reset("kim@example.com", "ready").await.code(), "PORTONE_VERIFICATION_TIMEOUT");
    assert_eq!(desk.refresh(&kim.refresh).await.status, 200, "a refused try ends nothing");
    let kim = desk.logged_in("kim@example.com").await;
    assert_eq!(reset("KIM@example.com", &good).await.status, 204);
    assert!(desk.is_blacklisted(&kim).await);
    assert_eq!(desk.refresh(&kim.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
    assert_eq!(desk.post("/auth/login", log_in("kim@example.com", NEW)).await.status, 200);
    assert_eq!(reset("kim@example.com", &good).await.code(), "PORTONE_VERIFICATION_FAILED", "it counts once");
    assert_eq!(desk.accounts.send_notices().await, Ok(1));
}

async fn a_deleted_account_is_dead_at_once_and_erased_when_due(site: Site) {
    let clock = clock::set(NOW);
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    desk.signed_up("lee@example.com", "ci-2").await;
    let (kim, other) = (desk.logged_in("kim@example.com").await, desk.logged_in("kim@example.com").await);
    assert_eq!(desk.asks(&kim, "DELETE", "/users/me", None).await.status, 204);
    for pair in [&kim, &other] {
        assert!(desk.is_blacklisted(pair).await);
        assert_eq!(desk.refresh(&pair.refresh).await.code(), "REVOKED_REFRESH_TOKEN");
        // Also where the blacklist was lost.
        let heard = desk.asks(pair, "GET", "/users/me", None).await;
        assert_eq!((heard.status, heard.code()), (401, "INVALID_TOKEN"));
    }
    assert_eq!(desk.asks(&kim, "DELETE", "/users/me", None).await.status, 204, "again changes nothing");
    clock.advance(30 * DAY - Duration::from_millis(1));
    desk.accounts.keep_house().await.expect("kept");
    let email = sign_up("kim@example.com", &desk.offices.verified("v2", "ci-9"));
    assert_eq!(desk.post("/auth/signup", email.clone()).await.code(), "ALREADY_EXISTS_EMAIL");
    let person = sign_up("new@example.com", &desk.offices.verified("v3", "ci-1"));
    assert_eq!(desk.post("/auth/signup", person.clone()).await.code(), "DUPLICATE_IDENTITY");
    clock.advance(Duration::from_millis(1));
    assert_eq!(desk.post("/auth/signup", email).await.status, 201, "due is due, before the hourly run too");
    desk.accounts.keep_house().await.expect("kept");
    assert_eq!(desk.post("/auth/signup", person).await.status, 201);
    let raw = desk.raw().await;
    let left = "SELECT count(*) FROM users WHERE status = 'DELETED' AND erased_at IS NOT NULL AND email IS NULL AND \
        email_hash IS NULL AND name IS NULL AND phone IS NULL AND phone_hash IS NULL AND ci IS NULL AND ci_hash IS NULL AND \
        di IS NULL AND password_hash IS NULL";
    assert_eq!(raw.numbers(left).await, [1], "the row stays, and says nothing");
    let of_erased =
        "SELECT count(*) FROM login_history WHERE user_id IN (SELECT id FROM users WHERE status = 'DELETED')";
    assert_eq!(raw.numbers(of_erased).await, [0]);
    assert_eq!(desk.refresh(&kim.refresh).await.status, 401);
}

async fn a_sleeping_account_wakes_up_for_the_same_person(site: Site) {
    let clock = clock::set(NOW);
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    desk.signed_up("lee@example.com", "ci-2").await;
    desk.admin("admin@example.com").await;
    clock.advance(Duration::from_millis(1));
    desk.logged_in("kim@example.com").await;
    clock.advance(365 * DAY - Duration::from_millis(1));
    assert_eq!(desk.accounts.note_dormant(100).await, Ok(1), "the one that never logged in");
    desk.logged_in("admin@example.com").await;
    clock.advance(Duration::from_millis(1));
    let heard = desk.post("/auth/login", log_in("kim@example.com", PASSWORD)).await;
    assert_eq!((heard.status, heard.code()), (403, "ACCOUNT_DORMANT"));
    assert_eq!(desk.post("/auth/login", log_in("kim@example.com", "wrong one")).await.code(), "INVALID_CREDENTIALS");
    clock.advance(400 * DAY);
    desk.logged_in("admin@example.com").await;
    let wake = async |password: &str, verification: &str| {
        let body = json!({"email": "kim@example.com", "password": password, "identityVerificationId": verification,
            "recaptchaToken": "pass"});
        desk.post("/auth/reactivate", body).await
    };
    let (good, foreign) = (desk.offices.verified("good", "ci-1"), desk.offices.verified("foreign", "ci-2"));
    assert_eq!(wake("wrong one", &good).await.code(), "INVALID_CREDENTIALS");
    assert_eq!(wake(PASSWORD, &foreign).await.code(), "PORTONE_VERIFICATION_FAILED");
    assert_eq!(wake(PASSWORD, &good).await.status, 204);
    assert_eq!(wake(PASSWORD, "unknown").await.status, 204, "it does not sleep any more");
    let kim = desk.logged_in("kim@example.com").await;
    let reused = desk.offices.asked().1;
    assert_eq!(desk.refresh(&kim.refresh).await.status, 200);
    assert_eq!(desk.offices.asked().1, reused);
    // A session in use keeps an account awake.
    let mut pair_now = desk.logged_in("kim@example.com").await;
    for _ in 0..80 {
        clock.advance(5 * DAY);
        pair_now = pair(&desk.refresh(&pair_now.refresh).await);
    }
    assert_eq!(desk.accounts.note_dormant(100).await, Ok(0));
    assert_eq!(desk.post("/auth/login", log_in("kim@example.com", PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn a_deletion_leaves_an_audit_entry_and_a_profile_leaves_none() {
    use call::{Actor, ActorKind, Call};
    use ledger::calls::audit::{self, Filter};
    let desk = Desk::open(Site::sqlite()).await;
    let id = desk.signed_up("kim@example.com", "ci-1").await;
    let kim = desk.logged_in("kim@example.com").await;
    let (person, actor) = (desk.person(&kim), Actor { kind: ActorKind::User, id: id.to_string() });
    let wanted = account::profile::ProfileChange {
        name: Some(domain::account::PersonName::parse("Other Name").expect("valid")),
        phone: None,
    };
    call::within(Call::new(actor.clone(), "t-1", None), desk.accounts.change_profile(&person, &wanted))
        .await
        .expect("changed");
    call::within(Call::new(actor, "t-2", None), desk.accounts.delete(&person)).await.expect("deleted");
    let (entries, total) = audit::list(&desk.accounts.ledger, &Filter::default(), 0, 10).await.expect("read");
    assert_eq!((total, entries[0].action.as_str(), entries[0].trace_id.as_str()), (1, "user.delete", "t-2"));
    assert_eq!(entries[0].target, format!("user:{id}"));
}
