use super::support::{Browser, USER, demo, refused};
use serde_json::json;

const GOOD: [(&str, &str); 3] = [("email", "kim@example.com"), ("password", "right"), ("g-recaptcha-response", "pass")];

fn site() -> Browser {
    Browser::over(demo(), |told| {
        if !told.is("POST", "/session") {
            return None;
        }
        match (told.body["recaptchaToken"].as_str()?, told.body["password"].as_str()?) {
            ("fail", _) => refused(400, "RECAPTCHA_FAILED"),
            (_, "right") => {
                let body = json!({"expiresIn": 3600, "user": {"id": USER, "name": "김민수", "role": "USER"}});
                Some((200, body, vec!["accessToken=access; Path=/", "csrfToken=proof; Path=/"]))
            }
            (_, "asleep") => refused(403, "ACCOUNT_DORMANT"),
            (_, "many") => refused(429, "RATE_LIMIT_EXCEEDED"),
            (_, "away") => refused(503, "SERVICE_UNAVAILABLE"),
            _ => refused(401, "INVALID_CREDENTIALS"),
        }
    })
}

async fn log_in_with(browser: &Browser, password: &str) -> super::support::Page {
    let fields = [("email", "kim@example.com"), ("password", password), ("g-recaptcha-response", "pass")];
    browser.post("/login", &fields).await
}

#[tokio::test]
async fn a_log_in_leads_back_to_a_page_of_this_site_and_to_no_other() {
    let browser = site();
    let page = browser.get("/login?returnUrl=%2Fseats%2F1%3Fx%3D1").await;
    assert_eq!(page.hidden("returnUrl").as_deref(), Some("/seats/1?x=1"));
    for (asked, to) in [
        ("/seats/1?x=1", "/seats/1?x=1"),
        ("", "/me"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/session/logout", "/"),
    ] {
        let browser = site();
        let mut fields = GOOD.to_vec();
        fields.push(("returnUrl", asked));
        let page = browser.post("/login", &fields).await;
        assert_eq!((page.status.as_u16(), page.location()), (303, to), "{asked}");
        assert_eq!(browser.cookies.lock().expect("cookies").get("accessToken").map(String::as_str), Some("access"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_log_in_is_told_at_its_field_and_the_address_is_kept() {
    let browser = site();
    let page = browser.post("/login", &[("email", "kim"), ("password", " ")]).await;
    assert_eq!(page.status.as_u16(), 400);
    page.has_fault_at("email");
    page.has_fault_at("password");
    assert!(page.html.contains("value=\"kim\"") && browser.told("POST", "/session").is_empty());
    let page = log_in_with(&browser, "wrong").await;
    assert_eq!(page.status.as_u16(), 401);
    page.has_fault_at("email");
    assert!(
        page.html.contains("value=\"kim@example.com\"") && !page.html.contains("wrong\""),
        "a password is not kept"
    );
    let page = browser.post("/login", &[("email", "kim@example.com"), ("password", "right")]).await;
    page.has_fault_at("captcha");
}

#[tokio::test]
async fn sleeping_too_many_and_busy_say_what_to_do() {
    let browser = site();
    let page = log_in_with(&browser, "asleep").await;
    assert!(page.status.as_u16() == 403 && page.html.contains("href=\"/login/reactivate\""), "{}", page.html);
    let page = log_in_with(&browser, "many").await;
    assert!(page.status.as_u16() == 429 && page.html.contains("계정은 잠기지 않았습니다"), "{}", page.html);
    let page = log_in_with(&browser, "away").await;
    assert!(page.status.as_u16() == 503 && page.html.contains("그대로 있습니다"), "{}", page.html);
}

#[tokio::test]
async fn another_site_logs_nobody_in() {
    let browser = site();
    let page = browser.elsewhere().post("/login", &GOOD).await;
    assert_eq!(page.status.as_u16(), 403);
    assert!(browser.told("POST", "/session").is_empty());
}

#[tokio::test]
async fn a_log_in_that_is_sent_twice_leads_on_twice() {
    let browser = site();
    for _ in 0..2 {
        let page = browser.post("/login", &GOOD).await;
        assert_eq!((page.status.as_u16(), page.location()), (303, "/me"));
    }
    assert_eq!(browser.told("POST", "/session").len(), 1);
    assert_eq!(browser.get("/login").await.location(), "/me", "who is logged in needs no log-in");
}

#[tokio::test]
async fn providers_are_offered_where_they_are_configured_and_their_refusals_are_said() {
    let page = site().get("/login?returnUrl=%2Fme%2Fcoupons").await;
    assert!(page.html.contains("href=\"/auth/oauth2/kakao?returnUrl=%2Fme%2Fcoupons\""), "{}", page.html);
    assert!(!page.html.contains("/auth/oauth2/google"));
    let page = site().get("/login?link=kakao").await;
    assert_eq!(page.hidden("link").as_deref(), Some("kakao"));
    assert!(page.html.contains("연결된 카카오 계정이 없습니다"), "{}", page.html);
    let browser = site();
    let mut fields = GOOD.to_vec();
    fields.push(("link", "kakao"));
    assert_eq!(browser.post("/login", &fields).await.location(), "/me/account/social?link=kakao");
    for (error, words) in [("OAUTH_REFUSED", "동의가 취소"), ("ACCOUNT_DORMANT", "휴면"), ("<b>", "이메일로 로그인")]
    {
        let page = site().get(&format!("/login?error={}", error.replace('<', "%3C").replace('>', "%3E"))).await;
        assert!(page.html.contains(words) && !page.html.contains("<b>"), "{error}");
    }
}

#[tokio::test]
async fn a_real_robot_check_widens_the_policy_of_its_page_alone() {
    let settings = pages::Settings {
        recaptcha_script_url: "https://www.google.com/recaptcha/api.js".into(),
        recaptcha_site_key: "key".into(),
        ..pages::Settings::default()
    };
    let browser = Browser::over(settings, |_| None).known();
    let policy = |page: &super::support::Page| {
        String::from_utf8_lossy(page.headers["content-security-policy"].as_bytes()).into_owned()
    };
    let page = browser.fresh().get("/login").await;
    assert!(policy(&page).contains("https://www.google.com") && page.html.contains("data-sitekey=\"key\""));
    assert!(page.html.contains("<noscript>"));
    let page = browser.get("/me/account/password").await;
    assert!(!policy(&page).contains("google") && policy(&page).contains("require-trusted-types-for"));
}
