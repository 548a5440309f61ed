//! Terms, consents, and identity verifications that count once.

use crate::outsiders::{Stand, account, ask, connected};
use account::rows::terms::{Both, Terms};
use account::rows::verifications::{Purpose, is_used, use_up};
use account::{consents, terms};
use domain::account::{Consent, TermsVersion, UserRole};
use domain::{AccountId, ErrorCode, Timestamp};
use http::{Method, Request};
use ledger::calls::audit;
use ledger::{Ledger, LedgerError, Transaction};
use ledger_testkit::{Site, on_every_database};
use onsale_http::Language;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

on_every_database!(
    a_version_is_made_once_and_read_in_both_languages,
    consents_are_kept_and_the_latest_word_counts,
    sign_up_is_told_which_required_terms_are_missing,
    a_verification_counts_once_also_for_two_at_the_same_time,
);

fn version(code: &str, version: &str, required: bool, effective_at: Timestamp) -> Terms {
    let both = |text: &str| Both { ko: format!("{text} 한국어"), en: format!("{text} English") };
    let version = TermsVersion { code: code.into(), version: version.into(), required, effective_at };
    Terms { title: both("title"), body: both(&format!("body of {code} {}\n", version.version)), version }
}

async fn made(ledger: &Ledger, all: &[Terms]) {
    for terms in all {
        terms::create(ledger, terms, NOW).await.expect("made");
    }
}

async fn a_version_is_made_once_and_read_in_both_languages(site: Site) {
    let ledger = connected(&site).await;
    let later = NOW.plus_seconds(60);
    let all = [
        version("SERVICE", "1.0", true, NOW),
        version("MAIL", "1.0", false, NOW.plus_seconds(-1)),
        version("SERVICE", "2.0", true, later),
    ];
    made(&ledger, &all).await;
    for twin in &all {
        let refused = terms::create(&ledger, twin, NOW).await.expect_err("a twin");
        assert_eq!(refused.code, ErrorCode::TermsVersionExists);
    }
    let page = terms::page(&ledger, 0, 20, NOW).await.expect("read");
    assert_eq!((page.total, page.list), (2, vec![all[0].clone(), all[1].clone()]));
    assert_eq!(all[0].title.in_language(Language::Ko), "title 한국어");
    let page = terms::page(&ledger, 1, 1, later).await.expect("read");
    assert_eq!((page.total, page.list), (2, vec![all[1].clone()]), "the second page of one");
    let page = terms::page(&ledger, 1_000_000, 100, later).await.expect("read");
    assert!(page.list.is_empty());
}

async fn consents_are_kept_and_the_latest_word_counts(site: Site) {
    let ledger = connected(&site).await;
    made(&ledger, &[version("SERVICE", "1", true, NOW), version("MAIL", "1", false, NOW)]).await;
    let (ann, bob) = (account(&ledger, "ACTIVE").await, account(&ledger, "ACTIVE").await);
    let say = |code: &str, agreed| Consent { code: code.into(), version: "1".into(), agreed };
    let yes = consents::change(&ledger, ann, &[say("MAIL", true), say("SERVICE", true)], NOW).await.expect("kept");
    assert_eq!(
        yes.iter().map(|kept| (kept.consent.clone(), kept.at)).collect::<Vec<_>>(),
        [(say("MAIL", true), NOW), (say("SERVICE", true), NOW)]
    );
    let later = NOW.plus_seconds(5);
    let no = consents::change(&ledger, ann, &[say("MAIL", false), say("SERVICE", true)], later).await.expect("kept");
    assert_eq!(no[0].consent, say("MAIL", false));
    assert_eq!((no[0].at, no[1].at), (later, NOW), "what was said already keeps its time");
    assert_eq!(consents::of(&ledger, ann).await.expect("read"), no);
    assert!(consents::of(&ledger, bob).await.expect("read").is_empty());

    let refused = async |given: &[Consent]| consents::change(&ledger, ann, given, later).await.expect_err("refused");
    let withdrawn = refused(&[say("MAIL", true), say("SERVICE", false)]).await;
    assert_eq!(withdrawn.code, ErrorCode::ConsentRequired);
    assert_eq!(withdrawn.extra_json, [("missing", r#"["SERVICE"]"#.to_owned())]);
    assert_eq!(refused(&[say("OTHER", true)]).await.code, ErrorCode::InvalidInput);
    assert_eq!(refused(&[say("MAIL", true), say("MAIL", false)]).await.code, ErrorCode::InvalidInput);
    assert_eq!(consents::of(&ledger, ann).await.expect("read"), no, "what is refused keeps nothing");

    for turn in 0..197 {
        consents::change(&ledger, bob, &[say("MAIL", turn % 2 == 0)], later).await.expect("kept");
    }
    for (turn, is_kept) in [(197, true), (198, true), (199, true), (200, false)] {
        let changed = consents::change(&ledger, bob, &[say("MAIL", turn % 2 == 0)], later).await;
        assert_eq!(changed.is_ok(), is_kept, "{turn}: {changed:?}");
    }
    consents::change(&ledger, bob, &[say("MAIL", true)], later.plus_seconds(86_401)).await.expect("a day later");
}

async fn sign_up_is_told_which_required_terms_are_missing(site: Site) {
    let ledger = connected(&site).await;
    let missing = async |given: &[Consent], is_required| {
        consents::missing(&ledger, given, is_required, NOW).await.map_err(|error| error.code)
    };
    let say = |code: &str, version: &str, agreed| Consent { code: code.into(), version: version.into(), agreed };
    assert_eq!(missing(&[], true).await, Ok(Vec::new()), "where there are no terms nothing is missing");
    let all = [
        version("SERVICE", "1", true, NOW.plus_seconds(-9)),
        version("SERVICE", "2", true, NOW),
        version("PRIVACY", "1", true, NOW),
        version("MAIL", "1", false, NOW),
        version("NEXT", "1", true, NOW.plus_seconds(1)),
    ];
    made(&ledger, &all).await;
    assert_eq!(missing(&[], false).await, Ok(Vec::new()));
    assert_eq!(missing(&[], true).await, Ok(vec!["PRIVACY".to_owned(), "SERVICE".to_owned()]));
    let given = [say("SERVICE", "1", true), say("PRIVACY", "1", true)];
    assert_eq!(missing(&given, true).await, Ok(vec!["SERVICE".to_owned()]), "an old version is no yes");
    let given = [say("SERVICE", "2", true), say("PRIVACY", "1", true), say("MAIL", "1", false)];
    assert_eq!(missing(&given, true).await, Ok(Vec::new()));
    assert_eq!(missing(&[say("PRIVACY", "1", false)], false).await, Ok(vec!["PRIVACY".to_owned()]));
    for is_required in [true, false] {
        assert_eq!(missing(&[say("SERVICE", "9", true)], is_required).await, Err(ErrorCode::InvalidInput));
    }
    assert!(consents::demand(&ledger, &given, true, NOW).await.is_ok());
    let demanded = consents::demand(&ledger, &[], true, NOW).await.map_err(|error| error.code);
    assert_eq!(demanded, Err(ErrorCode::ConsentRequired));
}

async fn a_verification_counts_once_also_for_two_at_the_same_time(site: Site) {
    let ledger = connected(&site).await;
    let ann = account(&ledger, "ACTIVE").await;
    let use_it = async |id: &str| {
        let change = async |change: Transaction| {
            use_up(&change, id, ann, Purpose::SignUp, NOW).await?;
            change.commit().await
        };
        ledger.change(change).await
    };
    assert!(!is_used(&ledger, "one").await.expect("read"));
    let both = tokio::join!(use_it("one"), use_it("one"));
    let refused = [both.0, both.1].into_iter().filter(|used| matches!(used, Err(LedgerError::Conflict(_)))).count();
    assert_eq!(refused, 1);
    assert!(is_used(&ledger, "one").await.expect("read"));
    assert!(!is_used(&ledger, "ONE").await.expect("read"), "ids are compared byte by byte");
    for never in ["", "a\0b", &"a".repeat(129), "한"] {
        assert!(!is_used(&ledger, never).await.expect("no question to the database"), "{never:?}");
        assert!(matches!(use_it(never).await, Err(LedgerError::Conflict(_))), "{never:?}");
    }
}

async fn told(
    stand: &Stand,
    who: Option<access::Person>,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("accept-language", "ko");
    let heard = ask(&stand.router, request, who, body).await;
    (heard.status, heard.body)
}

fn person(role: UserRole) -> Option<access::Person> {
    Some(access::Person { id: AccountId(Uuid::from_u128(7)), role })
}

fn new_terms() -> Value {
    json!({"code": "SERVICE", "version": "1.0", "title": {"ko": "이용약관", "en": "Terms of use"},
        "body": {"ko": "본문", "en": "Body"}, "required": true, "effectiveAt": "2026-01-01T00:00:00", "more": 1})
}

#[tokio::test]
async fn an_administrator_makes_terms_and_everybody_reads_them() {
    let stand = Stand::open("http://127.0.0.1").await;
    for (who, status) in [(None, 401), (person(UserRole::User), 403)] {
        assert_eq!(told(&stand, who, Method::POST, "/auth/terms", Some(new_terms())).await.0, status);
    }
    let admin = person(UserRole::Admin);
    let request = Request::post("/auth/terms").header("accept-language", "ko");
    let made = ask(&stand.router, request, admin, Some(new_terms())).await;
    assert_eq!(made.location(), "/auth/terms");
    let (status, body) = (made.status, made.body);
    let view = json!({"code": "SERVICE", "version": "1.0", "title": "이용약관", "body": "본문", "required": true,
        "effectiveAt": "2026-01-01T00:00:00"});
    assert_eq!((status, &body), (201, &view));
    let (status, body) = told(&stand, admin, Method::POST, "/auth/terms", Some(new_terms())).await;
    assert_eq!((status, body["code"].as_str()), (409, Some("TERMS_VERSION_EXISTS")));
    let (status, body) = told(&stand, None, Method::GET, "/auth/terms", None).await;
    assert_eq!((status, body), (200, json!({"list": [view], "page": 0, "size": 20, "totalElements": 1})));
    for query in ["size=0", "size=101", "page=1000001", "page=-1", "page=x", "size=1&size=2"] {
        assert_eq!(told(&stand, None, Method::GET, &format!("/auth/terms?{query}"), None).await.0, 400, "{query}");
    }
    let (entries, total) = audit::list(&stand.ledger, &audit::Filter::default(), 0, 10).await.expect("read");
    assert_eq!(total, 1, "a refused try leaves no entry");
    assert_eq!((entries[0].action.as_str(), entries[0].target.as_str()), ("terms.create", "terms:SERVICE/1.0"));
    assert_eq!((entries[0].actor_kind.as_str(), entries[0].actor_id.clone()), ("user", Uuid::from_u128(7).to_string()));
}

#[tokio::test]
async fn terms_in_a_wrong_form_are_refused_with_the_field() {
    let stand = Stand::open("http://127.0.0.1").await;
    let admin = person(UserRole::Admin);
    let with = |field: &str, value: Value| {
        let mut changed = new_terms();
        changed[field] = value;
        changed
    };
    for (field, value) in [
        ("code", json!("")),
        ("code", json!("a b")),
        ("code", json!("한글")),
        ("code", json!("a".repeat(65))),
        ("code", Value::Null),
        ("version", json!("a".repeat(33))),
        ("version", json!("1\u{0}")),
        ("version", json!(1.5)),
        ("version", json!([1])),
        ("title", json!({"ko": "가"})),
        ("title", json!({"ko": "가", "en": " "})),
        ("title", json!({"ko": "가", "en": "a\nb"})),
        ("title", json!({"ko": "가", "en": "a".repeat(201)})),
        ("title", json!("a")),
        ("body", json!({"ko": "", "en": "a"})),
        ("body", json!({"ko": "a\u{0}", "en": "a"})),
        ("required", json!("true")),
        ("required", Value::Null),
        ("effectiveAt", json!("2026-01-01")),
        ("effectiveAt", Value::Null),
    ] {
        let (status, body) = told(&stand, admin, Method::POST, "/auth/terms", Some(with(field, value.clone()))).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("INVALID_INPUT")), "{field} {value}");
        assert!(body["message"].as_str().expect("words").contains(field), "{field}: {}", body["message"]);
    }
    let long = with("body", json!({"ko": "가".repeat(4_000), "en": "a"}));
    assert_eq!(told(&stand, admin, Method::POST, "/auth/terms", Some(long)).await.0, 413);
    assert_eq!(
        told(&stand, admin, Method::POST, "/auth/terms", Some(with("version", json!(3)))).await.1["version"],
        "3"
    );
    assert_eq!(told(&stand, None, Method::GET, "/auth/terms", None).await.1["totalElements"], 1);
}

#[tokio::test]
async fn consents_are_said_and_read_by_their_own_person() {
    let stand = Stand::open("http://127.0.0.1").await;
    let clock = clock::set(Timestamp(1_800_000_000_000));
    let admin = person(UserRole::Admin);
    told(&stand, admin, Method::POST, "/auth/terms", Some(new_terms())).await;
    let id = account(&stand.ledger, "ACTIVE").await;
    let me = Some(access::Person { id, role: UserRole::User });
    for method in [Method::GET, Method::PUT] {
        assert_eq!(told(&stand, None, method, "/users/me/consents", None).await.0, 401);
    }
    assert_eq!(told(&stand, me, Method::GET, "/users/me/consents", None).await, (200, json!({"consents": []})));
    let yes = json!({"code": "SERVICE", "version": "1.0", "agreed": true});
    let kept =
        json!({"consents": [{"code": "SERVICE", "version": "1.0", "agreed": true, "at": "2027-01-15T08:00:00"}]});
    for body in [json!({"consents": [yes]}), json!([yes])] {
        assert_eq!(told(&stand, me, Method::PUT, "/users/me/consents", Some(body)).await, (200, kept.clone()));
        clock.advance(Duration::from_secs(10));
    }
    assert_eq!(told(&stand, me, Method::GET, "/users/me/consents", None).await, (200, kept));
    for (body, code) in [
        (json!({"consents": [{"code": "SERVICE", "version": "1.0", "agreed": false}]}), "CONSENT_REQUIRED"),
        (json!({"consents": [{"code": "SERVICE", "version": "7", "agreed": true}]}), "INVALID_INPUT"),
        (json!({"consents": [{"code": "SERVICE", "version": "1.0"}]}), "INVALID_INPUT"),
        (json!({"consents": [{"code": "SERVICE", "version": "1.0", "agreed": "yes"}]}), "INVALID_INPUT"),
        (json!({"consents": [["SERVICE", "1.0", true]]}), "INVALID_INPUT"),
        (json!({"consents": null}), "INVALID_INPUT"),
        (json!({}), "INVALID_INPUT"),
        (json!("yes"), "INVALID_INPUT"),
    ] {
        let (status, answer) = told(&stand, me, Method::PUT, "/users/me/consents", Some(body.clone())).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)), "{body}");
    }
}
