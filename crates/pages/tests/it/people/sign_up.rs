use super::support::{Browser, Page, demo, refused};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

fn terms() -> Value {
    let term = |code: &str, required: bool| {
        json!({"code": code, "version": "1.0", "title": code, "body": "<b>one</b>\ntwo", "required": required,
            "effectiveAt": "2026-01-01T00:00:00"})
    };
    json!({"list": [term("PRIVACY", true), term("NEWS", false)], "page": 0, "size": 100, "totalElements": 2})
}

/// A site on which one account can be made.
fn site() -> Browser {
    let is_taken = AtomicBool::new(false);
    Browser::over(demo(), move |told| match (told.method.as_str(), told.path.as_str()) {
        ("GET", "/auth/terms?size=100") => Some((200, terms(), vec![])),
        ("POST", "/auth/email/code") => Some((202, Value::Null, vec![])),
        ("POST", "/auth/email/verify") if told.body["code"] == "123456" => {
            Some((200, json!({"verificationToken": "proof-of-mail"}), vec![]))
        }
        ("POST", "/auth/email/verify") => refused(400, "EMAIL_CODE_INVALID"),
        ("POST", "/auth/signup") if told.body["identityVerificationId"] == "bad" => {
            refused(400, "PORTONE_VERIFICATION_FAILED")
        }
        ("POST", "/auth/signup") if is_taken.swap(true, Ordering::Relaxed) => refused(409, "ALREADY_EXISTS_EMAIL"),
        ("POST", "/auth/signup") => Some((201, json!({"id": "1", "email": "kim@example.com", "name": "김"}), vec![])),
        _ => None,
    })
}

/// The state that the window has to bring back, from the page with its button.
fn state(page: &Page) -> String {
    let (_, rest) = page.html.split_once("%3Fstate%3D").expect("a window with a state");
    rest.split(['"', '%', '&']).next().expect("a state").to_owned()
}

async fn agree(browser: &Browser) -> Page {
    browser.post("/signup", &[("term-PRIVACY-1.0", "yes"), ("returnUrl", "/seats/1")]).await
}

async fn identify(browser: &Browser, id: &str) -> Page {
    let state = state(&browser.get("/signup/identity").await);
    browser.get(&format!("/signup/identity?state={state}&identityVerificationId={id}")).await
}

const CODE: [(&str, &str); 3] = [("email", "kim@example.com"), ("action", "send"), ("g-recaptcha-response", "pass")];
const ACCOUNT: [(&str, &str); 4] =
    [("password", "correct horse"), ("name", " 김민수 "), ("phone", "010-1234-5678"), ("g-recaptcha-response", "pass")];

async fn up_to_account(browser: &Browser, id: &str) {
    assert_eq!(agree(browser).await.location(), "/signup/identity");
    assert_eq!(identify(browser, id).await.location(), "/signup/email");
    assert_eq!(browser.post("/signup/email", &CODE).await.location(), "/signup/email");
    let code = [("action", "verify"), ("code", " 123 456 ")];
    assert_eq!(browser.post("/signup/email", &code).await.location(), "/signup/account");
}

#[tokio::test]
async fn four_steps_make_an_account_and_keep_no_password() {
    let browser = site();
    up_to_account(&browser, "id-1").await;
    let page = browser.get("/signup/account").await;
    assert!(page.html.contains("4 / 4") && page.html.contains("kim@example.com"), "{}", page.html);
    let page = browser.post("/signup/account", &ACCOUNT).await;
    assert_eq!(page.location(), "/login?done=joined&returnUrl=%2Fseats%2F1");
    let told = &browser.told("POST", "/auth/signup")[0].body;
    assert_eq!(
        told["consents"],
        json!([{"code": "PRIVACY", "version": "1.0", "agreed": true},
        {"code": "NEWS", "version": "1.0", "agreed": false}])
    );
    assert_eq!(
        (&told["identityVerificationId"], &told["emailVerificationToken"]),
        (&json!("id-1"), &json!("proof-of-mail"))
    );
    let page = browser.get("/login?done=joined&returnUrl=%2Fseats%2F1").await;
    assert!(
        page.html.contains("가입을 마쳤습니다") && page.html.contains("value=\"kim@example.com\""),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn a_step_leads_to_the_first_that_is_missing_and_back_keeps_the_answers() {
    let browser = site();
    for step in ["/signup/identity", "/signup/email", "/signup/account"] {
        assert_eq!(browser.get(step).await.location(), "/signup?expired=yes", "{step}");
    }
    agree(&browser).await;
    assert_eq!(browser.get("/signup/account").await.location(), "/signup/identity");
    let page = browser.get("/signup").await;
    assert!(
        page.html.contains("id=\"term-PRIVACY-1.0\" name=\"term-PRIVACY-1.0\" value=\"yes\" checked"),
        "{}",
        page.html
    );
    assert!(
        page.html.contains("&#60;b&#62;one") || page.html.contains("&lt;b&gt;one"),
        "terms are text: {}",
        page.html
    );
    identify(&browser, "id-1").await;
    assert_eq!(browser.get("/signup/identity").await.state(), "done");
}

#[tokio::test]
async fn each_step_says_what_is_missing_at_its_field() {
    let browser = site();
    let page = browser.post("/signup", &[("term-NEWS-1.0", "yes")]).await;
    assert_eq!(page.status.as_u16(), 400);
    page.has_fault_at("term-PRIVACY-1.0");
    agree(&browser).await;
    identify(&browser, "id-1").await;
    let page =
        browser.post("/signup/email", &[("email", "kim"), ("action", "send"), ("g-recaptcha-response", "pass")]).await;
    page.has_fault_at("email");
    browser.post("/signup/email", &CODE).await;
    for code in ["", "12345", "abcdef", "000000"] {
        let page = browser.post("/signup/email", &[("action", "verify"), ("code", code)]).await;
        page.has_fault_at("code");
    }
    browser.post("/signup/email", &[("action", "verify"), ("code", "123456")]).await;
    let typed = [("password", "short"), ("name", " "), ("phone", "02-123-4567"), ("g-recaptcha-response", "pass")];
    let page = browser.post("/signup/account", &typed).await;
    for field in ["password", "name", "phone"] {
        page.has_fault_at(field);
    }
    assert!(page.html.contains("value=\"02-123-4567\"") && !page.html.contains("short"), "{}", page.html);
    assert!(browser.told("POST", "/auth/signup").is_empty());
}

#[tokio::test]
async fn nobody_slips_another_persons_identity_in() {
    let browser = site();
    agree(&browser).await;
    let page = browser.get("/signup/identity?state=guessed&identityVerificationId=evil").await;
    assert_eq!((page.status.as_u16(), page.state()), (200, "error"));
    assert_eq!(browser.get("/signup/email").await.location(), "/signup/identity", "nothing was kept");
    let state = state(&browser.get("/signup/identity").await);
    let page = browser.get(&format!("/signup/identity?state={state}&code=USER_CANCEL&message=x")).await;
    assert!(page.html.contains("본인 인증을 마치지 않으셨습니다"), "{}", page.html);
}

#[tokio::test]
async fn a_refused_identity_leads_back_to_a_new_one() {
    let browser = site();
    up_to_account(&browser, "bad").await;
    let page = browser.post("/signup/account", &ACCOUNT).await;
    assert!(
        page.html.contains("href=\"/signup/identity?again=yes\"") && page.html.contains("value=\"김민수\""),
        "{}",
        page.html
    );
    assert_eq!(browser.get("/signup/identity?again=yes").await.state(), "identity");
}

#[tokio::test]
async fn no_other_site_fills_a_step_in() {
    let browser = site();
    let other = browser.elsewhere();
    assert_eq!(agree(&other).await.status.as_u16(), 403);
    up_to_account(&browser, "id-1").await;
    assert_eq!(other.post("/signup/account", &ACCOUNT).await.status.as_u16(), 403);
    assert_eq!(other.post("/signup/email", &CODE).await.status.as_u16(), 403);
    assert!(browser.told("POST", "/auth/signup").is_empty());
}

#[tokio::test]
async fn an_account_that_is_asked_for_twice_is_said_to_be_there() {
    let browser = site();
    up_to_account(&browser, "id-1").await;
    let cookies = browser.cookies.lock().expect("cookies").clone();
    assert_eq!(browser.post("/signup/account", &ACCOUNT).await.status.as_u16(), 303);
    *browser.cookies.lock().expect("cookies") = cookies;
    let page = browser.post("/signup/account", &ACCOUNT).await;
    assert!(page.html.contains("방금 가입하셨다면 그대로 로그인"), "{}", page.html);
    assert_eq!(browser.told("POST", "/auth/signup").len(), 2);
}

#[tokio::test]
async fn a_forgotten_password_is_set_after_the_identity() {
    let browser = Browser::over(demo(), |told| match told.path.as_str() {
        "/auth/password/reset" if told.body["email"] == "lee@example.com" => {
            refused(400, "PORTONE_VERIFICATION_FAILED")
        }
        "/auth/password/reset" | "/auth/reactivate" => Some((204, Value::Null, vec![])),
        _ => None,
    });
    for (here, done, field) in
        [("/login/reset", "/login?done=reset", "newPassword"), ("/login/reactivate", "/login?done=awake", "password")]
    {
        let state = state(&browser.get(here).await);
        let page = browser.get(&format!("{here}?state={state}&identityVerificationId=id-7")).await;
        assert_eq!(page.location(), here);
        let page = browser.post(here, &[("email", "kim"), ("password", ""), ("g-recaptcha-response", "pass")]).await;
        page.has_fault_at("email");
        page.has_fault_at("password");
        let fields = [("email", "kim@example.com"), ("password", "correct horse"), ("g-recaptcha-response", "pass")];
        assert_eq!(browser.elsewhere().post(here, &fields).await.status.as_u16(), 403);
        assert_eq!(browser.post(here, &fields).await.location(), done);
        let api = if field == "password" { "/auth/reactivate" } else { "/auth/password/reset" };
        let told = &browser.told("POST", api)[0].body;
        assert_eq!((&told[field], &told["identityVerificationId"]), (&json!("correct horse"), &json!("id-7")));
        assert_eq!(browser.post(here, &fields).await.location(), here, "sent twice: the verification is used up");
    }
    let state = state(&browser.get("/login/reset").await);
    browser.get(&format!("/login/reset?state={state}&identityVerificationId=id-8")).await;
    let fields = [("email", "lee@example.com"), ("password", "correct horse"), ("g-recaptcha-response", "pass")];
    let page = browser.post("/login/reset", &fields).await;
    page.has_fault_at("identity");
    assert!(page.html.contains("맞는 계정이 없습니다"), "{}", page.html);
}
