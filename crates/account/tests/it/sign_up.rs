//! Sign-up: the order of its checks, its forms, and what a refused try leaves.

use crate::support::{Desk, PASSWORD, log_in, sign_up};
use ledger_testkit::{Site, on_every_database};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_every_database!(
    a_person_signs_up_once_and_is_found_by_any_spelling,
    an_address_is_told_before_a_person_and_a_refused_try_uses_nothing_up,
    of_ten_at_once_one_makes_the_account,
);

async fn a_person_signs_up_once_and_is_found_by_any_spelling(site: Site) {
    let desk = Desk::open(site).await;
    let verification = desk.offices.verified("v1", "ci-1");
    let heard = desk.post("/auth/signup", sign_up("Kim.Minsu@Example.COM", &verification)).await;
    assert_eq!((heard.status, heard.location()), (201, "/users/me"));
    let fields: Vec<&String> = heard.body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["email", "id", "name"]);
    assert_eq!((&heard.body["email"], &heard.body["name"]), (&json!("Kim.Minsu@Example.COM"), &json!("김민수")));
    let pair = crate::support::pair(&desk.post("/auth/login", log_in("KIM.minsu@example.com", PASSWORD)).await);
    let profile = desk.asks(&pair, "GET", "/users/me", None).await;
    let fields: Vec<&String> = profile.body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["createdAt", "email", "id", "name", "phone", "role"]);
    assert_eq!(profile.body["email"], "Kim.Minsu@Example.COM");
    assert_eq!(profile.body["phone"], "010-1234-5678", "the person's own, not the office's");
    assert_eq!((&profile.body["role"], &profile.body["id"]), (&json!("USER"), &heard.body["id"]));
    assert_eq!(profile.body["createdAt"].as_str().expect("a time").len(), "2026-12-01T20:00:00".len());
}

async fn an_address_is_told_before_a_person_and_a_refused_try_uses_nothing_up(site: Site) {
    let desk = Desk::open(site).await;
    desk.signed_up("kim@example.com", "ci-1").await;
    let again = desk.offices.verified("v2", "ci-1");
    let heard = desk.post("/auth/signup", sign_up("KIM@example.com", &again)).await;
    assert_eq!((heard.status, heard.code()), (409, "ALREADY_EXISTS_EMAIL"));
    let heard = desk.post("/auth/signup", sign_up("other@example.com", &again)).await;
    assert_eq!((heard.status, heard.code()), (409, "DUPLICATE_IDENTITY"));
    let used = desk.raw().await.texts("SELECT verification_id FROM used_verifications").await;
    assert_eq!(used, ["v-kim-example-com"]);
    let fresh = desk.offices.verified("v3", "ci-3");
    assert_eq!(desk.post("/auth/signup", sign_up("kim@example.com", &fresh)).await.code(), "ALREADY_EXISTS_EMAIL");
    assert_eq!(desk.post("/auth/signup", sign_up("lee@example.com", &fresh)).await.status, 201);
    let heard = desk.post("/auth/signup", sign_up("park@example.com", &fresh)).await;
    assert_eq!((heard.status, heard.code()), (400, "PORTONE_VERIFICATION_FAILED"), "used before");
}

async fn of_ten_at_once_one_makes_the_account(site: Site) {
    let desk = Desk::open(site).await;
    for n in 0..10 {
        desk.offices.verified(&format!("v{n}"), "ci-1");
    }
    let tries = (0..10).map(|n| {
        let email = if n % 2 == 0 { "kim@example.com".to_owned() } else { format!("kim{n}@example.com") };
        let desk = &desk;
        async move { desk.post("/auth/signup", sign_up(&email, &format!("v{n}"))).await }
    });
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for heard in futures::future::join_all(tries).await {
        *told.entry(format!("{} {}", heard.status, heard.code())).or_default() += 1;
    }
    assert_eq!(told.get("201 "), Some(&1), "{told:?}");
    let refused = told.get("409 ALREADY_EXISTS_EMAIL").unwrap_or(&0) + told.get("409 DUPLICATE_IDENTITY").unwrap_or(&0);
    assert_eq!(refused, 9, "{told:?}");
    let raw = desk.raw().await;
    assert_eq!(raw.numbers("SELECT count(*) FROM users").await, [1]);
    assert_eq!(raw.numbers("SELECT count(*) FROM used_verifications").await, [1]);
}

#[tokio::test]
async fn each_check_comes_in_its_place_and_a_robot_makes_nobody_ask_anything() {
    let desk = Desk::open(Site::sqlite()).await;
    desk.offices.put("ready", "READY", None);
    desk.offices.put("failed", "FAILED", None);
    desk.offices.put("nobody", "VERIFIED", None);
    let robot = |token: &str, verification: &str| {
        let mut body = sign_up("kim@example.com", verification);
        body["recaptchaToken"] = json!(token);
        body
    };
    let heard = desk.post("/auth/signup", json!({"email": "no", "recaptchaToken": "fail"})).await;
    assert_eq!((heard.status, desk.offices.asked()), (400, (0, 0)), "the form comes first");
    let heard = desk.post("/auth/signup", robot("fail", "ready")).await;
    assert_eq!((heard.status, heard.code(), desk.offices.asked()), (400, "RECAPTCHA_FAILED", (1, 0)));
    let heard = desk.post("/auth/signup", robot("away", "ready")).await;
    assert_eq!((heard.status, heard.code(), desk.offices.asked()), (503, "RECAPTCHA_UNAVAILABLE", (2, 0)));
    assert!(heard.headers.contains_key("retry-after"));
    for (verification, status, code) in [
        ("ready", 400, "PORTONE_VERIFICATION_TIMEOUT"),
        ("failed", 400, "PORTONE_VERIFICATION_FAILED"),
        ("unknown", 400, "PORTONE_VERIFICATION_FAILED"),
        ("nobody", 400, "PORTONE_VERIFICATION_FAILED"),
        ("away", 503, "PORTONE_UNAVAILABLE"),
        ("../payments/1", 400, "PORTONE_VERIFICATION_FAILED"),
    ] {
        let heard = desk.post("/auth/signup", robot("pass", verification)).await;
        assert_eq!((heard.status, heard.code()), (status, code), "{verification}");
    }
    assert_eq!(desk.raw().await.numbers("SELECT count(*) FROM users").await, [0]);
}

#[tokio::test]
async fn every_wrong_form_is_refused_by_the_name_of_its_field() {
    let desk = Desk::open(Site::sqlite()).await;
    let good = sign_up("kim@example.com", "v1");
    let long = "a".repeat(80);
    let mut cases: Vec<(&str, Value)> = Vec::new();
    for field in ["email", "password", "name", "phone", "identityVerificationId", "recaptchaToken"] {
        for wrong in [json!(null), json!(7), json!(true), json!([]), json!({}), json!(""), json!("  ")] {
            // Eight blanks would be a password; two are too short.
            cases.push((field, wrong));
        }
    }
    for email in
        ["a", "a@b", "\u{430}dmin@example.com", "a@b\u{3002}kr", "a@b.kr ", "a@b.kr\r\nBcc: x@y.zz", "가@나.kr"]
    {
        cases.push(("email", json!(email)));
    }
    for password in ["1234567", &long, "1234567\0", "1234567\n", "비밀"] {
        cases.push(("password", json!(password)));
    }
    for name in ["\u{202e}miK", "Ki\u{200b}m", "a\nb", "\u{3164}", &"가".repeat(51), "\u{feff}"] {
        cases.push(("name", json!(name)));
    }
    for phone in
        ["010-1234", "+82-10-1234-5678", "0l0-1234-5678", "\u{ff10}10-1234-5678", "010\u{2010}1234\u{2010}5678"]
    {
        cases.push(("phone", json!(phone)));
    }
    cases.push(("consents", json!(null)));
    cases.push(("consents", json!("yes")));
    cases.push(("emailVerificationToken", json!(null)));
    cases.push(("emailVerificationToken", json!(" ")));
    for (field, wrong) in cases {
        let mut body = good.clone();
        body[field] = wrong.clone();
        let heard = desk.post("/auth/signup", body).await;
        assert_eq!((heard.status, heard.code()), (400, "INVALID_INPUT"), "{field} {wrong}");
        let message = heard.body["message"].as_str().expect("a message");
        assert!(message.contains(field), "{field} {wrong}: {message}");
    }
    for field in ["email", "password", "name", "phone", "identityVerificationId", "recaptchaToken"] {
        let mut body = good.clone();
        body.as_object_mut().expect("an object").remove(field);
        let heard = desk.post("/auth/signup", body).await;
        assert_eq!(heard.status, 400, "{field}");
        assert!(heard.body["message"].as_str().expect("a message").contains(field), "{field}");
    }
    assert_eq!(desk.offices.asked(), (0, 0));
    let mut more = sign_up("kim@example.com", &desk.offices.verified("v1", "ci-1"));
    more["role"] = json!("ADMIN");
    more["id"] = json!("7");
    assert_eq!(desk.post("/auth/signup", more).await.status, 201, "what is not known is passed over");
    let pair = desk.logged_in("kim@example.com").await;
    assert_eq!(desk.asks(&pair, "GET", "/users/me", None).await.body["role"], "USER");
}
