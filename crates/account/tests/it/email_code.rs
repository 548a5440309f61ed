//! Codes that prove an e-mail address.

use crate::outsiders::{Heard, Stand, Taken, ask};
use async_trait::async_trait;
use axum::Router;
use domain::Timestamp;
use domain::account::EmailAddress;
use hot::embedded::EmbeddedKeys;
use hot::{HotError, KeyPort};
use http::Request;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const START: Timestamp = Timestamp(1_800_000_000_000);
const KIM: &str = "Kim@example.com";

async fn post(router: &Router, path: &str, body: Value) -> Heard {
    ask(router, Request::post(path), None, Some(body)).await
}

async fn send(router: &Router, email: &str) -> Heard {
    post(router, "/auth/email/code", json!({"email": email, "recaptchaToken": "pass"})).await
}

async fn verify(router: &Router, email: &str, code: &str) -> Heard {
    post(router, "/auth/email/verify", json!({"email": email, "code": code})).await
}

/// The six digits of a mail.
fn code_of(mail: &Taken) -> String {
    let text = mail.data.split("Your code is ").nth(1).expect("the text of the code");
    text.chars().take_while(char::is_ascii_digit).collect()
}

/// Another code.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

#[tokio::test]
async fn a_code_comes_by_mail_and_proves_its_address_once() {
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    assert_eq!(send(&router, KIM).await.status, 202);
    let mail = stand.mails.after(1).await.remove(0);
    assert_eq!(mail.to, KIM, "as it was typed");
    let code = code_of(&mail);
    assert_eq!(code.len(), 6);
    assert_eq!(verify(&router, "lee@example.com", &code).await.code(), "EMAIL_CODE_INVALID", "another address");
    let proved = verify(&router, "kim@EXAMPLE.com", &code).await;
    assert_eq!(proved.status, 200);
    let token = proved.body["verificationToken"].as_str().expect("a token").to_owned();
    assert_eq!(verify(&router, KIM, &code).await.code(), "EMAIL_CODE_INVALID", "used");

    let (codes, address) = (&stand.accounts.codes, |text| EmailAddress::parse(text).expect("an address"));
    let is_proof = async |email, token: &str| codes.is_proof(&address(email), token).await.expect("judged");
    assert!(is_proof(KIM, &token).await && is_proof(KIM, &token).await, "a refused sign-up uses nothing up");
    assert!(!is_proof("lee@example.com", &token).await, "of one address alone");
    for forged in ["", "x", &token[1..], &format!("{token}x"), &"a".repeat(10_000)] {
        assert!(!is_proof(KIM, forged).await, "{forged}");
    }
    codes.use_up(&token).await;
    assert!(!is_proof(KIM, &token).await, "once");
}

#[tokio::test]
async fn a_proof_is_good_for_half_an_hour() {
    let clock = clock::set(START);
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    send(&router, KIM).await;
    let code = code_of(&stand.mails.after(1).await[0]);
    let token = verify(&router, KIM, &code).await.body["verificationToken"].as_str().expect("a token").to_owned();
    let kim = EmailAddress::parse(KIM).expect("an address");
    clock.advance(Duration::from_millis(1_799_999));
    assert!(stand.accounts.codes.is_proof(&kim, &token).await.expect("judged"));
    clock.advance(Duration::from_millis(1));
    assert!(!stand.accounts.codes.is_proof(&kim, &token).await.expect("judged"));
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes_and_until_the_next_one() {
    let clock = clock::set(START);
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    send(&router, KIM).await;
    let first = code_of(&stand.mails.after(1).await[0]);
    clock.advance(Duration::from_secs(600));
    assert_eq!(verify(&router, KIM, &first).await.code(), "EMAIL_CODE_INVALID");
    send(&router, KIM).await;
    let second = code_of(&stand.mails.after(2).await[1]);
    clock.advance(Duration::from_secs(60));
    send(&router, KIM).await;
    let third = code_of(&stand.mails.after(3).await[2]);
    if second != third {
        assert_eq!(verify(&router, KIM, &second).await.code(), "EMAIL_CODE_INVALID");
    }
    clock.advance(Duration::from_millis(599_999));
    assert_eq!(verify(&router, KIM, &third).await.status, 200);
}

#[tokio::test]
async fn a_code_has_five_tries_also_for_callers_at_the_same_time() {
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    send(&router, KIM).await;
    send(&router, "lee@example.com").await;
    let mails = stand.mails.after(2).await;
    let code = |to: &str| code_of(mails.iter().find(|mail| mail.to == to).expect("a mail"));
    let (kim, lee) = (code(KIM), code("lee@example.com"));
    for _ in 0..5 {
        assert_eq!(verify(&router, KIM, &wrong(&kim)).await.code(), "EMAIL_CODE_INVALID");
    }
    assert_eq!(verify(&router, KIM, &kim).await.code(), "EMAIL_CODE_INVALID", "the right one comes sixth");
    verify(&router, "lee@example.com", &wrong(&lee)).await;
    let tries = (0..8).map(|_| verify(&router, "lee@example.com", &lee));
    let heard = futures::future::join_all(tries).await;
    assert_eq!(
        heard.iter().filter(|heard| heard.status == 200).count(),
        1,
        "four tries are left, and the code counts once"
    );
}

#[tokio::test]
async fn an_address_gets_one_mail_a_minute() {
    let clock = clock::set(START);
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    assert_eq!(send(&router, KIM).await.status, 202);
    for (later, left) in [(0, "60"), (30_000, "31"), (29_999, "1")] {
        clock.advance(Duration::from_millis(later));
        let heard = send(&router, "kim@example.com").await;
        assert_eq!((heard.status, heard.code()), (429, "RATE_LIMIT_EXCEEDED"));
        let after: u32 =
            std::str::from_utf8(heard.headers["retry-after"].as_bytes()).expect("digits").parse().expect("digits");
        assert!(after.abs_diff(left.parse().expect("digits")) <= 1, "{after} of {left}");
    }
    assert_eq!(send(&router, "lee@example.com").await.status, 202);
    clock.advance(Duration::from_millis(1));
    assert_eq!(send(&router, KIM).await.status, 202);
    assert_eq!(stand.mails.after(3).await.len(), 3);
}

#[tokio::test]
async fn the_answer_and_hot_state_tell_nothing_of_accounts_codes_and_addresses() {
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    let heard = send(&router, KIM).await;
    assert_eq!((heard.status, heard.body), (202, Value::Null));
    // No code was sent to this one, a wrong one is shown for that one: alike but for the trace id and the time.
    let (unknown, known) = (verify(&router, "lee@example.com", "000000").await, verify(&router, KIM, "x").await);
    assert_eq!((unknown.status, unknown.code(), &unknown.body["message"]), (400, known.code(), &known.body["message"]));
    let stored = stand.accounts.keys.get(&[format!("email:code:{}", KIM.to_lowercase())], clock::now()).await;
    assert_eq!(stored.expect("read"), [None], "no address is a name");
    let name = format!("email:code:{}", stand.accounts.personal.email_hash(&EmailAddress::parse(KIM).expect("valid")));
    let kept = stand.accounts.keys.get(&[name], clock::now()).await.expect("read").remove(0).expect("kept");
    let code = code_of(&stand.mails.after(1).await[0]);
    let kept = String::from_utf8(kept).expect("JSON");
    assert!(!kept.contains(&format!("\"{code}\"")) && !kept.to_lowercase().contains("kim"), "{kept}");
}

#[tokio::test]
async fn the_gates_stand_in_their_order() {
    let stand = Stand::open("http://127.0.0.1").await;
    let router = stand.router.clone();
    for (body, status, code) in [
        (json!({"email": "kim", "recaptchaToken": "fail"}), 400, "INVALID_INPUT"),
        (json!({"email": "\u{43a}im@example.com", "recaptchaToken": "pass"}), 400, "INVALID_INPUT"),
        (json!({"email": KIM}), 400, "INVALID_INPUT"),
        (json!({"email": KIM, "recaptchaToken": null}), 400, "INVALID_INPUT"),
        (json!({"email": KIM, "recaptchaToken": " "}), 400, "INVALID_INPUT"),
        (json!({"email": [KIM], "recaptchaToken": "pass"}), 400, "INVALID_INPUT"),
        (json!({"email": KIM, "recaptchaToken": "fail"}), 400, "RECAPTCHA_FAILED"),
        (json!({"email": KIM, "recaptchaToken": "away"}), 503, "RECAPTCHA_UNAVAILABLE"),
        (json!({"email": KIM, "recaptchaToken": "pass", "more": 1}), 202, ""),
    ] {
        let heard = post(&router, "/auth/email/code", body.clone()).await;
        assert_eq!((heard.status, heard.code()), (status, code), "{body}");
    }
    for body in [json!({"email": KIM}), json!({"email": "x", "code": "1"}), json!({"email": KIM, "code": " "})] {
        let heard = post(&router, "/auth/email/verify", body.clone()).await;
        assert_eq!((heard.status, heard.code()), (400, "INVALID_INPUT"), "{body}");
    }
    assert_eq!(stand.mails.after(1).await.len(), 1);
}

/// An engine that gives no answer once, at a chosen call.
#[derive(Default)]
struct Failing {
    inner: EmbeddedKeys,
    /// The kind of the call, and how many of the kind come before it.
    at: Mutex<Option<(&'static str, usize)>>,
}

impl Failing {
    fn fail(&self, call: &'static str, after: usize) {
        *self.at.lock().expect("a lock") = Some((call, after));
    }

    fn has_failed(&self) -> bool {
        self.at.lock().expect("a lock").is_none()
    }

    fn answer(&self, call: &'static str) -> Result<(), HotError> {
        let mut at = self.at.lock().expect("a lock");
        match *at {
            Some((chosen, 0)) if chosen == call => {
                *at = None;
                Err(HotError::unavailable("away"))
            }
            Some((chosen, after)) if chosen == call => {
                *at = Some((chosen, after - 1));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl KeyPort for Failing {
    async fn put(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<(), HotError> {
        self.answer("put")?;
        self.inner.put(entries, ttl_ms, now).await
    }

    async fn claim(&self, entries: Vec<(String, Vec<u8>)>, ttl_ms: u64, now: Timestamp) -> Result<Vec<bool>, HotError> {
        self.answer("claim")?;
        self.inner.claim(entries, ttl_ms, now).await
    }

    async fn get(&self, names: &[String], now: Timestamp) -> Result<Vec<Option<Vec<u8>>>, HotError> {
        self.answer("get")?;
        self.inner.get(names, now).await
    }

    async fn remove(&self, names: &[String]) -> Result<(), HotError> {
        self.answer("remove")?;
        self.inner.remove(names).await
    }

    async fn remove_if(&self, name: &str, value: &[u8], now: Timestamp) -> Result<bool, HotError> {
        self.inner.remove_if(name, value, now).await
    }
}

#[tokio::test]
async fn a_store_that_fails_midway_costs_nobody_a_mail_or_a_code() {
    let keys = Arc::new(Failing::default());
    let stand = Stand::over("http://127.0.0.1", keys.clone()).await;
    let router = stand.router.clone();
    for (call, after) in [("claim", 0), ("put", 0)] {
        keys.fail(call, after);
        let heard = send(&router, KIM).await;
        assert_eq!((heard.status, keys.has_failed()), (503, true), "{call}");
    }
    assert_eq!(send(&router, KIM).await.status, 202, "at once");
    let code = code_of(&stand.mails.after(1).await[0]);
    // The try, the proof, the mark of a used code.
    for (call, after) in [("get", 0), ("claim", 0), ("put", 0), ("claim", 2)] {
        keys.fail(call, after);
        let heard = verify(&router, KIM, &code).await;
        assert_eq!((heard.status, keys.has_failed()), (503, true), "{call} {after}");
    }
    keys.fail("remove", 0);
    let proved = verify(&router, KIM, &code).await;
    assert_eq!((proved.status, keys.has_failed()), (200, true), "the proof stands");
    let token = proved.body["verificationToken"].as_str().expect("a token");
    let kim = EmailAddress::parse(KIM).expect("an address");
    assert!(stand.accounts.codes.is_proof(&kim, token).await.expect("judged"));
    assert_eq!(verify(&router, KIM, &code).await.code(), "EMAIL_CODE_INVALID", "used, though its removal failed");
}
