//! `Idempotency-Key` on changes of one's own account (SEC-003): each is made once and answered again, and what is kept of it does not
//! say who somebody is (AUTH-021).

use crate::outsiders::{Heard, ask};
use crate::personal::{NAME, PHONE, found_in};
use crate::support::{Desk, Pair};
use account::rows::social::{self, Link};
use account::rows::terms::{Both, Terms};
use account::terms;
use axum::Router;
use call::{Actor, ActorKind, Call, Keyed};
use domain::account::TermsVersion;
use http::Request;
use ledger::calls::kept::{self, Found};
use ledger::{LedgerError, Transaction};
use ledger_testkit::{Engine, Site};
use onsale_http::calls::{Identify, PersonalAnswers};
use onsale_http::{Calls, with_calls};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const EMAIL: &str = "kim@example.com";
const ME: &str = "/users/me";
const CONSENTS: &str = "/users/me/consents";
const KAKAO: &str = "/users/me/social/kakao";

/// A person with an account, and the routes within the layer of calls, as the program has them.
struct Counter {
    desk: Desk,
    pair: Pair,
    routes: Router,
}

impl Counter {
    async fn open(site: Site) -> Self {
        let desk = Desk::open(site).await;
        desk.signed_up(EMAIL, "ci-1").await;
        let pair = desk.logged_in(EMAIL).await;
        let nobody: Identify = Arc::new(|_, _| Box::pin(std::future::ready(None)));
        let answers = Arc::new(PersonalAnswers(desk.accounts.ledger.clone()));
        let calls = Calls::new(nobody, answers, Duration::from_secs(30)).with_secret(&desk.accounts.call_secret());
        let routes = with_calls(desk.router.clone(), calls);
        Self { desk, pair, routes }
    }

    async fn send(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Heard {
        let request = Request::builder().method(method).uri(path).header("idempotency-key", key);
        ask(&self.routes, request, Some(self.desk.person(&self.pair)), body).await
    }

    /// Terms to which one may say yes or no.
    async fn has_terms(&self) {
        let now = clock::now();
        let both = |text: &str| Both { ko: format!("{text} 한국어"), en: format!("{text} English") };
        let version = TermsVersion { code: "MAIL".into(), version: "1".into(), required: false, effective_at: now };
        let all = Terms { title: both("title"), body: both("body"), version };
        terms::create(&self.desk.accounts.ledger, &all, now).await.expect("made");
    }

    /// The account is linked to somebody at Kakao.
    async fn is_linked(&self) {
        let account = self.desk.person(&self.pair).id;
        let link = Link { account, provider: "KAKAO", subject: "5".repeat(64), email_hash: None };
        let insert = async |change: Transaction| -> Result<(), LedgerError> {
            social::insert(&change, &link, clock::now()).await?;
            change.commit().await
        };
        self.desk.accounts.ledger.change(insert).await.expect("linked");
    }

    async fn count(&self, of: &str) -> i64 {
        self.desk.raw().await.numbers(&format!("SELECT count(*) FROM {of}")).await[0]
    }
}

/// The status, and whether it was said to be told again.
fn told(heard: &Heard) -> (u16, bool) {
    (heard.status, heard.headers.contains_key("idempotency-replayed"))
}

fn say(agreed: bool) -> Option<Value> {
    Some(json!({"consents": [{"code": "MAIL", "version": "1", "agreed": agreed}]}))
}

fn call(keyed: Keyed) -> Call {
    Call::new(Actor { kind: ActorKind::User, id: "7".into() }, "trace-1", None).keyed(keyed)
}

#[tokio::test]
async fn a_profile_is_changed_once_and_told_again() {
    let counter = Counter::open(Site::sqlite()).await;
    for method in ["PATCH", "PUT"] {
        let (key, wanted) = (format!("{method}-1"), || Some(json!({"name": NAME, "phone": PHONE})));
        let first = counter.send(&key, method, ME, wanted()).await;
        assert_eq!((told(&first), &first.body["name"]), ((200, false), &json!(NAME)), "{}", first.body);
        let again = counter.send(&key, method, ME, wanted()).await;
        assert_eq!((told(&again), &again.body), ((200, true), &first.body), "{method}");
        assert_eq!(again.headers["content-type"], first.headers["content-type"]);
        let reused = counter.send(&key, method, ME, Some(json!({"name": "Third Name"}))).await;
        assert_eq!((reused.status, reused.code()), (422, "IDEMPOTENCY_KEY_REUSED"));
        // A change since stands: the repeated call does not undo it, and tells the profile as it is.
        let other = counter.send(&format!("{method}-2"), method, ME, Some(json!({"name": "Other Name"}))).await;
        assert_eq!(told(&other), (200, false));
        let late = counter.send(&key, method, ME, wanted()).await;
        assert_eq!((told(&late), &late.body["name"]), ((200, true), &json!("Other Name")), "{method}");
    }
    assert_eq!(counter.count("idempotency_keys").await, 4);
    assert_eq!(counter.count("idempotency_keys WHERE body IS NOT NULL").await, 0);
}

#[tokio::test]
async fn what_one_says_to_terms_is_kept_once_and_told_again() {
    let counter = Counter::open(Site::sqlite()).await;
    counter.has_terms().await;
    let first = counter.send("yes", "PUT", CONSENTS, say(true)).await;
    assert_eq!((told(&first), &first.body["consents"][0]["agreed"]), ((200, false), &json!(true)), "{}", first.body);
    let again = counter.send("yes", "PUT", CONSENTS, say(true)).await;
    assert_eq!((told(&again), &again.body), ((200, true), &first.body));
    let no = counter.send("no", "PUT", CONSENTS, say(false)).await;
    assert_eq!(told(&no), (200, false));
    let late = counter.send("yes", "PUT", CONSENTS, say(true)).await;
    assert_eq!((told(&late), &late.body), ((200, true), &no.body), "the latest word counts");
    assert_eq!(counter.count("consents").await, 2);
}

#[tokio::test]
async fn a_link_is_ended_once_and_one_that_was_made_since_stays() {
    let counter = Counter::open(Site::sqlite()).await;
    counter.is_linked().await;
    assert_eq!(told(&counter.send("end", "DELETE", KAKAO, None).await), (204, false));
    assert_eq!(told(&counter.send("end", "DELETE", KAKAO, None).await), (204, true));
    counter.is_linked().await;
    assert_eq!(told(&counter.send("end", "DELETE", KAKAO, None).await), (204, true));
    assert_eq!(counter.count("social_accounts").await, 1);
    assert_eq!(told(&counter.send("again", "DELETE", KAKAO, None).await), (204, false));
    let none = counter.send("none", "DELETE", KAKAO, None).await;
    assert_eq!((none.status, none.code()), (404, "NOT_FOUND"));
    assert_eq!(counter.count("idempotency_keys WHERE status = 204").await, 2, "a refusal is not kept");
}

/// The process ended between the effect and its answer: the layer runs the call again, as one that is done.
#[tokio::test]
async fn a_call_whose_answer_was_lost_is_answered_from_what_stands() {
    let counter = Counter::open(Site::sqlite()).await;
    counter.has_terms().await;
    counter.is_linked().await;
    let Counter { desk, pair, .. } = &counter;
    for (key, method, path, body) in [
        ("patch", "PATCH", ME, Some(json!({"name": "One Name"}))),
        ("put", "PUT", ME, Some(json!({"phone": PHONE}))),
        ("consents", "PUT", CONSENTS, say(true)),
        ("link", "DELETE", KAKAO, None),
    ] {
        let keyed = || Keyed::new("default/user/7".into(), key.into(), "0".repeat(64));
        let run = async |keyed: Keyed| call::within(call(keyed), desk.asks(pair, method, path, body.clone())).await;
        let first = run(keyed()).await;
        assert!([200, 204].contains(&first.status), "{key}: {}", first.body);
        assert_eq!(kept::find(&desk.accounts.ledger, &keyed()).await, Ok(Found::Done), "{key}: stored with the effect");
        let mut done = keyed();
        done.is_done = true;
        let second = run(done).await;
        assert_eq!((second.status, &second.body), (first.status, &first.body), "{key}");
        // Another run of the same call at the same time changes nothing, and the layer looks again.
        let third = run(keyed()).await;
        assert!(third.status >= 400, "{key}: {}", third.body);
    }
    assert_eq!(counter.count("consents").await, 1);
}

#[tokio::test]
async fn what_is_kept_of_a_call_has_neither_name_nor_phone() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("user_service.sqlite").display());
    let counter = Counter::open(Site::on_server(Engine::Sqlite, url)).await;
    for method in ["PATCH", "PUT"] {
        for _ in 0..2 {
            let heard = counter.send(method, method, ME, Some(json!({"name": NAME, "phone": PHONE}))).await;
            let found = found_in(heard.body.to_string().as_bytes());
            assert!(found.iter().any(|text| text == NAME), "the answer says it: {}", heard.body);
        }
    }
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).expect("a folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("read");
        assert_eq!(found_in(&bytes), Vec::<String>::new());
        files += 1;
    }
    assert!(files >= 1);
    // Neither does its fingerprint: whoever has the tables tries all telephone numbers.
    let fingerprints = counter.desk.raw().await.texts("SELECT fingerprint FROM idempotency_keys").await;
    let plain = ["PATCH", "PUT"].map(|method| fingerprint(method, &json!({"name": NAME, "phone": PHONE})));
    assert_eq!(fingerprints.len(), plain.len());
    assert!(!fingerprints.iter().any(|one| plain.contains(one)), "{fingerprints:?}");
}

/// As the layer of calls makes it for a role without a secret.
fn fingerprint(method: &str, body: &Value) -> String {
    use sha2::{Digest, Sha256};
    let (mut hash, body) = (Sha256::new(), body.to_string());
    for part in [method, ME, "", body.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
